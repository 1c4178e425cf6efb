/* Prose generator of the benchmarks; see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
/* Ordered from common to rare; text_pick_word() prefers the front. No character here needs escaping
 * in JSON. */
static const char *const words[] = {
    "the", "of", "and", "to", "a", "in", "is", "for", "that", "you", "with", "on", "as", "are",
    "this", "it", "be", "or", "your", "by", "from", "can", "an", "not", "which", "we", "if",
    "have", "will", "at", "has", "was", "one", "their", "they", "more", "all", "when", "about",
    "there", "other", "also", "so", "should", "our", "than", "into", "its", "these", "some",
    "would", "how", "only", "each", "any", "may", "between", "first", "use", "used", "using",
    "data", "model", "question", "answer", "document", "context", "customer", "order",
    "following", "example", "provide", "information", "please", "based", "however", "because",
    "number", "result", "time", "system", "user", "request", "response", "list", "value",
    "case", "such", "include", "while", "without", "within", "several", "where", "after",
    "before", "during", "through", "under", "account", "invoice", "payment", "shipping",
    "address", "refund", "policy", "product", "price", "delivery", "support", "ticket", "agent",
    "message", "email", "service", "contract", "period", "amount", "available", "current",
    "required", "different", "important", "possible", "specific", "general", "additional",
    "relevant", "correct", "complete", "simple", "clear", "short", "long", "high", "low",
    "large", "small", "new", "old", "next", "last", "second", "third", "both", "function",
    "variable", "parameter", "argument", "return", "error", "exception", "server", "client",
    "database", "table", "column", "index", "query", "row", "key", "cache", "memory", "thread",
    "process", "file", "directory", "path", "network", "connection", "latency", "throughput",
    "token", "prompt", "completion", "embedding", "vector", "retrieval", "chunk", "passage",
    "summary", "translation", "sentence", "paragraph", "language", "meaning", "tone", "formal",
    "polite", "concise", "detailed", "accurate", "source", "reference", "citation", "evidence",
    "claim", "reason", "explanation", "step", "solution", "approach", "method", "algorithm",
    "analysis", "comparison", "difference", "advantage", "limitation", "assumption", "estimate",
    "average", "total", "percent", "increase", "decrease", "quarter", "revenue", "budget",
    "forecast", "market", "region", "country", "city", "school", "student", "teacher",
    "research", "experiment", "measurement", "temperature", "pressure", "energy", "water",
    "light", "material", "structure", "surface", "property", "reaction", "protein", "patient",
    "treatment", "symptom", "diagnosis", "therapy", "dose", "clinical", "history", "century",
    "government", "election", "law", "court", "decision", "agreement", "clause", "liability",
    "termination", "confidential", "obligation", "party", "notice", "weather", "forest",
    "river", "mountain", "island", "ocean", "travel", "flight", "hotel", "reservation",
    "passenger", "luggage", "ticketing", "recipe", "ingredient", "sugar", "flour", "butter",
    "oven", "minute", "kitchen", "garden", "music", "film", "novel", "author", "character",
    "chapter", "audience", "review", "rating", "recommend", "consider", "explain", "describe",
    "compare", "calculate", "verify", "confirm", "deploy", "configure", "install", "upgrade",
    "restart", "monitor", "observe", "debug", "trace", "schedule", "deadline", "milestone",
    "stakeholder", "requirement", "specification", "architecture", "component", "dependency",
    "interface", "protocol", "authentication", "authorization", "encryption", "certificate",
    "compliance", "infrastructure", "availability",
};

static const char *const names[] = {
    "Alice", "Berlin", "Python", "Postgres", "Toronto", "Marie", "Kubernetes", "Acme",
    "Northwind", "Contoso", "Nairobi", "Linux", "Sofia", "Tokyo", "OpenTelemetry", "Amazon",
    "Lisbon", "Chen",
};
/* clang-format on */

uint64_t text_random_next(struct text_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned text_random_below(struct text_random *random, unsigned below)
{
    return (unsigned)((text_random_next(random) >> 32) * below >> 32);
}

void text_reserve(struct text *text, size_t extra)
{
    if (text->size - text->n > extra)
        return;
    size_t size = (text->n + extra + 1) * 2;
    char *grown = realloc(text->p, size);
    if (!grown) {
        fputs("bench: out of memory\n", stderr);
        exit(1);
    }
    text->p = grown;
    text->size = size;
}

void text_add_bytes(struct text *text, const char *bytes, size_t n)
{
    text_reserve(text, n);
    memcpy(text->p + text->n, bytes, n);
    text->n += n;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    char line[1024];
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(line)) {
        fputs("bench: text_add: line too long\n", stderr);
        exit(1);
    }
    text_add_bytes(text, line, (size_t)n);
}

/* The product of two uniform numbers lies near zero more often: a cheap stand-in for Zipf's law. */
static const char *text_pick_word(struct text_random *random)
{
    uint64_t bits = text_random_next(random);
    uint64_t product = (bits & 0xffff) * (bits >> 16 & 0xffff);
    return words[product * COUNT(words) >> 32];
}

static void text_add_token(struct text *text, struct text_random *random)
{
    unsigned kind = text_random_below(random, 64);
    if (kind == 0) {
        text_add(text, "%u", text_random_below(random, 100000));
    } else if (kind <= 2) {
        const char *name = names[text_random_below(random, COUNT(names))];
        text_add_bytes(text, name, strlen(name));
    } else {
        const char *word = text_pick_word(random);
        text_add_bytes(text, word, strlen(word));
    }
}

void text_add_prose(struct text *text, struct text_random *random, size_t bytes)
{
    size_t end = text->n + bytes;
    while (text->n < end) {
        size_t start = text->n;
        for (unsigned left = 6 + text_random_below(random, 14); left > 0; left--) {
            text_add_token(text, random);
            if (left > 1 && text_random_below(random, 12) == 0)
                text_add_bytes(text, ", ", 2);
            else if (left > 1)
                text_add_bytes(text, " ", 1);
        }
        if (text->p[start] >= 'a' && text->p[start] <= 'z')
            text->p[start] = (char)(text->p[start] - 'a' + 'A');
        if (text->n >= end)
            text_add_bytes(text, ".", 1);
        else if (text_random_below(random, 6) == 0)
            text_add_bytes(text, ".\\n\\n", 5);
        else
            text_add_bytes(text, ". ", 2);
    }
}

void text_done(struct text *text)
{
    free(text->p);
    *text = (struct text){0};
}
