/* The standard descriptors of a program. One thread, before any other file is opened. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/** Opens /dev/null in place of standard input, output and error where they are closed: else a
 * socket or file would get their number, and what is meant for them. */
void descriptors_open_standard(void);

#endif
