/* The formulas: which members of usage count, what is taken off, tiers, cutting, choice. */
#include "ingest/pricing.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* USD per million, so that a token costs `usd` millionths of a USD. */
#define RATE(usd) ((decimal_int)(usd) * 1000000000000)
/* Costs in millionths of a USD. */
#define MICRO 1000000

static const struct tally *usage_of(const char *members)
{
    return test_record(&arena, &span_resource, DECODE_UPDATE, "{'usage':{%s}}", members)
        ->v[ENTITY_USAGE]
        .tally;
}

#define O "'original_usage."

struct example {
    enum price_formula formula;
    const char *usage;
    int64_t micro;
};

/* Input 2, output 3, cache write 5, cache read 7, audio in 100, audio out 1000. */
static const struct example examples[] = {
    {PRICE_TEXT, "", 0},
    {PRICE_TEXT, "'prompt_tokens':10,'completion_tokens':4", 20 + 12},
    {PRICE_TEXT, "'prompt_tokens':10,'prompt_tokens_details.audio_tokens':3", 14 + 300},
    {PRICE_TEXT,
     "'prompt_tokens':10," O "prompt_tokens_details.audio_tokens':4,"
     "'prompt_tokens_details.audio_tokens':3",
     12 + 400},
    {PRICE_TEXT, "'prompt_tokens':1,'prompt_tokens_details.audio_tokens':3", 300},
    {PRICE_TEXT, "'completion_tokens':9,'completion_tokens_details.audio_tokens':2", 21 + 2000},
    {PRICE_TEXT, "'completion_tokens':9," O "completion_tokens_details.audio_tokens':2", 21 + 2000},
    {PRICE_TEXT, O "prompt_tokens':10,'cache_read_input_tokens':5,'total_tokens':9", 0},

    {PRICE_OPENAI, "'prompt_tokens':10,'completion_tokens':4", 20 + 12},
    {PRICE_OPENAI, "'prompt_tokens':10," O "prompt_tokens':20", 40},
    {PRICE_OPENAI, "'prompt_tokens':10," O "prompt_tokens':0", 0},
    {PRICE_OPENAI, "'completion_tokens':10," O "completion_tokens':20", 60},
    {PRICE_OPENAI, "'prompt_tokens':10,'cache_read_input_tokens':4", 12 + 28},
    {PRICE_OPENAI, "'prompt_tokens':10," O "input_tokens_details.cached_tokens':3", 14 + 21},
    {PRICE_OPENAI,
     "'prompt_tokens':10," O "prompt_tokens_details.cached_tokens':2," O
     "input_tokens_details.cached_tokens':3,'cache_read_input_tokens':4",
     16 + 14},
    {PRICE_OPENAI, "'prompt_tokens':2,'cache_read_input_tokens':4", 28},
    {PRICE_OPENAI,
     "'prompt_tokens':10,'cache_read_input_tokens':4,'prompt_tokens_details.audio_tokens':5",
     2 + 28 + 500},
    {PRICE_OPENAI,
     "'prompt_tokens':10,'cache_read_input_tokens':4,'prompt_tokens_details.audio_tokens':9",
     28 + 900},
    /* What is told to be text is not counted down. */
    {PRICE_OPENAI,
     "'prompt_tokens':10,'cache_read_input_tokens':4,'prompt_tokens_details.audio_tokens':5,"
     "'prompt_tokens_details.text_tokens':8",
     16 + 28 + 500},
    {PRICE_OPENAI,
     "'prompt_tokens':10,'prompt_tokens_details.text_tokens':8," O
     "prompt_tokens_details.text_tokens':1",
     2},
    {PRICE_OPENAI, "'completion_tokens':10,'completion_tokens_details.audio_tokens':4", 18 + 4000},
    {PRICE_OPENAI,
     "'completion_tokens':10,'completion_tokens_details.audio_tokens':4," O
     "completion_tokens_details.text_tokens':5",
     15 + 4000},
    {PRICE_OPENAI, "'prompt_tokens':10,'cache_creation_input_tokens':5", 20},

    {PRICE_ANTHROPIC,
     "'prompt_tokens':10,'completion_tokens':4,'cache_creation_input_tokens':2,"
     "'cache_read_input_tokens':3",
     20 + 12 + 10 + 21},
    {PRICE_ANTHROPIC,
     O "input_tokens':1," O "output_tokens':2," O "cache_creation_input_tokens':3," O
       "cache_read_input_tokens':4,'prompt_tokens':10,'completion_tokens':4,"
       "'cache_creation_input_tokens':2,'cache_read_input_tokens':3",
     2 + 6 + 15 + 28},
    {PRICE_ANTHROPIC, O "inputTokens':1," O "prompt_tokens':3", 0},

    {PRICE_BEDROCK,
     O "inputTokens':1," O "outputTokens':2," O "cacheWriteInputTokens':3," O
       "cacheReadInputTokens':4,'prompt_tokens':10",
     2 + 6 + 15 + 28},
    {PRICE_BEDROCK,
     "'prompt_tokens':10,'completion_tokens':4,'cache_creation_input_tokens':2,"
     "'cache_read_input_tokens':3," O "input_tokens':99",
     20 + 12 + 10 + 21},

    {PRICE_GOOGLE,
     "'prompt_tokens':10,'completion_tokens':4,'cache_read_input_tokens':3," O
     "candidates_token_count':9",
     14 + 12 + 21},
    {PRICE_GOOGLE,
     O "prompt_token_count':20," O "candidates_token_count':9," O
       "cached_content_token_count':5,'prompt_tokens':10,'cache_read_input_tokens':3",
     30 + 27 + 35},
    {PRICE_GOOGLE, O "cached_content_token_count':5", 35},
    {PRICE_GOOGLE, "'prompt_tokens':10,'prompt_tokens_details.audio_tokens':5", 20},

    {PRICE_SPEECH, "'input_characters':7,'prompt_tokens':10", 77},
    {PRICE_SPEECH, "'input_characters':7," O "input_characters':8", 88},
    {PRICE_VIDEO, "'video_duration_seconds':7,'prompt_tokens':10", 91},
};

