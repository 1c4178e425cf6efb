/* When a cost is estimated and when it stays (stats.md 8 "Manual cost and updates", spans.md 7):
 * what each body is prepared to, and what becomes of the row in each order of arrival. */
#include "ingest/span_cost.h"

#include "unit/ingest/merge_support.h"

static struct prices *prices;
static int64_t now;

static int start(void **state)
{
    struct error error = {.arena = &merge_arena};

    (void)state;
    merge_start(&span_resource);
    prices = prices_new();
    now = 1000;
    assert_int_equal(prices_add(prices,
                                STR("model\tprovider\tinput\toutput\na\tp\t1\t0\nb\tp\t2\t0\n"
                                    "free\tp\t0\t0\n"),
                                &error),
                     ERR_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    prices_free(prices);
    merge_stop();
    return 0;
}

#define A "'model':'a'"
#define B "'model':'b'"
#define P "'provider':'p'"
#define U(n) "'usage':{'prompt_tokens':" #n "}"
#define MANUAL(n) "'total_estimated_cost':" #n
#define SAYS(n) "'metadata':{'cost':{'currency':'USD','total_cost':" #n "}}"
#define MICRO 1000000

/* ---- bodies ---- */

static decimal_int prepared(bool create, const char *members)
{
    struct record *record =
        create ? test_record(&merge_arena, &span_resource, DECODE_BATCH,
                             "{'start_time':'2024-01-01T00:00:00Z','trace_id':'%s'%s%s}",
                             test_uuid_text(1), members[0] ? "," : "", members)
               : test_record(&merge_arena, &span_resource, DECODE_UPDATE, "{%s}", members);

    if (create)
        span_cost_prepare_create(prices, &merge_arena, record);
    else
        span_cost_prepare_patch(&merge_arena, record);
    return value_is_set(&record->v[SPAN_ESTIMATED_COST]) ? record->v[SPAN_ESTIMATED_COST].n : 0;
}

#define METADATA(text) "'metadata':" text

static void test_creates(void **state)
{
    static const struct {
        const char *members;
        int64_t cost; /* 10^-12 USD */
    } cases[] = {
        {"", 0},
        {A "," P "," U(5), 5 * MICRO},
        {"'type':'tool'," A "," P "," U(5), 5 * MICRO},
        {A "," U(5), 0},
        {P "," U(5), 0},
        {A "," P, 0},
        {A ",'provider':' '," U(5), 0},
        {"'model':'x'," P "," U(5), 0},
        /* metadata.model, when there is no model. */
        {P "," U(5) "," METADATA("{'model':'b'}"), 10 * MICRO},
        {"'model':' '," P "," U(5) "," METADATA("{'model':'b'}"), 10 * MICRO},
        {A "," P "," U(5) "," METADATA("{'model':'b'}"), 5 * MICRO},
        {P "," U(5) "," METADATA("{'inner':{'model':'b'}}"), 0},
        {P "," U(5) "," METADATA("{'model':null}"), 0},
        {P "," U(5) "," METADATA("['model']"), 0},
        {P "," U(5) "," METADATA("'\\'model\\''"), 0},
        /* metadata.cost, when usage costs nothing. */
        {SAYS(0.42), 420000000000},
        {A "," P "," U(5) "," SAYS(0.42), 5 * MICRO},
        {"'model':'free'," P "," U(5) "," SAYS(0.42), 420000000000},
        {A "," P "," U(0) "," SAYS(0.42), 420000000000},
        {A "," P "," U(-5) "," SAYS(0.42), 420000000000},
        {METADATA("{'cost':{'currency':'EUR','total_cost':1}}"), 0},
        {METADATA("{'cost':{'currency':'usd','total_cost':1}}"), 0},
        {METADATA("{'cost':{'total_cost':1}}"), 0},
        {METADATA("{'cost':{'currency':'USD','total_cost':'0.5'}}"), 500000000000},
        {METADATA("{'cost':{'currency':'USD','total_cost':'much'}}"), 0},
        {METADATA("{'cost':{'currency':'USD','total_cost':{'total_cost':1}}}"), 0},
        {METADATA("{'cost':{'currency':'USD','total_cost':-1}}"), 0},
        {METADATA("{'cost':{'currency':'USD','total_cost':1e-3}}"), 1000000000},
        {METADATA("{'cost':{'currency':'USD','total_cost':0.0000000000019}}"), 1},
        {METADATA("{'currency':'USD','total_cost':1}"), 0},
        {METADATA("{'cost':[{'currency':'USD','total_cost':1}]}"), 0},
        {METADATA("'total_cost'"), 0},
        /* Nothing for what tells its cost. */
        {A "," P "," U(5) "," MANUAL(1), 0},
        {A "," P "," U(5) "," MANUAL(0), 0},
        {SAYS(0.42) "," MANUAL(0), 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (prepared(true, cases[i].members) != cases[i].cost)
            fail_msg("%s", cases[i].members);
    }
}

static void test_patches(void **state)
{
    (void)state;
    assert_true(prepared(false, A "," P "," U(5)) == 0);
    assert_true(prepared(false, A "," P "," U(5) "," SAYS(0.42)) == 420000000000);
    assert_true(prepared(false, SAYS(0.42) "," MANUAL(0)) == 0);
}

/* ---- rows ---- */

static void settle(enum merge_arrival arrival, int64_t clock, struct record *record,
                   const struct prices *table)
{
    struct merge_input input = {.arrival = arrival, .record = record, .clock = clock, .now = now};
    struct record *old = merge_row.exists ? record_copy(&merge_arena, merge_row.record) : NULL;
    struct span_cost_before before = {old, merge_row.base_clock != NO_BASE_CLOCK};

    assert_int_equal(store_entity_pack(&merge_arena, record), ERR_OK);
    now += 1000;
    if (merge_apply(&merge_arena, &merge_row, &input) != MERGE_WRITE)
        return;
    span_cost_settle(table, &before, &input, &merge_row);
    merge_row.stored = true;
    merge_row.exists = true;
}

static void create_at(enum merge_arrival arrival, int64_t clock, const char *members)
{
    struct record *record = test_record(&merge_arena, &span_resource, DECODE_BATCH,
                                        "{'start_time':'2024-01-01T00:00:00Z','trace_id':'%s'%s%s}",
                                        test_uuid_text(1), members[0] ? "," : "", members);

    span_cost_prepare_create(prices, &merge_arena, record);
    settle(arrival, clock, record, prices);
}

static void batch(const char *members)
{
    create_at(ARRIVAL_BATCH, now, members);
}

static void post(const char *members)
{
    create_at(ARRIVAL_POST, now, members);
}

static void patch(const char *members)
{
    struct record *record =
        test_record(&merge_arena, &span_resource, DECODE_UPDATE, "{%s}", members);

    span_cost_prepare_patch(&merge_arena, record);
    settle(ARRIVAL_PATCH, now, record, prices);
}

/* As one of many. */
static void patch_many(const char *members)
{
    settle(ARRIVAL_PATCH, now,
           test_record(&merge_arena, &span_resource, DECODE_UPDATE, "{%s}", members), NULL);
}

/* Checks the row, and makes it a fresh one. */
static void expect(const char *cost, const char *version, int line)
{
    const struct value *v = merge_row.record->v;
    char text[DECIMAL_TEXT_MAX] = "-";

    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        decimal_format(v[ENTITY_TOTAL_ESTIMATED_COST].n, 12, text);
    if (strcmp(text, cost) != 0 || !str_eq(value_str(&v[SPAN_COST_VERSION]), str_of(version)))
        fail_msg("line %d: cost %s version \"%.*s\"", line, text,
                 STR_ARG(value_str(&v[SPAN_COST_VERSION])));
    merge_fresh(&span_resource);
    now = 1000;
}

#define estimated(cost) expect(cost, "1.1", __LINE__)
#define manual(cost) expect(cost, "", __LINE__)
#define none() expect("-", "", __LINE__)

static void test_create(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        void (*create)(const char *members) = i ? batch : post;
        create(A "," P "," U(5));
        estimated("0.000005");
        create(SAYS(0.42));
        estimated("0.42");
        create("");
        none();
        create(MANUAL(3) "," A "," P "," U(5));
        manual("3");
        create(MANUAL(0) "," A "," P "," U(5));
        manual("0");
    }
}

static void test_patch_of_estimated(void **state)
{
    (void)state;
    /* Each of the three alone takes the others from what is stored. */
    batch(A "," P "," U(5));
    patch(U(7));
    estimated("0.000007");
    batch(A "," P "," U(5));
    patch(B);
    estimated("0.00001");
    batch(A ",'provider':'q'," U(5));
    patch(P);
    estimated("0.000005");
    batch("");
    patch(A "," P "," U(5));
    estimated("0.000005");
    batch(A);
    patch(P);
    patch(U(5));
    estimated("0.000005");
    /* What costs nothing leaves the old. */
    batch(A "," P "," U(5));
    patch("'model':'x'");
    estimated("0.000005");
    batch(A "," P "," U(5));
    patch("'usage':{}");
    estimated("0.000005");
    batch(A "," P "," U(5));
    patch("'name':'n'");
    estimated("0.000005");
    /* Metadata of the PATCH only, and no model of it. */
    batch(P "," U(5) "," METADATA("{'model':'a'}"));
    patch(U(7));
    estimated("0.000005");
    batch(P "," U(5));
    patch(METADATA("{'model':'a'}"));
    none();
    batch(A "," P "," U(5));
    patch(SAYS(0.5));
    estimated("0.5");
    batch(A "," P "," U(5));
    patch(U(7) "," SAYS(0.5));
    estimated("0.000007");
}

static void test_patch_of_manual(void **state)
{
    (void)state;
    batch(MANUAL(3) "," A "," P "," U(5));
    patch(U(7) "," SAYS(0.5));
    manual("3");
    batch(A "," P "," U(5));
    patch(MANUAL(4));
    manual("4");
    batch(A "," P "," U(5));
    patch(MANUAL(4) "," U(7));
    patch(U(9));
    manual("4");
    batch(MANUAL(3));
    patch(MANUAL(4));
    manual("4");
    /* 0 is no cost. */
    batch(MANUAL(0) "," A "," P "," U(5));
    patch(U(7));
    estimated("0.000007");
    batch(MANUAL(0) "," A "," P "," U(5));
    patch("'name':'n'");
    manual("0");
    batch(A "," P "," U(5));
    patch(MANUAL(0));
    manual("0");
}

static void test_patch_many(void **state)
{
    (void)state;
    batch(A "," P "," U(5));
    patch_many(U(7) "," SAYS(0.5));
    estimated("0.000005");
    batch("");
    patch_many(A "," P "," U(7));
    none();
    batch(A "," P "," U(5));
    patch_many(MANUAL(4) "," U(7));
    manual("4");
}

static void test_patch_first(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        void (*create)(const char *members) = i ? batch : post;
        patch(A "," P "," U(5));
        estimated("0.000005");
        patch(A "," P);
        patch(U(5));
        estimated("0.000005");
        /* A stored cost stays. */
        patch(A "," P "," U(5));
        create(B "," P "," U(9));
        estimated("0.000005");
        patch(SAYS(0.5));
        create(A "," P "," U(5));
        estimated("0.5");
        patch(MANUAL(4));
        create(A "," P "," U(5));
        manual("4");
        patch(MANUAL(4));
        create(MANUAL(3));
        manual("4");
        /* What comes together costs together. */
        patch(U(5));
        create(A "," P);
        estimated("0.000005");
        patch(B);
        create(A "," P "," U(5));
        estimated("0.00001");
        patch("'name':'n'");
        create(A "," P "," U(5));
        estimated("0.000005");
        patch("'model':'x'");
        create(A "," P "," U(5));
        estimated("0.000005");
        /* What the create tells is more than an estimate, but less than what a PATCH told. */
        patch(A "," P "," U(5));
        create(MANUAL(3));
        manual("3");
        patch(MANUAL(0));
        create(MANUAL(3));
        manual("3");
        patch(MANUAL(0));
        create(A "," P "," U(5));
        estimated("0.000005");
    }
}

