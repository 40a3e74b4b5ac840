// TLS by OpenSSL under libevent's bufferevent. Key material comes from memory and is never written anywhere.
#include "internal.h"
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static bool use_certificates(SSL_CTX *tls, const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    if (bio == NULL) return false;
    X509 *leaf = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    bool is_good = leaf != NULL && SSL_CTX_use_certificate(tls, leaf) == 1;
    X509_free(leaf);
    while (is_good) {
        X509 *issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (issuer == NULL) break;
        is_good = SSL_CTX_add0_chain_cert(tls, issuer) == 1;
        if (!is_good) X509_free(issuer);
    }
    if (is_good) ERR_clear_error();
    BIO_free(bio);
    return is_good;
}

static bool use_key(SSL_CTX *tls, const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    if (bio == NULL) return false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    bool is_good = key != NULL && SSL_CTX_use_PrivateKey(tls, key) == 1 && SSL_CTX_check_private_key(tls) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return is_good;
}

/// NULL on failure, then `message` (256 bytes) says why, without any of the key.
SSL_CTX *kn_tls_create(const char *certificate, const char *private_key, char *message) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL) abort();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    const char *bad = !use_certificates(tls, certificate) ? "the certificate"
                      : private_key == NULL || !use_key(tls, private_key) ? "the private key"
                                                                          : NULL;
    if (bad == NULL) return tls;
    char detail[160];
    ERR_error_string_n(ERR_peek_last_error(), detail, sizeof detail);
    ERR_clear_error();
    snprintf(message, 256, "%s cannot be used: %s", bad, detail);
    SSL_CTX_free(tls);
    return NULL;
}

void kn_tls_free(SSL_CTX *tls) { SSL_CTX_free(tls); }

struct bufferevent *kn_tls_accept(struct event_base *base, SSL_CTX *tls) {
    SSL *ssl = SSL_new(tls);
    if (ssl == NULL) return NULL;
    struct bufferevent *bev =
        bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev != NULL) bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}
