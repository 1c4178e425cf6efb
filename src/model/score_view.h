/* Stored scores as a reader sees them: one per name, with what each author gave (traces.md 11.4,
 * threads.md 4). */
#ifndef OCELLI_MODEL_SCORE_VIEW_H
#define OCELLI_MODEL_SCORE_VIEW_H

#include "base/err.h"
#include "model/annotation.h"

/* A stored score; `span` and `span_type` only for scores of a trace's spans. */
struct score_source {
    const struct record *score;
    const struct uuid *span; /* NULL: none */
    const char *span_type;   /* NULL: none */
};

/* The scores, in order of name, as a value of FIELD_OBJECTS of score_resource, in the arena. With
 * `by_span` the parts name their span and blank reasons are left out, as GET of a trace by id shows
 * the scores of its spans. ERR_TOO_LARGE at the arena's ceiling. */
enum err score_view_merge(struct arena *arena, const struct score_source *sources, size_t count,
                          bool by_span, struct value *ret);

/* The mean of the values, 10^-9, cut to nine digits. */
int64_t score_view_mean(const struct score_source *sources, size_t count);

#endif
