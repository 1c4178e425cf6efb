/* What traces and spans do to their threads: each way in, out and across, one by one; then random
 * sequences of changes, after each of which every thread must agree with its traces. */
#include "ingest/thread_sums.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/ingest/apply_thread.h"

#define TRACE (&trace_resource)
#define SPAN (&span_resource)

static void assert_agrees(void)
{
    const char *bad = apply_thread_mismatch("P");

    if (!bad)
        bad = apply_thread_mismatch("Q");
    if (bad)
        fail_msg("%s", bad);
}

static int64_t count_of(const char *thread_id)
{
    assert_agrees();
    return apply_thread_get("P", thread_id).trace_count;
}

/* ---- each way ---- */

static void test_enter(void **state)
{
    (void)state;
    apply_create(TRACE, 5, "'project_name':'P','thread_id':'a','environment':'five'");
    assert_int_equal(count_of("a"), 1);
    apply_batch(TRACE, "4 'project_name':'P','thread_id':'a','environment':'four'\n"
                       "6 'project_name':'P','thread_id':'b'\n"
                       "7 'project_name':'P','thread_id':'a'\n"
                       "8 'project_name':'Q','thread_id':'a'\n"
                       "9 'project_name':'P'");
    assert_int_equal(count_of("a"), 3);
    assert_int_equal(count_of("b"), 1);
    assert_str(apply_thread_get("P", "a").first_environment, "four");
    apply_patch(TRACE, 9, "'thread_id':'c'");
    assert_int_equal(count_of("c"), 1);
    assert_false(apply_thread_get("P", "c").has_record);
    apply_patch(TRACE, 10, "'project_name':'P','thread_id':'c'");
    assert_int_equal(count_of("c"), 2);
    assert_true(apply_thread_get("P", "c").start_time == 0);
    apply_create(TRACE, 10, "'project_name':'P'");
    assert_int_equal(count_of("c"), 2);
    assert_true(apply_thread_get("P", "c").start_time > 0);
}

static void test_leave(void **state)
{
    unsigned first[] = {1, 0}, rest[] = {2, 3, 4, 0};

    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a','end_time':'2025-01-01T00:00:00Z'\n"
                       "2 'project_name':'P','thread_id':'a','end_time':'2024-06-01T00:00:00Z'\n"
                       "3 'project_name':'P','thread_id':'a'\n"
                       "4 'project_name':'P','thread_id':'b'");
    apply_delete(TRACE, first, NULL);
    assert_int_equal(count_of("a"), 2);
    apply_delete(TRACE, rest, NULL);
    assert_agrees();
    assert_int_equal(apply_thread_get("P", "a").trace_count, 0);
    assert_int_equal(apply_thread_get("P", "b").trace_count, 0);
    assert_int_equal(apply_thread_get("P", "b").sources, 0);
    /* Its record stays, and is there when it comes back. */
    assert_true(apply_thread_get("P", "a").has_record);
    apply_create(TRACE, 9, "'project_name':'P','thread_id':'a'");
    assert_int_equal(count_of("a"), 1);
}

static void test_across(void **state)
{
    unsigned both[] = {1, 2, 2, 0};

    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a','last_updated_at':1000\n"
                       "2 'project_name':'P','thread_id':'a'");
    apply_patch(TRACE, 1, "'thread_id':'b'");
    assert_int_equal(count_of("a"), 1);
    assert_int_equal(count_of("b"), 1);
    apply_patch_many(TRACE, both, false, "'thread_id':'c'");
    assert_int_equal(count_of("a"), 0);
    assert_int_equal(count_of("c"), 2);
    /* A batch replaces as a whole, or not at all. */
    apply_batch(TRACE, "3 'project_name':'P','thread_id':'a','last_updated_at':1000");
    apply_batch(TRACE, "3 'project_name':'P','thread_id':'d','last_updated_at':2000");
    assert_int_equal(count_of("d"), 1);
    apply_batch(TRACE, "3 'project_name':'P','thread_id':'e','last_updated_at':1500");
    assert_int_equal(count_of("d"), 1);
    assert_int_equal(apply_thread_get("P", "e").trace_count, 0);
    apply_batch(TRACE, "3 'project_name':'P','last_updated_at':3000");
    assert_int_equal(count_of("d"), 0);
    /* In and out again within one change. */
    apply_batch(TRACE, "4 'project_name':'P','thread_id':'f'\n"
                       "4 'project_name':'P','thread_id':'g'\n"
                       "4 'project_name':'P','thread_id':'f'\n"
                       "4 'project_name':'P','thread_id':'g'");
    assert_int_equal(count_of("f"), 0);
    assert_int_equal(count_of("g"), 1);
}

