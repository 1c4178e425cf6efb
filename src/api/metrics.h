/* Handlers of statistics over time (stats.md 4 to 6). */
#ifndef OCELLI_API_METRICS_H
#define OCELLI_API_METRICS_H

#include "api/api.h"

void project_metrics(struct request *request);
void project_kpi_cards(struct request *request);

void workspace_costs(struct request *request);
void workspace_costs_summary(struct request *request);
void workspace_metrics(struct request *request);
void workspace_metrics_summary(struct request *request);

#endif
