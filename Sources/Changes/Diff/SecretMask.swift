// SPDX-License-Identifier: Apache-2.0

public import Crypto
public import Domain

/// Replaces what Secrets hold by fingerprints under a key that lives as long as the process: equal values stay
/// equal and different ones different, and nobody can test a guess against a printed diff.
public struct SecretMask: Sendable {
    private let key: [UInt8]

    public init(key: [UInt8] = randomBytes(32)) { self.key = key }

    /// The object as it may be shown. Objects that are no Secrets come back as they are.
    public func masked(_ object: Value) -> Value {
        guard object["kind"]?.string == "Secret", object["apiVersion"]?.string == "v1" else { return object }
        var shown = object
        var data = Map()
        for entry in object["data"]?.map ?? Map() {
            let bytes = entry.value.string.flatMap { Base64.standard.bytes($0) }
            data[entry.key] = fingerprint(bytes ?? Array((entry.value.string ?? "").utf8))
        }
        // What the server makes of `stringData`: the same text must have the same fingerprint in both.
        for entry in object["stringData"]?.map ?? Map() {
            data[entry.key] = fingerprint(Array((entry.value.string ?? "").utf8))
        }
        shown["data"] = data.isEmpty ? nil : .map(data)
        shown["stringData"] = nil
        // kubectl keeps the whole Secret in here.
        let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
        if object.annotation(lastApplied) != nil {
            var metadata = shown["metadata"] ?? [:]
            var annotations = metadata["annotations"] ?? [:]
            annotations[lastApplied] = "«masked»"
            metadata["annotations"] = annotations
            shown["metadata"] = metadata
        }
        return shown
    }

    func fingerprint(_ bytes: [UInt8]) -> Value {
        .string("«\(hex(hmacSHA256(key: key, bytes).prefix(6)))»")
    }
}