static const struct price sample = {
    .rates = {[PRICE_INPUT] = RATE(2),
              [PRICE_OUTPUT] = RATE(3),
              [PRICE_CACHE_WRITE] = RATE(5),
              [PRICE_CACHE_READ] = RATE(7),
              [PRICE_AUDIO_INPUT] = RATE(100),
              [PRICE_AUDIO_OUTPUT] = RATE(1000),
              [PRICE_CHARACTER] = RATE(11),
              [PRICE_VIDEO_SECOND] = RATE(13)},
};

static void test_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct price price = sample;
        price.formula = examples[i].formula;
        if (pricing_cost(&price, usage_of(examples[i].usage)) !=
            (decimal_int)examples[i].micro * MICRO)
            fail_msg("%s of %s", price_formula_names[examples[i].formula], examples[i].usage);
    }
    assert_true(pricing_cost(&sample, NULL) == 0);
}

/* Audio is not taken off where it has no rate of its own. */
static void test_audio_without_rate(void **state)
{
    struct price price = {.rates = {[PRICE_INPUT] = RATE(2), [PRICE_OUTPUT] = RATE(3)}};
    const struct tally *usage = usage_of("'prompt_tokens':10,'completion_tokens':4,"
                                         "'prompt_tokens_details.audio_tokens':5,"
                                         "'completion_tokens_details.audio_tokens':1");

    (void)state;
    assert_true(pricing_cost(&price, usage) == 32 * MICRO);
    price.formula = PRICE_OPENAI;
    assert_true(pricing_cost(&price, usage) == 32 * MICRO);
}

/* ---- tiers ---- */

static decimal_int prompt_cost(const struct price *price, int64_t prompt)
{
    return pricing_cost(
        price,
        usage_of(
            str_format(&arena, "'prompt_tokens':%lld,'completion_tokens':1", (long long)prompt).p));
}

static void test_tiers(void **state)
{
    struct price price = {.rates = {[PRICE_INPUT] = RATE(1),
                                    [PRICE_INPUT_128K] = RATE(2),
                                    [PRICE_INPUT_200K] = RATE(3),
                                    [PRICE_INPUT_272K] = RATE(4)}};

    (void)state;
    assert_true(prompt_cost(&price, 128000) == (decimal_int)128000 * MICRO);
    assert_true(prompt_cost(&price, 128001) == (decimal_int)2 * 128001 * MICRO);
    assert_true(prompt_cost(&price, 200000) == (decimal_int)2 * 200000 * MICRO);
    assert_true(prompt_cost(&price, 200001) == (decimal_int)3 * 200001 * MICRO);
    assert_true(prompt_cost(&price, 272000) == (decimal_int)3 * 272000 * MICRO);
    assert_true(prompt_cost(&price, 272001) == (decimal_int)4 * 272001 * MICRO);
    /* Input and output have theirs each; what is not published falls to the next. */
    price.rates[PRICE_INPUT_272K] = 0;
    price.rates[PRICE_OUTPUT] = RATE(1000);
    price.rates[PRICE_OUTPUT_128K] = RATE(2000);
    assert_true(prompt_cost(&price, 300000) == ((decimal_int)3 * 300000 + 2000) * MICRO);
    assert_true(prompt_cost(&price, 1) == (decimal_int)(1 + 1000) * MICRO);
}

