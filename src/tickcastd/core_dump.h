/* Core dumps, which would hold private keys and the keys of session tickets. One thread. */
#ifndef TICKCASTD_CORE_DUMP_H
#define TICKCASTD_CORE_DUMP_H

/** From now on the process leaves no core dump, and only root may read its memory. Not in builds
 * with sanitizers, which read it to look for leaks. */
void core_dump_forbid(void);

/** Undoes that, up to the hard limit of core dumps. */
void core_dump_allow(void);

#endif
