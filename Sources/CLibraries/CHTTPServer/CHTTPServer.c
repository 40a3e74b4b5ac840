// The server: its loop thread, the listener, and the commands that come from other threads.
#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RETRY_ACCEPT_MS = 100 };

// MARK: commands, from any thread

static void *copy(const void *bytes, size_t count) {
    if (count == 0) return NULL;
    void *result = malloc(count);
    if (result == NULL) abort();
    memcpy(result, bytes, count);
    return result;
}

/// The server whose loop this thread is; NULL on all others.
static _Thread_local kn_http_server *own_server;

static void submit(kn_http_server *server, kn_command command) {
    kn_command *entry = copy(&command, sizeof command);
    entry->next = NULL;
    pthread_mutex_lock(&server->mutex);
    bool was_empty = server->first == NULL;
    if (was_empty) server->first = entry;
    else server->last->next = entry;
    server->last = entry;
    pthread_mutex_unlock(&server->mutex);
    if (!was_empty) return;
    if (own_server == server) {
        // Still in this round of the loop, and without a word to the kernel.
        event_active(server->wake, 0, 0);
        return;
    }
    uint64_t one = 1;
    // The counter cannot overflow: the loop resets it with every wake-up.
    if (write(server->wake_fd, &one, sizeof one) < 0) abort();
}

static void free_copy(const void *bytes, size_t count, void *owner) {
    (void)bytes;
    (void)count;
    free(owner);
}

static kn_http_bytes copied(const uint8_t *bytes, size_t count) {
    void *own = copy(bytes, count);
    return (kn_http_bytes){.bytes = own, .count = count, .owner = own, .release = free_copy};
}

void kn_http_respond(
    kn_http_server *server, uint64_t id, int status, const char *fields, size_t fields_length, kn_http_bytes body) {
    submit(server, (kn_command){
        .kind = KN_RESPOND, .id = id, .number = (uint32_t)status, .fields = copy(fields, fields_length),
        .fields_length = fields_length, .body = body});
}

void kn_http_stream(kn_http_server *server, uint64_t id, int status, const char *fields, size_t fields_length) {
    submit(server, (kn_command){
        .kind = KN_STREAM, .id = id, .number = (uint32_t)status, .fields = copy(fields, fields_length),
        .fields_length = fields_length});
}

void kn_http_write(kn_http_server *server, uint64_t id, const uint8_t *bytes, size_t count) {
    submit(server, (kn_command){.kind = KN_WRITE, .id = id, .body = copied(bytes, count)});
}

void kn_http_finish(kn_http_server *server, uint64_t id, int whole) {
    submit(server, (kn_command){.kind = KN_FINISH, .id = id, .number = whole != 0});
}

int kn_http_set_identity(kn_http_server *server, const char *certificate, const char *private_key, char *message) {
    if (!server->uses_tls) {
        snprintf(message, 256, "the server was started without TLS");
        return -1;
    }
    struct ssl_ctx_st *tls = kn_tls_create(certificate, private_key, message);
    if (tls == NULL) return -1;
    submit(server, (kn_command){.kind = KN_IDENTITY, .tls = tls});
    return 0;
}

void kn_http_stop(kn_http_server *server, uint32_t grace_ms) {
    submit(server, (kn_command){.kind = KN_STOP, .number = grace_ms});
}

// MARK: commands, on the loop

static void add_fields(kn_http_server *server, struct evhttp_request *request, const kn_command *command) {
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    const char *end = command->fields + command->fields_length;
    for (const char *name = command->fields; name != NULL && name < end;) {
        const char *value = name + strlen(name) + 1;
        evhttp_add_header(headers, name, value);
        name = value + strlen(value) + 1;
    }
    if (server->is_draining) {
        evhttp_remove_header(headers, "Connection");
        evhttp_add_header(headers, "Connection", "close");
    }
}

/// An evbuffer that takes over the command's bytes.
static struct evbuffer *take_bytes(kn_command *command) {
    struct evbuffer *buffer = evbuffer_new();
    if (buffer == NULL) abort();
    kn_http_bytes *body = &command->body;
    if (body->count > 0) {
        if (evbuffer_add_reference(buffer, body->bytes, body->count, body->release, body->owner) < 0) abort();
        body->bytes = NULL;
    }
    return buffer;
}

