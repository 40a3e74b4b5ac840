// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import Lifecycle
import Platform
import YAML

/// What `release` is told: by its flags, by the pipeline it runs in, and by the application's clone around it.
struct ReleaseInput: Sendable {
    let request: ReleaseRequest
    let facts: ReleaseFacts

    init(_ invocation: Invocation) async throws {
        let console = invocation.console
        var facts = ReleaseFacts(console.environment)
        if let reason = facts.pullRequest, !invocation.isOn("allow-pull-request") {
            throw CommandError(
                .conflict, "this is the build of a pull request (\(reason)), which is not released",
                hint: "release from the main branch only; if you mean it, say --allow-pull-request")
        }
        let given = Self.given(invocation)
        if let commit = given[.sourceCommit] ?? facts[.sourceCommit] {
            await Self.readClone(commit, console, &facts)
        }
        let image = try Self.image(try invocation.required("image"), "--image")
        let service = try parsedName(
            try invocation.argument(0) ?? Self.derived(image.repository.split(separator: "/").last, "SERVICE", console),
            for: "a service")
        let version = try invocation.text("version") ?? Self.derived(image.tag?[...], "--version", console)
        func value(_ field: ReleaseFacts.Field) -> String? { given[field] ?? facts[field] }
        let record = ReleaseRecord(
            service: service, version: version, image: image.description, images: try Self.images(invocation),
            build: try Self.build(value),
            source: ReleaseRecord.SourceRevision(
                url: value(.sourceURL), branch: value(.sourceBranch), commit: value(.sourceCommit),
                message: value(.sourceMessage), author: value(.sourceAuthor)
            ).orNil,
            releasedAt: Instant(seconds: wallClock().milliseconds / 1000),
            releasedBy: value(.releasedBy) ?? identities(invocation).author.name,
            note: invocation.text("note"))
        do {
            var request = try ReleaseRequest(record, values: try Self.values(invocation))
            request.isOnlyIfNewer = invocation.isOn("only-if-newer")
            request.mayBeNew = invocation.isOn("new")
            request.template = try Self.template(invocation)
            self.request = request
        } catch let refusal as Refusal {
            throw CommandError(refusal)
        }
        self.facts = facts
        let used = Set(ReleaseFacts.Field.allCases.filter { given[$0] == nil && facts[$0] != nil })
        if let sentence = facts.sentence(about: used) { console.note(sentence) }
    }

    // MARK: Flags

    private static let flags: [(ReleaseFacts.Field, String)] = [
        (.buildNumber, "build-number"), (.buildURL, "build-url"), (.buildJob, "job"), (.sourceURL, "source-url"),
        (.sourceBranch, "source-branch"), (.sourceCommit, "commit"), (.sourceMessage, "source-message"),
        (.sourceAuthor, "source-author"), (.releasedBy, "by"),
    ]

    private static func given(_ invocation: Invocation) -> [ReleaseFacts.Field: String] {
        var given: [ReleaseFacts.Field: String] = [:]
        for (field, flag) in flags { given[field] = invocation.text(flag) }
        return given
    }

    private static func image(_ text: String, _ what: String) throws(CommandError) -> ImageReference {
        guard let image = ImageReference(text) else {
            throw CommandError(
                .usage, "\(what) \"\(text)\" is no image reference", hint: "the form is \(ImageReference.rule)")
        }
        return image
    }

    /// What the image's name says, as the first release tools of this kind took it; flags are better.
    private static func derived(_ part: Substring?, _ what: String, _ console: Console) throws(CommandError) -> String {
        guard let part else {
            throw CommandError(.usage, "\(what) is missing, and the image has no tag to take it from")
        }
        console.note("\(what) is not given; taken from the image: \(part)")
        return String(part)
    }

