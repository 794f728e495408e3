/*
 * Readers copy the keys and look at `turn` before and after: if it is odd or another one, a
 * rotation came between and they copy again. Each word is released by the writer after the odd
 * turn, and acquired by the reader before its second look: who has seen one new word sees the odd
 * turn too.
 */
#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "tickcast/tickcast.h"

#define WORDS          (sizeof(struct ticket_keys) / sizeof(uint64_t))
#define SESSION_MAX_MS UINT64_C(604800000) /* a week (RFC 8446, 4.6.1) */

struct tls_tickets {
    _Atomic uint64_t turn;         /* odd: words are being written */
    _Atomic uint64_t words[WORDS]; /* a struct ticket_keys */

    /* of the thread that rotates */
    struct ticket_keys keys;
    uint64_t time_ms;
    bool unwritten; /* the file has not these keys */
    bool told;      /* that it could not be written */
    char *file;     /* or NULL */
};

static void publish(struct tls_tickets *tickets) {
    uint64_t words[WORDS];
    memcpy(words, &tickets->keys, sizeof words);
    uint64_t turn = atomic_load_explicit(&tickets->turn, memory_order_relaxed);
    atomic_store_explicit(&tickets->turn, turn + 1, memory_order_relaxed);
    for (size_t i = 0; i < WORDS; i++)
        atomic_store_explicit(&tickets->words[i], words[i], memory_order_release);
    atomic_store_explicit(&tickets->turn, turn + 2, memory_order_release);
    OPENSSL_cleanse(words, sizeof words);
}

static void take(const struct tls_tickets *tickets, struct ticket_keys *keys) {
    uint64_t words[WORDS], turn;
    do {
        turn = atomic_load_explicit(&tickets->turn, memory_order_acquire);
        for (size_t i = 0; i < WORDS; i++)
            words[i] = atomic_load_explicit(&tickets->words[i], memory_order_acquire);
    } while (turn % 2 != 0 || turn != atomic_load_explicit(&tickets->turn, memory_order_relaxed));
    memcpy(keys, words, sizeof *keys);
    OPENSSL_cleanse(words, sizeof words);
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key) {
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int encrypt(struct ticket_key *key, unsigned char *name, unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac) {
    memcpy(name, key->name, sizeof key->name);
    bool good = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
                EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) == 1 &&
                set_mac(mac, key);
    return good ? 1 : -1;
}

/* 0: no key of ours, so a full handshake; 2: a former key, so another ticket besides. */
static int decrypt(struct ticket_keys *keys, const unsigned char *name, const unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac) {
    for (int i = 0; i < TICKET_KEYS; i++) {
        struct ticket_key *key = &keys->keys[i];
        if (key->made_ms == 0 || memcmp(name, key->name, sizeof key->name) != 0) continue;
        if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 ||
            !set_mac(mac, key))
            return -1;
        return i == 0 ? 1 : 2;
    }
    return 0;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypts) {
    const struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct ticket_keys keys;
    take(tickets, &keys);
    int result = encrypts ? encrypt(&keys.keys[0], name, iv, cipher, mac)
                          : decrypt(&keys, name, iv, cipher, mac);
    OPENSSL_cleanse(&keys, sizeof keys);
    return result;
}

bool tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context) {
    if (SSL_CTX_set_app_data(context, tickets) != 1) {
        ERR_clear_error();
        return false;
    }
    /* until the second rotation each ticket is sure to be taken */
    uint64_t session_ms = 2 * tickets->time_ms;
    if (session_ms > SESSION_MAX_MS) session_ms = SESSION_MAX_MS;
    SSL_CTX_set_timeout(context, (long)(session_ms / 1000));
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    return true;
}

/* A new key; the oldest goes. */
static bool add_key(struct ticket_keys *keys, uint64_t now_ms) {
    struct ticket_key key = {.made_ms = now_ms};
    if (RAND_bytes(key.name, sizeof key.name) != 1 ||
        RAND_priv_bytes(key.cipher, sizeof key.cipher) != 1 ||
        RAND_priv_bytes(key.mac, sizeof key.mac) != 1)
        return false;
    memmove(keys->keys + 1, keys->keys, sizeof keys->keys - sizeof key);
    keys->keys[0] = key;
    OPENSSL_cleanse(&key, sizeof key);
    return true;
}

/* Former keys that would be gone if the process had run all the time: no session lives so long. */
static void forget(struct ticket_keys *keys, uint64_t time_ms, uint64_t now_ms) {
    for (int i = 1; i < TICKET_KEYS; i++) {
        struct ticket_key *key = &keys->keys[i];
        if (now_ms > key->made_ms && now_ms - key->made_ms >= TICKET_KEYS * time_ms)
            OPENSSL_cleanse(key, sizeof *key);
    }
}

static int save(struct tls_tickets *tickets, char error[TLS_ERROR_BYTES]) {
    if (tickets->file == NULL || !tickets->unwritten) return 0;
    int result = ticket_keys_write(tickets->file, &tickets->keys, error);
    tickets->unwritten = result != 0;
    return result;
}

int tls_tickets_rotate(struct tls_tickets *tickets, uint64_t now_ms, char error[TLS_ERROR_BYTES]) {
    uint64_t made_ms = tickets->keys.keys[0].made_ms;
    uint64_t age_ms = now_ms > made_ms ? now_ms - made_ms : made_ms - now_ms; /* clocks are set */
    if (age_ms >= tickets->time_ms && add_key(&tickets->keys, now_ms)) {
        forget(&tickets->keys, tickets->time_ms, now_ms);
        publish(tickets);
        tickets->unwritten = true;
    }
    int result = save(tickets, error);
    bool told = tickets->told;
    tickets->told = result != 0;
    return told ? 0 : result;
}

static int first_keys(struct tls_tickets *tickets, char error[TLS_ERROR_BYTES]) {
    int result = tickets->file != NULL ? ticket_keys_read(tickets->file, &tickets->keys, error) : 1;
    if (result < 0) return result;
    result =
        tls_tickets_rotate(tickets, clock_wall_ms(), error); /* without keys they are of 1970 */
    if (result == 0 && tickets->keys.keys[0].made_ms == 0) {
        tls_error(error, "random numbers", "");
        return TICKCAST_ESYSTEM;
    }
    publish(tickets);
    return result;
}

int tls_tickets_new(const char *file, uint64_t time_ms, struct tls_tickets **made,
                    char error[TLS_ERROR_BYTES]) {
    /* pages of its own, which stay out of core dumps */
    struct tls_tickets *tickets =
        mmap(NULL, sizeof *tickets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (tickets == MAP_FAILED) {
        snprintf(error, TLS_ERROR_BYTES, "no memory");
        return TICKCAST_ENOMEM;
    }
    (void)madvise(tickets, sizeof *tickets, MADV_DONTDUMP);
    tickets->time_ms = time_ms;
    tickets->file = file != NULL ? strdup(file) : NULL;
    int result = TICKCAST_ENOMEM;
    if (file != NULL && tickets->file == NULL)
        snprintf(error, TLS_ERROR_BYTES, "no memory");
    else
        result = first_keys(tickets, error);
    if (result == 0)
        *made = tickets;
    else
        tls_tickets_free(tickets);
    return result;
}

void tls_tickets_free(struct tls_tickets *tickets) {
    if (tickets == NULL) return;
    free(tickets->file);
    OPENSSL_cleanse(tickets, sizeof *tickets);
    munmap(tickets, sizeof *tickets);
}
