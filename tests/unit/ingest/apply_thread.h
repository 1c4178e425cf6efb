/* Changes to threads, applied as in apply.h, and what the threads must say after any of them. */
#ifndef OCELLI_TESTS_UNIT_INGEST_APPLY_THREAD_H
#define OCELLI_TESTS_UNIT_INGEST_APPLY_THREAD_H

#include "ingest/thread_write.h"
#include "unit/ingest/apply.h"

/* Thread ids are a text with commas between them. */
enum err apply_thread_close(const char *project, const char *thread_ids);
enum err apply_thread_open(const char *project, const char *thread_id);
enum err apply_thread_delete(const char *project, const char *thread_ids, bool purge);

/* PATCH of a thread by its thread_model_id; `members` have ' for ". */
enum err apply_thread_update(const struct uuid *id, const char *members);

/* The row of a thread in a project; fails when there is none. */
struct thread apply_thread_get(const char *project, const char *thread_id);

/* NULL, or what does not agree: each thread's row against the traces of its project, added up here,
 * and against what the store counts anew. */
const char *apply_thread_mismatch(const char *project);

#endif
