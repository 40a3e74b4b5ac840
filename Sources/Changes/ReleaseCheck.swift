// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// Whether a service renders with edits that are not committed yet, from no more files than that takes.
public struct ReleaseCheck: Sendable {
    private let repository: any EditableRepository
    private let environment: Environment
    private let pipeline: Pipeline
    /// The config root inside the repository, for the places in diagnostics.
    private let root: String

    /// A service whose files lead to more others than this is not to be had.
    private static let roundLimit = 20

    public init(
        _ repository: any EditableRepository, _ environment: Environment, of pipeline: Pipeline, root: String
    ) {
        self.repository = repository
        self.environment = environment
        self.pipeline = pipeline
        self.root = root
    }

    /// - Parameters:
    ///   - known: Files at `commit` that were read before, and the paths that were looked for.
    /// - Returns: Warnings, and every path that the rendering depends on.
    /// - Throws: `Refusal` `.invalid` with what is wrong; the repository's errors.
    public func run(
        _ service: Name, at commit: CommitID, with edits: FileEdits, known: [String: SourceFile] = [:],
        asked: Set<String> = []
    ) async throws -> (warnings: [Diagnostic], dependencies: Set<String>) {
        var files = known
        var asked = asked
        let renderer = Renderer(settings: RenderSettings(of: pipeline))
        for _ in 0..<Self.roundLimit {
            let snapshot = SourceSnapshot(commit: nil, root: root, files: overlaid(files, edits))
            let rendering = renderer.renderAlone(service, in: snapshot, for: environment)
            let missing = try await paths(rendering.dependencies, of: commit).subtracting(asked)
            guard missing.isEmpty else {
                files.merge(try await repository.files(at: missing.sorted(), of: commit)) { old, _ in old }
                asked.formUnion(missing)
                continue
            }
            let errors = rendering.diagnostics.filter { $0.severity == .error }
            guard errors.isEmpty else {
                throw Refusal(
                    .invalid, "\(service) would not render in \(environment.name); nothing was pushed",
                    hint: "mend it; kubernaut release --no-validate records it all the same",
                    diagnostics: rendering.diagnostics)
            }
            return (rendering.diagnostics, rendering.dependencies)
        }
        throw Refusal(.invalid, "the files of \(service) lead to ever more files", hint: "record it with --no-validate")
    }

    /// A folder among dependencies becomes its files.
    private func paths(_ dependencies: Set<String>, of commit: CommitID) async throws -> Set<String> {
        var paths = Set<String>()
        for dependency in dependencies {
            if dependency.hasSuffix("/") {
                let names = try await repository.names(in: String(dependency.dropLast()), of: commit)
                paths.formUnion(names.map { dependency + $0 })
            } else {
                paths.insert(dependency)
            }
        }
        return paths
    }

    private func overlaid(_ files: [String: SourceFile], _ edits: FileEdits) -> [String: SourceFile] {
        var files = files
        for (path, bytes) in edits {
            // Equal ids must mean equal content; an edit's is not known yet, and nothing else has this one.
            files[path] = bytes.map { SourceFile(blob: "edited:\(path)", bytes: $0) }
        }
        return files
    }
}
