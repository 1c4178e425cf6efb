/* Reading price tables: columns, values, comments, and what is refused with which words. */
#include "ingest/price_file.h"

#include "base/buf.h"
#include "unit/support.h"

static struct arena arena;
static struct error error;
static struct price_row *rows;
static size_t row_count;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 26);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static enum err read(const char *text)
{
    error = (struct error){.arena = &arena};
    rows = NULL;
    return price_file_read(&arena, str_of(text), &rows, &row_count, &error);
}

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(read("# comment\n\nprovider\tmodel\tinput\tvideo_seconds\n"
                          "openai\tgpt-x\t2.5\t\n# another\nmine\t own one \t1e-6\r\n \n"
                          "mine\tfree\nmine\tlast\t\t0.1"),
                     ERR_OK);
    assert_int_equal(row_count, 4);
    assert_str(rows[0].model, "gpt-x");
    assert_str(rows[0].provider, "openai");
    assert_int_equal(rows[0].line, 4);
    assert_true(rows[0].price.rates[PRICE_INPUT] == 2500000000000);
    assert_int_equal(rows[0].price.formula, PRICE_TEXT);
    assert_str(rows[1].model, "own one");
    assert_true(rows[1].price.rates[PRICE_INPUT] == 1000000);
    assert_int_equal(rows[3].line, 9);
    assert_true(rows[3].price.rates[PRICE_VIDEO_SECOND] == 100000000000000000);
    assert_int_equal(rows[3].price.formula, PRICE_VIDEO);
    assert_int_equal(read("\xEF\xBB\xBFmodel\tprovider\n"), ERR_OK);
    assert_int_equal(row_count, 0);
}

static void test_every_rate(void **state)
{
    static const char *const names[PRICE_RATE_COUNT] = {
        [PRICE_INPUT] = "input",
        [PRICE_OUTPUT] = "output",
        [PRICE_CACHE_WRITE] = "cache_write",
        [PRICE_CACHE_READ] = "cache_read",
        [PRICE_AUDIO_INPUT] = "audio_input",
        [PRICE_AUDIO_OUTPUT] = "audio_output",
        [PRICE_INPUT_128K] = "input_above_128k",
        [PRICE_OUTPUT_128K] = "output_above_128k",
        [PRICE_INPUT_200K] = "input_above_200k",
        [PRICE_OUTPUT_200K] = "output_above_200k",
        [PRICE_CACHE_WRITE_200K] = "cache_write_above_200k",
        [PRICE_CACHE_READ_200K] = "cache_read_above_200k",
        [PRICE_INPUT_272K] = "input_above_272k",
        [PRICE_OUTPUT_272K] = "output_above_272k",
        [PRICE_CHARACTER] = "characters",
        [PRICE_VIDEO_SECOND] = "video_seconds",
    };

    (void)state;
    for (size_t i = 0; i < PRICE_RATE_COUNT; i++) {
        decimal_int million = i == PRICE_VIDEO_SECOND ? 1 : 1000000;
        struct str text = str_format(&arena, "model\tprovider\t%s\nm\tp\t0.000000000001", names[i]);

        assert_int_equal(read(text.p), ERR_OK);
        for (size_t k = 0; k < PRICE_RATE_COUNT; k++)
            assert_true(rows[0].price.rates[k] == (k == i) * 1000000 / million);
        text = str_format(&arena, "model\tprovider\t%s\nm\tp\t%s", names[i],
                          million == 1 ? "1000" : "1000000000");
        assert_int_equal(read(text.p), ERR_OK);
        assert_true(rows[0].price.rates[i] == PRICE_RATE_MAX);
    }
}

static void test_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < PRICE_FORMULA_COUNT; i++) {
        struct str text =
            str_format(&arena, "model\tprovider\tformula\nm\tp\t%s", price_formula_names[i]);
        assert_int_equal(read(text.p), ERR_OK);
        assert_int_equal(rows[0].price.formula, i);
    }
    /* Chosen by the provider where the row says none. */
    assert_int_equal(read("model\tprovider\tformula\tcache_read\nm\tanthropic\t\t1\n"
                          "m\tanthropic\ttext\t1\nm\tp\t\t1\n"),
                     ERR_OK);
    assert_int_equal(rows[0].price.formula, PRICE_ANTHROPIC);
    assert_int_equal(rows[1].price.formula, PRICE_TEXT);
    assert_int_equal(rows[2].price.formula, PRICE_TEXT);
}

