#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/pem.h>

// Macros that Swift cannot see.
static inline int kn_evp_public_key(void) { return EVP_PKEY_PUBLIC_KEY; }
static inline int kn_evp_keypair(void) { return EVP_PKEY_KEYPAIR; }
static inline void kn_openssl_free(void *pointer) { OPENSSL_free(pointer); }
