/* The schema and its versions. Each entry of `migrations` brings a file from one version to the
 * next; `PRAGMA user_version` counts them.
 *
 * Entities have a narrow table in the order of their default list, without a rowid so that a page
 * or a scan reads neighbouring pages; their bodies stand apart under an appending integer. */
#include "store/sqlite/zone.h"

#include <stdio.h>

static const char schema_1[] =
    "CREATE TABLE workspace("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL,"
    " name_key TEXT NOT NULL UNIQUE,"
    " created_at INTEGER NOT NULL,"
    " has_configuration INTEGER NOT NULL DEFAULT 0,"
    " thread_timeout INTEGER,"
    " truncation_on_tables INTEGER,"
    " color_map TEXT);"

    "CREATE TABLE project("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " workspace INTEGER NOT NULL REFERENCES workspace(id),"
    " uuid BLOB NOT NULL,"
    " name TEXT NOT NULL,"
    " name_key TEXT NOT NULL," /* lower case */
    " visibility INTEGER NOT NULL,"
    " description TEXT,"
    " created_at INTEGER NOT NULL,"
    " created_by TEXT NOT NULL,"
    " last_updated_at INTEGER NOT NULL,"
    " last_updated_by TEXT NOT NULL,"
    " last_updated_trace_at INTEGER,"
    " trace_count INTEGER NOT NULL DEFAULT 0,"
    " span_count INTEGER NOT NULL DEFAULT 0,"
    " deleted INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX project_by_name ON project(workspace, name_key) WHERE deleted = 0;"
    "CREATE UNIQUE INDEX project_by_uuid ON project(workspace, uuid) WHERE deleted = 0;"

    "CREATE TABLE name(number INTEGER PRIMARY KEY, text TEXT NOT NULL);"

    "CREATE TABLE trace("
    " project INTEGER NOT NULL,"
    " id BLOB NOT NULL,"
    " present INTEGER NOT NULL," /* 0: only sums of spans that came before their trace */
    " name TEXT,"
    " start_time INTEGER,"
    " end_time INTEGER,"
    " source INTEGER,"
    " visibility_mode INTEGER,"
    " ttft REAL,"
    " thread_id TEXT,"
    " environment TEXT,"
    " tags TEXT,"
    " created_at INTEGER,"
    " created_by TEXT,"
    " last_updated_at INTEGER,"
    " last_updated_by TEXT,"
    " span_count INTEGER NOT NULL DEFAULT 0,"
    " llm_span_count INTEGER NOT NULL DEFAULT 0,"
    " tool_span_count INTEGER NOT NULL DEFAULT 0,"
    " cost INTEGER,"
    " usage BLOB,"
    " providers BLOB,"
    " error_type TEXT,"
    " heavy INTEGER NOT NULL DEFAULT 0," /* which columns of the body are not NULL */
    " body INTEGER,"
    " base_clock INTEGER,"
    " patched TEXT,"
    " PRIMARY KEY(project, id)) WITHOUT ROWID;"
    "CREATE INDEX trace_by_id ON trace(id);"
    "CREATE TABLE trace_body("
    " id INTEGER PRIMARY KEY, input, output, metadata, error_info);"

    "CREATE TABLE span("
    " project INTEGER NOT NULL,"
    " trace_id BLOB NOT NULL,"
    " parent_span_id BLOB NOT NULL," /* x'' at the top */
    " id BLOB NOT NULL,"
    " present INTEGER NOT NULL,"
    " name TEXT,"
    " type INTEGER,"
    " start_time INTEGER,"
    " end_time INTEGER,"
    " source INTEGER,"
    " ttft REAL,"
    " environment TEXT,"
    " model TEXT,"
    " provider TEXT,"
    " tags TEXT,"
    " usage BLOB,"
    " cost INTEGER,"
    " cost_version TEXT,"
    " created_at INTEGER,"
    " created_by TEXT,"
    " last_updated_at INTEGER,"
    " last_updated_by TEXT,"
    " error_type TEXT,"
    " heavy INTEGER NOT NULL DEFAULT 0,"
    " body INTEGER,"
    " base_clock INTEGER,"
    " patched TEXT,"
    " PRIMARY KEY(project, trace_id, parent_span_id, id)) WITHOUT ROWID;"
    "CREATE INDEX span_by_id ON span(id);"
    "CREATE TABLE span_body("
    " id INTEGER PRIMARY KEY, input, output, metadata, error_info);"

    /* What a fresh installation of the reference has (platform.md 5, 8). */
    "INSERT INTO workspace(name, name_key, created_at)"
    " VALUES('default', 'default', CAST(unixepoch() AS INTEGER) * 1000000);"
    "INSERT INTO project(workspace, uuid, name, name_key, visibility, description, created_at,"
    " created_by, last_updated_at, last_updated_by)"
    " SELECT id, x'0190babc62a071d2832a0feffa4676eb', 'Default Project', 'default project', 1,"
    " 'This is the default project. It cannot be deleted.', created_at, 'admin', created_at,"
    " 'admin' FROM workspace;";

