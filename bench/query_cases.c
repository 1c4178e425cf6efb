/* The questions of bench/query; see query_cases.h. */
#include "query_cases.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE "&size=100&truncate=true"
#define AIM_FIRST_MS 5.0

/* ---- what must be found ---- */

#define MATCH_TRACE(suffix, condition)                                                             \
    static bool match_##suffix(const struct query_sample *sample, size_t number, unsigned part)    \
    {                                                                                              \
        struct query_trace t;                                                                      \
        (void)sample, (void)part;                                                                  \
        query_rows_trace(number, &t);                                                              \
        return condition;                                                                          \
    }

#define MATCH_SPAN(suffix, condition)                                                              \
    static bool match_##suffix(const struct query_sample *sample, size_t number, unsigned part)    \
    {                                                                                              \
        struct query_span s;                                                                       \
        (void)sample;                                                                              \
        query_rows_span(number, part, &s);                                                         \
        return condition;                                                                          \
    }

static bool match_sample(const struct query_sample *sample, size_t number, unsigned part)
{
    return number == sample->number && part <= 1;
}

static bool match_sample_spans(const struct query_sample *sample, size_t number, unsigned part)
{
    (void)part;
    return number == sample->number;
}

static bool match_nothing(const struct query_sample *sample, size_t number, unsigned part)
{
    (void)sample, (void)number, (void)part;
    return false;
}

/* Sums of a trace over its spans. */
static unsigned query_cases_tokens(const struct query_sample *sample, size_t number)
{
    unsigned sum = 0;
    struct query_span s;
    for (unsigned part = 1; part <= sample->data->rows.spans_per_trace; part++) {
        query_rows_span(number, part, &s);
        sum += s.prompt_tokens + s.completion_tokens;
    }
    return sum;
}

static unsigned query_cases_cost(const struct query_sample *sample, size_t number)
{
    unsigned sum = 0;
    struct query_span s;
    for (unsigned part = 1; part <= sample->data->rows.spans_per_trace; part++) {
        query_rows_span(number, part, &s);
        sum += s.cost;
    }
    return sum;
}

static bool query_cases_in_thread(size_t thread, const char *part)
{
    char text[48];
    snprintf(text, sizeof(text), "conversation-%zu", thread);
    return strstr(text, part) != NULL;
}

static bool query_cases_id_starts(const struct query_sample *sample, size_t number)
{
    char id[WORKLOAD_ID_SIZE];
    query_rows_trace_id(number, id);
    return memcmp(id, sample->id, 8) == 0;
}

MATCH_TRACE(hour, t.ms >= sample->ms && t.ms <= sample->until_ms)
MATCH_TRACE(hour_open, t.ms >= sample->ms && t.ms < sample->until_ms)
MATCH_TRACE(thread, t.thread == sample->thread_number)
MATCH_TRACE(rare_name, strcmp(t.name, QUERY_RARE_NAME) == 0)
MATCH_TRACE(rare_tag, t.rare_tag)
MATCH_TRACE(rare_error, t.error &&strcmp(t.error, QUERY_RARE_ERROR) == 0)
MATCH_TRACE(rare_score, t.rare_score)
MATCH_TRACE(name_contains, strstr(t.name, "vers") != NULL)
MATCH_TRACE(name_not_contains, strstr(t.name, "vers") == NULL)
MATCH_TRACE(name_starts, strncmp(t.name, "summ", 4) == 0)
MATCH_TRACE(name_ends, strlen(t.name) > 7 && strcmp(t.name + strlen(t.name) - 7, "invoice") == 0)
MATCH_TRACE(name_common, strcmp(t.name, "draft_invoice") == 0)
MATCH_TRACE(name_sorted, strstr(t.name, "draft") != NULL)
MATCH_TRACE(thread_contains, query_cases_in_thread(t.thread, "n-77"))
MATCH_TRACE(id_starts, query_cases_id_starts(sample, number))
MATCH_TRACE(tag_common, t.tags & 1)
MATCH_TRACE(tag_not_common, !(t.tags & 1))
MATCH_TRACE(no_tags, t.tags == 0 && !t.rare_tag)
MATCH_TRACE(slow, t.duration_ms > 5000)
MATCH_TRACE(fast, t.duration_ms <= 100)
MATCH_TRACE(ttft, t.ttft_ms > 450)
MATCH_TRACE(later, t.ms >= sample->ms)
MATCH_TRACE(ended_before, t.ms + t.duration_ms < sample->ms)
MATCH_TRACE(cost, query_cases_cost(sample, number) > 6000)
MATCH_TRACE(tokens, query_cases_tokens(sample, number) > 3000)
MATCH_TRACE(failed, t.error != NULL)
MATCH_TRACE(timeout, t.error &&strcmp(t.error, "TimeoutError") == 0)
MATCH_TRACE(staging, strcmp(t.environment, "staging") == 0)
MATCH_TRACE(score_high, t.score > 50)
MATCH_TRACE(score_none, t.score < 0)
MATCH_TRACE(tree, strstr(t.name, "vers") && (t.duration_ms > 5000 || t.tags & 1))
MATCH_TRACE(three, strcmp(t.environment, "staging") == 0 && t.duration_ms > 1000 && t.tags & 2)
MATCH_TRACE(needle, t.needle)
MATCH_TRACE(no_needle, !t.needle)

