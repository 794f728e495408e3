#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"

static void emit(const struct log *log, enum log_level level, const char *format, va_list args,
                 uint32_t left_out) {
    char line[LOG_LINE_BYTES];
    int length = vsnprintf(line, sizeof line, format, args);
    if (length >= 0 && (size_t)length < sizeof line && left_out > 0)
        snprintf(line + length, sizeof line - (size_t)length, " (%u more like this left out)",
                 left_out);
    char shown[LOG_LINE_BYTES]; /* whatever a peer, a file or a certificate put into it */
    log->sink(log->arg, (int)level, printable(line, strlen(line), shown, sizeof shown));
}

void log_line(const struct log *log, enum log_level level, const char *format, ...) {
    if (log->sink == NULL || (int)level > log->level) return;
    va_list args;
    va_start(args, format);
    emit(log, level, format, args, 0);
    va_end(args);
}

void log_limited(const struct log *log, enum log_level level, struct log_limit *limit,
                 const char *format, ...) {
    if (log->sink == NULL || (int)level > log->level) return;
    uint64_t now_ns = clock_now_ns();
    uint32_t left_out = 0;
    if (limit->since_ns == 0 || now_ns - limit->since_ns >= NS_PER_S) {
        left_out = limit->left_out;
        *limit = (struct log_limit){.since_ns = now_ns};
    }
    if (limit->lines >= LOG_BURST) {
        limit->left_out++;
        return;
    }
    limit->lines++;
    va_list args;
    va_start(args, format);
    emit(log, level, format, args, left_out);
    va_end(args);
}

const char *log_escape(const void *bytes, size_t count, char *out, size_t out_bytes) {
    static const char hex[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        int plain = in[i] >= 0x20 && in[i] < 0x7f && in[i] != '\\' && in[i] != '"';
        /* room for this character, for "..." and for the end */
        if (used + (plain ? 1 : 4) + 4 > out_bytes) {
            if (used + 4 <= out_bytes) memcpy(out + used, "...", 3), used += 3;
            break;
        }
        if (plain) {
            out[used++] = (char)in[i];
        } else {
            memcpy(out + used, (char[]){'\\', 'x', hex[in[i] >> 4], hex[in[i] & 15]}, 4);
            used += 4;
        }
    }
    if (out_bytes > 0) out[used] = '\0';
    return out;
}
