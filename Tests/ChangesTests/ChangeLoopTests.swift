// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Lifecycle
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChangeLoopTests {
    private static let person = CommitIdentity(name: "Ann", email: "ann@example.org")

    /// Time passes only while the loop rests.
    private struct HandClock {
        let pauses = Lock<[Duration]>([])

        func patience(_ timeout: Duration, random: Double = 1) -> ChangePatience {
            ChangePatience(
                timeout: timeout, uptime: { [pauses] in pauses.withLock { $0.reduce(.zero, +) } },
                sleep: { [pauses] pause in pauses.withLock { $0.append(pause) } }, unitRandom: { random })
        }
    }

    private func loop(_ repository: MemoryRepository, _ patience: ChangePatience) -> ChangeLoop {
        ChangeLoop(
            repository, author: Self.person, committer: Self.person, patience: patience, now: { Instant(seconds: 5) })
    }

    /// Adds a line to a file: shows on which content a change was made.
    private func adding(_ line: String, _ repository: MemoryRepository)
        -> @Sendable (BranchHead) async throws ->
        ChangeStep<String>
    {
        { head in
            let old = try await repository.files(at: ["list"], of: head.commit)["list"]?.bytes ?? []
            if String(decoding: old, as: UTF8.self).contains(line) { return .done("there") }
            return .commit(Change(.edits(["list": old + Array("\(line)\n".utf8)]), subject: "Add \(line)"), "added")
        }
    }

    @Test("a change that loses a race is made again on what the winner left, with one parent and nobody's work lost")
    func raced() async throws {
        let repository = MemoryRepository(["list": "a\n"]) { repository, number in
            if number <= 2 { repository.commit(["list": repository.text("list")! + "other \(number)\n"], on: "dev") }
            return (nil, nil)
        }
        let clock = HandClock()
        let outcome = try await loop(repository, clock.patience(.seconds(60))).run(
            on: "dev", decide: adding("mine", repository))
        #expect(outcome.attempts == 3)
        #expect(repository.text("list") == "a\nother 1\nother 2\nmine\n")
        #expect(repository.head("dev") == outcome.commit)
        #expect(repository.log().allSatisfy { $0.parents.count <= 1 })
        #expect(clock.pauses.withLock { $0 } == [.milliseconds(200), .milliseconds(400)])
    }

    @Test("nothing is committed when the answer is that nothing is to be done, or the edits change nothing")
    func nothing() async throws {
        let repository = MemoryRepository(["list": "a\n"])
        let changes = loop(repository, HandClock().patience(.seconds(1)))
        let done = try await changes.run(on: nil) { _ in .done(1) }
        let same = try await changes.run(on: nil) { _ in
            .commit(Change(.edits(["list": Array("a\n".utf8)]), subject: "Same"), 2)
        }
        #expect(done.commit == nil && same.commit == nil && same.answer == 2)
        #expect(repository.pushes == 0)
    }

    @Test("a push whose answer was lost is found on the branch, not made twice")
    func unanswered() async throws {
        let repository = MemoryRepository(["list": ""]) { _, number in
            (nil, number == 1 ? ScriptedError(remedy: .lookAgain, text: "reset") : nil)
        }
        let outcome = try await loop(repository, HandClock().patience(.seconds(60))).run(
            on: "dev", decide: adding("mine", repository))
        #expect(outcome.answer == "added")
        #expect(outcome.commit == repository.head("dev"))
        #expect(repository.pushes == 1)
        #expect(repository.text("list") == "mine\n")
    }

    @Test("a remote that stays silent is given up after five attempts, with its own error")
    func silent() async throws {
        let silence = ScriptedError(remedy: .lookAgain, text: "no route")
        let repository = MemoryRepository(["list": ""]) { _, _ in (silence, nil) }
        await #expect(throws: silence) {
            try await loop(repository, HandClock().patience(.seconds(600))).run(
                on: "dev", decide: adding("mine", repository))
        }
        #expect(repository.pushes == 5)
    }

    @Test("a branch that never stands still ends in a refusal when the time is up")
    func contended() async throws {
        let repository = MemoryRepository(["list": ""]) { repository, number in
            repository.commit(["other": "\(number)"], on: "dev")
            return (nil, nil)
        }
        let clock = HandClock()
        let refusal = await #expect(throws: Refusal.self) {
            try await loop(repository, clock.patience(.seconds(20))).run(on: "dev", decide: adding("mine", repository))
        }
        #expect(refusal?.code == .contended)
        // Never longer than the cap, and the last one no longer than what is left.
        #expect(clock.pauses.withLock { $0.reduce(.zero, +) } == .seconds(20))
        #expect(clock.pauses.withLock { $0.max() } == .seconds(5))
    }

    @Test("what the change itself refuses, or the remote refuses for good, is not tried again")
    func refused() async throws {
        let protected = ScriptedError(remedy: .giveUp, text: "protected branch")
        let repository = MemoryRepository(["list": ""]) { _, _ in (protected, nil) }
        let changes = loop(repository, HandClock().patience(.seconds(60)))
        await #expect(throws: protected) { try await changes.run(on: "dev", decide: adding("mine", repository)) }
        await #expect(throws: Refusal(.held, "held")) {
            try await changes.run(on: "dev") { _ -> ChangeStep<Int> in throw Refusal(.held, "held") }
        }
        #expect(repository.pushes == 1)
    }

    @Test("the dice decide the pause, up to the whole of it")
    func jitter() async throws {
        let repository = MemoryRepository(["list": ""]) { repository, number in
            if number == 1 { repository.commit(["other": "x"], on: "dev") }
            return (nil, nil)
        }
        let clock = HandClock()
        _ = try await loop(repository, clock.patience(.seconds(60), random: 0.25)).run(
            on: "dev", decide: adding("mine", repository))
        #expect(clock.pauses.withLock { $0 } == [.milliseconds(50)])
    }
}
