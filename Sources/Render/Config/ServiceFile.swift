// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// What `services/<service>.yaml` says.
struct ServiceFile: Sendable {
    /// Nil means: the template of the service's own name, or `default`.
    let template: String?
    let templateMark: YAMLMark?
    let team: Name?
    let source: String?
    let needs: [Name]
    /// Whether it exists without a release record.
    let needsNoRelease: Bool
    /// Whether objects that exist and belong to nobody are taken over; nil leaves it to the environment.
    let adoptsExisting: Bool?
    let values: YAMLNode?

    static let none = ServiceFile(
        template: nil, templateMark: nil, team: nil, source: nil, needs: [], needsNoRelease: false,
        adoptsExisting: nil, values: nil)

    static func read(
        _ bytes: [UInt8], path: String, limits: FileLimits = .standard
    ) -> Reading<ServiceFile> {
        var file = ConfigFile(path: path, bytes: bytes, limits: limits)
        let keys = ["template", "team", "source", "needs", "release", "adopt", "values"]
        guard let root = file.root, let members = file.map(root, "a service", keys: keys) else {
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let template = template(members["template"], &file)
        let team = file.name(members["team"])
        let source = source(members["source"], &file)
        let needs = file.names(members["needs"])
        let needsNoRelease = release(members["release"], &file)
        let content = ServiceFile(
            template: template, templateMark: members["template"]?.value.mark, team: team, source: source,
            needs: needs, needsNoRelease: needsNoRelease, adoptsExisting: file.bool(members["adopt"]),
            values: members["values"]?.value)
        return Reading(content: file.hasErrors ? nil : content, diagnostics: file.diagnostics)
    }

    private static func template(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, let text = file.string(member) else { return nil }
        let isName =
            !text.hasPrefix(".") && !text.contains("..")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/\\".utf8.contains($0) }
        if isName, ![".yaml", ".yml", ".json"].contains(where: text.hasSuffix) { return text }
        file.error(
            Codes.badName, "\"\(text)\" is no template name", at: member.value.mark,
            hint: "name a file of templates/ without its folder and without .yaml or .json")
        return nil
    }

    /// A URL, or a map with one.
    private static func source(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, !member.value.isNull else { return nil }
        if member.value.members == nil { return file.string(member) }
        return file.map(member.value, "source", keys: ["url", "branch"]).flatMap { file.string($0["url"]) }
    }

    private static func release(_ member: YAMLMember?, _ file: inout ConfigFile) -> Bool {
        guard let member, let text = file.string(member) else { return false }
        if text == "none" { return true }
        file.error(
            Codes.badValue, "release cannot be \"\(text)\"", at: member.value.mark,
            hint: "write none, or leave it out: releases live in releases/<service>.yaml")
        return false
    }
}

/// What `<environment>/services/<service>.yaml` says: values, and whether the service is in this environment at all.
struct OverrideFile: Sendable {
    let isEnabled: Bool
    let values: YAMLNode?

    static func read(_ bytes: [UInt8], path: String, limits: FileLimits) -> Reading<OverrideFile> {
        var file = ConfigFile(path: path, bytes: bytes, limits: limits)
        guard let root = file.root else { return Reading(content: nil, diagnostics: file.diagnostics) }
        guard let members = root.members else {
            if !root.isNull {
                file.error(Codes.badValue, "an override must be a map of values", at: root.mark)
                return Reading(content: nil, diagnostics: file.diagnostics)
            }
            return Reading(content: OverrideFile(isEnabled: true, values: nil), diagnostics: file.diagnostics)
        }
        let isEnabled = file.bool(members.first { $0.key == "enabled" }) ?? true
        let values = YAMLNode(content: .map(members.filter { $0.key != "enabled" }), mark: root.mark)
        return Reading(
            content: file.hasErrors ? nil : OverrideFile(isEnabled: isEnabled, values: values),
            diagnostics: file.diagnostics)
    }
}

/// Reads `<environment>/holds/<service>.yaml` and `<environment>/holds/all.yaml`.
enum HoldFile {
    static func read(_ bytes: [UInt8], path: String, isForAll: Bool) -> Reading<Hold> {
        var file = ConfigFile(path: path, bytes: bytes)
        let keys = ["by", "reason", "until", "since"]
        guard let root = file.root, let members = file.map(root, "a hold", keys: keys) else {
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let until = file.instant(members["until"])
        _ = file.instant(members["since"])
        let by = file.string(members["by"])
        let reason = file.string(members["reason"])
        if reason == nil { file.error(Codes.missingKey, "the hold gives no reason", at: root.mark) }
        let hold = Hold(
            by: by, reason: reason ?? "", until: until, isForAll: isForAll, location: file.location(root.mark))
        return Reading(content: file.hasErrors ? nil : hold, diagnostics: file.diagnostics)
    }
}

/// Reads `defaults.yaml` and `<environment>/defaults.yaml`: a map of values.
enum DefaultsFile {
    static func read(_ bytes: [UInt8], path: String, limits: FileLimits) -> Reading<YAMLNode> {
        var file = ConfigFile(path: path, bytes: bytes, limits: limits)
        guard let root = file.root else { return Reading(content: nil, diagnostics: file.diagnostics) }
        guard root.members != nil || root.isNull else {
            file.error(Codes.badValue, "defaults must be a map of values", at: root.mark)
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        return Reading(content: root, diagnostics: file.diagnostics)
    }
}