MATCH_SPAN(span_rare_name, strcmp(s.name, QUERY_RARE_SPAN_NAME) == 0)
MATCH_SPAN(span_llm, strcmp(s.type, "llm") == 0)
MATCH_SPAN(span_name_contains, strstr(s.name, "an") != NULL)
MATCH_SPAN(span_model, s.model &&strcmp(s.model, "gemini-1.5-pro") == 0)
MATCH_SPAN(span_provider, s.provider &&strcmp(s.provider, "openai") == 0)
MATCH_SPAN(span_slow, s.duration_ms > 5000)
MATCH_SPAN(span_tokens, s.prompt_tokens + s.completion_tokens > 2000)
MATCH_SPAN(span_cost, s.cost > 3000)

/* ---- the table ---- */

#define FILTER(field, op, value)                                                                   \
    "{\"field\":\"" field "\",\"operator\":\"" op "\",\"value\":\"" value "\"}"
#define KEYED(field, key, op, value)                                                               \
    "{\"field\":\"" field "\",\"key\":\"" key "\",\"operator\":\"" op "\",\"value\":\"" value "\"" \
    "}"
#define ONE(field, op, value) .filters = "[" FILTER(field, op, value) "]"
#define ONE_KEYED(field, key, op, value) .filters = "[" KEYED(field, key, op, value) "]"
#define SORT(field, direction)                                                                     \
    .sorting = "[{\"field\":\"" field "\",\"direction\":\"" direction "\"}]"

