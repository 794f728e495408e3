/* What the service manager is told (sd_notify(3)): Type=notify of systemd. One thread. */
#ifndef TICKCASTD_NOTIFY_H
#define TICKCASTD_NOTIFY_H

/** Sends `state`, as "READY=1", "RELOADING=1" or "STOPPING=1", to the socket that the environment
 * names in NOTIFY_SOCKET; nothing if it names none. */
void notify_manager(const char *state);

#endif