static void respond(kn_connection *connection, kn_command *command) {
    struct evhttp_request *request = connection->request;
    add_fields(connection->server, request, command);
    bool is_head = evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
    bool has_body = !is_head && command->number != 204 && command->number != 304;
    if (is_head) {
        char length[24];
        snprintf(length, sizeof length, "%zu", command->body.count);
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Length", length);
    }
    struct evbuffer *body = has_body ? take_bytes(command) : NULL;
    evhttp_send_reply(request, (int)command->number, NULL, body);
    if (body != NULL) evbuffer_free(body);
}

static void drained(struct evhttp_connection *evcon, void *argument) {
    (void)evcon;
    kn_connection *connection = argument;
    kn_http_server *server = connection->server;
    if (connection->exchange != 0)
        server->callbacks.drained(server->callbacks.context, connection->exchange, connection->accepted);
}

static void stream_bytes(kn_connection *connection, kn_command *command) {
    connection->accepted += command->body.count;
    struct evbuffer *bytes = take_bytes(command);
    evhttp_send_reply_chunk_with_cb(connection->request, bytes, drained, connection);
    evbuffer_free(bytes);
}

static void begin_stop(kn_http_server *server, uint32_t grace_ms) {
    struct timeval time = {grace_ms / 1000, (grace_ms % 1000) * 1000};
    event_add(server->grace, &time);
    if (server->is_draining) return;
    server->is_draining = true;
    evhttp_del_accept_socket(server->http, server->bound);
    server->listener = NULL;
    for (uint32_t slot = 0; slot < server->slot_count; slot++)
        if (server->slots[slot] != NULL) kn_connection_close_idle(server->slots[slot]);
    kn_server_update_accepting(server);
}

static void perform(kn_http_server *server, kn_command *command) {
    if (command->kind == KN_STOP) {
        begin_stop(server, command->number);
        return;
    }
    if (command->kind == KN_IDENTITY) {
        // Each connection holds its own reference to the context it began with.
        struct ssl_ctx_st *before = server->tls;
        server->tls = command->tls;
        command->tls = before;
        return;
    }
    kn_connection *connection = kn_connection_with(server, command->id);
    if (connection == NULL) return;
    switch (command->kind) {
    case KN_RESPOND: respond(connection, command); break;
    case KN_STREAM:
        add_fields(server, connection->request, command);
        connection->is_streaming = true;
        // HTTP/1.0 has no chunks: the end of the connection is the end of the answer.
        if (connection->request->minor == 0)
            evhttp_remove_header(evhttp_request_get_input_headers(connection->request), "Connection");
        evhttp_send_reply_start(connection->request, (int)command->number, NULL);
        break;
    case KN_WRITE:
        if (connection->is_streaming) stream_bytes(connection, command);
        break;
    case KN_FINISH:
        if (command->number != 0 && connection->is_streaming) evhttp_send_reply_end(connection->request);
        else kn_connection_cut(connection);
        break;
    case KN_IDENTITY:
    case KN_STOP: break;
    }
}

static kn_command *take_commands(kn_http_server *server) {
    pthread_mutex_lock(&server->mutex);
    kn_command *first = server->first;
    server->first = server->last = NULL;
    pthread_mutex_unlock(&server->mutex);
    return first;
}

static void free_command(kn_command *command) {
    free(command->fields);
    if (command->body.bytes != NULL) command->body.release(command->body.bytes, command->body.count, command->body.owner);
    kn_tls_free(command->tls);
    free(command);
}

static void woken(evutil_socket_t fd, short what, void *argument) {
    uint64_t count;
    if ((what & EV_READ) != 0 && read(fd, &count, sizeof count) < 0 && errno != EAGAIN) return;
    kn_command *command = take_commands(argument);
    while (command != NULL) {
        kn_command *next = command->next;
        perform(argument, command);
        free_command(command);
        command = next;
    }
}

// MARK: the listener

/// Accepts while there is room; ends the loop when a draining server has no connection left.
void kn_server_update_accepting(kn_http_server *server) {
    if (server->is_draining) {
        if (server->connection_count == 0) event_base_loopbreak(server->base);
    } else if (server->connection_count < server->slot_count) {
        evconnlistener_enable(server->listener);
    } else {
        evconnlistener_disable(server->listener);
    }
}