/* What a fresh workspace of the reference has (platform.md 10, 11); `which` chooses workspaces. */
#define SEED_WORKSPACES(which)                                                                     \
    "INSERT INTO feedback_definition(workspace, uuid, name, name_key, type, details, created_at,"  \
    " created_by, last_updated_at, last_updated_by)"                                               \
    " SELECT id, x'0190babc62a071d2832a0feffa4676eb', 'User feedback', 'user feedback', 2,"        \
    " '{\"categories\":{\"\U0001F44D\":1.0,\"\U0001F44E\":0.0}}', created_at, 'admin', "           \
    "created_at,"                                                                                  \
    " 'admin' FROM workspace" which ";"                                                            \
    "INSERT INTO environment(workspace, uuid, name, name_key, color, position, created_at,"        \
    " created_by, last_updated_at, last_updated_by)"                                               \
    " SELECT id, column1, column2, column2, column3, column4, created_at, 'admin', created_at,"    \
    " 'admin' FROM workspace,"                                                                     \
    " (VALUES(x'5f0c2c3e8a7d4b1e9d3a6c1f0b2e4d51', 'development', '#945FCF', 0),"                  \
    " (x'a4d17b60c2e94f38b5e1739a8d0f6c24', 'staging', '#12A4B4', 1),"                             \
    " (x'1be83f9457a64c0d8f26e5b9304c7da8', 'production', '#19A979', 2))" which ";"

