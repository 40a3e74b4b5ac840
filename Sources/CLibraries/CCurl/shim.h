#pragma once
#include <curl/curl.h>

// Swift cannot call C variadic functions: one typed door per kind of argument.
typedef size_t (*kn_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*kn_curl_progress_callback)(
    void *context, curl_off_t download_total, curl_off_t downloaded, curl_off_t upload_total, curl_off_t uploaded);

static inline CURLcode kn_curl_set_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode kn_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode kn_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode kn_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode kn_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(handle, option, value);
}
/// libcurl keeps its own copy of the bytes.
static inline CURLcode kn_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return (curl_easy_setopt)(handle, option, &blob);
}
static inline CURLcode kn_curl_set_data_callback(CURL *handle, CURLoption option, kn_curl_data_callback callback) {
    return (curl_easy_setopt)(handle, option, callback);
}
static inline CURLcode kn_curl_set_progress_callback(CURL *handle, kn_curl_progress_callback callback) {
    return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, callback);
}
static inline CURLcode kn_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}
static inline CURLcode kn_curl_get_string(CURL *handle, CURLINFO info, char **value) {
    return (curl_easy_getinfo)(handle, info, value);
}
static inline CURLcode kn_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return (curl_easy_getinfo)(handle, info, value);
}
static inline CURLMcode kn_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}
typedef int (*kn_curl_prerequest_callback)(
    void *context, char *peer_address, char *own_address, int peer_port, int own_port);
static inline CURLcode kn_curl_set_prerequest_callback(CURL *handle, kn_curl_prerequest_callback callback) {
    return (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, callback);
}
typedef int (*kn_curl_socket_callback)(void *context, curl_socket_t descriptor, curlsocktype purpose);
static inline CURLcode kn_curl_set_socket_callback(CURL *handle, kn_curl_socket_callback callback) {
    return (curl_easy_setopt)(handle, CURLOPT_SOCKOPTFUNCTION, callback);
}
