/* The formulas. Each is a sum of rates times counts; the tables say which members of usage a count
 * is taken from. */
#include "ingest/pricing.h"

/* From the unit of rates to that of costs. */
#define RATES_PER_COST 1000000

const char *const price_formula_names[] = {
    [PRICE_TEXT] = "text",       [PRICE_OPENAI] = "openai",    [PRICE_ANTHROPIC] = "anthropic",
    [PRICE_BEDROCK] = "bedrock", [PRICE_GOOGLE] = "google",    [PRICE_SPEECH] = "speech",
    [PRICE_VIDEO] = "video",     [PRICE_FORMULA_COUNT] = NULL,
};

/* ---- counts ---- */

#define NAME(text) {text, sizeof(text) - 1}
#define ORIGINAL(text) NAME("original_usage." text)

/* Members of usage that tell the same; the first that is there counts. Ends with an empty one. */
struct source {
    struct str names[4];
};

static const struct source prompt = {{NAME("prompt_tokens")}};
static const struct source completion = {{NAME("completion_tokens")}};
static const struct source audio_in = {
    {ORIGINAL("prompt_tokens_details.audio_tokens"), NAME("prompt_tokens_details.audio_tokens")}};
static const struct source audio_out = {{ORIGINAL("completion_tokens_details.audio_tokens"),
                                         NAME("completion_tokens_details.audio_tokens")}};
static const struct source openai_prompt = {{ORIGINAL("prompt_tokens"), NAME("prompt_tokens")}};
static const struct source openai_completion = {
    {ORIGINAL("completion_tokens"), NAME("completion_tokens")}};
static const struct source openai_cached = {{ORIGINAL("prompt_tokens_details.cached_tokens"),
                                             ORIGINAL("input_tokens_details.cached_tokens"),
                                             NAME("cache_read_input_tokens")}};
static const struct source openai_text_in = {
    {ORIGINAL("prompt_tokens_details.text_tokens"), NAME("prompt_tokens_details.text_tokens")}};
static const struct source openai_text_out = {{ORIGINAL("completion_tokens_details.text_tokens"),
                                               NAME("completion_tokens_details.text_tokens")}};
static const struct source google_prompt = {
    {ORIGINAL("prompt_token_count"), NAME("prompt_tokens")}};
static const struct source google_cached = {
    {ORIGINAL("cached_content_token_count"), NAME("cache_read_input_tokens")}};
static const struct source google_completion = {
    {NAME("completion_tokens"), ORIGINAL("candidates_token_count")}};
static const struct source characters = {{ORIGINAL("input_characters"), NAME("input_characters")}};
static const struct source video_seconds = {{NAME("video_duration_seconds")}};

/* Prompts that are told without what came from the cache or went into it. */
struct apart_sources {
    struct source input, output, cache_write, cache_read;
};

static const struct apart_sources anthropic_sources = {
    {{ORIGINAL("input_tokens"), NAME("prompt_tokens")}},
    {{ORIGINAL("output_tokens"), NAME("completion_tokens")}},
    {{ORIGINAL("cache_creation_input_tokens"), NAME("cache_creation_input_tokens")}},
    {{ORIGINAL("cache_read_input_tokens"), NAME("cache_read_input_tokens")}},
};

static const struct apart_sources bedrock_sources = {
    {{ORIGINAL("inputTokens"), NAME("prompt_tokens")}},
    {{ORIGINAL("outputTokens"), NAME("completion_tokens")}},
    {{ORIGINAL("cacheWriteInputTokens"), NAME("cache_creation_input_tokens")}},
    {{ORIGINAL("cacheReadInputTokens"), NAME("cache_read_input_tokens")}},
};

static bool find_count(const struct tally *usage, const struct source *source, int64_t *ret)
{
    for (size_t i = 0; source->names[i].n; i++) {
        const struct tally_entry *entry = tally_find(usage, source->names[i]);
        if (!entry)
            continue;
        /* Clients' counts have 32 bits. */
        *ret = entry->count > INT32_MAX   ? INT32_MAX
               : entry->count < INT32_MIN ? INT32_MIN
                                          : entry->count;
        return true;
    }
    return false;
}