static void test_like(void **state)
{
    (void)state;
    assert_int_equal(read("model\tprovider\tlike\tinput\nm\tp\topenai/gpt-4o\nn\tp\t\t1\n"),
                     ERR_OK);
    assert_str(rows[0].like, "openai/gpt-4o");
    assert_int_equal(rows[1].like.n, 0);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "line 1: no names of columns"},
        {"# nothing\n", "line 2: no names of columns"},
        {"model\tprovider\tprice\n", "line 1: no such column: \"price\""},
        {"model\tinput\tprovider\tinput\n", "line 1: twice the column \"input\""},
        {"model\tinput\n", "line 1: no column \"provider\""},
        {"#\nprovider\n", "line 2: no column \"model\""},
        {"model\tprovider\nm\tp\t1\n", "line 2: more values than columns: \"1\""},
        {"model\tprovider\n\nm\n", "line 3: no model or no provider for \"m\""},
        {"model\tprovider\n\tp\n", "line 2: no model or no provider for \"\""},
        {"model\tprovider\tinput\nm\tp\tfree\n", "line 2: no price: \"free\""},
        {"model\tprovider\tinput\nm\tp\t-1\n", "line 2: no price: \"-1\""},
        {"model\tprovider\tinput\nm\tp\t1,5\n", "line 2: no price: \"1,5\""},
        {"model\tprovider\tinput\nm\tp\t1000000000.1\n", "line 2: no price: \"1000000000.1\""},
        {"model\tprovider\tvideo_seconds\nm\tp\t1001\n", "line 2: no price: \"1001\""},
        {"model\tprovider\tformula\nm\tp\tmine\n", "line 2: no such formula: \"mine\""},
        {"model\tprovider\tlike\tinput\nm\tp\to/g\t1\n",
         "line 2: a price of its own besides \"o/g\""},
        {"model\tprovider\tlike\tformula\nm\tp\to/g\ttext\n",
         "line 2: a price of its own besides \"o/g\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read(cases[i].text), ERR_BAD_REQUEST);
        assert_message(&error, ERR_BAD_REQUEST, cases[i].message);
    }
}

static void test_limits(void **state)
{
    char name[PRICE_NAME_MAX + 2];
    struct arena small;

    (void)state;
    memset(name, 'm', sizeof(name));
    name[PRICE_NAME_MAX] = '\0';
    assert_int_equal(read(str_format(&arena, "model\tprovider\n%s\tp", name).p), ERR_OK);
    assert_int_equal(rows[0].model.n, PRICE_NAME_MAX);
    name[PRICE_NAME_MAX] = 'm';
    name[PRICE_NAME_MAX + 1] = '\0';
    assert_int_equal(read(str_format(&arena, "model\tprovider\n%s\tp", name).p), ERR_BAD_REQUEST);
    assert_true(str_starts_with(error.message, STR("line 2: too long a name \"mmm")));
    assert_true(error.message.n < 120);

    struct buf text;
    buf_init(&text, 1 << 20);
    assert_true(buf_append(&text, STR("model\tprovider\n")));
    for (size_t i = 0; i < 4096; i++)
        assert_true(buf_append(&text, STR("m\tp\n")));
    arena_init(&small, 200000);
    error = (struct error){.arena = &small};
    assert_int_equal(price_file_read(&small, buf_str(&text), &rows, &row_count, &error),
                     ERR_TOO_LARGE);
    arena_done(&small);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, start, stop),
        cmocka_unit_test_setup_teardown(test_every_rate, start, stop),
        cmocka_unit_test_setup_teardown(test_formulas, start, stop),
        cmocka_unit_test_setup_teardown(test_like, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_limits, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