static void test_within(void **state)
{
    static const char *const patches[] = {
        "'end_time':'2025-01-01T00:00:00Z'",
        "'end_time':'2024-02-01T00:00:00Z'",
        "'end_time':'2026-01-01T00:00:00Z'",
        "'environment':'prod'",
        "'environment':''",
        "'source':'experiment'",
    };
    static const char *const items[] = {
        "'start_time':'2020-01-01T00:00:00Z'",
        "'start_time':'2030-01-01T00:00:00Z'",
        "'start_time':'2024-01-01T00:00:00Z','environment':'x'",
        "'start_time':'2024-01-01T00:00:00Z','end_time':'2030-01-01T00:00:00Z'",
        "'start_time':'2024-01-01T00:00:00Z'",
        "'source':'evaluator'",
    };
    char text[300];

    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a'\n2 'project_name':'P','thread_id':'a'"
                       ",'end_time':'2024-03-01T00:00:00Z'");
    for (unsigned id = 1; id <= 2; id++) {
        for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
            apply_patch(TRACE, id, patches[i]);
            assert_int_equal(count_of("a"), 2);
        }
    }
    apply_batch(TRACE,
                "3 'project_name':'P','thread_id':'b'\n4 'project_name':'P','thread_id':'b'");
    for (unsigned id = 3; id <= 4; id++) {
        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
            snprintf(text, sizeof(text), "%u 'project_name':'P','thread_id':'b',%s", id, items[i]);
            apply_batch(TRACE, text);
            assert_int_equal(count_of("b"), 2);
        }
    }
}

/* Of two states of one trace in a change the later counts. */
static void test_twice_in_one_change(void **state)
{
    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a','environment':'x'");
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a','environment':'y'\n"
                       "1 'project_name':'P','thread_id':'a','environment':'z'");
    assert_int_equal(count_of("a"), 1);
    assert_str(apply_thread_get("P", "a").first_environment, "z");
}

/* Without a record a thread shows the times of its traces; a create that says nothing of a thread
 * makes none, but renews when the trace was made. */
static void test_times_without_record(void **state)
{
    int64_t created;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    apply_patch(TRACE, 1, "'thread_id':'a'");
    created = apply_thread_get("P", "a").created_at;
    apply_batch(TRACE, "1 'project_name':'P'");
    assert_int_equal(count_of("a"), 1);
    assert_false(apply_thread_get("P", "a").has_record);
    assert_true(apply_thread_get("P", "a").created_at > created);
}

/* Spans before their trace, after it, moved, changed and deleted; a trace that goes with them. */
static void test_spans(void **state)
{
    unsigned span[] = {20, 0}, trace[] = {1, 0};

    (void)state;
    apply_create(SPAN, 20, "'project_name':'P','total_estimated_cost':1,'usage':{'a':1}");
    assert_agrees();
    apply_create(TRACE, 1, "'project_name':'P','thread_id':'a'");
    assert_int_equal(count_of("a"), 1);
    apply_create(SPAN, 21, "'project_name':'P','total_estimated_cost':2,'usage':{'a':2,'b':1}");
    assert_agrees();
    apply_patch(SPAN, 21, "'total_estimated_cost':5,'usage':{'c':1}");
    assert_agrees();
    apply_patch(TRACE, 1, "'thread_id':'b'");
    assert_int_equal(count_of("b"), 1);
    apply_delete(SPAN, span, NULL);
    assert_agrees();
    apply_delete(TRACE, trace, NULL);
    assert_agrees();
    assert_int_equal(apply_thread_get("P", "b").trace_count, 0);
}

/* More threads than one block of anything, in one change. */
static void test_many_threads(void **state)
{
    static char items[2000 * 64];
    size_t n = 0;

    (void)state;
    for (unsigned i = 1; i <= 1000; i++)
        n += (size_t)snprintf(items + n, sizeof(items) - n,
                              "%s%u 'project_name':'%s','thread_id':'%u'", i > 1 ? "\n" : "", i,
                              i % 2 ? "P" : "Q", i / 20);
    assert_int_equal(apply_batch(TRACE, items), ERR_OK);
    assert_int_equal(count_of("7"), 10);
    /* All of them move. */
    for (char *at = items; (at = strstr(at, "'thread_id':'"));)
        *(at += sizeof("'thread_id':'") - 1) = 'x';
    assert_int_equal(apply_batch(TRACE, items), ERR_OK);
    assert_agrees();
}

/* ---- at random ---- */

#define TRACES 8
#define SPANS 8 /* with ids from 100 on */

static uint64_t random_state;

static unsigned pick(unsigned n)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(random_state >> 33) % n;
}

/* A text that grows by members. */
static char body[4000];
static size_t body_length;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    body_length +=
        (size_t)vsnprintf(body + body_length, sizeof(body) - body_length, format, arguments);
    va_end(arguments);
    assert_true(body_length < sizeof(body));
}

static const char *project_of(unsigned trace)
{
    bool other = pick(12) == 0;

    return (trace % 4 == 0) != other ? "Q" : "P";
}

