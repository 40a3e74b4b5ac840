// One connection: the framing check in front of evhttp, the deadlines, and the refusal of bad requests.
#include "internal.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/// Unread bytes of further, pipelined requests while one is worked on.
enum { READ_AHEAD = 64 * 1024 };
/// What the kernel is offered at a time; libevent's own 16 KiB would take a round of the loop for every piece of a page.
enum { SINGLE_WRITE = 1 << 20 };
/// How long a refused client may take to read its answer.
enum { LINGER_MS = 2000 };

static void arm(struct event *event, uint32_t milliseconds) {
    struct timeval time = {milliseconds / 1000, (milliseconds % 1000) * 1000};
    event_add(event, &time);
}

// MARK: the way in

static const char *phrase(int status) {
    switch (status) {
    case 400: return "Bad Request";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Refused";
    }
}

// What never reached a handler did nothing, whatever the reason.
#define PAGE \
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" " \
    "content=\"width=device-width\"/><title>%s</title></head><body><h1>%s</h1><p>The server did not take this " \
    "request, and nothing was done. Go back, and try it with less, or again.</p></body></html>\n"

static void discard(struct bufferevent *bev, void *argument) {
    (void)argument;
    struct evbuffer *input = bufferevent_get_input(bev);
    evbuffer_drain(input, evbuffer_get_length(input));
}

static void refused_event(struct bufferevent *bev, short what, void *argument) {
    (void)bev;
    (void)what;
    kn_connection_cut(argument);
}

// Half a close first: closing with unread bytes would reset the connection and lose the answer.
static void refused_written(struct bufferevent *bev, void *argument) {
    (void)argument;
    if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) shutdown(bufferevent_getfd(bev), SHUT_WR);
}

/// Takes the connection away from evhttp, answers with an error and closes. Safe inside the evbuffer callback.
static void refuse(kn_connection *connection) {
    struct bufferevent *bev = connection->bev;
    connection->is_refused = true;
    bufferevent_setcb(bev, discard, refused_written, refused_event, connection);
    bufferevent_setwatermark(bev, EV_READ, 0, 0);
    const char *text = phrase(connection->refusal);
    bool is_page = connection->refuses_with_page;
    char body[400];
    int size =
        is_page ? snprintf(body, sizeof body, PAGE, text, text) : snprintf(body, sizeof body, "%s\n", text);
    char answer[768];
    int length = snprintf(
        answer, sizeof answer,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
        connection->refusal, text, is_page ? "text/html; charset=utf-8" : "text/plain", size, body);
    bufferevent_write(bev, answer, (size_t)length);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
    arm(connection->deadline, LINGER_MS);
}

/// Refuses now, or after the good requests that came before the bad one.
static void refuse_in_turn(kn_connection *connection, int status) {
    connection->refusal = status;
    if (connection->outstanding == 0) refuse(connection);
}

static void arm_deadline(kn_connection *connection) {
    const kn_http_configuration *configuration = &connection->server->configuration;
    switch (connection->phase) {
    case KN_HTTP_HEAD: arm(connection->deadline, configuration->head_ms); break;
    case KN_HTTP_BODY: arm(connection->deadline, configuration->body_ms); break;
    case KN_HTTP_IDLE:
        if (connection->outstanding > 0) event_del(connection->deadline);
        else arm(connection->deadline, configuration->idle_ms);
    }
}

/// Runs on the decrypted bytes as they arrive, before evhttp's read callback.
static void check_bytes(struct evbuffer *input, const struct evbuffer_cb_info *info, void *argument) {
    kn_connection *connection = argument;
    if (info->n_added == 0) return;
    if (connection->refusal != 0) {
        // Nothing that follows a bad request may reach evhttp.
        if (!connection->is_refused && connection->outstanding == 0) discard(connection->bev, NULL);
        return;
    }
    connection->server->receiving = connection;
    struct evbuffer_ptr position;
    evbuffer_ptr_set(input, &position, info->orig_size, EVBUFFER_PTR_SET);
    size_t left = info->n_added;
    while (left > 0) {
        struct evbuffer_iovec piece;
        if (evbuffer_peek(input, (ev_ssize_t)left, &position, &piece, 1) < 1) break;
        size_t count = piece.iov_len < left ? piece.iov_len : left;
        kn_http_verdict verdict = connection->server->callbacks.received(connection->framing, piece.iov_base, count);
        connection->outstanding += verdict.completed;
        if (verdict.refusal != 0) {
            connection->refuses_with_page = verdict.wants_page;
            refuse_in_turn(connection, verdict.refusal);
            return;
        }
        if (verdict.phase != connection->phase || verdict.completed > 0 || verdict.heads > 0) {
            connection->phase = verdict.phase;
            arm_deadline(connection);
        }
        left -= count;
        if (left > 0) evbuffer_ptr_set(input, &position, count, EVBUFFER_PTR_ADD);
    }
}

