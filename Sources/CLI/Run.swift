// SPDX-License-Identifier: Apache-2.0

/// Runs one command line and returns its exit code.
public func run(_ arguments: [String]) async -> Int32 { 64 }