/* Items with newer clocks. */
static void test_batch_on_base(void **state)
{
    (void)state;
    batch(A "," P "," U(5));
    batch(B "," P "," U(9));
    estimated("0.000018");
    batch(A "," P "," U(5));
    batch("");
    none();
    batch(A "," P "," U(5));
    batch(MANUAL(3));
    manual("3");
    batch(MANUAL(3));
    batch(A "," P "," U(5));
    estimated("0.000005");
    batch(MANUAL(3));
    batch("");
    none();
    /* An older one changes nothing. */
    batch(A "," P "," U(5));
    create_at(ARRIVAL_BATCH, 1, B "," P "," U(9));
    estimated("0.000005");
    /* A POST neither. */
    batch(A "," P "," U(5));
    post(B "," P "," U(9));
    estimated("0.000005");
}

/* The closing item of a span that was patched meanwhile. */
static void test_batch_on_patched_base(void **state)
{
    (void)state;
    batch("");
    patch(A "," P "," U(5));
    batch("'name':'n'");
    estimated("0.000005");
    batch(A "," P "," U(5));
    patch(U(7));
    batch(A "," P);
    estimated("0.000007");
    batch(A "," P "," U(5));
    patch(U(7));
    batch(A "," P "," U(9));
    estimated("0.000009");
    batch("");
    patch(SAYS(0.5));
    batch("'name':'n'");
    estimated("0.5");
    batch("");
    patch(SAYS(0.5));
    batch("'metadata':{}");
    none();
    batch("");
    patch(MANUAL(4));
    batch(A "," P "," U(5));
    manual("4");
    batch("");
    patch(MANUAL(4));
    batch(MANUAL(3));
    manual("3");
    /* A cost of 0 that a PATCH told, then an estimate in its place: it follows its usage. */
    batch(A "," P);
    patch(MANUAL(0));
    patch(U(5));
    batch(A "," P "," U(9));
    estimated("0.000009");
}

