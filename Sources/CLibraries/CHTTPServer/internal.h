// What the three C files of this target share. Loop thread only, unless said otherwise.
#pragma once
#include "CHTTPServer.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <pthread.h>
#include <stdbool.h>

struct ssl_ctx_st;

/// One request of Swift to the loop.
typedef struct kn_command {
    struct kn_command *next;
    enum { KN_RESPOND, KN_STREAM, KN_WRITE, KN_FINISH, KN_IDENTITY, KN_STOP } kind;
    uint64_t id;
    /// Status, `whole`, or milliseconds of grace.
    uint32_t number;
    char *fields;
    size_t fields_length;
    /// Given back, or with `bytes` NULL taken over by an evbuffer.
    kn_http_bytes body;
    /// Of KN_IDENTITY: the context for connections to come.
    struct ssl_ctx_st *tls;
} kn_command;

/// One client connection, from accept to evhttp's close callback.
typedef struct kn_connection {
    kn_http_server *server;
    uint32_t slot;
    struct bufferevent *bev;
    /// NULL until `kn_connection_adopt` ran.
    struct evhttp_connection *evcon;
    void *framing;
    kn_http_phase phase;
    /// Requests that came in whole and are not answered yet.
    uint32_t outstanding;
    /// The status to refuse with once the requests before the bad one are answered; 0 for none.
    int refusal;
    bool refuses_with_page;
    /// The error answer is out, or on its way: evhttp no longer sees this connection.
    bool is_refused;
    /// The request that Swift works on: 0 for none.
    uint64_t exchange;
    struct evhttp_request *request;
    bool is_streaming;
    uint64_t accepted;
    /// Runs once right after accept, then whenever evhttp must not be on the stack.
    struct event *turn;
    struct event *deadline;
} kn_connection;

struct kn_http_server {
    kn_http_callbacks callbacks;
    kn_http_configuration configuration;
    uint16_t port;
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct evconnlistener *listener;
    struct event *wake;
    struct event *grace;
    /// Accepting again after a shortage of file descriptors.
    struct event *resume;
    struct ssl_ctx_st *tls;
    /// Set once, before the loop starts.
    bool uses_tls;
    bool is_draining;
    kn_connection **slots;
    uint32_t slot_count;
    uint32_t connection_count;
    uint64_t serial;
    /// The connection that got bytes last: usually the one whose request comes next.
    kn_connection *receiving;
    // Shared with other threads, under `mutex`.
    pthread_mutex_t mutex;
    int wake_fd;
    kn_command *first;
    kn_command *last;
};

// connection.c
struct bufferevent *kn_connection_accept(struct event_base *base, void *server);
void kn_connection_request(struct evhttp_request *request, void *server);
kn_connection *kn_connection_with(kn_http_server *server, uint64_t id);
void kn_connection_completed(struct evhttp_request *request, void *connection);
void kn_connection_cut(kn_connection *connection);
void kn_connection_close_idle(kn_connection *connection);

// server.c
void kn_server_update_accepting(kn_http_server *server);

// tls.c
struct ssl_ctx_st *kn_tls_create(const char *certificate, const char *private_key, char *message);
void kn_tls_free(struct ssl_ctx_st *tls);
struct bufferevent *kn_tls_accept(struct event_base *base, struct ssl_ctx_st *tls);
