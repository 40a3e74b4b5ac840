// SPDX-License-Identifier: Apache-2.0

import Domain

// Records to rows and back, column by column in the order of the schema.

func columns(of record: PassRecord) -> [SQLValue] {
    [
        .text(record.id), .text(record.environment.text), .text(record.trigger.rawValue),
        .integer(record.startedAt.milliseconds), .integer(record.finishedAt.milliseconds),
        .optional(record.commit?.hex), .optional(record.previousCommit?.hex), .text(record.outcome.rawValue),
        .text(record.stage.rawValue), .text(record.reason), .integer(Int64(record.unchangedCount)),
    ]
}

func columns(of result: ObjectResult) -> [SQLValue] {
    [
        .text(result.key.groupKind.group), .text(result.key.groupKind.kind), .optional(result.key.namespace),
        .text(result.key.name), .optional(result.service?.text), .text(result.action.rawValue), .text(result.message),
    ]
}

func columns(of diagnostic: Diagnostic) -> [SQLValue] {
    [
        .text(diagnostic.severity.rawValue), .text(diagnostic.code), .text(diagnostic.message),
        .text(diagnostic.location.file), .integer(Int64(diagnostic.location.line)),
        .integer(Int64(diagnostic.location.column)), .optional(diagnostic.hint), .optional(diagnostic.service?.text),
    ]
}

func passRecord(_ row: SQLRow) throws(HistoryError) -> PassRecord {
    var record = PassRecord(
        id: row.text(0),
        environment: try known(Name(row.text(1)), row.text(1)),
        trigger: try known(Trigger(rawValue: row.text(2)), row.text(2)),
        startedAt: Instant(milliseconds: row.integer(3)))
    record.finishedAt = Instant(milliseconds: row.integer(4))
    record.commit = row.optionalText(5).flatMap { CommitID($0) }
    record.previousCommit = row.optionalText(6).flatMap { CommitID($0) }
    record.outcome = try known(Outcome(rawValue: row.text(7)), row.text(7))
    record.stage = try known(Stage(rawValue: row.text(8)), row.text(8))
    record.reason = row.text(9)
    record.unchangedCount = Int(row.integer(10))
    return record
}

func objectResult(_ row: SQLRow) throws(HistoryError) -> ObjectResult {
    ObjectResult(
        key: ResourceKey(
            groupKind: GroupKind(group: row.text(0), kind: row.text(1)), namespace: row.optionalText(2),
            name: row.text(3)),
        service: row.optionalText(4).flatMap { Name($0) },
        action: try known(Action(rawValue: row.text(5)), row.text(5)), message: row.text(6))
}

func columns(of log: HookLog) -> [SQLValue] {
    [
        .optional(log.key.namespace), .text(log.key.name), .text(log.service.text), .text(log.pod),
        .text(log.container), .text(log.text), .optional(log.problem),
    ]
}

func hookLog(_ row: SQLRow) throws(HistoryError) -> HookLog {
    HookLog(
        key: ResourceKey(
            groupKind: GroupKind(group: "batch", kind: "Job"), namespace: row.optionalText(0), name: row.text(1)),
        service: try known(Name(row.text(2)), row.text(2)), pod: row.text(3), container: row.text(4),
        text: row.text(5), problem: row.optionalText(6))
}

func diagnostic(_ row: SQLRow) throws(HistoryError) -> Diagnostic {
    Diagnostic(
        try known(Diagnostic.Severity(rawValue: row.text(0)), row.text(0)), row.text(1), row.text(2),
        at: SourceLocation(file: row.text(3), line: Int(row.integer(4)), column: Int(row.integer(5))),
        hint: row.optionalText(6), service: row.optionalText(7).flatMap { Name($0) })
}

/// A word that this version does not know comes from a newer one: the file is fine, and must not be moved aside.
func known<Word>(_ word: Word?, _ text: String) throws(HistoryError) -> Word {
    guard let word else {
        throw HistoryError(
            .newer, operation: "reading the store", detail: "\"\(text)\" was written by a newer kubernaut")
    }
    return word
}
