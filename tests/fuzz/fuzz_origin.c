/* Lists of origins: right or wrong as a pattern says, and they have what is equal when it is
 * written out. Input: the list, a line feed, an origin. */
#include <ctype.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

#include "fuzz/fuzz.h"
#include "ws/origin.h"

#define MOST_BYTES 2000u /* of an origin or an item that is written out */

static regex_t pattern;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    CHECK(regcomp(&pattern,
                  "^(null|[A-Za-z0-9+.-]+://([[][0-9A-Za-z:.]+[]]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?)$",
                  REG_EXTENDED | REG_NOSUB) == 0);
    return 0;
}

static const char *port_of(const char *origin) {
    const char *colon = strrchr(origin, ':');
    return colon[1] != '/' && strchr(colon, ']') == NULL ? colon + 1 : NULL;
}

static const char *own_port(const char *origin) {
    bool plain = strncasecmp(origin, "http:", 5) == 0 || strncasecmp(origin, "ws:", 3) == 0;
    bool tls = strncasecmp(origin, "https:", 6) == 0 || strncasecmp(origin, "wss:", 4) == 0;
    return plain ? "80" : tls ? "443" : "none";
}

/* Writes an origin out: small letters, and always a port. False: it is none. */
static bool write_out(const char *at, size_t bytes, char out[MOST_BYTES + 16]) {
    if (bytes > MOST_BYTES || (bytes > 0 && memchr(at, '\0', bytes) != NULL)) return false;
    char *text = fuzz_text(at, bytes);
    bool good = regexec(&pattern, text, 0, NULL, 0) == 0, null = strcmp(text, "null") == 0;
    const char *port = good && !null ? port_of(text) : NULL;
    long number = port != NULL ? strtol(port, NULL, 10) : 1;
    if (good && null) strcpy(out, text);
    if (good && !null) {
        size_t host = port != NULL ? (size_t)(port - text) - 1 : bytes;
        for (size_t i = 0; i < host; i++) out[i] = (char)tolower((unsigned char)text[i]);
        if (port != NULL)
            sprintf(out + host, ":%ld", number);
        else
            sprintf(out + host, ":%s", own_port(text));
    }
    fuzz_free(text);
    return good && number >= 1 && number <= 65535;
}

/* Looks through the list; true if all items are origins, and *has says whether `origin` is among
 * them. */
static bool look_through(const char *list, const char *origin, bool *has) {
    char out[MOST_BYTES + 16];
    struct ws_text wrong;
    *has = false;
    for (const char *item = list;; item++) {
        const char *end = item + strcspn(item, ","), *last = end;
        while (item < last && *item == ' ') item++;
        while (last > item && last[-1] == ' ') last--;
        if (!write_out(item, (size_t)(last - item), out)) {
            CHECK(ws_origins_wrong(list, &wrong) != NULL);
            CHECK(wrong.at == item && wrong.bytes == (size_t)(last - item));
            return false;
        }
        *has = *has || strcmp(out, origin) == 0;
        item = end;
        if (*end == '\0') return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MOST_BYTES) return 0;
    const uint8_t *feed = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t cut = feed != NULL ? (size_t)(feed - data) : size;
    size_t behind = feed != NULL ? cut + 1 : size;
    char *list = fuzz_text(data, cut), written[MOST_BYTES + 16] = "";
    struct ws_text origin = {(char *)fuzz_copy(data + behind, size - behind), size - behind}, wrong;
    bool good = write_out(origin.at, origin.bytes, written), has;
    if (look_through(list, good ? written : "none", &has)) {
        CHECK(ws_origins_wrong(list, &wrong) == NULL);
        CHECK(ws_origins_have(list, origin) == has);
    }
    fuzz_free((void *)origin.at);
    fuzz_free(list);
    return 0;
}
