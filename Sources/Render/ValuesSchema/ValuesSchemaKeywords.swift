// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Reads the keywords of one schema; lives only for it.
struct ValuesSchemaKeywords {
    private let members: [YAMLMember]
    private let pointer: String
    private var rules: [ValuesSchemaRule] = []
    /// Checked when all others were.
    private var last: [ValuesSchemaRule] = []

    init(_ members: [YAMLMember], pointer: String) {
        self.members = members
        self.pointer = pointer
    }

    mutating func rules(_ compiler: inout ValuesSchemaCompiler) -> [ValuesSchemaRule] {
        for member in members { read(member, &compiler) }
        readMembers(&compiler)
        readItems(&compiler)
        readContains(&compiler)
        readConditional(&compiler)
        readRange("minLength", "maxLength", &compiler) { .length(min: $0, max: $1) }
        readRange("minItems", "maxItems", &compiler) { .itemCount(min: $0, max: $1) }
        readRange("minProperties", "maxProperties", &compiler) { .memberCount(min: $0, max: $1) }
        return rules + last
    }

    // MARK: One keyword at a time

    private mutating func read(_ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) {
        switch member.key {
        case "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
            "pattern", "format", "uniqueItems", "required", "dependentRequired":
            readAssertion(member, &compiler)
        case "allOf", "anyOf", "oneOf", "not", "propertyNames", "dependentSchemas", "$ref", "unevaluatedItems",
            "unevaluatedProperties", "$defs", "definitions":
            readApplicator(member, &compiler)
        case "$schema", "$id", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor":
            readCore(member, &compiler)
        default:
            if !Self.grouped.contains(member.key), !Self.annotations.contains(member.key), !member.key.hasPrefix("x-") {
                compiler.warning(
                    "\"\(member.key)\" is no keyword of JSON Schema 2020-12, so it checks nothing", at: member.keyMark,
                    hint: Self.replacements[member.key] ?? didYouMean(member.key, in: Self.all))
            }
        }
    }

    /// Keywords that are read together with others.
    private static let grouped: Set<String> = [
        "properties", "patternProperties", "additionalProperties", "prefixItems", "items", "contains", "minContains",
        "maxContains", "if", "then", "else", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
        "maxProperties",
    ]
    private static let annotations: Set<String> = [
        "$anchor", "$comment", "$vocabulary", "title", "description", "default", "deprecated", "readOnly", "writeOnly",
        "examples", "contentEncoding", "contentMediaType", "contentSchema",
    ]
    private static let all =
        grouped.union(annotations).union([
            "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
            "pattern", "format", "uniqueItems", "required", "dependentRequired", "allOf", "anyOf", "oneOf", "not",
            "propertyNames", "dependentSchemas", "$ref", "unevaluatedItems", "unevaluatedProperties", "$defs",
        ])
    /// What keywords of other drafts, and of OpenAPI, are called here.
    private static let replacements = [
        "additionalItems": "use items, and prefixItems for the first ones",
        "dependencies": "use dependentRequired or dependentSchemas", "nullable": "add null to type",
        "id": "use $id", "example": "use examples", "discriminator": "use oneOf with const",
    ]

    private mutating func add(_ check: ValuesSchemaCheck, _ member: YAMLMember, _ compiler: ValuesSchemaCompiler) {
        rules.append(ValuesSchemaRule(check: check, location: compiler.location(member.keyMark)))
    }

    private mutating func readCore(_ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) {
        let text = member.value.scalar?.value.string ?? ""
        switch member.key {
        case "$schema":
            guard !text.hasPrefix("https://json-schema.org/draft/2020-12/schema") else { return }
            compiler.error(
                "the schema is written for \(text.isEmpty ? "no draft" : text)", at: member.value.mark,
                hint: "kubernaut reads draft 2020-12: https://json-schema.org/draft/2020-12/schema")
        case "$id":
            if !pointer.isEmpty {
                compiler.error(
                    "only the whole document can have an $id", at: member.keyMark,
                    hint: "use $anchor, and $ref: \"#name\"")
            }
        default:
            compiler.error(
                "\(member.key) is not supported", at: member.keyMark,
                hint: "use $ref and $anchor; what extends another schema uses allOf and unevaluatedProperties")
        }
    }

