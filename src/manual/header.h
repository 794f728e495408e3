/*
 * What the comments of a header of ours document. Pure; texts are on the heap.
 *
 *     header_open -> header_next until false -> header_close
 *
 * Understood is the form that clang-format gives our headers: a comment at the top, and then
 * `slash-star-star` comments, each before a declaration at the beginning of a line.
 */
#ifndef MANUAL_HEADER_H
#define MANUAL_HEADER_H

#include <stdbool.h>

struct header {
    char *text;     /**< the file */
    const char *at; /**< what is read next */
    char *about;    /**< the comment at the top, in the form of base/help.h */
};

struct header_item {
    char *comment;     /**< in the form of base/help.h */
    char *declaration; /**< without comments, on one line: a prototype, or "struct tickcast_x" */
    char *body;        /**< what stands between the braces, as it is; NULL without braces */
};

struct header_member {
    char *comment;     /**< "" without one */
    char *declaration; /**< on one line, without `;` and `,` */
};

/** Reads a file; ends the program if it cannot. */
void header_open(struct header *header, const char *name);
void header_close(struct header *header);

/** The next declaration with a comment; false at the end. */
bool header_next(struct header *header, struct header_item *item);
void header_item_free(struct header_item *item);

/** The next member of a body, which *at walks through; false at its end. */
bool header_member_next(const char **at, struct header_member *member);
void header_member_free(struct header_member *member);

#endif