// Out of file descriptors: without a pause the loop would spin on the waiting connection.
static void accept_failed(struct evconnlistener *listener, void *argument) {
    kn_http_server *server = argument;
    struct timeval pause = {0, RETRY_ACCEPT_MS * 1000};
    evconnlistener_disable(listener);
    event_add(server->resume, &pause);
}

static void accept_again(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    kn_server_update_accepting(argument);
}

static void grace_over(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    event_base_loopbreak(((kn_http_server *)argument)->base);
}

static bool listen_on(kn_http_server *server, const char *host, uint16_t port, char *message) {
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    int length;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        length = sizeof *v6;
    } else {
        snprintf(message, 256, "%s is no numeric address", host);
        return false;
    }
    unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE;
    server->listener =
        evconnlistener_new_bind(server->base, NULL, NULL, flags, 512, (struct sockaddr *)&address, length);
    if (server->listener == NULL) {
        snprintf(message, 256, "%s", strerror(errno));
        return false;
    }
    evconnlistener_set_error_cb(server->listener, accept_failed);
    server->bound = evhttp_bind_listener(server->http, server->listener);
    socklen_t size = sizeof address;
    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &size);
    server->port = ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
    return true;
}

// MARK: life

static bool set_up(kn_http_server *server, const kn_http_configuration *configuration, char *message) {
    server->base = event_base_new();
    server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (server->base == NULL || server->wake_fd < 0) {
        snprintf(message, 256, "%s", strerror(errno));
        return false;
    }
    server->http = evhttp_new(server->base);
    server->slots = calloc(server->slot_count, sizeof *server->slots);
    server->wake = event_new(server->base, server->wake_fd, EV_READ | EV_PERSIST, woken, server);
    server->grace = evtimer_new(server->base, grace_over, server);
    server->resume = evtimer_new(server->base, accept_again, server);
    if (server->http == NULL || server->slots == NULL || server->wake == NULL || server->grace == NULL ||
        server->resume == NULL)
        abort();
    event_add(server->wake, NULL);
    evhttp_set_allowed_methods(
        server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
                          EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    evhttp_set_default_content_type(server->http, NULL);
    evhttp_set_bevcb(server->http, kn_connection_accept, server);
    evhttp_set_gencb(server->http, kn_connection_request, server);
    if (configuration->certificate != NULL) {
        server->tls = kn_tls_create(configuration->certificate, configuration->private_key, message);
        if (server->tls == NULL) return false;
        server->uses_tls = true;
    }
    return listen_on(server, configuration->host, configuration->port, message);
}

kn_http_server *kn_http_create(
    const kn_http_configuration *configuration, const kn_http_callbacks *callbacks, char *message) {
    kn_http_server *server = calloc(1, sizeof *server);
    if (server == NULL) abort();
    server->callbacks = *callbacks;
    server->configuration = *configuration;
    // These belong to the caller.
    server->configuration.host = server->configuration.certificate = server->configuration.private_key = NULL;
    server->slot_count = configuration->connection_limit < 0xfffff ? configuration->connection_limit : 0xfffff;
    server->wake_fd = -1;
    pthread_mutex_init(&server->mutex, NULL);
    if (set_up(server, configuration, message)) return server;
    kn_http_free(server);
    return NULL;
}

uint16_t kn_http_port(const kn_http_server *server) { return server->port; }

static void *loop(void *argument) {
    kn_http_server *server = argument;
    own_server = server;
    event_base_dispatch(server->base);
    // Closes what is still open; each connection says so.
    server->is_draining = true;
    evhttp_free(server->http);
    server->http = NULL;
    server->callbacks.stopped(server->callbacks.context);
    return NULL;
}

int kn_http_start(kn_http_server *server) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // Signals belong to the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&thread, &attributes, loop, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return status;
}

void kn_http_free(kn_http_server *server) {
    if (server->http != NULL) evhttp_free(server->http);
    kn_command *command = take_commands(server);
    while (command != NULL) {
        kn_command *next = command->next;
        free_command(command);
        command = next;
    }
    if (server->wake != NULL) event_free(server->wake);
    if (server->grace != NULL) event_free(server->grace);
    if (server->resume != NULL) event_free(server->resume);
    if (server->base != NULL) event_base_free(server->base);
    if (server->wake_fd >= 0) close(server->wake_fd);
    kn_tls_free(server->tls);
    free(server->slots);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
