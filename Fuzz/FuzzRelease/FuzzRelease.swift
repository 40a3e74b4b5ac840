// SPDX-License-Identifier: Apache-2.0

import FuzzKit

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkRelease(input(bytes, count))
    return 0
}
