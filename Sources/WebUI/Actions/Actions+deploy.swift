// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

extension Actions {
    /// Brings a release that is known from one environment to another, or to the same again.
    ///
    /// - Parameter commit: One that recorded it.
    /// - Returns: The commit that brought it; that of the environment's head when it was there already.
    func deploy(
        _ record: ReleaseRecord, from commit: CommitID, to environment: Name, reason: String?, _ visit: Visit
    ) async throws(ActionFailure) -> CommitID {
        var errand = Errand(.promote, environment, [record.service], reason: reason)
        errand.to = record.version
        return try await change(errand, visit) { desk in
            let place = try self.environment(environment, visit, .promote, record.service)
            guard let known = try await desk.record(of: record.service, at: commit), known.record == record else {
                throw ActionFailure(.badRequest, "Release \(record.service)/\(record.version) was not found")
            }
            let outcome = try await desk.deploy(
                known.record, known.file, to: place.environment, reason: reason, by: place.author)
            var note = Note(outcome.commit)
            switch outcome.answer {
            case .deployed(let previous): note.from = previous?.version
            case .alreadyThere: note.detail = "it was there already"
            }
            return (outcome.commit ?? outcome.base.commit, note)
        }
    }
}
