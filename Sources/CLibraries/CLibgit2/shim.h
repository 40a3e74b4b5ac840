#pragma once
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/transport.h>

// git_libgit2_opts is variadic: one typed door per option that is used.
static inline int kn_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}
static inline int kn_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}
static inline int kn_git_set_cache_size(ssize_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}

// Reads an object as it lies in the database. git_odb_read hashes each one again, which takes three quarters of the time of
// a walk through large folders. The backend that gave `data` frees it: git_odb_backend_data_free.
static inline int kn_git_read_as_is(
    void **data, size_t *size, git_object_t *type, git_odb_backend **owner, git_odb *odb, const git_oid *id) {
    for (size_t i = 0; i < git_odb_num_backends(odb); i++) {
        git_odb_backend *backend = NULL;
        if (git_odb_get_backend(&backend, odb, i) != 0 || backend->read == NULL) continue;
        if (backend->read(data, size, type, backend, id) != 0) continue;
        *owner = backend;
        return 0;
    }
    return GIT_ENOTFOUND;
}
