// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Whose signatures count, and on which branches. Part of the daemon's own configuration; nothing in the repository
/// that is being checked can change it.
public struct SignaturePolicy: Sendable, Hashable {
    public var mode = SignatureMode.off
    /// Branches with another mode.
    public var branches: [String: SignatureMode] = [:]
    /// SSH keys that count: an allowed-signers file of OpenSSH; nil for none.
    public var allowedSigners: String?
    /// SSH keys that count no more: one public key in each line; nil for none.
    public var revokedSigners: String?
    /// OpenPGP keys that count, as `gpg --export` writes them; nil for none.
    public var keyring: String?
    /// Commits that somebody looked at: they count as signed, and what came before them is not looked at.
    public var trusted: Set<CommitID> = []

    public init() {}

    public func mode(of branch: String) -> SignatureMode { branches[branch] ?? mode }

    /// Whether any branch is looked at.
    public var isOn: Bool { mode != .off || branches.values.contains { $0 != .off } }
}