    private static func build(_ value: (ReleaseFacts.Field) -> String?) throws(CommandError) -> ReleaseRecord.Build? {
        var number: Int64?
        if let text = value(.buildNumber) {
            guard let parsed = Int64(text), parsed >= 0 else {
                throw CommandError(.usage, "the build number must be a whole number, not \"\(text)\"")
            }
            number = parsed
        }
        let build = ReleaseRecord.Build(number: number, url: value(.buildURL), job: value(.buildJob))
        return build == ReleaseRecord.Build(number: nil, url: nil, job: nil) ? nil : build
    }

    private static func pair(_ text: String, _ flag: String) throws(CommandError) -> (key: String, value: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw CommandError(.usage, "--\(flag) must be NAME=VALUE, not \"\(text)\"")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private static func images(_ invocation: Invocation) throws(CommandError) -> [String: String] {
        var images: [String: String] = [:]
        for text in invocation.texts("images") {
            let (key, value) = try pair(text, "images")
            images[key] = try image(value, "--images \(key)").description
        }
        return images
    }

    /// `a.b=1`: dots go down; whole numbers and true or false keep their type, everything else is a text.
    private static func values(_ invocation: Invocation) throws(CommandError) -> Map {
        var values = Value.map(Map())
        for text in invocation.texts("value") {
            let (key, value) = try pair(text, "value")
            let steps = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !steps.contains(where: \.isEmpty), values.insert(typed(value), at: steps[...]) else {
                throw CommandError(.usage, "--value \"\(key)\" cannot be set beside the others")
            }
        }
        return values.map ?? Map()
    }

    private static func typed(_ text: String) -> Value {
        // 1.10 stays a text: as a number it would be 1.1.
        switch try? parseYAMLValue(Array(text.utf8)) {
        case .bool(let truth)?: .bool(truth)
        case .integer(let number)? where String(number) == text: .integer(number)
        default: .string(text)
        }
    }

    private static func template(_ invocation: Invocation) throws -> ReleaseRequest.Template? {
        guard let file = invocation.text("manifest") else { return nil }
        let bytes = file == "-" ? try invocation.console.readInput() : try Files.read(invocation.console.path(file))
        guard !bytes.isEmpty else { throw CommandError(.usage, "the manifest \(file) is empty") }
        return ReleaseRequest.Template(bytes: bytes, format: file.hasSuffix(".json") ? .json : .yaml)
    }

    // MARK: The application's clone

    /// Message and author of the built commit, when the command runs in a clone that has it.
    private static func readClone(_ commit: String, _ console: Console, _ facts: inout ReleaseFacts) async {
        guard let top = WorkingTree.top(above: console.folder),
            // Not a clone of the application: the pipeline's word is all there is.
            let repository = try? LocalRepository(openingAt: top),
            let id = try? await repository.resolve(commit), let found = try? await repository.commit(id)
        else { return }
        facts.add(.sourceMessage, found.subject, from: "the clone here")
        facts.add(.sourceAuthor, found.author, from: "the clone here")
    }

    /// How the request's source commit stands to the recorded one, when the clone here knows both.
    static func ancestry(of candidate: ReleaseRecord, after recorded: ReleaseRecord?, _ console: Console) async
        -> Ancestry
    {
        guard let old = recorded?.source?.commit, let new = candidate.source?.commit else { return .unknown }
        if old == new { return .same }
        guard let top = WorkingTree.top(above: console.folder),
            // A shallow clone, or another repository: not known here.
            let repository = try? LocalRepository(openingAt: top),
            let first = try? await repository.resolve(old), let second = try? await repository.resolve(new)
        else { return .unknown }
        if first == second { return .same }
        if await repository.isAncestor(first, of: second) { return .newer }
        if await repository.isAncestor(second, of: first) { return .older }
        return .unrelated
    }
}

extension ReleaseRecord.SourceRevision {
    fileprivate var orNil: Self? {
        self == Self(url: nil, branch: nil, commit: nil, message: nil, author: nil) ? nil : self
    }
}
