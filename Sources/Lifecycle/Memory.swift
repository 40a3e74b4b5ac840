// SPDX-License-Identifier: Apache-2.0

import CPosix

/// Gives memory that nobody uses any more back to the system. The allocator keeps it otherwise, and a burst of work
/// would be seen in the process's size for ever.
///
/// Takes some milliseconds for each 100 MiB; for the end of a large piece of work. Safe from any thread.
public func returnFreeMemory() { kn_malloc_trim() }

/// Lets all threads share few of the allocator's pools. Each keeps what its busiest moment needed, and there would be
/// eight for every processor. For the start of a program that stays; later it limits only new ones.
public func limitMemoryPools() { kn_malloc_pools(2) }

/// Lets no core dump be written when this process or a child of it crashes: its memory holds keys, tokens and what Secrets say.
/// For the start of a program.
///
/// - Returns: False when the system does not allow it.
public func forbidCoreDumps() -> Bool { kn_no_core_dumps() == 0 }
