// SPDX-License-Identifier: Apache-2.0

/// That the rules allow a caller one thing at one place. Whatever changes something takes one, so that a change nobody
/// asked the rules about does not compile.
///
/// Only `AccessRules.permit` makes one. It is for the change at hand: permissions can be taken away the next moment.
public struct Permit: Sendable, Hashable {
    public let caller: Caller
    public let permission: Permission
    public let place: Place
    /// What allowed it: for the audit and for pages that explain.
    public let basis: Decision.Basis

    fileprivate init(_ caller: Caller, _ permission: Permission, at place: Place, by basis: Decision.Basis) {
        self.caller = caller
        self.permission = permission
        self.place = place
        self.basis = basis
    }
}

extension AccessRules {
    /// - Throws: When the rules do not allow it; the refusal says why.
    public func permit(
        _ caller: Caller, _ permission: Permission, at place: Place
    ) throws(Refusal) -> Permit {
        switch decide(caller, permission, at: place) {
        case .allowed(let basis): return Permit(caller, permission, at: place, by: basis)
        case .refused(let refusal): throw refusal
        }
    }
}