    private mutating func readAssertion(_ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) {
        switch member.key {
        case "type":
            if let types = compiler.types(member) { add(.types(types), member, compiler) }
        case "enum":
            guard let items = member.value.items else { return compiler.badKind(member, "a list") }
            add(.enumeration(items.map(\.value)), member, compiler)
        case "const": add(.constant(member.value.value), member, compiler)
        case "minimum": number(member, &compiler) { .minimum($0, isExclusive: false) }
        case "exclusiveMinimum": number(member, &compiler) { .minimum($0, isExclusive: true) }
        case "maximum": number(member, &compiler) { .maximum($0, isExclusive: false) }
        case "exclusiveMaximum": number(member, &compiler) { .maximum($0, isExclusive: true) }
        case "multipleOf":
            if let unit = ExactNumber(member.value.value), unit.isZero || unit.isNegative {
                return compiler.error("multipleOf must be more than 0", at: member.value.mark)
            }
            number(member, &compiler) { .multipleOf($0) }
        case "pattern":
            if let pattern = compiler.pattern(member.value) { add(.pattern(pattern), member, compiler) }
        case "format": readFormat(member, &compiler)
        case "uniqueItems":
            guard let isWanted = member.value.value.bool else { return compiler.badKind(member, "true or false") }
            if isWanted { add(.uniqueItems, member, compiler) }
        case "required":
            if let keys = compiler.strings(member) { add(.required(keys), member, compiler) }
        default:
            guard let entries = member.value.members else { return compiler.badKind(member, "a map of lists") }
            var dependencies: [String: [String]] = [:]
            for entry in entries { dependencies[entry.key] = compiler.strings(entry) }
            add(.dependentRequired(dependencies), member, compiler)
        }
    }

    private mutating func number(
        _ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler, _ check: (ExactNumber) -> ValuesSchemaCheck
    ) {
        if let number = ExactNumber(member.value.value) { return add(check(number), member, compiler) }
        let isOldForm = member.key.hasPrefix("exclusive") && member.value.value.bool != nil
        compiler.badKind(
            member, "a number", hint: isOldForm ? "write the bound itself, instead of minimum or maximum" : nil)
    }

    private mutating func readFormat(_ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) {
        guard let text = member.value.value.string else { return compiler.badKind(member, "a string") }
        if let format = ValuesSchemaFormat(rawValue: text) { return add(.format(format), member, compiler) }
        let isKnown = ValuesSchemaFormat.unchecked.contains(text)
        compiler.warning(
            "the format \"\(text)\" is \(isKnown ? "not checked" : "unknown, so it checks nothing")",
            at: member.value.mark,
            hint: isKnown ? "use pattern" : didYouMean(text, in: ValuesSchemaFormat.allCases.map(\.rawValue)))
    }

    private mutating func readApplicator(_ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) {
        let place = pointer + "/" + member.key
        switch member.key {
        case "allOf", "anyOf", "oneOf":
            guard let schemas = compiler.schemas(member, place) else { return }
            let check: ValuesSchemaCheck =
                member.key == "allOf" ? .allOf(schemas) : member.key == "anyOf" ? .anyOf(schemas) : .oneOf(schemas)
            add(check, member, compiler)
        case "not": add(.not(compiler.node(member.value, place)), member, compiler)
        case "propertyNames": add(.memberNames(compiler.node(member.value, place)), member, compiler)
        case "dependentSchemas":
            if let schemas = compiler.namedSchemas(member, place) { add(.dependentSchemas(schemas), member, compiler) }
        case "$ref":
            guard let text = member.value.value.string else { return compiler.badKind(member, "a string") }
            add(.reference(compiler.reference(text, at: member.value.mark)), member, compiler)
        case "unevaluatedItems", "unevaluatedProperties":
            compiler.trackEvaluated()
            let schema = compiler.node(member.value, place)
            let check: ValuesSchemaCheck =
                member.key == "unevaluatedItems" ? .unevaluatedItems(schema) : .unevaluatedMembers(schema)
            last.append(ValuesSchemaRule(check: check, location: compiler.location(member.keyMark)))
        default:
            // Definitions check nothing themselves, but their mistakes are mistakes.
            _ = compiler.namedSchemas(member, place)
        }
    }

