// SPDX-License-Identifier: Apache-2.0

/// Every command, in the order help shows them.
let commands: [Command] = [
    .initialize, .validate,
    .render, .diff, .explain, .status, .orphans, .health, .history, .wait,
    .release, .promote, .rollback, .hold, .resume,
    .can, .audit, .keyCreate, .keyList, .keyRevoke, .keyRotate,
    .apply, .sync, .prune, .adopt, .suspend, .unsuspend,
    .serve, .cluster, .demo, .devGitHub,
    .help, .completion, .man, .version,
]