/* Feedback scores, comments and threads; what a workspace configures for them. */
static const char schema_2[] =
    /* Scores of traces (kind 0), spans (1) and threads (2, by thread_model_id); those whose entity
     * has not come yet wait here. */
    "CREATE TABLE score("
    " kind INTEGER NOT NULL,"
    " project INTEGER NOT NULL,"
    " entity BLOB NOT NULL,"
    " name TEXT NOT NULL,"
    " author TEXT NOT NULL,"
    " queue BLOB NOT NULL,"    /* annotation queue, x'' for none */
    " name_key TEXT NOT NULL," /* lower case */
    " value INTEGER NOT NULL," /* 10^-9 */
    " category_name TEXT,"
    " reason TEXT,"
    " source INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " created_by TEXT NOT NULL,"
    " last_updated_at INTEGER NOT NULL,"
    " last_updated_by TEXT NOT NULL,"
    " PRIMARY KEY(kind, project, entity, name, author, queue)) WITHOUT ROWID;"
    "CREATE INDEX score_by_name ON score(kind, project, name_key, name, entity, value);"

    "CREATE TABLE comment("
    " kind INTEGER NOT NULL,"
    " project INTEGER NOT NULL,"
    " entity BLOB NOT NULL,"
    " id BLOB NOT NULL,"
    " text TEXT NOT NULL,"
    " queue BLOB NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " created_by TEXT NOT NULL,"
    " last_updated_at INTEGER NOT NULL,"
    " last_updated_by TEXT NOT NULL,"
    " PRIMARY KEY(kind, project, entity, id)) WITHOUT ROWID;"
    "CREATE INDEX comment_by_id ON comment(id);"

    /* The record of a thread beside the sums of its traces; visible while trace_count > 0. */
    "CREATE TABLE thread("
    " project INTEGER NOT NULL,"
    " thread_id TEXT NOT NULL,"
    " model_id BLOB," /* NULL: no mapping yet */
    " mapped_at INTEGER,"
    " mapped_by TEXT,"
    " has_record INTEGER NOT NULL DEFAULT 0," /* the columns up to environment are its own */
    " status INTEGER,"
    " tags TEXT,"
    " created_at INTEGER,"
    " created_by TEXT,"
    " last_updated_at INTEGER,"
    " last_updated_by TEXT,"
    " source INTEGER,"
    " environment TEXT,"
    " trace_count INTEGER NOT NULL DEFAULT 0,"
    " start_time INTEGER,"
    " end_time INTEGER,"
    " first_trace BLOB," /* of the smallest start_time */
    " last_trace BLOB,"  /* of the greatest end_time */
    " min_trace BLOB,"   /* least and greatest id */
    " max_trace BLOB,"
    " sources INTEGER NOT NULL DEFAULT 0," /* bit per source that its traces had */
    " first_environment TEXT,"
    " cost INTEGER,"
    " usage BLOB,"
    " PRIMARY KEY(project, thread_id)) WITHOUT ROWID;"
    "CREATE INDEX thread_by_model ON thread(project, model_id DESC);"
    "CREATE INDEX thread_by_update ON thread(project, last_updated_at DESC, start_time,"
    " end_time DESC) WHERE trace_count > 0;"
    "CREATE INDEX thread_active ON thread(last_updated_at) WHERE has_record = 1 AND status = 1;"
    "CREATE INDEX trace_by_thread ON trace(project, thread_id) WHERE thread_id IS NOT NULL;"
    "INSERT INTO thread(project, thread_id, model_id, mapped_at, mapped_by, has_record, status,"
    " created_at, created_by, last_updated_at, last_updated_by, source, environment, trace_count,"
    " start_time, end_time, first_trace, last_trace, min_trace, max_trace, sources,"
    " first_environment, cost, usage)"
    " SELECT project, thread_id, CAST(substr(min(id), 1, 8) || x'8f' || randomblob(7) AS BLOB),"
    " min(created_at), value_of_min(created_at, id, created_by), 1, 1, min(created_at),"
    " value_of_min(created_at, id, created_by), max(last_updated_at),"
    " value_of_max(last_updated_at, id, last_updated_by), value_of_min(id, source),"
    " value_of_min(id, environment), count(*), min(start_time), max(end_time),"
    " value_of_min(start_time, id), value_of_max(end_time, id), min(id), max(id),"
    " bits_of(coalesce(source, 0)), value_of_min(start_time, id, environment), cost_sum(cost),"
    " tally_sum(usage)"
    " FROM trace WHERE present = 1 AND thread_id IS NOT NULL GROUP BY project, thread_id;"

    "ALTER TABLE project ADD COLUMN thread_count INTEGER NOT NULL DEFAULT 0;"
    "UPDATE project SET thread_count = (SELECT count(*) FROM thread t"
    " WHERE t.project = project.id AND t.trace_count > 0);"

    "CREATE TABLE feedback_definition("
    " id INTEGER PRIMARY KEY,"
    " workspace INTEGER NOT NULL REFERENCES workspace(id),"
    " uuid BLOB NOT NULL,"
    " name TEXT NOT NULL,"
    " name_key TEXT NOT NULL,"
    " type INTEGER NOT NULL,"
    " description TEXT,"
    " details TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " created_by TEXT NOT NULL,"
    " last_updated_at INTEGER NOT NULL,"
    " last_updated_by TEXT NOT NULL);"
    "CREATE UNIQUE INDEX feedback_definition_by_name ON feedback_definition(workspace, name_key);"
    "CREATE UNIQUE INDEX feedback_definition_by_uuid ON feedback_definition(workspace, uuid);"

    "CREATE TABLE environment("
    " id INTEGER PRIMARY KEY,"
    " workspace INTEGER NOT NULL REFERENCES workspace(id),"
    " uuid BLOB NOT NULL,"
    " name TEXT NOT NULL,"
    " name_key TEXT NOT NULL,"
    " description TEXT,"
    " color TEXT NOT NULL,"
    " position INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " created_by TEXT NOT NULL,"
    " last_updated_at INTEGER NOT NULL,"
    " last_updated_by TEXT NOT NULL);"
    "CREATE UNIQUE INDEX environment_by_name ON environment(workspace, name_key);"
    "CREATE UNIQUE INDEX environment_by_uuid ON environment(workspace, uuid);"

    "CREATE TABLE welcome_wizard("
    " workspace INTEGER PRIMARY KEY REFERENCES workspace(id),"
    " role TEXT,"
    " integrations TEXT,"
    " email TEXT,"
    " join_beta_program INTEGER,"
    " submitted_at INTEGER NOT NULL,"
    " submitted_by TEXT NOT NULL);"

    SEED_WORKSPACES("") "CREATE TRIGGER workspace_seed AFTER INSERT ON workspace "
                        "BEGIN " SEED_WORKSPACES(" WHERE workspace.id = NEW.id") "END;";