static void deadline_passed(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    kn_connection *connection = argument;
    if (connection->is_refused || connection->phase == KN_HTTP_IDLE) kn_connection_cut(connection);
    else if (connection->refusal == 0) refuse_in_turn(connection, 408);
}

// MARK: life

static void closed(struct evhttp_connection *evcon, void *argument) {
    (void)evcon;
    kn_connection *connection = argument;
    kn_http_server *server = connection->server;
    // A client that left while its request was worked on: evhttp lets go of the request, so it is ours to free.
    if (connection->request != NULL && evhttp_request_get_connection(connection->request) == NULL)
        evhttp_request_free(connection->request);
    if (connection->exchange != 0) server->callbacks.ended(server->callbacks.context, connection->exchange);
    server->callbacks.closed(connection->framing);
    event_free(connection->turn);
    event_free(connection->deadline);
    server->slots[connection->slot] = NULL;
    if (server->receiving == connection) server->receiving = NULL;
    server->connection_count--;
    free(connection);
    kn_server_update_accepting(server);
}

void kn_connection_cut(kn_connection *connection) { evhttp_connection_free(connection->evcon); }

void kn_connection_close_idle(kn_connection *connection) {
    if (connection->evcon != NULL && connection->phase == KN_HTTP_IDLE && connection->outstanding == 0 &&
        connection->refusal == 0)
        kn_connection_cut(connection);
}

static void set_socket_options(int fd) {
    int on = 1, idle = 60, interval = 15, count = 4;
    // Without it every answer waits 40 ms for the client's delayed acknowledgement.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A peer that vanished without a word is noticed also when a stream is silent.
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/// First turn: learns evhttp's connection, which 2.1 shows nowhere before the first request. It is the argument of
/// the callbacks that evhttp has set on the bufferevent. Later turns: what must not run inside evhttp.
static void take_turn(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    kn_connection *connection = argument;
    if (connection->evcon == NULL) {
        void *evcon = NULL;
        bufferevent_getcb(connection->bev, NULL, NULL, NULL, &evcon);
        connection->evcon = evcon;
        evhttp_connection_set_closecb(connection->evcon, closed, connection);
        struct timeval write = {connection->server->configuration.write_ms / 1000,
                                (connection->server->configuration.write_ms % 1000) * 1000};
        bufferevent_set_timeouts(connection->bev, NULL, &write);
        set_socket_options(bufferevent_getfd(connection->bev));
        arm(connection->deadline, connection->server->configuration.head_ms);
    } else if (connection->refusal != 0 && !connection->is_refused) {
        refuse(connection);
    } else {
        kn_connection_close_idle(connection);
    }
}

/// evhttp asks for the bufferevent of a connection just accepted; the socket follows.
struct bufferevent *kn_connection_accept(struct event_base *base, void *argument) {
    kn_http_server *server = argument;
    uint32_t slot = 0;
    while (slot < server->slot_count && server->slots[slot] != NULL) slot++;
    kn_connection *connection = calloc(1, sizeof *connection);
    struct bufferevent *bev = server->tls != NULL ? kn_tls_accept(base, server->tls)
                                                  : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (connection == NULL || bev == NULL || slot == server->slot_count) abort();
    connection->server = server;
    connection->slot = slot;
    connection->bev = bev;
    bufferevent_set_max_single_write(bev, SINGLE_WRITE);
    connection->framing = server->callbacks.opened(server->callbacks.context);
    connection->turn = event_new(base, -1, 0, take_turn, connection);
    connection->deadline = evtimer_new(base, deadline_passed, connection);
    if (connection->turn == NULL || connection->deadline == NULL) abort();
    evbuffer_add_cb(bufferevent_get_input(bev), check_bytes, connection);
    server->slots[slot] = connection;
    server->connection_count++;
    kn_server_update_accepting(server);
    // Runs before any byte can come: reading starts with the loop's next round.
    event_active(connection->turn, 0, 0);
    return bev;
}

// MARK: requests

static kn_connection *connection_of(kn_http_server *server, struct evhttp_request *request) {
    struct evhttp_connection *evcon = evhttp_request_get_connection(request);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
    if (server->receiving != NULL && server->receiving->bev == bev) return server->receiving;
    for (uint32_t slot = 0; slot < server->slot_count; slot++)
        if (server->slots[slot] != NULL && server->slots[slot]->bev == bev) return server->slots[slot];
    return NULL;
}

static const char *method_of(struct evhttp_request *request) {
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET: return "GET";
    case EVHTTP_REQ_HEAD: return "HEAD";
    case EVHTTP_REQ_POST: return "POST";
    case EVHTTP_REQ_PUT: return "PUT";
    case EVHTTP_REQ_PATCH: return "PATCH";
    case EVHTTP_REQ_DELETE: return "DELETE";
    case EVHTTP_REQ_OPTIONS: return "OPTIONS";
    default: return "";
    }
}

