#include "histogram/hlog.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "histogram/encode.h"

#define NS_PER_MS 1e6

int hlog_begin(FILE *out, const char *comment, double started_s) {
    time_t seconds = (time_t)started_s;
    struct tm tm;
    char date[64] = "";
    if (gmtime_r(&seconds, &tm)) strftime(date, sizeof date, "%a %b %d %H:%M:%S UTC %Y", &tm);
    fprintf(out, "#[%s]\n#[Histogram log format version 1.3]\n", comment);
    fprintf(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", started_s, date);
    fprintf(out, "#[BaseTime: %.3f (seconds since epoch)]\n", started_s);
    fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
          "\"Interval_Compressed_Histogram\"\n",
          out);
    return ferror(out) ? -1 : 0;
}

int hlog_write(FILE *out, const char *tag, double at_s, double length_s,
               const struct histogram *histogram) {
    char *text = histogram_to_text(histogram);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    if (tag) fprintf(out, "Tag=%s,", tag);
    fprintf(out, "%.3f,%.3f,%.3f,%s\n", at_s, length_s,
            (double)histogram_max(histogram) / NS_PER_MS, text);
    free(text);
    return ferror(out) ? -1 : 0;
}
