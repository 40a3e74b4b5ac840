// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// A Job that runs once for every change of its service, before or after the rest of its wave.
struct Hook: Sendable, Hashable {
    enum Phase: String, Sendable {
        case before
        case after
    }

    let phase: Phase
    /// How long it may run.
    let deadline: Duration
    /// The Job that git names. In the cluster every run has a Job of its own.
    let origin: ResourceKey
    /// Names everything that its service wants: another rendering is another run.
    let run: String

    /// Where the runs of one Job are in the order: before, among or after the objects of their wave.
    var order: Int { phase == .before ? -1 : 1 }

    /// Names of Jobs become labels of pods: 63 letters at most.
    static func name(_ name: String, run: String) -> String { "\(name.prefix(52))-\(run)" }

    struct Problem: Error {
        let text: String
    }

    /// Nil when the manifest is no hook.
    ///
    /// - Throws: What is wrong with its annotations.
    static func read(_ manifest: Manifest, key: ResourceKey, run: @autoclosure () -> String) throws(Problem) -> Hook? {
        guard let text = manifest.object.annotation(Conventions.hookAnnotation) else { return nil }
        guard key.groupKind == kind else {
            throw Problem(text: "\(Conventions.hookAnnotation) belongs on Jobs, not on a \(key.groupKind.kind)")
        }
        guard let phase = Phase(rawValue: text) else {
            throw Problem(text: "\(Conventions.hookAnnotation) must be before or after, not \"\(text)\"")
        }
        guard let deadline = deadline(of: manifest.object) else {
            throw Problem(
                text: "a hook needs an end: set spec.activeDeadlineSeconds, or \(Conventions.deadlineAnnotation): 10m")
        }
        return Hook(phase: phase, deadline: deadline, origin: key, run: run())
    }

    static let kind = GroupKind("Job.batch")

    private static func deadline(of object: Value) -> Duration? {
        if let seconds = object[at: "spec", "activeDeadlineSeconds"]?.integer { return .seconds(seconds) }
        return object.annotation(Conventions.deadlineAnnotation).flatMap { Duration(text: $0) }
    }

    /// Equal for equal manifests, in any order.
    static func run(of manifests: [Manifest]) -> String {
        let lines = manifests.map { "\($0.kind) \($0.namespace ?? "")/\($0.name) \($0.digest)\n" }.sorted()
        return String(sha256Hex(Array(lines.joined().utf8)).prefix(10))
    }
}

/// On whose order hooks run that failed before.
struct HookOrder: Sendable {
    /// Empty when there is none.
    var commit = ""
    var isRequested = false

    /// A new commit or a person's request tries a failed hook again; time alone does not.
    func mayRepeat(_ member: Member) -> Bool { isRequested || member.attempt != commit }
}
