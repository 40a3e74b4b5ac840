// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// Memory that this process holds, in KiB.
func residentKilobytes() throws -> Int {
    let status = String(decoding: try Files.read("/proc/self/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
}

/// Descriptors that this process has open.
func openDescriptors() throws -> Int { try Files.list("/proc/self/fd").count }

/// Whether this process was built to watch its memory or its threads.
var hasSanitizer: Bool { dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil }
