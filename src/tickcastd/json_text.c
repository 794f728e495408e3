#include "tickcastd/json_text.h"

#include <string.h>

#include "base/printable.h"
#include "tickcastd/warnings.h"

json_t *json_text(const char *text) {
    char shown[WARNINGS_BYTES]; /* the longest of the texts that are printed */
    json_t *string = json_string(text);
    return string != NULL ? string
                          : json_string(printable(text, strlen(text), shown, sizeof shown));
}
