import Domain
import Testing

/// `3`: version 3; `3b`: version 3 with other contents; `-`: no record; `!`: one that cannot be read.
private func content(_ text: Substring) -> RecordContent? {
    guard text != "-", let service = Name("cart") else { return nil }
    guard text != "!" else { return RecordContent(release: nil, digest: "!") }
    let version = String(text.prefix { $0.isNumber })
    return RecordContent(
        release: ReleaseRecord(service: service, version: version, image: "cart:\(version)"), digest: String(text))
}

/// Newest first: `3 2 1`.
private func line(_ text: String) -> [RecordVersion] {
    text.split(separator: " ").enumerated().compactMap { index, part in
        CommitID(String(repeating: "0", count: 39) + String(index % 10)).map { id in
            RecordVersion(
                content: content(part),
                commit: Commit(id: id, author: "Kim", email: "", date: Instant(seconds: 0), subject: ""))
        }
    }
}

private func relation(_ target: String, _ source: String) -> RecordRelation {
    let (target, source) = (line(target), line(source))
    return RecordRelation(of: target.first?.content, target, to: source.first?.content, source)
}

private let hold = Hold(
    by: "Ann", reason: "leak", until: nil, isForAll: false, location: SourceLocation(file: "holds/cart.yaml"))

@Suite("The rule for release records")
struct RecordMergeTests {
    @Test(
        "decides from the record's history, not from the merge base",
        arguments: [
            // The target's line, the source's line, what promoting everything does, what it does to a named service.
            ("3 2", "3 2 1", RecordDecision.nothing, RecordDecision.nothing),
            ("2", "3 2 1", .take, .take),
            ("1 2", "2 1", .take, .take),  // rolled back, and the hold has ended
            ("3", "1 3 2 1", .take, .take),  // the source was rolled back
            ("9", "3 2 1", .keep(.hotfix), .take),
            ("3b", "3 2", .keep(.hotfix), .take),  // edited by hand in the target
            ("3", "3b 3 2", .take, .take),  // recorded again
            ("", "3", .take, .take),  // new
            ("- 2", "3 2 1", .keep(.dropped), .take),  // the target removed it by itself
            ("- 2", "3 - 2 1", .take, .take),  // it had taken over the removal
            ("- 9", "3 - 2", .keep(.dropped), .take),  // a hotfix was removed by hand
            ("2", "- 3 2 1", .take, .take),  // the removal is promoted
            ("9", "- 3", .keep(.onlyInTarget), .keep(.onlyInTarget)),
            ("9", "", .keep(.onlyInTarget), .keep(.onlyInTarget)),
            ("- 2", "-", .nothing, .nothing),
            ("2", "! 2", .keep(.unreadable), .keep(.unreadable)),
            ("", "!", .keep(.unreadable), .keep(.unreadable)),
            ("!", "2", .keep(.hotfix), .take),
            ("! 1", "2 ! 1", .take, .take),  // both had the broken record, and the source mended it
        ])
    func decide(target: String, source: String, all: RecordDecision, named: RecordDecision) {
        let relation = relation(target, source)
        #expect(RecordDecision(relation, hold: nil, isNamed: false) == all)
        #expect(RecordDecision(relation, hold: nil, isNamed: true) == named)
    }

    @Test("never goes past a hold, whoever asks", arguments: ["2", "9", "", "- 2"], [false, true])
    func held(target: String, isNamed: Bool) {
        let decision = RecordDecision(relation(target, "3 2 1"), hold: hold, isNamed: isNamed)
        #expect(decision == .keep(.held(hold)))
    }

    @Test(
        "gives the words that people are shown",
        arguments: [
            ("3 2", "3 2 1", Position.inStep), ("2", "3 2 1", .behind(1)), ("1", "3 2 1", .behind(2)),
            ("9", "3 2 1", .ahead), ("3b", "3 2", .differs), ("2", "1 2 1", .behind(1)), ("-", "3", .absent),
            ("2", "-", .absent), ("1", "3 3b 2 2b 1", .behind(2)), ("3", "3b 3", .differs), ("2", "!", .differs),
        ])
    func position(target: String, source: String, expected: Position) {
        let position = relation(target, source)
            .position(of: line(target).first?.content, to: line(source).first?.content)
        #expect(position == expected)
    }

    @Test("a service that neither has any more has no position")
    func neither() { #expect(relation("- 1", "-").position(of: nil, to: nil) == nil) }
}