/* clang-format off */
const struct query_case query_cases[] = {
    /* pages */
    {"first page of 100", "traces", .aim = AIM_FIRST, .bare = BARE_FIRST},
    {"first page of 10", "traces", "&size=10", .aim = AIM_FIRST},
    {"page 1000 of 10", "traces", "&size=10&page=1000", .aim = AIM_SEEK},
    {"page $PAGE of 100", "traces", PAGE "&page=$PAGE", .aim = AIM_SEEK, .bare = BARE_DEEP},
    {"first page of 100", "spans", .aim = AIM_FIRST},
    {"page $PAGE of 100", "spans", PAGE "&page=$PAGE", .aim = AIM_SEEK},
    {"one by id", "traces/$ID", "", .aim = AIM_FIRST, .unchecked = true},
    {"of one trace (trace_id)", "spans", PAGE "&trace_id=$ID", .aim = AIM_SEEK,
     .match = match_sample_spans},

    /* a selective value */
    {"id =", "traces", ONE("id", "=", "$ID"), .aim = AIM_SEEK, .match = match_sample},
    {"from_time, to_time: an hour", "traces", PAGE "&from_time=$FROM&to_time=$TO", .aim = AIM_SEEK,
     .match = match_hour},
    {"start_time: an hour", "traces",
     .filters = "[" FILTER("start_time", ">=", "$FROM") "," FILTER("start_time", "<", "$TO") "]",
     .aim = AIM_SEEK, .match = match_hour_open},
    {"thread_id =", "traces", ONE("thread_id", "=", "$THREAD"), .aim = AIM_SEEK,
     .match = match_thread},
    {"name =, 1 in 10,000", "traces", ONE("name", "=", QUERY_RARE_NAME), .aim = AIM_SEEK,
     .match = match_rare_name},
    {"tags =, 1 in 10,000", "traces", ONE("tags", "=", QUERY_RARE_TAG), .aim = AIM_SEEK,
     .match = match_rare_tag},
    {"feedback_scores =, 1 in 10,000", "traces",
     ONE_KEYED("feedback_scores", QUERY_RARE_SCORE, "=", "1"), .aim = AIM_SEEK,
     .match = match_rare_score, .needs_scores = true},
    {"error_type =, 1 in 10,000", "traces", ONE("error_type", "=", QUERY_RARE_ERROR),
     .aim = AIM_SEEK, .match = match_rare_error},
    {"id =", "spans", ONE("id", "=", "$SPAN"), .aim = AIM_SEEK, .match = match_sample},
    {"trace_id =", "spans", ONE("trace_id", "=", "$ID"), .aim = AIM_SEEK,
     .match = match_sample_spans},
    {"name =, 1 in 50,000", "spans", ONE("name", "=", QUERY_RARE_SPAN_NAME), .aim = AIM_SEEK,
     .match = match_span_rare_name},
    {"from_time, to_time: an hour", "spans", PAGE "&from_time=$FROM&to_time=$TO", .aim = AIM_SEEK,
     .unchecked = true},

    /* sorted by a number */
    {"sort by duration, down", "traces", SORT("duration", "DESC"), .aim = AIM_SORT,
     .bare = BARE_SORT},
    {"sort by duration, up", "traces", SORT("duration", "ASC"), .aim = AIM_SORT},
    {"sort by start_time", "traces", SORT("start_time", "DESC"), .aim = AIM_SORT},
    {"sort by end_time", "traces", SORT("end_time", "DESC"), .aim = AIM_SORT},
    {"sort by ttft", "traces", SORT("ttft", "DESC"), .aim = AIM_SORT},
    {"sort by cost", "traces", SORT("total_estimated_cost", "DESC"), .aim = AIM_SORT},
    {"sort by usage.total_tokens", "traces", SORT("usage.total_tokens", "DESC"), .aim = AIM_SORT},
    {"sort by llm_span_count", "traces", SORT("llm_span_count", "DESC"), .aim = AIM_SORT},
    {"sort by feedback_scores", "traces", SORT("feedback_scores." QUERY_COMMON_SCORE, "DESC"),
     .aim = AIM_SORT, .needs_scores = true},
    {"sort by duration", "spans", SORT("duration", "DESC"), .aim = AIM_SORT},
    {"sort by cost", "spans", SORT("total_estimated_cost", "DESC"), .aim = AIM_SORT},

    /* all narrow rows */
    {"sort by name", "traces", SORT("name", "ASC"), .aim = AIM_NARROW},
    {"name contains, by duration", "traces", ONE("name", "contains", "draft"),
     SORT("duration", "DESC"), .aim = AIM_NARROW, .match = match_name_sorted},
    {"name contains", "traces", ONE("name", "contains", "vers"), .aim = AIM_NARROW,
     .match = match_name_contains, .bare = BARE_TEXT},
    {"name not_contains", "traces", ONE("name", "not_contains", "vers"), .aim = AIM_NARROW,
     .match = match_name_not_contains},
    {"name starts_with", "traces", ONE("name", "starts_with", "summ"), .aim = AIM_NARROW,
     .match = match_name_starts},
    {"name ends_with", "traces", ONE("name", "ends_with", "invoice"), .aim = AIM_NARROW,
     .match = match_name_ends},
    {"name =, 1 in 50", "traces", ONE("name", "=", "draft_invoice"), .aim = AIM_NARROW,
     .match = match_name_common},
    {"thread_id contains", "traces", ONE("thread_id", "contains", "n-77"), .aim = AIM_NARROW,
     .match = match_thread_contains},
    {"id starts_with", "traces", ONE("id", "starts_with", "$IDSTART"), .aim = AIM_NARROW,
     .match = match_id_starts},
    {"tags contains", "traces", ONE("tags", "contains", "produ"), .aim = AIM_NARROW,
     .match = match_tag_common},
    {"tags not_contains", "traces", ONE("tags", "not_contains", "produ"), .aim = AIM_NARROW,
     .match = match_tag_not_common},
    {"tags =, every second", "traces", ONE("tags", "=", "production"), .aim = AIM_NARROW,
     .match = match_tag_common},
    {"tags is_empty", "traces", ONE("tags", "is_empty", ""), .aim = AIM_NARROW,
     .match = match_no_tags},
    {"duration >", "traces", ONE("duration", ">", "5000"), .aim = AIM_NARROW, .match = match_slow},
    {"duration <=", "traces", ONE("duration", "<=", "100"), .aim = AIM_NARROW, .match = match_fast},
    {"ttft >", "traces", ONE("ttft", ">", "450"), .aim = AIM_NARROW, .match = match_ttft},
    {"start_time >=, half", "traces", ONE("start_time", ">=", "$FROM"), .aim = AIM_NARROW,
     .match = match_later},
    {"end_time <, half", "traces", ONE("end_time", "<", "$FROM"), .aim = AIM_NARROW,
     .match = match_ended_before},
    {"created_at >, all", "traces", ONE("created_at", ">", "$FROM"), .aim = AIM_NARROW},
    {"total_estimated_cost >", "traces", ONE("total_estimated_cost", ">", "0.006"),
     .aim = AIM_NARROW, .match = match_cost},
    {"usage.total_tokens >", "traces", ONE("usage.total_tokens", ">", "3000"), .aim = AIM_NARROW,
     .match = match_tokens},
    {"llm_span_count >=, all", "traces", ONE("llm_span_count", ">=", "0"), .aim = AIM_NARROW},
    {"error_info is_not_empty", "traces", ONE("error_info", "is_not_empty", ""), .aim = AIM_NARROW,
     .match = match_failed},
    {"error_type =", "traces", ONE("error_type", "=", "TimeoutError"), .aim = AIM_NARROW,
     .match = match_timeout},
    {"source =, all", "traces", ONE("source", "=", "sdk"), .aim = AIM_NARROW},
    {"environment =", "traces", ONE("environment", "=", "staging"), .aim = AIM_NARROW,
     .match = match_staging},
    {"feedback_scores >", "traces", ONE_KEYED("feedback_scores", QUERY_COMMON_SCORE, ">", "0.5"),
     .aim = AIM_NARROW, .match = match_score_high, .needs_scores = true},
    {"feedback_scores is_empty", "traces",
     ONE_KEYED("feedback_scores", QUERY_COMMON_SCORE, "is_empty", ""), .aim = AIM_NARROW,
     .match = match_score_none, .needs_scores = true},
    {"three filters", "traces",
     .filters = "[" FILTER("environment", "=", "staging") "," FILTER("duration", ">", "1000") ","
                FILTER("tags", "=", "rag") "]",
     .aim = AIM_NARROW, .match = match_three},
    {"OQL with OR", "traces",
     .oql = "name contains \"vers\" AND (duration > 5000 OR tags = \"production\")",
     .aim = AIM_NARROW, .match = match_tree},
    {"name contains", "spans", ONE("name", "contains", "an"), .aim = AIM_NARROW,
     .match = match_span_name_contains},
    {"type =", "spans", ONE("type", "=", "llm"), .aim = AIM_NARROW, .match = match_span_llm},
    {"model =", "spans", ONE("model", "=", "gemini-1.5-pro"), .aim = AIM_NARROW,
     .match = match_span_model},
    {"provider =", "spans", ONE("provider", "=", "openai"), .aim = AIM_NARROW,
     .match = match_span_provider},
    {"duration >", "spans", ONE("duration", ">", "5000"), .aim = AIM_NARROW,
     .match = match_span_slow},
    {"usage.total_tokens >", "spans", ONE("usage.total_tokens", ">", "2000"), .aim = AIM_NARROW,
     .match = match_span_tokens},
    {"total_estimated_cost >", "spans", ONE("total_estimated_cost", ">", "0.003"),
     .aim = AIM_NARROW, .match = match_span_cost},

    /* all bodies */
    {"input contains", "traces", ONE("input", "contains", "embedding"), .aim = AIM_TEXT,
     .texts = TEXT_INPUT, .unchecked = true},
    {"output contains, 1 in 10,000", "traces", ONE("output", "contains", QUERY_NEEDLE),
     .aim = AIM_TEXT, .texts = TEXT_OUTPUT, .match = match_needle},
    {"output not_contains", "traces", ONE("output", "not_contains", QUERY_NEEDLE), .aim = AIM_TEXT,
     .texts = TEXT_OUTPUT, .match = match_no_needle},
    {"output_json key contains", "traces",
     ONE_KEYED("output_json", "answer", "contains", QUERY_NEEDLE), .aim = AIM_TEXT,
     .texts = TEXT_OUTPUT, .match = match_needle},
    {"metadata key =", "traces", ONE_KEYED("metadata", "customer", "=", "customer-42"),
     .aim = AIM_TEXT, .texts = TEXT_METADATA, .unchecked = true},
    {"custom input.question contains", "traces",
     ONE_KEYED("custom", "input.question", "contains", "embedding"), .aim = AIM_TEXT,
     .texts = TEXT_INPUT, .unchecked = true},
    {"search, 1 in 10,000", "traces", .search = QUERY_NEEDLE, .aim = AIM_TEXT, .texts = TEXT_ALL,
     .match = match_needle, .bare = BARE_TRACE_BODIES},
    {"search, nothing", "traces", .search = "zzyzx road", .aim = AIM_TEXT, .texts = TEXT_ALL,
     .match = match_nothing},
    {"search, nearly all", "traces", .search = "the", .aim = AIM_TEXT, .texts = TEXT_ALL,
     .unchecked = true},
    {"search, nothing", "spans", .search = "zzyzx road", .aim = AIM_TEXT,
     .texts = TEXT_INPUT | TEXT_OUTPUT | TEXT_METADATA, .match = match_nothing,
     .bare = BARE_SPAN_BODIES},

    /* statistics */
    {"statistics", "traces/stats", "", .aim = AIM_TRACE_STATS, .bare = BARE_TRACE_SUMS},
    {"statistics, name contains", "traces/stats", "", ONE("name", "contains", "vers"),
     .aim = AIM_TRACE_STATS, .match = match_name_contains},
    {"statistics", "spans/stats", "", .aim = AIM_SPAN_STATS, .bare = BARE_SPAN_SUMS},
    {"statistics, type =", "spans/stats", "", ONE("type", "=", "llm"), .aim = AIM_SPAN_STATS,
     .match = match_span_llm},
};
/* clang-format on */

