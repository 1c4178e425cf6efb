/* Sets of ids: looking near the last place finds what looking everywhere finds. */
#include "store/sqlite/id_set.h"

#include <stdlib.h>

#include "unit/store_support.h"

#define IDS 1000

static struct test_store t;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static void test_find(void **state)
{
    struct uuid ids[IDS];
    struct id_set set = {.ids = ids};

    (void)state;
    srandom(3);
    for (set.count = 0; set.count < IDS; set.count++)
        ids[set.count] = test_uuid(2 * (unsigned)set.count + 1);
    for (int round = 0; round < 20000; round++) {
        unsigned number = (unsigned)(random() % (2 * IDS + 2));
        struct uuid id = test_uuid(number);
        size_t hint = (size_t)random() % (IDS + 5);
        ptrdiff_t wanted = number % 2 && number < 2 * IDS ? (ptrdiff_t)number / 2 : -1;
        set.count = round % 7 ? IDS : (size_t)random() % IDS;
        if (wanted >= (ptrdiff_t)set.count)
            wanted = -1;
        assert_int_equal(id_set_find(&set, &id, &hint), wanted);
    }
    set.count = 0;
    {
        size_t hint = 0;
        assert_int_equal(id_set_find(&set, &ids[0], &hint), -1);
    }
}

static void load(const char *text, struct id_set *ret, enum err wanted)
{
    struct session *reader;
    struct sql sql;

    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    sql_init(&sql, &t.arena);
    sql_add(&sql, text);
    assert_int_equal(id_set_load(reader, &sql, &t.arena, ret), wanted);
    sql_done(&sql);
    store_read_end(reader);
}

#define ID(digits) "SELECT x'000000000000000000000000000000" digits "'"

static void test_load(void **state)
{
    struct id_set set;

    (void)state;
    load(ID("03") " UNION ALL " ID("01") " UNION ALL " ID("03") " UNION ALL SELECT x''", &set,
         ERR_OK);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.ids[0].b[15], 1);
    assert_int_equal(set.ids[1].b[15], 3);
    load(ID("01") ", 5 UNION ALL " ID("02") ", -7", &set, ERR_OK);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.ranks[1], -7);
    load("SELECT 1 WHERE 0", &set, ERR_OK);
    assert_int_equal(set.count, 0);
    load("SELECT nothing", &set, ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_load),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
