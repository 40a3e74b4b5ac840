// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import JSON
import YAML

extension Renderer {
    /// What a release record says, values included, whatever the way it is written.
    ///
    /// - Parameter path: As a person sees it.
    public static func recordContent(_ file: SourceFile, path: String) -> RecordContent {
        let reading = ReleaseFile.read(file.bytes, path: path)
        guard let record = reading.content else { return RecordContent(release: nil, digest: file.blob) }
        return RecordContent(release: record.record, digest: sha256Hex(record.root.value.json()))
    }

    /// `<folder><name>.yaml`
    static func service(_ path: String, in folder: String) -> Name? {
        guard path.hasPrefix(folder), path.hasSuffix(".yaml") else { return nil }
        return Name(path.dropFirst(folder.count).dropLast(5))
    }
}

/// Who holds what in one environment.
public struct Holds: Sendable {
    private let byService: [Name: Hold]
    private let all: Hold?
    /// What is wrong with hold files. Such a file holds: what somebody meant to protect stays protected.
    public let diagnostics: [Diagnostic]

    public init(in snapshot: SourceSnapshot, for environment: Environment) {
        let folder = "\(environment.name)/holds/"
        var (byService, all, diagnostics): ([Name: Hold], Hold?, [Diagnostic]) = ([:], nil, [])
        for (path, file) in snapshot.files where path.hasPrefix(folder) {
            guard let service = Renderer.service(path, in: folder) else { continue }
            let shown = snapshot.path(of: path)
            let isForAll = service.text == "all"
            let reading = HoldFile.read(file.bytes, path: shown, isForAll: isForAll)
            diagnostics += reading.diagnostics
            let hold =
                reading.content
                ?? Hold(
                    by: nil, reason: "\(shown) cannot be read", until: nil, isForAll: isForAll,
                    location: SourceLocation(file: shown))
            if isForAll { all = hold } else { byService[service] = hold }
        }
        self.byService = byService
        self.all = all
        self.diagnostics = diagnostics.sorted { $0.location < $1.location }
    }

    /// The service's own hold before that of the environment; nil when none is active.
    public func active(for service: Name, at now: Instant) -> Hold? {
        [byService[service], all].compactMap(\.self).first { $0.isActive(at: now) }
    }
}
