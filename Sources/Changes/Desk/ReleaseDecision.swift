// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Decides what a release comes to on a head of its branch; reads no more files than that takes.
public struct ReleaseDecision: Sendable {
    private let repository: any EditableRepository
    private let pipeline: Pipeline
    /// The config root inside the repository, for the places in diagnostics.
    private let root: String
    public let change: ReleaseChange
    /// Whether a release that does not render is refused.
    public var validates = true
    /// How the request's source commit stands to that of the record there is; nil for none.
    public var ancestry: @Sendable (_ recorded: ReleaseRecord?) async -> Ancestry = { _ in .unknown }
    /// Takes the warnings of the rendering.
    public var warn: @Sendable (Diagnostic) -> Void = { _ in }

    public init(_ change: ReleaseChange, _ repository: any EditableRepository, of pipeline: Pipeline, root: String) {
        self.change = change
        self.repository = repository
        self.pipeline = pipeline
        self.root = root
    }

    private var service: Name { change.request.record.service }

    /// - Throws: `Refusal`; the repository's errors.
    public func step(at head: BranchHead, now: Instant) async throws -> ChangeStep<ReleaseAnswer> {
        let files = try await repository.files(at: change.paths, of: head.commit)
        let ancestry = await ancestry(change.recorded(in: files))
        let step: ChangeStep<ReleaseAnswer>
        do throws(Refusal) {
            step = try change.step(files: files, ancestry: ancestry, now: now)
        } catch {
            guard error.code == .notFound else { throw error }
            throw try await suggesting(error, head)
        }
        if validates, case .commit(let draft, _) = step { try await check(draft, head, files) }
        return step
    }

    private func suggesting(_ refusal: Refusal, _ head: BranchHead) async throws -> Refusal {
        var names = Set<String>()
        for folder in ["releases", "services", "templates"] {
            for name in try await repository.names(in: folder, of: head.commit) {
                if let dot = name.lastIndex(of: "."), name != "default.yaml" { names.insert(String(name[..<dot])) }
            }
        }
        let hints = [didYouMean(service.text, in: names), refusal.hint].compactMap { $0 }
        return Refusal(refusal.code, refusal.message, hint: hints.joined(separator: " "))
    }

    /// A release that nothing could be made of must not land silently.
    private func check(_ draft: Change, _ head: BranchHead, _ files: [String: SourceFile]) async throws {
        guard case .edits(let edits) = draft.content else { return }
        let check = ReleaseCheck(repository, change.environment, of: pipeline, root: root)
        let (warnings, dependencies) = try await check.run(
            service, at: head.commit, with: edits, known: files, asked: Set(change.paths))
        warnings.forEach(warn)
        guard let format = change.request.template?.format.rawValue, !dependencies.isEmpty,
            !dependencies.contains("templates/\(service).\(format)")
        else { return }
        throw Refusal(
            .conflict, "\(service) takes another template: services/\(service).yaml names it",
            hint: "leave the template out, or remove template: there")
    }
}
