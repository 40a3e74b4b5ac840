#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What one token of a parsed document is. Containers carry the number of their members,
/// which follow directly; a member of an object is its key (a string token) and its value.
enum {
    kn_json_null = 0,
    kn_json_false = 1,
    kn_json_true = 2,
    kn_json_number = 3,
    kn_json_string = 4,
    kn_json_array = 5,
    kn_json_object = 6,
};

typedef struct {
    uint8_t kind;
    /// Strings (unescaped, UTF-8) and numbers (as written): their bytes, valid until the document is freed.
    const char *bytes;
    /// Bytes of a string or number; members of a container.
    size_t count;
} kn_json_token;

typedef struct kn_json_document kn_json_document;

/// Parses one whole document. Returns NULL on failure and then fills `error` (static text) and
/// `offset` (where, in bytes from the start). `depth` bounds nesting.
kn_json_document *kn_json_parse(
    const void *bytes, size_t count, size_t depth, const char **error, size_t *offset);
const kn_json_token *kn_json_tokens(const kn_json_document *document, size_t *count);
void kn_json_free(kn_json_document *document);

#ifdef __cplusplus
}
#endif
