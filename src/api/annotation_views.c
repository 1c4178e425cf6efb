/* Feedback scores and comments in the answers about what they are on. */
#include "api/annotations.h"

#include "model/score_view.h"

/* Where a resource shows its annotations; -1: nowhere. */
static const struct place {
    const struct resource *resource;
    int scores, span_scores, comments;
} places[] = {
    {&trace_resource, TRACE_FEEDBACK_SCORES, TRACE_SPAN_FEEDBACK_SCORES, TRACE_COMMENTS},
    {&span_resource, SPAN_FEEDBACK_SCORES, -1, SPAN_COMMENTS},
    {&thread_resource, THREAD_FEEDBACK_SCORES, -1, THREAD_COMMENTS},
};

static const struct place *place_of(const struct resource *resource)
{
    const struct place *place = places;

    while (place->resource != resource)
        place++;
    return place;
}

static enum err find_any(struct session *session, const struct resource *kind, enum subject subject,
                         int64_t project_key, uint64_t excluded, int field, bool *ret)
{
    *ret = false;
    if (field < 0 || excluded & 1ULL << field)
        return ERR_OK;
    return store_annotation_any(session, kind, subject, project_key, ret);
}

enum err annotation_view_init(struct session *session, const struct resource *resource,
                              int64_t project_key, uint64_t excluded, struct annotation_view *ret)
{
    const struct place *place = place_of(resource);
    enum subject subject = annotation_subject(resource);
    enum err err;

    *ret = (struct annotation_view){.resource = resource, .project_key = project_key};
    err = find_any(session, &score_resource, subject, project_key, excluded, place->scores,
                   &ret->scores);
    if (!err)
        err = find_any(session, &score_resource, SUBJECT_SPAN, project_key, excluded,
                       place->span_scores, &ret->span_scores);
    if (!err)
        err = find_any(session, &comment_resource, subject, project_key, excluded, place->comments,
                       &ret->comments);
    return err;
}

static enum err load_scores(struct session *session, const struct subject_key *key,
                            struct arena *arena, struct value *ret)
{
    struct score_source *sources;
    struct record **scores;
    size_t count;
    enum err err = store_annotation_list(session, &score_resource, key, arena, &scores, &count);

    if (err || count == 0)
        return err;
    sources = arena_zalloc(arena, count * sizeof(*sources));
    if (!sources)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++)
        sources[i].score = scores[i];
    return score_view_merge(arena, sources, count, false, ret);
}

static enum err load_span_scores(struct session *session, const struct annotation_view *view,
                                 const struct uuid *trace, struct arena *arena, struct value *ret)
{
    struct score_source *sources;
    struct span_score *scores;
    size_t count;
    enum err err = store_span_score_list(session, view->project_key, trace, arena, &scores, &count);

    if (err || count == 0)
        return err;
    sources = arena_zalloc(arena, count * sizeof(*sources));
    if (!sources)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++)
        sources[i] = (struct score_source){scores[i].score, &scores[i].span,
                                           span_type_names[scores[i].type]};
    return score_view_merge(arena, sources, count, view->by_span, ret);
}

static enum err load_comments(struct session *session, const struct subject_key *key,
                              struct arena *arena, struct value *ret)
{
    struct record **comments;
    size_t count;
    enum err err = store_annotation_list(session, &comment_resource, key, arena, &comments, &count);

    if (!err)
        *ret = (struct value){.kind = VALUE_SET, .list = {comments, count}};
    return err;
}

enum err annotation_view_load(struct session *session, const struct annotation_view *view,
                              const struct uuid *id, struct arena *arena, struct record *record)
{
    const struct place *place = place_of(view->resource);
    struct subject_key key = {annotation_subject(view->resource), view->project_key, *id};
    enum err err = ERR_OK;

    if (view->scores)
        err = load_scores(session, &key, arena, &record->v[place->scores]);
    if (!err && view->span_scores)
        err = load_span_scores(session, view, id, arena, &record->v[place->span_scores]);
    if (!err && view->comments)
        err = load_comments(session, &key, arena, &record->v[place->comments]);
    return err;
}
