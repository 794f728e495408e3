/* The command line. One thread. */
#ifndef TICKCASTD_ARGS_H
#define TICKCASTD_ARGS_H

#include "tickcastd/settings.h"

/** What is asked for beside settings. */
struct args {
    bool demo, check, json, version, help, help_config;
};

/** Reads the command line; settings->file and *args are set, and values in `settings`. All mistakes
 * are reported. The texts of `argv` stay in use. */
void args_parse(int argc, char **argv, struct args *args, struct settings *settings,
                struct problems *problems);

/** The flags that are no settings, for the help. */
#define ARGS_FLAGS(X)                                                                              \
    X("config", "FILE", "read this configuration file (also -c FILE)")                             \
    X("listen", "HOST[:PORT]",                                                                     \
      "listen for ws (port 5993 if none is named, 0: any free one); may be repeated; with "        \
      "--listen* "                                                                                 \
      "the listeners of the file are not used")                                                    \
    X("listen-unix", "PATH", "listen on a Unix socket; may be repeated")                           \
    X("listen-tls", "HOST[:PORT]",                                                                 \
      "listen for wss (port 5994 if none is named), with --cert and --key; may be repeated")       \
    X("cert", "FILE",                                                                              \
      "certificate chain of --listen-tls, PEM; repeated with --key for more names: the first is "  \
      "for clients that ask for another or none")                                                  \
    X("key", "FILE", "private key of the --cert with the same place, PEM")                         \
    X("client-ca", "FILE", "authorities of the clients of --listen-tls, PEM")                      \
    X("client-auth", "none|optional|required",                                                     \
      "whether clients of --listen-tls need a certificate of --client-ca (default with it: "       \
      "required)")                                                                                 \
    X("demo", "", "publish an invented market: short for --feed sim,name=demo")                    \
    X("feed", "TYPE[,NAME=VALUE]...",                                                              \
      "publish from a feed, see below; may be repeated; with it the feeds of the file are not "    \
      "used")                                                                                      \
    X("check", "",                                                                                 \
      "print the settings that count, where each came from and the memory that can "               \
      "be needed, and end")                                                                        \
    X("json", "",                                                                                  \
      "print what the menu of a start without a file tells as one line of JSON; with --check: "    \
      "print JSON")                                                                                \
    X("version", "", "print the version and end")                                                  \
    X("help", "", "print this and end (also -h)")                                                  \
    X("help-config", "", "print the reference of the configuration as Markdown and end")

#endif