const size_t query_case_count = COUNT(query_cases);

/* ---- requests ---- */

void query_sample_init(struct query_sample *sample, const struct query_data *data)
{
    size_t pages = data->rows.traces / 100;
    struct query_trace trace;
    *sample = (struct query_sample){.data = data, .number = data->rows.traces / 2};
    sample->deep_page = pages < 1000 ? pages : 1000;
    query_rows_trace(sample->number, &trace);
    query_rows_trace_id(sample->number, sample->id);
    query_rows_span_id(sample->number, 1, sample->span);
    sample->thread_number = trace.thread;
    sample->ms = trace.ms;
    sample->until_ms = trace.ms + 3600 * 1000;
    query_rows_format_time(sample->ms, sample->from);
    query_rows_format_time(sample->until_ms, sample->to);
    snprintf(sample->thread, sizeof(sample->thread), "conversation-%zu", trace.thread);
    snprintf(sample->page, sizeof(sample->page), "%zu", sample->deep_page);
}

bool query_case_is_span(const struct query_case *query)
{
    return strncmp(query->resource, "spans", 5) == 0;
}

static void query_cases_add_char(struct text *out, char c, bool encode)
{
    if (!encode || isalnum((unsigned char)c) || strchr("-._~", c))
        text_add(out, "%c", c);
    else
        text_add(out, "%%%02X", (unsigned)(unsigned char)c);
}

