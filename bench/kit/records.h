/*
 * Counts the plaintext of TLS 1.3 records without decrypting it: the length in a record's header is
 * that of its plaintext and RECORDS_OVERHEAD bytes, with every cipher suite of OpenSSL's defaults
 * and no padding. Neither a handshake nor an alert may be among them. One thread; zero it.
 */
#ifndef BENCH_RECORDS_H
#define BENCH_RECORDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORDS_HEADER_BYTES 5
#define RECORDS_OVERHEAD     17 /**< the type inside, and the tag */

struct records {
    uint8_t header[RECORDS_HEADER_BYTES];
    uint32_t have; /**< bytes of the header */
    uint32_t left; /**< bytes of the record that have not come */
};

/** Takes `count` bytes as they came from the socket; returns the bytes of plaintext in the records
 * that end in them. */
ssize_t records_take(struct records *records, const uint8_t *bytes, size_t count);

#endif
