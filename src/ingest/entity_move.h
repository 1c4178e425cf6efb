/* Moving what PATCHes have made before anybody named its project. */
#ifndef OCELLI_INGEST_ENTITY_MOVE_H
#define OCELLI_INGEST_ENTITY_MOVE_H

#include "ingest/entity_write.h"
#include "ingest/span_sums.h"

/* Rows that one move may add to sums, beside those of the change. */
#define ENTITY_MOVE_SUMS 2

/* Whether a row may be moved: PATCHes made it, none of them named a project, no spans stand below
 * it where it is, and its project is not deleted. */
bool entity_may_move(const struct row *row);

/* Moves the row of an id, wherever in the workspace it is, to a project, with its scores and
 * comments; `to` is the project's own row of the id, or a fresh one. On the writer's thread.
 * ERR_NOT_FOUND when there is none that may be moved; then nothing has changed. */
enum err entity_move(struct entity_change *self, struct session *session, const struct row *to,
                     struct span_sums *sums);

#endif
