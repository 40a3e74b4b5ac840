// SPDX-License-Identifier: Apache-2.0

import CLI
import Glibc

exit(await run(Array(CommandLine.arguments.dropFirst())))
