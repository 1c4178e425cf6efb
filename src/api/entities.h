/* Handlers of traces and spans; the route's operation says which of the two. */
#ifndef OCELLI_API_ENTITIES_H
#define OCELLI_API_ENTITIES_H

#include "api/annotations.h"
#include "model/entity_view.h"

void entity_create(struct request *request);
void entity_create_batch(struct request *request);
void entity_patch(struct request *request);
void entity_patch_batch(struct request *request);
void entity_delete(struct request *request);
void entity_delete_batch(struct request *request);

void entity_get(struct request *request);
void entity_list(struct request *request);
void entity_exists(struct request *request);
void entity_search(struct request *request);
void entity_stats(struct request *request);

/* The heavy fields of a resource that are not excluded, as the store loads them. */
uint64_t entity_heavy_fields(const struct resource *resource, uint64_t excluded);

/* A row as lists show it, as JSON text in the arena. ERR_TOO_LARGE at its ceiling. */
enum err entity_row_text(struct session *session, const struct annotation_view *annotations,
                         const struct entity_view *view, struct record *record, struct arena *arena,
                         struct str *ret);

#endif
