/* Writing what has a unique name in a workspace: projects, feedback definitions, environments. As
 * with entities, each function sets change->apply. */
#ifndef OCELLI_INGEST_NAMED_WRITE_H
#define OCELLI_INGEST_NAMED_WRITE_H

#include "ingest/change.h"

struct named_change {
    struct change change; /* first: a pointer to it is one to this */
    const struct resource *resource;
    struct record *record;
    struct uuid *ids;
    size_t id_count;
};

/* POST. The record has its id. 409 when the name is taken or there are too many. */
void named_change_create(struct named_change *change);

/* PUT or PATCH of ids[0]: PUT, for a resource whose fields only creates may set, replaces all of
 * them. 404; 409 when the name is taken. */
void named_change_update(struct named_change *change);

/* DELETE of ids; unknown ones are skipped. 409 when one of them must stay. */
void named_change_delete(struct named_change *change);

/* Adds the 404 of a resource to the error. */
enum err named_not_found(const struct resource *resource, struct error *reterr);

/* Finds a project by name for writing, and makes it when it is missing (platform.md 8): private,
 * name as sent. An empty name is "Default Project". On the writer's thread. */
enum err project_ensure(struct change *change, struct session *session, struct str name,
                        struct project *ret);

/* Adds the environment that a created trace names (platform.md 11), unless it is there, its name is
 * none that an environment may have, or there are as many as there may be. On the writer's
 * thread. */
enum err environment_ensure(struct change *change, struct session *session, struct str name);

#endif