    // MARK: Keywords that belong together

    private func member(_ key: String) -> YAMLMember? { members.first { $0.key == key } }

    private mutating func readMembers(_ compiler: inout ValuesSchemaCompiler) {
        let (properties, patterns, rest) = (
            member("properties"), member("patternProperties"), member("additionalProperties")
        )
        guard let first = rest ?? properties ?? patterns else { return }
        let named = properties.flatMap { compiler.namedSchemas($0, pointer + "/properties") } ?? [:]
        var matching: [(Pattern, Int)] = []
        if let patterns {
            guard let entries = patterns.value.members else { return compiler.badKind(patterns, "a map of schemas") }
            for entry in entries {
                let place = pointer + "/patternProperties/" + JSONPointer.escaped(entry.key)
                let schema = compiler.node(entry.value, place)
                if let pattern = compiler.pattern(entry.key, at: entry.keyMark) { matching.append((pattern, schema)) }
            }
        }
        let other = rest.map { compiler.node($0.value, pointer + "/additionalProperties") }
        add(.members(named: named, matching: matching, rest: other), first, compiler)
    }

    private mutating func readItems(_ compiler: inout ValuesSchemaCompiler) {
        let (prefix, items) = (member("prefixItems"), member("items"))
        guard let first = items ?? prefix else { return }
        if let items, items.value.items != nil {
            return compiler.error(
                "items must be one schema, not a list", at: items.value.mark,
                hint: "use prefixItems for the first items")
        }
        let schemas = prefix.flatMap { compiler.schemas($0, pointer + "/prefixItems") } ?? []
        let rest = items.map { compiler.node($0.value, pointer + "/items") }
        add(.items(prefix: schemas, rest: rest), first, compiler)
    }

    private mutating func readContains(_ compiler: inout ValuesSchemaCompiler) {
        let min = member("minContains").flatMap { compiler.count($0) } ?? 1
        let max = member("maxContains").flatMap { compiler.count($0) } ?? .max
        guard let contains = member("contains") else { return }
        let schema = compiler.node(contains.value, pointer + "/contains")
        guard isOrdered(min, max, contains, &compiler) else { return }
        add(.contains(schema, min: min, max: max), contains, compiler)
    }

    private mutating func readConditional(_ compiler: inout ValuesSchemaCompiler) {
        let yes = member("then").map { compiler.node($0.value, pointer + "/then") }
        let no = member("else").map { compiler.node($0.value, pointer + "/else") }
        guard let condition = member("if") else { return }
        let schema = compiler.node(condition.value, pointer + "/if")
        add(.conditional(if: schema, then: yes, else: no), condition, compiler)
    }

    private mutating func readRange(
        _ minKey: String, _ maxKey: String, _ compiler: inout ValuesSchemaCompiler,
        _ check: (Int, Int) -> ValuesSchemaCheck
    ) {
        let (minMember, maxMember) = (member(minKey), member(maxKey))
        guard let first = minMember ?? maxMember else { return }
        let min = minMember.flatMap { compiler.count($0) } ?? 0
        let max = maxMember.flatMap { compiler.count($0) } ?? .max
        if isOrdered(min, max, first, &compiler) { add(check(min, max), first, compiler) }
    }

    /// Nothing can have more than its most: always a mistake.
    private func isOrdered(_ min: Int, _ max: Int, _ member: YAMLMember, _ compiler: inout ValuesSchemaCompiler) -> Bool
    {
        if min <= max { return true }
        compiler.error("at least \(min) and at most \(max) cannot be", at: member.keyMark)
        return false
    }
}
