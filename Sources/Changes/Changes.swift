// SPDX-License-Identifier: Apache-2.0

// The room of release, promote, rollback, hold and resume: what each changes in the config repository.
