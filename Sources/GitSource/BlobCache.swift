// SPDX-License-Identifier: Apache-2.0

import Domain

/// Files by blob, so that environments whose branches share content share the bytes.
///
/// Holds what the latest snapshots use and nothing else.
struct BlobCache {
    /// More snapshots than a pipeline has environments; an older one is no longer anybody's state.
    private static let snapshotsKept = 16

    private var entries: [String: (file: SourceFile, snapshot: Int)] = [:]
    private var snapshots = 0
    /// How many files came one by one since the last whole snapshot.
    private(set) var additions = 0

    subscript(blob: String) -> SourceFile? { entries[blob]?.file }

    /// Takes in a snapshot, and drops what none of the latest has.
    mutating func keep(_ files: some Sequence<SourceFile>) {
        snapshots += 1
        additions = 0
        for file in files { entries[file.blob] = (file, snapshots) }
        let oldest = snapshots - Self.snapshotsKept
        if entries.contains(where: { $0.value.snapshot <= oldest }) {
            entries = entries.filter { $0.value.snapshot > oldest }
        }
    }

    /// Takes in what a snapshot has besides what is here already.
    mutating func add(_ file: SourceFile) {
        additions += 1
        entries[file.blob] = (file, snapshots)
    }
}
