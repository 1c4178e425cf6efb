/* Threads that help with scans over many rows, each with a read session of its own. */
#ifndef OCELLI_STORE_SQLITE_SCAN_POOL_H
#define OCELLI_STORE_SQLITE_SCAN_POOL_H

#include "store/sqlite/database.h"

/* Starts `threads` helpers. NULL with one line in `message` when one could not be started. */
struct scan_pool *scan_pool_new(struct store *store, int threads, char *message, size_t size);

/* Ends them. NULL-safe. */
void scan_pool_free(struct scan_pool *pool);

/* Calls work() with the caller's session, and meanwhile on each idle helper whose session sees the
 * same snapshot; returns when all calls have returned. While the helpers work for one caller,
 * others work alone. `pool` may be NULL. */
void scan_pool_run(struct scan_pool *pool, struct session *session,
                   void (*work)(void *context, struct session *session), void *context);

#endif
