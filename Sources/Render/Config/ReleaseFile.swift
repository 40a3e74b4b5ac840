// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// A release record with what only rendering needs.
struct ReleaseFile: Sendable {
    let record: ReleaseRecord
    /// The whole record as written, for the places of reserved values.
    let root: YAMLNode
    /// Attributes for the template; nil for none.
    let values: YAMLNode?

    static let keys = [
        "service", "version", "image", "images", "build", "source", "releasedAt", "releasedBy", "note", "values",
    ]

    static func read(_ bytes: [UInt8], path: String) -> Reading<ReleaseFile> {
        var file = ConfigFile(path: path, bytes: bytes)
        guard let root = file.root, let members = file.map(root, "the release record", keys: keys) else {
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let service = file.name(members["service"])
        let version = version(members["version"], &file)
        let image = image(members["image"], &file)
        for key in ["service", "version", "image"] where members[key]?.value.isNull ?? true {
            file.error(Codes.missingKey, "the release record has no \(key)", at: root.mark)
        }
        let images = images(members["images"], &file)
        let build = build(members["build"], &file)
        let source = source(members["source"], &file)
        let releasedAt = file.instant(members["releasedAt"])
        let releasedBy = file.string(members["releasedBy"])
        let note = file.string(members["note"])
        if let name = service, let expected = Self.service(ofFile: path), expected != name.text,
            let mark = members["service"]?.value.mark
        {
            file.error(Codes.badValue, "the record is for \(name), but the file is named after \(expected)", at: mark)
        }
        guard !file.hasErrors, let service, let version, let image else {
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let record = ReleaseRecord(
            service: service, version: version, image: image, images: images, build: build, source: source,
            releasedAt: releasedAt, releasedBy: releasedBy, note: note)
        let values = members["values"]?.value
        return Reading(
            content: ReleaseFile(record: record, root: root, values: values), diagnostics: file.diagnostics)
    }

    /// `cart` of `environments/releases/cart.yaml`; nil for a path that names no service.
    private static func service(ofFile path: String) -> String? {
        guard path.hasSuffix(".yaml") else { return nil }
        let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex
        return String(path[start...].dropLast(5))
    }

    private static func version(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, !member.value.isNull else { return nil }
        guard let scalar = member.value.scalar else {
            file.badKind(member, "a string")
            return nil
        }
        switch scalar.value {
        case .string: break
        case .integer where String(scalar.value.integer ?? 0) == scalar.text: break
        default:
            // 1.10 would silently be 1.1: what was meant cannot be known.
            file.error(
                Codes.badValue,
                "version must be a string, but \(scalar.text) without quotes is a "
                    + scalar.value.kindName, at: member.value.mark, hint: "write it as \"\(scalar.text)\"")
            return nil
        }
        let text = scalar.text
        let isSane =
            (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"'\\/:@*?<>|{}".utf8.contains($0) }
        if isSane { return text }
        file.error(
            Codes.badValue, "version \"\(text)\" is unusable", at: member.value.mark,
            hint: "at most 128 letters, digits and . _ + - ~, as in 1.43.0-rc.1+812")
        return nil
    }

    private static func image(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, let text = file.string(member) else { return nil }
        if ImageReference(text) != nil { return text }
        file.error(
            Codes.badImage, "\"\(text)\" is no image reference", at: member.value.mark,
            hint: "the form is \(ImageReference.rule)")
        return nil
    }

    private static func images(_ member: YAMLMember?, _ file: inout ConfigFile) -> [String: String] {
        guard let member, !member.value.isNull else { return [:] }
        guard let entries = member.value.members else {
            file.badKind(member, "a map from container to image")
            return [:]
        }
        var images: [String: String] = [:]
        for entry in entries { images[entry.key] = image(entry, &file) }
        return images
    }

    private static func build(_ member: YAMLMember?, _ file: inout ConfigFile) -> ReleaseRecord.Build? {
        guard let member, let members = file.map(member.value, "build", keys: ["number", "url", "job"]) else {
            return nil
        }
        return ReleaseRecord.Build(
            number: file.integer(members["number"], in: 0...Int64.max), url: file.string(members["url"]),
            job: file.string(members["job"]))
    }

    private static func source(_ member: YAMLMember?, _ file: inout ConfigFile) -> ReleaseRecord.SourceRevision? {
        let keys = ["url", "branch", "commit", "message", "author"]
        guard let member, let members = file.map(member.value, "source", keys: keys) else { return nil }
        return ReleaseRecord.SourceRevision(
            url: file.string(members["url"]), branch: file.string(members["branch"]),
            commit: commit(members["commit"], &file), message: file.string(members["message"]),
            author: file.string(members["author"]))
    }

    /// Jenkins writes what git gave it; digits alone are a number to YAML, so the text is what counts.
    private static func commit(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, !member.value.isNull else { return nil }
        if let text = member.value.scalar?.text, !text.isEmpty { return text }
        file.badKind(member, "a string")
        return nil
    }
}
