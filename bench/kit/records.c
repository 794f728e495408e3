#include "kit/records.h"

static uint32_t body_bytes(const struct records *records) {
    return (uint32_t)records->header[3] << 8 | records->header[4];
}

ssize_t records_take(struct records *records, const uint8_t *bytes, size_t count) {
    ssize_t plain = 0;
    while (count) {
        if (!records->left) {
            records->header[records->have++] = *bytes++;
            count--;
            if (records->have == RECORDS_HEADER_BYTES) records->left = body_bytes(records);
            continue;
        }
        size_t part = records->left < count ? records->left : count;
        records->left -= (uint32_t)part;
        bytes += part;
        count -= part;
        if (records->left) continue;
        plain += (ssize_t)body_bytes(records) - RECORDS_OVERHEAD;
        records->have = 0;
    }
    return plain;
}
