/* What the programs end with. */
#ifndef BASE_EXIT_CODE_H
#define BASE_EXIT_CODE_H

/** X(name, number, sentence), for programs and their help. */
#define EXIT_CODES(X)                                                                              \
    X(EXIT_GOOD, 0, "what was asked for is done")                                                  \
    X(EXIT_FAILED, 1, "it failed, and standard error says why; or a second signal ended it")       \
    X(EXIT_USAGE, 2, "the command line is wrong")                                                  \
    X(EXIT_CONFIG, 78, "the configuration of tickcastd is wrong")

#define EXIT_CODE_NUMBER(name, number, sentence) name = number,
enum exit_code { EXIT_CODES(EXIT_CODE_NUMBER) };
#undef EXIT_CODE_NUMBER

#endif