/* OpenTelemetry. */
static const char schema_4[] =
    /* Which trace a trace of OpenTelemetry is, while spans of it may come. */
    "CREATE TABLE otlp_trace("
    " project INTEGER NOT NULL,"
    " otlp BLOB NOT NULL," /* stands for its id there */
    " trace BLOB NOT NULL,"
    " seen_at INTEGER NOT NULL,"
    " PRIMARY KEY(project, otlp)) WITHOUT ROWID;"
    "CREATE INDEX otlp_trace_by_time ON otlp_trace(seen_at);";

/* The search index (see zone_text.h); rows of PATCHes whose project nobody has named. */
#define TEXT_TABLE(name)                                                                           \
    "CREATE TABLE " name "(project INTEGER NOT NULL, first BLOB NOT NULL, bits BLOB,"              \
    " PRIMARY KEY(project, first)) WITHOUT ROWID;"

#define ASSUMED_COLUMN(table)                                                                      \
    "ALTER TABLE " table " ADD COLUMN assumed INTEGER;"                                            \
    "CREATE INDEX " table "_assumed ON " table "(id) WHERE assumed = 1;"

static const char schema_5[] =
    TEXT_TABLE("trace_text") TEXT_TABLE("span_text") ASSUMED_COLUMN("trace") ASSUMED_COLUMN("span");

/* Zones are made from their own table; see migrate(). */
static const char *const migrations[] = {schema_1, schema_2, NULL, schema_4, schema_5};

#define SCHEMA_VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

static int read_version(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;

    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static bool migrate(sqlite3 *db, int version)
{
    struct buf sql;
    bool ok;

    if (migrations[version])
        return sqlite3_exec(db, migrations[version], NULL, NULL, NULL) == SQLITE_OK;
    buf_init(&sql, (size_t)1 << 20);
    ok = zone_schema(&sql) && sqlite3_exec(db, sql.p, NULL, NULL, NULL) == SQLITE_OK;
    buf_done(&sql);
    return ok;
}

bool schema_prepare(sqlite3 *db, char *message, size_t message_size)
{
    int version = read_version(db);
    char pragma[64];
    bool ok;

    if (version > SCHEMA_VERSION) {
        snprintf(message, message_size,
                 "the data was written by a newer version (schema %d, this program knows %d)",
                 version, SCHEMA_VERSION);
        return false;
    }
    if (version == SCHEMA_VERSION)
        return true;
    ok = version >= 0 && sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (int i = version; ok && i < SCHEMA_VERSION; i++)
        ok = migrate(db, i);
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", SCHEMA_VERSION);
    ok = ok && sqlite3_exec(db, pragma, NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!ok) {
        snprintf(message, message_size, "cannot prepare the data: %s", sqlite3_errmsg(db));
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return ok;
}
