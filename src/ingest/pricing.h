/* What a model's usage costs (stats.md 8 "Calculators"): pure functions of rates and counts. */
#ifndef OCELLI_INGEST_PRICING_H
#define OCELLI_INGEST_PRICING_H

#include "model/resource.h"

/* A rate is an integer of 10^-18 USD per token, character or second. */
#define PRICE_RATE_SCALE 18
/* No rate is larger: 1000 USD. So no cost overflows, whatever the counts. */
#define PRICE_RATE_MAX ((decimal_int)1000 * 1000000000 * 1000000000)

enum price_rate {
    PRICE_INPUT, /* of a token, like all that follow */
    PRICE_OUTPUT,
    PRICE_CACHE_WRITE,
    PRICE_CACHE_READ,
    PRICE_AUDIO_INPUT,
    PRICE_AUDIO_OUTPUT,
    PRICE_INPUT_128K, /* the same when the prompt has more tokens than that */
    PRICE_OUTPUT_128K,
    PRICE_INPUT_200K,
    PRICE_OUTPUT_200K,
    PRICE_CACHE_WRITE_200K,
    PRICE_CACHE_READ_200K,
    PRICE_INPUT_272K,
    PRICE_OUTPUT_272K,
    PRICE_CHARACTER,
    PRICE_VIDEO_SECOND,
    PRICE_RATE_COUNT,
};

/* Which members of usage are counted, and how. */
enum price_formula {
    PRICE_TEXT,
    PRICE_OPENAI,
    PRICE_ANTHROPIC,
    PRICE_BEDROCK,
    PRICE_GOOGLE,
    PRICE_SPEECH,
    PRICE_VIDEO,
    PRICE_FORMULA_COUNT,
};

struct price {
    decimal_int rates[PRICE_RATE_COUNT]; /* 0 to PRICE_RATE_MAX */
    enum price_formula formula;
};

/* The names of formulas; NULL-terminated. */
extern const char *const price_formula_names[];

/* The formula for a provider's rates, unless their row says one. The provider as spans name it. */
enum price_formula pricing_choose(const struct price *price, struct str provider);

/* What the usage costs, an integer of 10^-12 USD, digits beyond cut. Keys that are not there count
 * 0; `usage` may be NULL. Below 0 when counts are. */
decimal_int pricing_cost(const struct price *price, const struct tally *usage);

#endif