static void add_trace_members(bool create)
{
    if (create && pick(3))
        add(",'start_time':'2024-01-0%uT00:00:00Z'", 1 + pick(4));
    if (pick(2))
        add(",'thread_id':'t%u'", pick(3));
    if (pick(2))
        add(",'end_time':'2024-02-0%uT00:00:00Z'", 1 + pick(3));
    if (pick(3) == 0)
        add(",'environment':'e%u'", pick(3));
    if (pick(3) == 0)
        add(",'source':'%s'", entity_source_names[1 + pick(5)]);
}

static void change_trace(void)
{
    unsigned id = 1 + pick(TRACES), ids[] = {id, 1 + pick(TRACES), id, 0};

    switch (pick(6)) {
    case 0:
        add("'project_name':'%s'", project_of(id));
        add_trace_members(true);
        apply_create(TRACE, id, body);
        break;
    case 1:
    case 2:
        for (unsigned i = 0, n = 1 + pick(5); i < n; i++) {
            add("%s%u 'project_name':'%s'", i ? "\n" : "", id, project_of(id));
            add_trace_members(true);
            if (pick(3) == 0)
                add(",'last_updated_at':'2024-03-0%uT00:00:00Z'", 1 + pick(5));
            id = pick(3) ? 1 + pick(TRACES) : id;
        }
        apply_batch(TRACE, body);
        break;
    case 3:
        add("'project_name':'%s'", project_of(id));
        add_trace_members(false);
        apply_patch(TRACE, id, body);
        break;
    case 4:
        add("'name':'n'");
        add_trace_members(false);
        apply_patch_many(TRACE, ids, pick(2), body);
        break;
    default:
        ids[pick(3)] = 0;
        if (pick(3) == 0)
            apply_delete(TRACE, ids, NULL);
    }
}

static void add_span_members(void)
{
    if (pick(2))
        add(",'total_estimated_cost':%u.%u", pick(3), pick(100));
    if (pick(2))
        add(",'usage':{'%c':%u,'z':%u}", 'a' + (char)pick(3), pick(50), pick(2));
}

static void change_span(void)
{
    unsigned id = 100 + pick(SPANS), trace = 1 + pick(TRACES), ids[] = {id, 100 + pick(SPANS), 0};
    const char *project = project_of(trace);

    switch (pick(5)) {
    case 0:
        add("'project_name':'%s','trace_id':'%s'", project, test_uuid_text(trace));
        add_span_members();
        apply_create(SPAN, id, body);
        break;
    case 1:
    case 2: /* the greater trace wins: spans move */
        for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
            add("%s%u 'project_name':'%s','trace_id':'%s'", i ? "\n" : "", 100 + pick(SPANS),
                project, test_uuid_text(1 + pick(TRACES)));
            if (pick(2))
                add(",'parent_span_id':'%s'", test_uuid_text(100 + pick(SPANS)));
            add_span_members();
        }
        apply_batch(SPAN, body);
        break;
    case 3:
        add("'project_name':'%s','trace_id':'%s'", project, test_uuid_text(trace));
        add_span_members();
        apply_patch(SPAN, id, body);
        break;
    default:
        if (pick(2))
            apply_delete(SPAN, ids, NULL);
    }
}

static void change_thread(void)
{
    const char *project = pick(3) ? "P" : "Q";
    char thread[8];

    snprintf(thread, sizeof(thread), "t%u", pick(3));
    if (!apply_project(project).key)
        return;
    switch (pick(4)) {
    case 0:
        apply_thread_open(project, thread);
        break;
    case 1:
        if (pick(4) == 0)
            apply_thread_delete(project, thread, pick(2));
        break;
    default:
        apply_thread_close(project, thread);
    }
}

static void run_random(unsigned seed, unsigned steps)
{
    random_state = seed;
    for (unsigned i = 0; i < steps; i++) {
        struct arena_mark mark = arena_mark(&apply_store.arena);
        const char *bad;

        body[body_length = 0] = '\0';
        switch (pick(5)) {
        case 0:
            change_thread();
            break;
        case 1:
            change_span();
            break;
        default:
            change_trace();
        }
        bad = apply_thread_mismatch("P");
        if (!bad)
            bad = apply_thread_mismatch("Q");
        if (bad)
            fail_msg("seed %u, step %u: %s after %s", seed, i, bad, body);
        arena_rewind(&apply_store.arena, mark);
    }
}

static void test_random(void **state)
{
    const char *seeds = getenv("OCELLI_SEEDS"); /* more than usual */

    for (unsigned seed = 1, n = seeds ? (unsigned)atoi(seeds) : 4; seed <= n; seed++) {
        run_random(seed, 120);
        apply_stop(state);
        apply_start(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_enter, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_leave, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_across, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_within, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_twice_in_one_change, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_times_without_record, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_spans, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_many_threads, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_random, apply_start, apply_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
