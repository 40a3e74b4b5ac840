#pragma once
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

/// What the Glibc module does not show to Swift.

/// Gives free memory back to the system; worth calling after a large burst of work.
void kn_malloc_trim(void);
/// Limits the pools that threads allocate from.
void kn_malloc_pools(int count);
/// Lets no core be written of this process and its children; returns 0, or an errno.
int kn_no_core_dumps(void);
/// Makes standard output and standard error line-buffered, so a crash loses no finished line.
void kn_line_buffer_output(void);
/// Writes one whole buffer to a descriptor; returns 0, or an errno.
int kn_write_all(int descriptor, const void *bytes, size_t count);
/// pipe2 with O_CLOEXEC; returns 0, or an errno.
int kn_pipe_cloexec(int descriptors[2]);
/// Opens a pidfd for a child (close-on-exec); -1 on error.
int kn_pidfd_open(pid_t process);
/// Width of the terminal behind a descriptor in columns; 0 when it is no terminal.
int kn_terminal_columns(int descriptor);
/// The child of this spawn starts in `folder`; returns 0, or an errno.
int kn_spawn_chdir(posix_spawn_file_actions_t *actions, const char *folder);
/// The child of this spawn inherits no descriptor from `first` on; returns 0, or an errno.
int kn_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
