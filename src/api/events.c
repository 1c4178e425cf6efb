/* Following a project. The feed tells which ids were written; what they are is read when it is
 * sent, with the conditions and in the form of the list. Between two answers a stream holds neither
 * a worker nor a read session. */
#include "api/events.h"

#include "api/conditions.h"
#include "api/entities.h"
#include "base/clock.h"
#include "query/exclude.h"

/* What comes within this time is read together. */
#define GATHER_NS (100 * 1000000LL)
/* A word now and then keeps proxies from closing the connection. */
#define PING_NS (15 * CLOCK_NS_PER_S)
/* Rows that are read at once. */
#define ROWS_MAX 64

struct event_state {
    struct feed_subscriber *subscriber;
    struct entity_query query;
    struct entity_view view;
    struct feed_event *events; /* taken from the feed */
    size_t count, next;        /* `next`: those before it are sent */
    struct arena rows;
    bool greeted;
    int64_t taken_ns, ping_ns; /* monotonic */
};

static void release_events(struct request *request)
{
    struct event_state *state = request->response.produce_state;

    feed_unsubscribe(state->subscriber);
    arena_done(&state->rows);
}

static void wake(void *request)
{
    request_wake(request);
}

static void drop(void *request)
{
    request_drop(request);
}

/* Appends an event; without a text the entity is not shown to this client, or not there. */
static bool append_event(struct event_state *state, const struct feed_event *event, struct str text,
                         struct buf *out)
{
    const char *name = event->deleted ? "deleted" : state->query.resource->noun;
    struct str id;
    char digits[UUID_TEXT_SIZE];

    uuid_format(&event->id, digits);
    id = str_make(digits, UUID_TEXT_SIZE);
    if (event->deleted)
        text = str_format(&state->rows,
                          event->of_trace ? "{\"trace_id\":\"%.*s\"}" : "{\"id\":\"%.*s\"}",
                          STR_ARG(id));
    return !text.n || (buf_append(out, STR("event: ")) && buf_append(out, str_of(name)) &&
                       buf_append(out, STR("\nid: ")) && buf_append(out, id) &&
                       buf_append(out, STR("\ndata: ")) && buf_append(out, text) &&
                       buf_append(out, STR("\n\n")));
}

