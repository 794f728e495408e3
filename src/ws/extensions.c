#include "ws/extensions.h"

#include "ws/head.h"

/* Each step cuts off the front of `rest` what it takes. */

static void pass(struct ws_text *rest, size_t count) {
    rest->at += count;
    rest->bytes -= count;
}

static bool take(struct ws_text *rest, char wanted) {
    if (rest->bytes == 0 || rest->at[0] != wanted) return false;
    pass(rest, 1);
    return true;
}

static void pass_blanks(struct ws_text *rest) {
    while (take(rest, ' ') || take(rest, '\t')) {
    }
}

static bool take_token(struct ws_text *rest) {
    size_t count = 0;
    while (count < rest->bytes && head_is_token(rest->at[count])) count++;
    pass(rest, count);
    pass_blanks(rest);
    return count > 0;
}

/* What stands in quotes is a token too, once its backslashes are gone. */
static bool take_quoted(struct ws_text *rest) {
    size_t count = 0;
    while (rest->bytes > 0 && rest->at[0] != '"') {
        (void)take(rest, '\\');
        if (rest->bytes == 0 || !head_is_token(rest->at[0])) return false;
        pass(rest, 1);
        count++;
    }
    bool closed = take(rest, '"');
    pass_blanks(rest);
    return closed && count > 0;
}

static bool take_parameter(struct ws_text *rest) {
    if (!take_token(rest)) return false;
    if (!take(rest, '=')) return true;
    pass_blanks(rest);
    return take(rest, '"') ? take_quoted(rest) : take_token(rest);
}

static bool take_extension(struct ws_text *rest) {
    if (!take_token(rest)) return false;
    while (take(rest, ';')) {
        pass_blanks(rest);
        if (!take_parameter(rest)) return false;
    }
    return true;
}

bool ws_extensions_valid(struct ws_text list) {
    bool some = false;
    do {
        pass_blanks(&list);
        if (list.bytes == 0 || list.at[0] == ',') continue;
        if (!take_extension(&list)) return false;
        some = true;
    } while (take(&list, ','));
    return some && list.bytes == 0;
}