static void hand_over(kn_connection *connection, struct evhttp_request *request) {
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    size_t count = 0;
    for (struct evkeyval *header = headers->tqh_first; header != NULL; header = header->next.tqe_next) count++;
    kn_http_field *fields = calloc(count + 1, sizeof *fields);
    if (fields == NULL) abort();
    size_t index = 0;
    for (struct evkeyval *header = headers->tqh_first; header != NULL; header = header->next.tqe_next)
        fields[index++] = (kn_http_field){header->key, header->value};
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    char *peer = NULL;
    uint16_t port = 0;
    evhttp_connection_get_peer(connection->evcon, &peer, &port);
    kn_http_request whole = {
        .method = method_of(request),
        .target = evhttp_request_get_uri(request),
        .peer = peer != NULL ? peer : "",
        .fields = fields,
        .field_count = count,
        .body = evbuffer_pullup(body, -1),
        .body_length = evbuffer_get_length(body),
    };
    connection->server->callbacks.request(
        connection->server->callbacks.context, connection->exchange, &whole);
    free(fields);
}

/// evhttp has a whole request.
void kn_connection_request(struct evhttp_request *request, void *argument) {
    kn_http_server *server = argument;
    kn_connection *connection = connection_of(server, request);
    if (connection == NULL) abort();
    connection->request = request;
    connection->exchange = (++server->serial << 20) | connection->slot;
    connection->is_streaming = false;
    connection->accepted = 0;
    evhttp_request_set_on_complete_cb(request, kn_connection_completed, connection);
    // Reading goes on, so that a client that leaves is noticed; evhttp must not be called for it (it would exit the
    // process), and bytes of the next request wait in the buffer up to a limit.
    bufferevent_data_cb written = NULL;
    bufferevent_event_cb failed = NULL;
    void *context = NULL;
    bufferevent_getcb(connection->bev, NULL, &written, &failed, &context);
    bufferevent_setcb(connection->bev, NULL, written, failed, context);
    bufferevent_setwatermark(connection->bev, EV_READ, 0, READ_AHEAD);
    bufferevent_enable(connection->bev, EV_READ);
    hand_over(connection, request);
}

/// The answer has left completely. Called by evhttp, which then goes on with this connection.
void kn_connection_completed(struct evhttp_request *request, void *argument) {
    (void)request;
    kn_connection *connection = argument;
    kn_http_server *server = connection->server;
    uint64_t id = connection->exchange;
    connection->exchange = 0;
    connection->request = NULL;
    connection->outstanding--;
    bufferevent_setwatermark(connection->bev, EV_READ, 0, 0);
    if (connection->refusal != 0 && connection->outstanding == 0) {
        // The rest is the bad request: evhttp must not see it.
        discard(connection->bev, NULL);
        event_active(connection->turn, 0, 0);
    } else {
        if (connection->phase == KN_HTTP_IDLE) arm_deadline(connection);
        if (server->is_draining) event_active(connection->turn, 0, 0);
    }
    server->callbacks.ended(server->callbacks.context, id);
}

/// NULL when that request is over.
kn_connection *kn_connection_with(kn_http_server *server, uint64_t id) {
    uint32_t slot = (uint32_t)(id & 0xfffff);
    if (slot >= server->slot_count) return NULL;
    kn_connection *connection = server->slots[slot];
    return connection != NULL && connection->exchange == id && connection->request != NULL ? connection : NULL;
}
