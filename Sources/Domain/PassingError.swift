// SPDX-License-Identifier: Apache-2.0

/// An error that may be gone at the next try.
public protocol PassingError: Error {
    var isRetryable: Bool { get }
}
