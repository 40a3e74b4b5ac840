// An HTTP/1.1 server on one loop thread, over libevent 2.1 (evhttp).
//
// This header shows nothing of libevent: its config header defines _GNU_SOURCE, which clashes with every other
// module that shows fd_set.
//
// In: a bound configuration and callbacks. Out: requests, each with an id; answers come back by that id from any
// thread. Ids are never used twice, so an answer for a request whose client is gone is dropped, never misdirected.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kn_http_server kn_http_server;

/// Where the byte stream of one connection stands.
typedef enum {
    KN_HTTP_IDLE = 0,  ///< between two requests
    KN_HTTP_HEAD = 1,  ///< inside a head
    KN_HTTP_BODY = 2,  ///< inside a body
} kn_http_phase;

/// What the framing check says about bytes just received.
typedef struct {
    int refusal;         ///< 0, or the HTTP status to refuse with
    kn_http_phase phase; ///< after these bytes
    uint32_t completed;  ///< requests whose last byte was among these bytes
    uint32_t heads;      ///< heads that ended among these bytes
    bool wants_page;     ///< a refusal is read by a person in a browser
} kn_http_verdict;

typedef struct {
    const char *name;
    const char *value;
} kn_http_field;

/// A whole request. All pointers are good during the callback only.
typedef struct {
    const char *method;
    const char *target;
    const char *peer;
    const kn_http_field *fields;
    size_t field_count;
    const uint8_t *body;
    size_t body_length;
} kn_http_request;

/// Bytes that their owner keeps as they are until `release` is called with it: once, from any thread.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    void *owner;
    void (*release)(const void *bytes, size_t count, void *owner);
} kn_http_bytes;

/// All are called on the loop thread and must return soon.
typedef struct {
    void *context;
    /// A connection came: returns its framing state.
    void *(*opened)(void *context);
    /// Checks bytes of one connection before the parser sees them.
    kn_http_verdict (*received)(void *framing, const uint8_t *bytes, size_t count);
    /// The connection is gone: frees its framing state.
    void (*closed)(void *framing);
    void (*request)(void *context, uint64_t id, const kn_http_request *request);
    /// Everything up to `accepted` bytes of this stream has left for the client.
    void (*drained)(void *context, uint64_t id, uint64_t accepted);
    /// The last word about a request: answered, or its client is gone. Comes exactly once.
    void (*ended)(void *context, uint64_t id);
    /// The loop has ended; the very last call.
    void (*stopped)(void *context);
} kn_http_callbacks;

/// Times in milliseconds.
typedef struct {
    const char *host;  ///< numeric IPv4 or IPv6 address
    uint16_t port;     ///< 0 for any
    uint32_t connection_limit;
    uint32_t head_ms;
    uint32_t body_ms;
    uint32_t idle_ms;
    uint32_t write_ms; ///< longest wait for a client that takes no bytes
    /// PEM, both or none; none means plain HTTP.
    const char *certificate;
    const char *private_key;
} kn_http_configuration;

/// Binds and listens. NULL on failure, then `message` (at least 256 bytes) says why.
kn_http_server *kn_http_create(
    const kn_http_configuration *configuration, const kn_http_callbacks *callbacks, char *message);

uint16_t kn_http_port(const kn_http_server *server);

/// Starts the loop's thread. Returns 0, or an errno.
int kn_http_start(kn_http_server *server);

/// Frees a server that was never started, or whose `stopped` callback has come.
void kn_http_free(kn_http_server *server);

// From any thread, between create and free. `fields` is name NUL value NUL … of `fields_length` bytes.

/// Sends a whole answer. Fields are copied; the body stays where it is, and is given back when nobody reads it any more.
void kn_http_respond(
    kn_http_server *server, uint64_t id, int status, const char *fields, size_t fields_length, kn_http_bytes body);

/// Begins a streamed answer.
void kn_http_stream(kn_http_server *server, uint64_t id, int status, const char *fields, size_t fields_length);

/// Sends a piece of a streamed answer. Bytes are copied.
void kn_http_write(kn_http_server *server, uint64_t id, const uint8_t *bytes, size_t count);

/// Ends a streamed answer; `whole` 0 cuts the connection so that the client sees that something is missing.
void kn_http_finish(kn_http_server *server, uint64_t id, int whole);

/// Shows another certificate to connections to come; those that stand keep theirs. 0 when all is well; else nothing has changed, and
/// `message` (at least 256 bytes) says why. Only for a server that was created with a certificate.
int kn_http_set_identity(kn_http_server *server, const char *certificate, const char *private_key, char *message);

/// Takes no new connection, closes idle ones, lets requests in hand finish for `grace_ms`, then ends the loop.
/// A second call shortens the grace.
void kn_http_stop(kn_http_server *server, uint32_t grace_ms);