static int64_t count_of(const struct tally *usage, const struct source *source)
{
    int64_t count = 0;

    find_count(usage, source, &count);
    return count;
}

/* What is left of a count without a part of it. */
static int64_t without(int64_t count, int64_t part)
{
    return count > part ? count - part : 0;
}

/* ---- rates ---- */

/* Rates for long prompts, the highest first; one that is not published is 0. */
static const struct tier {
    int64_t above; /* tokens; 0 ends the list */
    enum price_rate rate;
} tiers[][4] = {
    [PRICE_INPUT] = {{272000, PRICE_INPUT_272K},
                     {200000, PRICE_INPUT_200K},
                     {128000, PRICE_INPUT_128K}},
    [PRICE_OUTPUT] = {{272000, PRICE_OUTPUT_272K},
                      {200000, PRICE_OUTPUT_200K},
                      {128000, PRICE_OUTPUT_128K}},
    [PRICE_CACHE_WRITE] = {{200000, PRICE_CACHE_WRITE_200K}},
    [PRICE_CACHE_READ] = {{200000, PRICE_CACHE_READ_200K}},
    [PRICE_AUDIO_INPUT] = {{0}},
    [PRICE_AUDIO_OUTPUT] = {{0}},
};

/* What so many tokens cost when the whole prompt has `length` of them, in the unit of rates. */
static decimal_int part_cost(const struct price *price, enum price_rate rate, int64_t count,
                             int64_t length)
{
    for (const struct tier *tier = tiers[rate]; tier->above; tier++) {
        if (length > tier->above && price->rates[tier->rate] > 0)
            return price->rates[tier->rate] * count;
    }
    return price->rates[rate] * count;
}

/* ---- formulas ---- */

/* Audio counts apart only where it has a rate of its own. */
static decimal_int text_cost(const struct price *price, const struct tally *usage)
{
    int64_t length = count_of(usage, &prompt), in = length, out = count_of(usage, &completion);
    int64_t heard = count_of(usage, &audio_in), spoken = count_of(usage, &audio_out);

    if (price->rates[PRICE_AUDIO_INPUT] > 0)
        in = without(in, heard);
    if (price->rates[PRICE_AUDIO_OUTPUT] > 0)
        out = without(out, spoken);
    return part_cost(price, PRICE_INPUT, in, length) + part_cost(price, PRICE_OUTPUT, out, length) +
           part_cost(price, PRICE_AUDIO_INPUT, heard, length) +
           part_cost(price, PRICE_AUDIO_OUTPUT, spoken, length);
}

/* Prompts count what came from the cache. */
static decimal_int openai_cost(const struct price *price, const struct tally *usage)
{
    int64_t length = count_of(usage, &openai_prompt), cached = count_of(usage, &openai_cached);
    int64_t heard = count_of(usage, &audio_in), spoken = count_of(usage, &audio_out), in, out;

    if (!find_count(usage, &openai_text_in, &in)) {
        in = without(length, cached);
        if (price->rates[PRICE_AUDIO_INPUT] > 0)
            in = without(in, heard);
    }
    if (!find_count(usage, &openai_text_out, &out)) {
        out = count_of(usage, &openai_completion);
        if (price->rates[PRICE_AUDIO_OUTPUT] > 0)
            out = without(out, spoken);
    }
    return part_cost(price, PRICE_INPUT, in, length) + part_cost(price, PRICE_OUTPUT, out, length) +
           part_cost(price, PRICE_AUDIO_INPUT, heard, length) +
           part_cost(price, PRICE_AUDIO_OUTPUT, spoken, length) +
           part_cost(price, PRICE_CACHE_READ, cached, length);
}

