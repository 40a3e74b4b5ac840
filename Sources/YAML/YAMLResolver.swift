// SPDX-License-Identifier: Apache-2.0

import Domain

/// What the text of a scalar means to Kubernetes: the rules of go-yaml v2 behind `sigs.k8s.io/yaml`, checked case
/// by case against `kubectl`. Base 60 does not exist, times are strings.
enum YAMLResolver {
    struct Mismatch: Error {
        let reason: String
    }

    /// - Parameter tag: Nil for a plain scalar; a tag that is none of YAML's own means a string.
    static func resolve(_ text: String, tag: String?) throws(Mismatch) -> Value {
        guard let tag else { return try checkFinite(plain(text), text) }
        let name = tag.hasPrefix("tag:yaml.org,2002:") ? tag.dropFirst(18) : ""
        switch name {
        case "int", "float", "bool", "null":
            let meaning = plain(text)
            guard meaning.fits(name) else {
                throw Mismatch(reason: "cannot read \"\(text)\" as !!\(name): it is a \(meaning.name)")
            }
            return try checkFinite(meaning, text)
        case "binary":
            guard let bytes = Base64.standard.bytes(text) else {
                throw Mismatch(reason: "the value of !!binary is no base64")
            }
            guard let decoded = String(validating: bytes, as: UTF8.self) else {
                throw Mismatch(reason: "the value of !!binary is no UTF-8 text")
            }
            return .string(decoded)
        default: return .string(text)
        }
    }

    /// The key that a scalar makes; nil when a key cannot be made of it.
    static func key(_ scalar: YAMLScalar) -> String? {
        switch scalar.value {
        case .string(let text): return text
        case .bool(let truth): return truth ? "true" : "false"
        case .integer, .decimal:
            guard case .float(let number) = plain(scalar.text) else {
                return scalar.value.integer.map(String.init)
            }
            return GoNumber.keyText(number)
        case .null, .list, .map: return nil
        }
    }

    enum Meaning {
        case null
        case bool(Bool)
        case integer(Int64)
        case float(Double)
        case string
        /// `.inf` or `.nan`, which JSON cannot hold.
        case infinite

        var name: String {
            switch self {
            case .null: "null"
            case .bool: "boolean"
            case .integer: "whole number"
            case .float, .infinite: "number"
            case .string: "string"
            }
        }

        func fits(_ tag: Substring) -> Bool {
            switch self {
            case .null: tag == "null"
            case .bool: tag == "bool"
            case .integer: tag == "int" || tag == "float"
            case .float, .infinite: tag == "float"
            case .string: false
            }
        }
    }

    private static func checkFinite(_ meaning: Meaning, _ text: String) throws(Mismatch) -> Value {
        switch meaning {
        case .null: return .null
        case .bool(let truth): return .bool(truth)
        case .integer(let number): return .integer(number)
        case .float(let number): return GoNumber.value(number)
        case .string: return .string(text)
        case .infinite: throw Mismatch(reason: "Kubernetes has no number \(text); write it in quotes for a string")
        }
    }

    /// What a scalar without quotes and tag means.
    static func plain(_ text: String) -> Meaning {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"),
            UInt8(ascii: "~"):
            return text.utf8.count <= 5 ? word(text) : .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return number(text)
        default: return .string
        }
    }

    private static func word(_ text: String) -> Meaning {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        case "~", "null", "Null", "NULL": .null
        default: .string
        }
    }

    private static func number(_ text: String) -> Meaning {
        switch text {
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            return .infinite
        default: break
        }
        let bytes = Array(text.utf8)
        if bytes[0] == UInt8(ascii: ".") {
            // Here alone Go demands that an underscore stands between two digits.
            guard GoNumber.hasInnerUnderscores(bytes) else { return .string }
            return GoNumber.float(bytes.filter { $0 != UInt8(ascii: "_") }).map(Meaning.float) ?? .string
        }
        let digits = bytes.filter { $0 != UInt8(ascii: "_") }
        switch GoNumber.integer(digits) {
        case .exact(let number): return .integer(number)
        case .tooBig(let number): return .float(number)
        case .none: return GoNumber.float(digits).map(Meaning.float) ?? .string
        }
    }
}
