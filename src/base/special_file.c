#include "base/special_file.h"

#include <sys/stat.h>

bool special_file(const char *file) {
    struct stat status;
    return stat(file, &status) == 0 && !S_ISREG(status.st_mode);
}
