/* The table of prices: forms of a model's name, providers, rows that win, files; and the golden
 * values of the contract (stats.md 8). */
#include "ingest/prices.h"

#include <stdio.h>
#include <unistd.h>

#include "unit/support.h"

static struct arena arena;
static struct error error;
static struct prices *prices;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    prices = prices_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    prices_free(prices);
    arena_done(&arena);
    return 0;
}

static enum err add(const char *text)
{
    error = (struct error){.arena = &arena};
    return prices_add(prices, str_of(text), &error);
}

static const struct price *find(const char *model, const char *provider)
{
    return prices_find(prices, str_of(model), str_of(provider));
}

/* The input rate in USD per million tokens; -1 without a price. */
static int64_t input(const char *model, const char *provider)
{
    const struct price *price = find(model, provider);

    return price ? (int64_t)(price->rates[PRICE_INPUT] / 1000000000000) : -1;
}

static void test_golden(void **state)
{
    static const struct {
        const char *model, *provider, *usage, *cost;
    } golden[] = {
        {"gpt-4o-mini", "openai",
         "'prompt_tokens':1000,'completion_tokens':200,"
         "'original_usage.prompt_tokens_details.audio_tokens':300",
         "0.00027"},
        {"gpt-4o-audio-preview", "openai",
         "'prompt_tokens':1000,'completion_tokens':200,'prompt_tokens_details.audio_tokens':300",
         "0.01575"},
        {"vertex_ai/claude-haiku-4-5", "anthropic_vertexai",
         "'original_usage.input_tokens':1000,'original_usage.output_tokens':100,"
         "'original_usage.cache_read_input_tokens':200,"
         "'original_usage.cache_creation_input_tokens':50",
         "0.0015825"},
        {"anthropic.claude-3-5-haiku-20241022-v1:0", "bedrock",
         "'original_usage.inputTokens':100,'original_usage.outputTokens':20,"
         "'original_usage.cacheReadInputTokens':10,'original_usage.cacheWriteInputTokens':5",
         "0.0001658"},
        {"gemini-2.5-flash", "google_vertexai",
         "'original_usage.prompt_token_count':1000,'completion_tokens':100,"
         "'original_usage.cached_content_token_count':400",
         "0.000442"},
        {"gemini-2.5-pro", "google_vertexai", "'prompt_tokens':200000,'completion_tokens':1000",
         "0.26"},
        {"gemini-2.5-pro", "google_vertexai", "'prompt_tokens':300000,'completion_tokens':1000",
         "0.765"},
        {"gpt-5.4", "openai", "'prompt_tokens':272000,'completion_tokens':1000", "0.695"},
        {"gpt-5.4", "openai", "'prompt_tokens':300000,'completion_tokens':1000", "1.5225"},
        {"sora-2", "openai", "'video_duration_seconds':4", "0.4"},
        {"tts-1", "openai", "'input_characters':1000", "0.015"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        const struct price *price = find(golden[i].model, golden[i].provider);
        struct record *record =
            test_record(&arena, &span_resource, DECODE_UPDATE, "{'usage':{%s}}", golden[i].usage);
        char text[DECIMAL_TEXT_MAX];

        assert_non_null(price);
        decimal_format(pricing_cost(price, record->v[ENTITY_USAGE].tally), 12, text);
        assert_string_equal(text, golden[i].cost);
    }
    assert_null(find("unknown-model", "unknown"));
    assert_true(prices_count(prices) > 1000);
}

#define HEAD "model\tprovider\tinput\n"

static void test_forms(void **state)
{
    static const struct {
        const char *model;
        int64_t input;
    } cases[] = {
        {"Own.Model", 11}, /* 1: as it is */
        {"any/Own.Model", 11},
        {"any/more/Own.Model", -1}, /* only up to the first slash */
        {"one/two", -1},
        {"any/one/two", 17},
        {"a.b.c", 12}, /* 2: dashes for points */
        {"A.b-C", 12},
        {"a-b-c", 12},
        {"A-B-C", -1}, /* upper case alone makes no other form */
        {"own.model", -1},
        {"dated-2024-05-13", 13}, /* 3: without the date */
        {"x/DATED-2024-05-13", 13},
        {"dated-2024-13-13", -1},
        {"dated-2024-00-13", -1},
        {"dated-2024-12-32", -1},
        {"dated-2024-12-00", -1},
        {"dated-2024-12-31", 13},
        {"dated-24-12-31", -1},
        {"dated-2024-05-13-x", -1},
        {"dated_2024-05-13", -1},
        {"d.3-2024-05-13", 18},
        {"a.b.c-2024-05-13", 12}, /* 4: both */
        {"A.B.C-2024-05-13", 12},
        {"kept-2024-05-13", 14}, /* the longer name wins */
        {"kept-2024-05-14", 15},
        {"dated:0", 13}, /* 5: without the version */
        {"DATED:123", 13},
        {"dated:", -1},
        {"dated:x1", -1},
        {"dated:1:2", -1},
        {"a.b.c:7", 12},            /* 6: both */
        {"dated-2024-05-13:0", -1}, /* never date and version */
        {"v1:0", 16},
        {"-2024-05-13", -1},
        {":0", -1},
        {"", -1},
        {" ", -1},
        {"any/", -1},
        {"/dated", 13},
    };

    (void)state;
    assert_int_equal(add(HEAD "Own.Model\tmine\t11\na-b-c\tmine\t12\ndated\tmine\t13\n"
                              "kept-2024-05-13\tmine\t14\nkept\tmine\t15\nv1:0\tmine\t16\n"
                              "x/one/two\tmine\t17\nd.3\tmine\t18\nd-3\tmine\t19\n"),
                     ERR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (input(cases[i].model, "mine") != cases[i].input)
            fail_msg("%s: %lld", cases[i].model, (long long)input(cases[i].model, "mine"));
    }
    assert_int_equal(input("dated", "Mine"), -1);
    assert_int_equal(input("dated", ""), -1);
    assert_int_equal(input("dated", " "), -1);
    assert_int_equal(input("dated", "openai"), -1);
}

static void test_long_names(void **state)
{
    char name[2048];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_null(find(name, "openai"));
    assert_null(find("gpt-4o", name));
}

static void test_providers(void **state)
{
    (void)state;
    assert_ptr_equal(find("gemini-2.5-pro", "gemini"), find("gemini-2.5-pro", "google_ai"));
    assert_ptr_equal(find("gemini-2.5-pro", "vertex-ai"),
                     find("gemini-2.5-pro", "google_vertexai"));
    assert_non_null(find("gemini-2.5-pro", "gemini"));
    /* In tables too. */
    assert_int_equal(add(HEAD "m\tgemini\t4\n"), ERR_OK);
    assert_int_equal(input("m", "google_ai"), 4);
    assert_int_equal(input("m", "gemini"), 4);
    assert_int_equal(input("m", "google_vertexai"), -1);
}

static void test_later_rows_win(void **state)
{
    size_t count = prices_count(prices);

    (void)state;
    assert_int_equal(add(HEAD "gpt-4o\topenai\t77\nx/gpt-4o\topenai\t78\nm\tmine\t1\n"), ERR_OK);
    assert_int_equal(input("gpt-4o", "openai"), 78);
    assert_int_equal(prices_count(prices), count + 1);
    assert_int_equal(add(HEAD "gpt-4o\topenai\t79\n"), ERR_OK);
    assert_int_equal(input("gpt-4o", "openai"), 79);
    assert_int_equal(input("m", "mine"), 1);
}

static void test_like(void **state)
{
    (void)state;
    /* Wherever the row stands, it takes the price that wins. */
    assert_int_equal(add("model\tprovider\tlike\tinput\nalias\tmine\topenai/gpt-4o\t\n"
                         "second\tmine\tmine/own\ngpt-4o\topenai\t\t77\nown\tmine\t\t5\n"
                         "third\tmine\tgemini/gemini-2.5-pro\n"),
                     ERR_OK);
    assert_int_equal(input("alias", "mine"), 77);
    assert_int_equal(input("second", "mine"), 5);
    assert_ptr_equal(find("third", "mine"), find("gemini-2.5-pro", "google_ai"));
    assert_int_equal(find("third", "mine")->formula, PRICE_GOOGLE);

    assert_int_equal(add("model\tprovider\tlike\nx\tmine\tmine/alias\n"), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "line 2: no price of its own has \"mine/alias\"");
    assert_int_equal(add("model\tprovider\tlike\n\nx\tmine\tgpt-4o\n"), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "line 3: no price of its own has \"gpt-4o\"");
    assert_int_equal(add("model\tprovider\tlike\nx\tmine\topenai/\n"), ERR_BAD_REQUEST);
    assert_int_equal(add("model\tprovider\nx/\tmine\n"), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "line 2: no model behind \"x/\"");
}

/* ---- files ---- */

static bool add_file(const char *text, size_t n, char message[256])
{
    char path[] = "/tmp/ocelli-prices-XXXXXX";
    int fd = mkstemp(path);
    bool ok;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    ok = prices_add_file(prices, path, message, 256);
    unlink(path);
    return ok;
}

static void test_files(void **state)
{
    static const char good[] = HEAD "gpt-4o\topenai\t77\n", bad[] = HEAD "gpt-4o\topenai\tx\n";
    char message[256] = "";

    (void)state;
    assert_true(add_file(good, strlen(good), message));
    assert_int_equal(input("gpt-4o", "openai"), 77);
    prices_free(prices);
    prices = prices_new();
    assert_false(add_file(bad, strlen(bad), message));
    assert_non_null(strstr(message, "/tmp/ocelli-prices-"));
    assert_non_null(strstr(message, ": line 2: no price: \"x\""));
    prices_free(prices);
    prices = prices_new();
    assert_false(prices_add_file(prices, "/nonexistent/prices", message, sizeof(message)));
    assert_string_equal(message,
                        "cannot read the prices /nonexistent/prices: No such file or directory");
    assert_false(prices_add_file(prices, "/tmp", message, sizeof(message)));
    assert_string_equal(message, "cannot read the prices /tmp: Is a directory");
}

static void test_large_file(void **state)
{
    char message[256] = "";
    struct str text = {arena_zalloc(&arena, PRICES_FILE_MAX + 1), PRICES_FILE_MAX + 1};

    (void)state;
    assert_non_null(text.p);
    assert_false(add_file(text.p, text.n, message));
    assert_non_null(strstr(message, "File too large"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_golden, start, stop),
        cmocka_unit_test_setup_teardown(test_forms, start, stop),
        cmocka_unit_test_setup_teardown(test_long_names, start, stop),
        cmocka_unit_test_setup_teardown(test_providers, start, stop),
        cmocka_unit_test_setup_teardown(test_later_rows_win, start, stop),
        cmocka_unit_test_setup_teardown(test_like, start, stop),
        cmocka_unit_test_setup_teardown(test_files, start, stop),
        cmocka_unit_test_setup_teardown(test_large_file, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