/* Reads the rows of some events into `texts`, those that are there and match. */
static enum err read_rows(struct event_state *state, struct session *session,
                          const struct feed_event *events, size_t count, struct str *texts)
{
    struct uuid ids[ROWS_MAX];
    struct entity_query query = state->query;
    struct annotation_view annotations;
    struct entity_cursor *cursor = NULL;
    struct row row;
    enum err err;

    query.ids = ids;
    for (size_t i = 0; i < count; i++)
        if (!events[i].deleted)
            ids[query.id_count++] = events[i].id;
    if (query.id_count == 0)
        return ERR_OK;
    err = annotation_view_init(session, query.resource, query.project.key, state->view.excluded,
                               &annotations);
    if (!err)
        err = store_entity_open(session, &query, &state->rows, &cursor);
    while (!err && (err = store_entity_next(cursor, &state->rows, &row)) == ERR_OK) {
        size_t at = 0;
        while (!uuid_eq(&events[at].id, &row.record->v[ENTITY_ID].uuid))
            at++;
        err = entity_row_text(session, &annotations, &state->view, row.record, &state->rows,
                              &texts[at]);
    }
    store_entity_close(cursor);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Appends the next events. False when the stream has to end. */
static bool send_events(struct request *request, struct event_state *state, struct buf *out)
{
    const struct feed_event *events = state->events + state->next;
    size_t left = state->count - state->next, count = left < ROWS_MAX ? left : ROWS_MAX;
    struct str texts[ROWS_MAX] = {{0}};
    struct error error = {.arena = &state->rows};
    struct session *session = NULL;
    int64_t workspace;
    bool fits = true;
    enum err err = api_read_begin(request, &session, &workspace, &error);

    if (!err)
        err = read_rows(state, session, events, count, texts);
    store_read_end(session);
    for (size_t i = 0; !err && fits && i < count; i++)
        fits = append_event(state, &events[i], texts[i], out);
    state->next += count;
    arena_reset(&state->rows);
    return !err && fits;
}

/* Takes what has gathered, but not more often than every GATHER_NS. False when the client was too
 * slow to be told everything. */
static bool take_events(struct event_state *state, int64_t now)
{
    bool whole;

    if (state->next < state->count || now < state->taken_ns + GATHER_NS)
        return true;
    state->next = 0;
    whole = feed_take(state->subscriber, state->events, &state->count);
    if (state->count > 0)
        state->taken_ns = now;
    return whole;
}

static enum produce_result produce_events(struct request *request, struct buf *out)
{
    struct event_state *state = request->response.produce_state;
    int64_t now = clock_monotonic_ns(), next_turn;
    bool going = take_events(state, now);

    if (!state->greeted)
        going = going && buf_append(out, STR(": connected\n\n"));
    else if (now >= state->ping_ns)
        going = going && buf_append(out, STR(": ping\n\n"));
    state->greeted = true;
    while (going && state->next < state->count && out->n < (size_t)128 * 1024)
        going = send_events(request, state, out);
    if (!going)
        return PRODUCE_DONE;
    if (out->n > 0) {
        state->ping_ns = now + PING_NS;
        return PRODUCE_MORE;
    }
    /* What came since the last turn is taken at the next; nobody wakes us for it again. */
    next_turn = state->taken_ns + GATHER_NS;
    request_wake_at(request, next_turn > now ? next_turn : state->ping_ns);
    return PRODUCE_WAIT;
}

/* Which of the two `kind` names. */
static enum err read_kind(const struct params *params, const struct resource **ret,
                          struct error *reterr)
{
    const struct param_value *kind = &params->v[PARAM_KIND];

    if (!kind->given || str_eq(kind->s, STR("traces")))
        *ret = &trace_resource;
    else if (str_eq(kind->s, STR("spans")))
        *ret = &span_resource;
    else
        return error_set(reterr, ERR_BAD_REQUEST, "query param kind is neither traces nor spans");
    return ERR_OK;
}

static enum err read_request(struct request *request, struct event_state *state,
                             struct error *reterr)
{
    struct session *session = NULL;
    struct params params;
    int64_t workspace;
    enum err err = params_read(request, operation_of(request)->params, &params, reterr);

    if (!err)
        err = read_kind(&params, &state->query.resource, reterr);
    if (!err)
        err = api_path_uuid(request, 0, &params.v[PARAM_PROJECT_ID].uuid, reterr);
    params.v[PARAM_PROJECT_ID].given = true;
    if (!err)
        err = conditions_read(request, &params, &state->query, reterr);
    if (!err)
        err = exclude_parse(&request->arena, state->query.resource, params.v[PARAM_EXCLUDE].s,
                            &state->view.excluded, reterr);
    if (!err)
        err = api_read_begin(request, &session, &workspace, reterr);
    if (!err)
        err = api_read_project(session, workspace, &params, &state->query.project, reterr);
    store_read_end(session);
    state->query.order = ORDER_ID;
    state->query.limit = ROWS_MAX;
    state->view.truncate = true;
    if (!err)
        state->query.load = entity_heavy_fields(state->query.resource, state->view.excluded);
    return err;
}

void project_events(struct request *request)
{
    struct event_state *state = arena_zalloc(&request->arena, sizeof(*state));
    struct error error = {.arena = &request->arena};
    enum err err = read_request(request, state, &error);

    if (!err) {
        state->events = arena_alloc(&request->arena, FEED_PENDING_MAX * sizeof(*state->events));
        state->subscriber = feed_subscribe(api_of(request)->feed, state->query.project.key,
                                           state->query.resource, wake, drop, request);
        err = state->events && state->subscriber ? ERR_OK : ERR_UNAVAILABLE;
    }
    if (err) {
        feed_unsubscribe(state->subscriber);
        api_fail(request, err, &error, NULL);
        return;
    }
    arena_init(&state->rows, request->arena.cap);
    response_header(request, "Cache-Control", STR("no-cache"));
    response_header(request, "X-Accel-Buffering", STR("no"));
    response_stream(request, "text/event-stream", produce_events, state, release_events);
}
