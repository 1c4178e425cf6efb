/* Health, version, identity and toggles. */
#include "api/platform.h"

#include "base/clock.h"
#include "json/json.h"

#ifndef OCELLI_VERSION
#error "OCELLI_VERSION comes from the Makefile"
#endif

/* Which parts of the product this installation has; keys as in platform.md 12. */
static const struct {
    const char *key;
    bool value;
} toggles[] = {
    {"python_evaluator_enabled", false},
    {"trace_thread_python_evaluator_enabled", false},
    {"span_llm_as_judge_enabled", false},
    {"span_user_defined_metric_python_enabled", false},
    {"alerts_enabled", false},
    {"export_enabled", true},
    {"dataset_versioning_enabled", true},
    {"demo_data_enabled", false},
    {"online_scoring_tracing_enabled", false},
    {"openai_provider_enabled", true},
    {"anthropic_provider_enabled", true},
    {"gemini_provider_enabled", true},
    {"openrouter_provider_enabled", true},
    {"vertexai_provider_enabled", true},
    {"bedrock_provider_enabled", true},
    {"customllm_provider_enabled", true},
    {"ollama_provider_enabled", true},
    {"guardrails_enabled", false},
    {"opik_aienabled", false},
    {"cost_intelligence_enabled", false},
    {"dataset_export_enabled", false},
    {"ollie_enabled", false},
    {"project_homepage_enabled", false},
    {"agentic_tools_enabled", false},
    {"agent_insights_enabled", false},
    {"welcome_wizard_enabled", false},
    /* As newer clients know them; they require each. */
    {"opik_ai_enabled", false},
    {"agent_insights_guidance_enabled", false},
    {"annotation_queue_automation_enabled", false},
    {"event_bridge_alerts_enabled", false},
};

void platform_ping(struct request *request)
{
    response_json(request, 200, STR("{\"message\":\"Healthy Server\",\"healthy\":true}"));
}

void platform_version(struct request *request)
{
    response_json(request, 200, STR("{\"version\":\"" OCELLI_VERSION "\"}"));
}

void platform_health(struct request *request)
{
    response_json(request, 200, STR("healthy\n"));
    request->response.content_type = "text/plain";
}

/* The store answers, so everything that this program needs is there: it has no other services. */
void platform_health_check(struct request *request)
{
    static const struct {
        const char *name, *type;
    } checks[] = {{"deadlocks", "ALIVE"}, {"db", "READY"}};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_arr(doc);
    struct str name = STR(""), type = STR("");
    struct session *session = NULL;
    struct error error = {.arena = &request->arena};
    enum err err = store_read_begin(api_of(request)->store, &session);

    store_read_end(session);
    if (err) {
        api_fail(request, ERR_UNAVAILABLE, &error, NULL);
        return;
    }
    request_query(request, "name", &name);
    request_query(request, "type", &type);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        bool wanted = str_eq(name, STR("all")) || str_eq(name, str_of(checks[i].name)) ||
                      str_eq_nocase(type, str_of(checks[i].type));
        yyjson_mut_val *check;
        if (!wanted)
            continue;
        check = yyjson_mut_arr_add_obj(doc, root);
        yyjson_mut_obj_add_str(doc, check, "name", checks[i].name);
        yyjson_mut_obj_add_bool(doc, check, "healthy", true);
        yyjson_mut_obj_add_str(doc, check, "type", checks[i].type);
        yyjson_mut_obj_add_bool(doc, check, "critical", true);
    }
    api_answer(request, 200, doc, root);
}

/* Resolves the caller or answers 404. */
static bool find_caller(struct request *request, struct caller *ret)
{
    struct error error = {.arena = &request->arena};
    enum err err = api_caller(request, ret, &error);

    if (err)
        api_fail(request, err, &error, NULL);
    return !err;
}

void platform_auth(struct request *request)
{
    struct caller caller;

    if (find_caller(request, &caller))
        response_empty(request, operation_of(request)->status);
}

void platform_workspace_name(struct request *request)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct caller caller;

    if (!find_caller(request, &caller))
        return;
    yyjson_mut_obj_add_strn(doc, root, "workspace_name", caller.workspace_name.p,
                            caller.workspace_name.n);
    api_answer(request, 200, doc, root);
}

void platform_permissions(struct request *request)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct caller caller;

    if (!find_caller(request, &caller))
        return;
    yyjson_mut_obj_add_strn(doc, root, "user_name", caller.user.p, caller.user.n);
    yyjson_mut_obj_add_strn(doc, root, "workspace_name", caller.workspace_name.p,
                            caller.workspace_name.n);
    yyjson_mut_obj_add_arr(doc, root, "permissions");
    api_answer(request, 200, doc, root);
}

void platform_toggles(struct request *request)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct caller caller;

    if (!find_caller(request, &caller))
        return;
    for (size_t i = 0; i < sizeof(toggles) / sizeof(toggles[0]); i++)
        yyjson_mut_obj_add_bool(doc, root, toggles[i].key, toggles[i].value);
    yyjson_mut_obj_add_arr(doc, root, "v1_workspace_allowlist_ids");
    yyjson_mut_obj_add_arr(doc, root, "v2_workspace_allowlist_ids");
    yyjson_mut_obj_add_str(doc, root, "force_workspace_version", "version_2");
    yyjson_mut_obj_add_int(doc, root, "default_page_size", 100);
    api_answer(request, 200, doc, root);
}

void platform_workspace_version(struct request *request)
{
    struct caller caller;

    if (find_caller(request, &caller))
        response_json(request, 200, STR("{\"opik_version\":\"version_2\"}"));
}
