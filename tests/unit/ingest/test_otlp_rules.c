/* Rules of attributes: order, prefixes, those of Claude Code. tests/api/test_otel_rules.py has the
 * whole table. */
#include "ingest/otlp_rules.h"

#include "unit/support.h"

static void assert_rule(const char *span, const char *attribute, enum otlp_target target,
                        enum span_type type)
{
    const struct otlp_rule *rule = otlp_find_rule(str_of(span), str_of(attribute));

    if (rule->target != target || rule->type != type)
        fail_msg("%s of %s: target %d, type %d", attribute, span, rule->target, rule->type);
}

static void test_order(void **state)
{
    (void)state;
    assert_rule("s", "gen_ai.usage.cost", OTLP_TO_COST, SPAN_TYPE_LLM);
    assert_rule("s", "gen_ai.usage.cost_x", OTLP_TO_USAGE, SPAN_TYPE_LLM);
    assert_rule("s", "gen_ai.usage", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "gen_ai.request.model", OTLP_TO_MODEL, SPAN_TYPE_LLM);
    assert_rule("s", "gen_ai.request.models", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "gen_ai.response.id", OTLP_TO_METADATA, SPAN_TYPE_LLM);
    assert_rule("s", "gen_ai.response", OTLP_TO_OUTPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "gen_ai.tool.call.result", OTLP_TO_OUTPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "gen_ai.tool.name", OTLP_TO_METADATA, SPAN_TYPE_UNSET);
    assert_rule("s", "llm.invocation_parameters", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "llm.invocation_parameters.*", OTLP_TO_INPUT, SPAN_TYPE_LLM);
    assert_rule("s", "opik.trace_id", OTLP_TO_TRACE_ID, SPAN_TYPE_UNSET);
    assert_rule("s", "opik.metadata_x", OTLP_TO_METADATA, SPAN_TYPE_UNSET);
    assert_rule("s", "logfire.metrics", OTLP_TO_NOTHING, SPAN_TYPE_UNSET);
    assert_rule("s", "inputs", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("s", "INPUT", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
}

static void test_claude_code(void **state)
{
    (void)state;
    assert_true(otlp_is_claude_code(STR("claude_code.x")));
    assert_false(otlp_is_claude_code(STR("claude_code")));
    assert_rule("claude_code.x", "input_tokens", OTLP_TO_USAGE, SPAN_TYPE_LLM);
    assert_rule("s", "input_tokens", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("claude_code.x", "session.id", OTLP_TO_THREAD, SPAN_TYPE_UNSET);
    assert_rule("s", "session.id", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("claude_code.x", "other", OTLP_TO_METADATA, SPAN_TYPE_UNSET);
    assert_rule("claude_code.x", "gen_ai.system", OTLP_TO_PROVIDER, SPAN_TYPE_LLM);
    assert_rule("claude_code.llm_request", "new_context", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
    assert_rule("claude_code.tool", "new_context", OTLP_TO_METADATA, SPAN_TYPE_UNSET);
    assert_rule("s", "new_context", OTLP_TO_INPUT, SPAN_TYPE_UNSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_claude_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
