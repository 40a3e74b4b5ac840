// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Reads YAML as `kubectl` reads it: the syntax of libyaml, the meaning of scalars, keys and merge keys as
/// `sigs.k8s.io/yaml` gives them, but a repeated key is an error. Pure.
///
/// - Parameter reserved: Text that may stand in scalars and comments only; empty for none.
/// - Returns: One node for each document, a null for one that is empty; nothing for a file without documents.
/// - Throws: The first problem of the file.
public func parseYAML(
    _ bytes: [UInt8], limits: FileLimits = .standard, reserved: String = ""
) throws(YAMLError) -> [YAMLNode] {
    guard bytes.count <= limits.bytes else {
        throw YAMLError(
            .limit, "the file has \(bytes.count) bytes, \(limits.bytes) are allowed", at: YAMLMark(line: 1, column: 1))
    }
    let result: Result<[YAMLNode], YAMLError> = bytes.withUnsafeBufferPointer { buffer in
        var composer = YAMLComposer(events: YAMLEventReader(buffer), limits: limits, reserved: reserved)
        return Result { () throws(YAMLError) in try composer.documents() }
    }
    return try result.get()
}

/// Reads one YAML document as a plain tree; null for a file without any.
///
/// - Throws: As `parseYAML`, and `.limit` when there is more than one document.
public func parseYAMLValue(_ bytes: [UInt8], limits: FileLimits = .standard) throws(YAMLError) -> Value {
    var limits = limits
    limits.documents = 1
    return try parseYAML(bytes, limits: limits).first?.value ?? .null
}
