/* What the handlers share: the program's parts, who asks, and the ways to read and to write. */
#ifndef OCELLI_API_API_H
#define OCELLI_API_API_H

#include <stdatomic.h>

#include "http/router.h"
#include "ingest/prices.h"
#include "ingest/writer.h"
#include "json/json.h"
#include "query/params.h"

struct api {
    struct store *store;
    struct writer *writer;
    struct feed *feed;
    const struct prices *prices;
    bool any_workspace;      /* --workspaces any */
    int stream_slots;        /* answers that may be under way in pieces, each with a read session;
                                fewer than there are sessions, so that short reads never wait */
    int64_t stream_limit_ms; /* such an answer ends after this */
    atomic_int streams;      /* under way */
    int64_t id_window_ms;    /* --id-window; 0: off */
    int64_t otel_trace_ttl_ms;
};

/* How the answer to an operation is shaped, for OpenAPI. */
enum answer {
    ANSWER_EMPTY,  /* no body */
    ANSWER_RECORD, /* an object of `resource` */
    ANSWER_PAGE,   /* the page envelope around objects of `resource` */
    ANSWER_SCHEMA, /* an object of the named schema in `schema` */
    ANSWER_TEXT,   /* something else; content type in route.produces */
};

struct empty_list;

/* What the API layer knows of a route, beside what the router needs. */
struct operation {
    const char *id; /* operationId */
    const char *tag;
    const char *summary;
    const struct resource *resource; /* what it is about */
    const struct resource *about;    /* annotations: what they are on */
    const struct resource *body;     /* request body, or NULL */
    unsigned body_view;              /* enum decode_view of it */
    const char *const *body_types;   /* of a body that is described elsewhere; NULL-terminated */
    uint64_t params;                 /* bits of enum param */
    int status;                      /* of success */
    enum answer answer;
    const char *schema;             /* ANSWER_SCHEMA: JSON text of the schema */
    const struct empty_list *empty; /* api/empty_lists.h; NULL for what is built */
};

/* Who asks. */
struct caller {
    struct str workspace_name;
    struct str user;
};

/* The workspace and user of a request. ERR_NOT_FOUND "Workspace not found" (platform.md 5). */
enum err api_caller(struct request *request, struct caller *ret, struct error *reterr);

/* For all that needs a workspace, before its parameters and body are looked at (platform.md 5):
 * ERR_NOT_FOUND as api_caller(). */
enum err api_admit(struct request *request, struct error *reterr);

/* The same in a workspace that the request names elsewhere than in its header. */
enum err api_caller_in(const struct request *request, struct str workspace, struct caller *ret,
                       struct error *reterr);

/* Begins reading for a request: a session, and the caller's workspace (0 when it has never been
 * written to). store_read_end() gives the session back. */
enum err api_read_begin(struct request *request, struct session **ret, int64_t *ret_workspace,
                        struct error *reterr);

/* Writes an ERR_INTERNAL to the log, with the id that the client is told and the store's words. */
void api_log_failure(const struct request *request, const struct session *session);

/* Decodes the body as the operation's table says. *ret is set when the body was an object, broken
 * rules or not, else NULL. Errors: those of decode_body(). */
enum err api_read_body(struct request *request, struct record **ret, struct error *reterr);

/* Answers with the error; for ERR_INTERNAL writes the store's words to the log. */
void api_fail(struct request *request, enum err err, struct error *error,
              const struct session *session);

/* Submits a prepared change; answers `status` after the commit, with the response headers that are
 * set already, or the change's error. For ROUTE_DEFERRED handlers, which return right after. */
void api_write(struct request *request, struct change *change, int status);

/* The same with a document as the answer, built by json_new(). */
void api_write_answer(struct request *request, struct change *change, int status,
                      yyjson_mut_doc *doc, yyjson_mut_val *root);

/* Submits a change with the operation's status, or fails when `err` says so. */
void api_write_or_fail(struct request *request, struct change *change, enum err err,
                       struct error *error);

/* Finishes a ROUTE_DEFERRED request with an error. */
void api_write_fail(struct request *request, enum err err, struct error *error);

/* The UUID in a path parameter. ERR_NOT_FOUND as the contract has it for bad ids in paths. */
enum err api_path_uuid(struct request *request, size_t index, struct uuid *ret,
                       struct error *reterr);

/* Ids of clients are version 7, and of about now when the window is on; `only_future` refuses just
 * those of later (traces.md 2.2). ERR_BAD_REQUEST. */
enum err api_check_id(const struct api *api, const struct resource *resource, const struct uuid *id,
                      bool only_future, struct error *reterr);

/* Location header: absolute URL of the request plus "/<id>". */
void api_set_location(struct request *request, const struct uuid *id);

/* The project that `project_id` or `project_name` name (traces.md 2.3, read paths): ERR_BAD_REQUEST
 * when neither is given, ERR_NOT_FOUND. */
enum err api_read_project(struct session *session, int64_t workspace, const struct params *params,
                          struct project *ret, struct error *reterr);

/* Fills in the envelope of a page but for `sortable_by`. */
void api_add_page(yyjson_mut_doc *doc, yyjson_mut_val *root, int64_t page, int64_t size,
                  int64_t total, yyjson_mut_val *content);

/* Answers with a document that was built by json_new(). */
void api_answer(struct request *request, int status, yyjson_mut_doc *doc, yyjson_mut_val *root);

static inline struct api *api_of(const struct request *request)
{
    return request->app;
}

static inline const struct operation *operation_of(const struct request *request)
{
    return request->route->operation;
}

#endif