/* A create and PATCHes of other fields end in the same cost, in either order. */
static void test_orders(void **state)
{
    static const char *const pairs[][2] = {
        {A "," P "," U(5), "'name':'n'"},
        {A "," P, U(5)},
        {A "," U(5), P},
        {U(5), A "," P},
        {A "," P "," U(5), SAYS(0.5)},
        {SAYS(0.5), A "," P "," U(5)},
        {MANUAL(3), A "," P "," U(5)},
        {MANUAL(3), SAYS(0.5)},
        {A "," P "," U(5), MANUAL(3)},
        {P "," METADATA("{'model':'a'}"), U(5)},
        {P "," U(5) "," METADATA("{'model':'a'}"), "'name':'n'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        for (int k = 0; k < 2; k++) {
            void (*create)(const char *members) = k ? batch : post;
            struct value cost, version;

            create(pairs[i][0]);
            patch(pairs[i][1]);
            cost = merge_row.record->v[ENTITY_TOTAL_ESTIMATED_COST];
            version = merge_row.record->v[SPAN_COST_VERSION];
            merge_fresh(&span_resource);
            patch(pairs[i][1]);
            create(pairs[i][0]);
            if (!test_same_value(&span_resource.fields[ENTITY_TOTAL_ESTIMATED_COST], &cost,
                                 &merge_row.record->v[ENTITY_TOTAL_ESTIMATED_COST]) ||
                !str_eq(value_str(&version), value_str(&merge_row.record->v[SPAN_COST_VERSION])))
                fail_msg("%s and %s", pairs[i][0], pairs[i][1]);
            merge_fresh(&span_resource);
        }
    }
}

static void test_drop_usage(void **state)
{
    static const struct {
        const char *members;
        bool stays;
    } cases[] = {{A "," P "," U(5), false}, {SAYS(0.5) "," U(5), true}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct record *record =
            test_record(&merge_arena, &span_resource, DECODE_UPDATE, "{%s}", cases[i].members);
        span_cost_prepare_create(prices, &merge_arena, record);
        assert_true(value_is_set(&record->v[SPAN_ESTIMATED_COST]));
        span_cost_drop_usage(prices, record);
        assert_false(value_is_set(&record->v[ENTITY_USAGE]));
        assert_int_equal(value_is_set(&record->v[SPAN_ESTIMATED_COST]), cases[i].stays);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_creates, start, stop),
        cmocka_unit_test_setup_teardown(test_patches, start, stop),
        cmocka_unit_test_setup_teardown(test_create, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_of_estimated, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_of_manual, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_many, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_first, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_on_base, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_on_patched_base, start, stop),
        cmocka_unit_test_setup_teardown(test_orders, start, stop),
        cmocka_unit_test_setup_teardown(test_drop_usage, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
