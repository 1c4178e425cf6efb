/* Writing projects. As with entities, each function sets change->apply. */
#ifndef OCELLI_INGEST_PROJECT_WRITE_H
#define OCELLI_INGEST_PROJECT_WRITE_H

#include "ingest/change.h"

struct project_change {
    struct change change; /* first: a pointer to it is one to this */
    struct record *record;
    struct uuid *ids;
    size_t id_count;
};

/* POST. The record has its id. 409 when the name is taken. */
void project_change_create(struct project_change *change);

/* PATCH of ids[0]. 404; 409 when the name is taken. */
void project_change_update(struct project_change *change);

/* DELETE of ids; unknown ones are skipped. */
void project_change_delete(struct project_change *change);

/* Finds a project by name for writing, and makes it when it is missing (platform.md 8): private,
 * name as sent. An empty name is "Default Project". On the writer's thread. */
enum err project_ensure(struct change *change, struct session *session, struct str name,
                        struct project *ret);

#endif
