/* Following a project: its traces or spans as server-sent events while they are written. */
#ifndef OCELLI_API_EVENTS_H
#define OCELLI_API_EVENTS_H

#include "api/api.h"

void project_events(struct request *request);

#endif