/* Appends text with $NAMES replaced. */
static void query_cases_add(struct text *out, const char *text, const struct query_sample *sample,
                            bool encode)
{
    char start[9];
    const struct {
        const char *name, *value;
    } names[] = {{"$IDSTART", start},         {"$ID", sample->id},     {"$SPAN", sample->span},
                 {"$THREAD", sample->thread}, {"$FROM", sample->from}, {"$TO", sample->to},
                 {"$PAGE", sample->page}};
    snprintf(start, sizeof(start), "%.8s", sample->id);
    while (*text) {
        size_t i = 0;
        while (i < COUNT(names) && strncmp(text, names[i].name, strlen(names[i].name)) != 0)
            i++;
        if (i == COUNT(names)) {
            query_cases_add_char(out, *text++, encode);
            continue;
        }
        for (const char *p = names[i].value; *p; p++)
            query_cases_add_char(out, *p, true);
        text += strlen(names[i].name);
    }
}

static void query_cases_add_param(struct text *out, const char *name, const char *value,
                                  const struct query_sample *sample)
{
    if (!value)
        return;
    text_add(out, "&%s=", name);
    query_cases_add(out, value, sample, true);
}

void query_case_request(const struct query_case *query, const struct query_sample *sample,
                        struct text *out)
{
    out->n = 0;
    text_add(out, "GET /v1/private/");
    query_cases_add(out, query->resource, sample, false);
    text_add(out, "?project_name=" WORKLOAD_PROJECT);
    query_cases_add(out, query->params ? query->params : PAGE, sample, false);
    query_cases_add_param(out, "filters", query->filters, sample);
    query_cases_add_param(out, "oql", query->oql, sample);
    query_cases_add_param(out, "sorting", query->sorting, sample);
    query_cases_add_param(out, "search", query->search, sample);
    text_add(out, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

static uint64_t query_cases_text_bytes(const struct query_case *query,
                                       const struct query_data *data)
{
    const struct query_bytes *bytes = query_case_is_span(query) ? &data->spans : &data->traces;
    return (query->texts & TEXT_INPUT ? bytes->input : 0) +
           (query->texts & TEXT_OUTPUT ? bytes->output : 0) +
           (query->texts & TEXT_METADATA ? bytes->metadata : 0) +
           (query->texts & TEXT_ERROR ? bytes->error_info : 0);
}

/* What grows with the rows is not less than the smallest aim. */
static double query_cases_growing_ms(double ms)
{
    return ms > AIM_FIRST_MS ? ms : AIM_FIRST_MS;
}

double query_case_aim_ms(const struct query_case *query, const struct query_data *data)
{
    double traces = (double)data->rows.traces / 1e6;
    double spans = traces * data->rows.spans_per_trace;
    switch (query->aim) {
    case AIM_FIRST:
        return AIM_FIRST_MS;
    case AIM_SEEK:
    case AIM_SORT:
        return 10;
    case AIM_NARROW:
        return query_cases_growing_ms(200 * (query_case_is_span(query) ? spans : traces));
    case AIM_TRACE_STATS:
        return query_cases_growing_ms(400 * traces);
    case AIM_SPAN_STATS:
        return query_cases_growing_ms(900 * spans / 5);
    case AIM_TEXT:
        return query_cases_growing_ms((double)query_cases_text_bytes(query, data) / 1e6);
    }
    return 0;
}

long long query_case_expected(const struct query_case *query, const struct query_sample *sample)
{
    const struct query_rows *rows = &sample->data->rows;
    unsigned first = query_case_is_span(query) ? 1 : 0;
    unsigned last = query_case_is_span(query) ? rows->spans_per_trace : 0;
    long long count = 0;
    if (query->unchecked)
        return -1;
    for (size_t number = 0; number < rows->traces; number++) {
        for (unsigned part = first; part <= last; part++)
            count += !query->match || query->match(sample, number, part);
    }
    return count;
}