static void test_tiers_of_caches(void **state)
{
    struct price price = {.rates = {[PRICE_CACHE_WRITE] = RATE(1),
                                    [PRICE_CACHE_READ] = RATE(2),
                                    [PRICE_CACHE_WRITE_200K] = RATE(3),
                                    [PRICE_CACHE_READ_200K] = RATE(4)},
                          .formula = PRICE_ANTHROPIC};

    (void)state;
    /* The whole prompt decides, with what came from the cache. */
    assert_true(pricing_cost(&price, usage_of("'prompt_tokens':199000,"
                                              "'cache_creation_input_tokens':600,"
                                              "'cache_read_input_tokens':400")) ==
                (decimal_int)(600 + 800) * MICRO);
    assert_true(pricing_cost(&price, usage_of("'prompt_tokens':199001,"
                                              "'cache_creation_input_tokens':600,"
                                              "'cache_read_input_tokens':400")) ==
                (decimal_int)(1800 + 1600) * MICRO);
    price.formula = PRICE_GOOGLE;
    assert_true(pricing_cost(&price, usage_of("'prompt_tokens':200001,"
                                              "'cache_read_input_tokens':10")) ==
                (decimal_int)40 * MICRO);
    price.formula = PRICE_OPENAI;
    assert_true(pricing_cost(&price, usage_of("'prompt_tokens':200001,"
                                              "'cache_read_input_tokens':10")) ==
                (decimal_int)40 * MICRO);
}

/* ---- numbers ---- */

static void test_digits(void **state)
{
    struct price price = {.rates = {[PRICE_INPUT] = 1}};
    struct tally_entry huge[] = {{STR("prompt_tokens"), INT64_MAX},
                                 {STR("cache_read_input_tokens"), INT64_MAX},
                                 {STR("cache_creation_input_tokens"), INT64_MAX}};
    struct tally usage = {huge, 3};

    (void)state;
    /* 10^-18 USD a token: cut, not rounded. */
    assert_true(prompt_cost(&price, 999999) == 0);
    assert_true(prompt_cost(&price, 1000000) == 1);
    assert_true(prompt_cost(&price, 1999999) == 1);
    /* Parts are added up before that. */
    price.rates[PRICE_OUTPUT] = 1;
    assert_true(pricing_cost(&price, usage_of("'prompt_tokens':500000,"
                                              "'completion_tokens':500000")) == 1);
    assert_true(prompt_cost(&price, -2000000) < 0);
    for (size_t i = 0; i < PRICE_RATE_COUNT; i++)
        price.rates[i] = PRICE_RATE_MAX;
    price.formula = PRICE_ANTHROPIC;
    assert_true(pricing_cost(&price, &usage) ==
                PRICE_RATE_MAX / 1000000 * 3 * (decimal_int)INT32_MAX);
}

/* ---- choice ---- */

static void test_choice(void **state)
{
    static const struct {
        const char *provider;
        enum price_formula formula;
    } providers[] = {
        {"openai", PRICE_OPENAI},
        {"azure", PRICE_OPENAI},
        {"xai", PRICE_OPENAI},
        {"anthropic", PRICE_ANTHROPIC},
        {"anthropic_vertexai", PRICE_ANTHROPIC},
        {"bedrock", PRICE_BEDROCK},
        {"google_ai", PRICE_GOOGLE},
        {"google_vertexai", PRICE_GOOGLE},
        {"groq", PRICE_TEXT},
        {"mistral", PRICE_TEXT},
        {"mine", PRICE_TEXT},
    };
    static const enum price_rate caches[] = {PRICE_CACHE_WRITE, PRICE_CACHE_READ,
                                             PRICE_CACHE_WRITE_200K, PRICE_CACHE_READ_200K};

    (void)state;
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
        struct str provider = str_of(providers[i].provider);
        struct price price = {.rates = {[PRICE_INPUT] = 1, [PRICE_OUTPUT] = 1}};

        assert_int_equal(pricing_choose(&price, provider), PRICE_TEXT);
        for (size_t k = 0; k < 4; k++) {
            struct price cached = {.rates = {[PRICE_INPUT] = 1}};
            cached.rates[caches[k]] = 1;
            assert_int_equal(pricing_choose(&cached, provider), providers[i].formula);
        }
        price.rates[PRICE_CACHE_READ] = 1;
        price.rates[PRICE_CHARACTER] = 1;
        assert_int_equal(pricing_choose(&price, provider), PRICE_SPEECH);
        price.rates[PRICE_VIDEO_SECOND] = 1;
        assert_int_equal(pricing_choose(&price, provider), PRICE_VIDEO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_formulas, start, stop),
        cmocka_unit_test_setup_teardown(test_audio_without_rate, start, stop),
        cmocka_unit_test_setup_teardown(test_tiers, start, stop),
        cmocka_unit_test_setup_teardown(test_tiers_of_caches, start, stop),
        cmocka_unit_test_setup_teardown(test_digits, start, stop),
        cmocka_unit_test_setup_teardown(test_choice, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
