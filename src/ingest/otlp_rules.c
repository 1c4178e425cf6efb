/* The rules of attributes (otel.md 5.2 and 6). */
#include "ingest/otlp_rules.h"

#define CLAUDE_CODE "claude_code."

enum { EXACT, PREFIX };
/* As STR(), for initialisers of what is static. */
#define RULE_NAME(literal) {("" literal), sizeof(literal) - 1}

/* From top to bottom, the first that fits counts. */
static const struct otlp_rule rules[] = {
    /* clang-format off */
    /* Logfire */
    {RULE_NAME("agent_name"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("model_name"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("all_messages"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("params"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("tools"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("tool_arguments"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("prompt"), OTLP_TO_INPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("response"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("result"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("tool_responses"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("tool_response"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("final_result"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("logfire.span_type"), OTLP_TO_NOTHING, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("logfire.metrics"), OTLP_TO_NOTHING, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("usage"), OTLP_TO_USAGE, SPAN_TYPE_LLM, EXACT},
    /* GenAI */
    {RULE_NAME("gen_ai.prompt"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.completion"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.request_model"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.response_model"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.request.model"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.response.model"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.request.temperature"), OTLP_TO_METADATA, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.response.id"), OTLP_TO_METADATA, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.response.finish_reasons"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.system"), OTLP_TO_PROVIDER, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.usage.cost"), OTLP_TO_COST, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.usage."), OTLP_TO_USAGE, SPAN_TYPE_LLM, PREFIX},
    {RULE_NAME("gen_ai.input."), OTLP_TO_INPUT, SPAN_TYPE_LLM, PREFIX},
    {RULE_NAME("gen_ai.output."), OTLP_TO_OUTPUT, SPAN_TYPE_LLM, PREFIX},
    {RULE_NAME("gen_ai.system_instructions"), OTLP_TO_INPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("gen_ai.cost."), OTLP_TO_METADATA, SPAN_TYPE_LLM, PREFIX},
    {RULE_NAME("gen_ai.tool.call.arguments"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.tool.call.result"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.tool."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("gen_ai.agent."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("gen_ai.token.type"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.framework"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.request."), OTLP_TO_INPUT, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("gen_ai.response"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("gen_ai.operation.name"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("gen_ai.conversation.id"), OTLP_TO_THREAD, SPAN_TYPE_UNSET, EXACT},
    /* OpenInference; the asterisk is part of the name */
    {RULE_NAME("llm.invocation_parameters.*"), OTLP_TO_INPUT, SPAN_TYPE_LLM, PREFIX},
    {RULE_NAME("llm.model_name"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("llm.token_count."), OTLP_TO_USAGE, SPAN_TYPE_LLM, PREFIX},
    /* LiveKit */
    {RULE_NAME("livekit.session.id"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.agent_label"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.speech_id"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.interrupted"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.retry_count"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.llm_metrics"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.tts_metrics"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.tts.streaming"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.tts.label"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.transcript_confidence"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.transcription_delay"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.end_of_turn_delay"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.eou.probability"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.eou.unlikely_threshold"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.eou.endpointing_delay"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.eou.language"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.input_text"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.chat_ctx"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.function_tools"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.user_input"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.user_transcript"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.response.text"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.response.function_calls"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("lk.function_tool.name"), OTLP_TO_METADATA, SPAN_TYPE_TOOL, EXACT},
    {RULE_NAME("lk.function_tool.is_error"), OTLP_TO_METADATA, SPAN_TYPE_TOOL, EXACT},
    {RULE_NAME("lk.function_tool.arguments"), OTLP_TO_INPUT, SPAN_TYPE_TOOL, EXACT},
    {RULE_NAME("lk.function_tool.output"), OTLP_TO_OUTPUT, SPAN_TYPE_TOOL, EXACT},
    /* Pydantic */
    {RULE_NAME("logfire.msg"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("code."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("logfire.msg_template"), OTLP_TO_NOTHING, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("logfire.json_schema"), OTLP_TO_NOTHING, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("logfire.level_num"), OTLP_TO_NOTHING, SPAN_TYPE_UNSET, EXACT},
    /* LiteLLM */
    {RULE_NAME("llm.is_streaming"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("llm.request."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("llm.response."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("llm.user"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("metadata."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("hidden_params"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    /* general */
    {RULE_NAME("input"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("server.address"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("output"), OTLP_TO_OUTPUT, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("thread_id"), OTLP_TO_THREAD, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("opik.tags"), OTLP_TO_TAGS, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("opik.metadata"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    {RULE_NAME("opik.trace_id"), OTLP_TO_TRACE_ID, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("opik.parent_span_id"), OTLP_TO_PARENT_ID, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("opik.span_id"), OTLP_TO_SPAN_ID, SPAN_TYPE_UNSET, EXACT},
    /* Smolagents */
    {RULE_NAME("smolagents."), OTLP_TO_METADATA, SPAN_TYPE_UNSET, PREFIX},
    /* Langfuse */
    {RULE_NAME("langfuse.observation.completion_start_time"), OTLP_TO_METADATA, SPAN_TYPE_LLM, EXACT},
    /* clang-format on */
};

/* Tried first for spans of Claude Code. */
static const struct otlp_rule claude_code_rules[] = {
    /* clang-format off */
    {RULE_NAME("user_prompt"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("hook_event"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("hook_name"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("hook_definitions"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("tool_input"), OTLP_TO_INPUT, SPAN_TYPE_TOOL, EXACT},
    {RULE_NAME("system_prompt_preview"), OTLP_TO_INPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("model"), OTLP_TO_MODEL, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("response.model_output"), OTLP_TO_OUTPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("stop_reason"), OTLP_TO_OUTPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("response.has_tool_call"), OTLP_TO_OUTPUT, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("input_tokens"), OTLP_TO_USAGE, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("output_tokens"), OTLP_TO_USAGE, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("cache_read_tokens"), OTLP_TO_USAGE, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("cache_creation_tokens"), OTLP_TO_USAGE, SPAN_TYPE_LLM, EXACT},
    {RULE_NAME("session.id"), OTLP_TO_THREAD, SPAN_TYPE_UNSET, EXACT},
    {RULE_NAME("new_context"), OTLP_TO_METADATA, SPAN_TYPE_UNSET, EXACT},
    /* clang-format on */
};

/* What the model was told anew; elsewhere it is only about the call. */
static const struct otlp_rule claude_code_request_rules[] = {
    {RULE_NAME("new_context"), OTLP_TO_INPUT, SPAN_TYPE_UNSET, EXACT},
};

static const struct otlp_rule no_rule = {RULE_NAME(""), OTLP_TO_INPUT, SPAN_TYPE_UNSET, PREFIX};
static const struct otlp_rule no_claude_code_rule = {RULE_NAME(""), OTLP_TO_METADATA,
                                                     SPAN_TYPE_UNSET, PREFIX};

static const struct otlp_rule *find_in(const struct otlp_rule *table, size_t count,
                                       struct str attribute)
{
    for (size_t i = 0; i < count; i++) {
        const struct otlp_rule *rule = &table[i];
        if (rule->is_prefix ? str_starts_with(attribute, rule->name)
                            : str_eq(attribute, rule->name))
            return rule;
    }
    return NULL;
}

#define FIND_IN(table, attribute) find_in(table, sizeof(table) / sizeof((table)[0]), attribute)

bool otlp_is_claude_code(struct str span_name)
{
    return str_starts_with(span_name, STR(CLAUDE_CODE));
}

const struct otlp_rule *otlp_find_rule(struct str span_name, struct str attribute)
{
    bool claude_code = otlp_is_claude_code(span_name);
    const struct otlp_rule *rule = NULL;

    if (str_eq(span_name, STR(CLAUDE_CODE "llm_request")))
        rule = FIND_IN(claude_code_request_rules, attribute);
    if (!rule && claude_code)
        rule = FIND_IN(claude_code_rules, attribute);
    if (!rule)
        rule = FIND_IN(rules, attribute);
    if (rule)
        return rule;
    return claude_code ? &no_claude_code_rule : &no_rule;
}
