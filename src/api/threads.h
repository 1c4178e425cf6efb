/* Handlers of threads that are not those of all lists. */
#ifndef OCELLI_API_THREADS_H
#define OCELLI_API_THREADS_H

#include "api/api.h"

void thread_retrieve(struct request *request);
void thread_open(struct request *request);
void thread_close(struct request *request);
void thread_delete(struct request *request);
void thread_update(struct request *request);
void thread_update_batch(struct request *request);

/* Sets the cursor of a stream of threads from the last thread that the client has: its thread_id or
 * its thread_model_id (contract/README.md, difference 7). ERR_BAD_REQUEST when the project has none
 * such. */
enum err thread_read_cursor(struct session *session, struct arena *arena, struct str last,
                            struct entity_query *query, struct error *reterr);

#endif