static decimal_int apart_cost(const struct price *price, const struct tally *usage,
                              const struct apart_sources *sources)
{
    int64_t in = count_of(usage, &sources->input), out = count_of(usage, &sources->output);
    int64_t written = count_of(usage, &sources->cache_write);
    int64_t read = count_of(usage, &sources->cache_read), length = in + written + read;

    return part_cost(price, PRICE_INPUT, in, length) + part_cost(price, PRICE_OUTPUT, out, length) +
           part_cost(price, PRICE_CACHE_WRITE, written, length) +
           part_cost(price, PRICE_CACHE_READ, read, length);
}

static decimal_int anthropic_cost(const struct price *price, const struct tally *usage)
{
    return apart_cost(price, usage, &anthropic_sources);
}

static decimal_int bedrock_cost(const struct price *price, const struct tally *usage)
{
    return apart_cost(price, usage, &bedrock_sources);
}

/* Prompts count what came from the cache; writing into it is not told. */
static decimal_int google_cost(const struct price *price, const struct tally *usage)
{
    int64_t cached = count_of(usage, &google_cached);
    int64_t in = without(count_of(usage, &google_prompt), cached), length = in + cached;

    return part_cost(price, PRICE_INPUT, in, length) +
           part_cost(price, PRICE_OUTPUT, count_of(usage, &google_completion), length) +
           part_cost(price, PRICE_CACHE_READ, cached, length);
}

static decimal_int speech_cost(const struct price *price, const struct tally *usage)
{
    return price->rates[PRICE_CHARACTER] * count_of(usage, &characters);
}

static decimal_int video_cost(const struct price *price, const struct tally *usage)
{
    return price->rates[PRICE_VIDEO_SECOND] * count_of(usage, &video_seconds);
}

static decimal_int (*const formulas[])(const struct price *price, const struct tally *usage) = {
    [PRICE_TEXT] = text_cost,           [PRICE_OPENAI] = openai_cost,
    [PRICE_ANTHROPIC] = anthropic_cost, [PRICE_BEDROCK] = bedrock_cost,
    [PRICE_GOOGLE] = google_cost,       [PRICE_SPEECH] = speech_cost,
    [PRICE_VIDEO] = video_cost,
};

decimal_int pricing_cost(const struct price *price, const struct tally *usage)
{
    return formulas[price->formula](price, usage) / RATES_PER_COST;
}

/* ---- which formula ---- */

/* How providers tell what came from the cache; the others do not. */
static const struct {
    struct str provider;
    enum price_formula formula;
} cache_formulas[] = {
    {NAME("openai"), PRICE_OPENAI},
    {NAME("azure"), PRICE_OPENAI},
    {NAME("xai"), PRICE_OPENAI},
    {NAME("anthropic"), PRICE_ANTHROPIC},
    {NAME("anthropic_vertexai"), PRICE_ANTHROPIC},
    {NAME("bedrock"), PRICE_BEDROCK},
    {NAME("google_ai"), PRICE_GOOGLE},
    {NAME("google_vertexai"), PRICE_GOOGLE},
};

enum price_formula pricing_choose(const struct price *price, struct str provider)
{
    static const enum price_rate cache_rates[] = {PRICE_CACHE_WRITE, PRICE_CACHE_READ,
                                                  PRICE_CACHE_WRITE_200K, PRICE_CACHE_READ_200K};
    bool caches = false;

    if (price->rates[PRICE_VIDEO_SECOND] > 0)
        return PRICE_VIDEO;
    if (price->rates[PRICE_CHARACTER] > 0)
        return PRICE_SPEECH;
    for (size_t i = 0; i < sizeof(cache_rates) / sizeof(cache_rates[0]); i++)
        caches |= price->rates[cache_rates[i]] > 0;
    for (size_t i = 0; caches && i < sizeof(cache_formulas) / sizeof(cache_formulas[0]); i++) {
        if (str_eq(cache_formulas[i].provider, provider))
            return cache_formulas[i].formula;
    }
    return PRICE_TEXT;
}
