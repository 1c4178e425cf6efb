/* The bare limit of ingestion; see limit_run.h. */
#include "limit_run.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <yyjson.h>
#include <zlib.h>
#include <zstd.h>

#include "clock.h"

#define TEXT_SIZE (256 << 10) /* memory for one field's text; rows are of about 2 KB */
#define BODY_FIELDS 3

static const char schema[] =
    "PRAGMA page_size=8192;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-32768;"
    "CREATE TABLE trace(key INTEGER PRIMARY KEY, id BLOB, project INTEGER, name TEXT,"
    " start_time INTEGER, end_time INTEGER, last_updated_at INTEGER, thread_id TEXT, tags TEXT);"
    "CREATE UNIQUE INDEX trace_id ON trace(id);"
    "CREATE TABLE span(key INTEGER PRIMARY KEY, id BLOB, project INTEGER, name TEXT,"
    " start_time INTEGER, end_time INTEGER, last_updated_at INTEGER, trace_id BLOB, parent_id BLOB,"
    " type TEXT, model TEXT, provider TEXT, usage TEXT, tags TEXT);"
    "CREATE UNIQUE INDEX span_id ON span(id);"
    "CREATE TABLE trace_body(key INTEGER PRIMARY KEY, input BLOB, output BLOB, metadata BLOB);"
    "CREATE TABLE span_body(key INTEGER PRIMARY KEY, input BLOB, output BLOB, metadata BLOB);";

static const char insert_trace[] = "INSERT INTO trace VALUES(NULL,?1,1,?2,?3,?4,?5,?6,?7)";
static const char insert_span[] =
    "INSERT INTO span VALUES(NULL,?1,1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";
static const char insert_trace_body[] = "INSERT INTO trace_body VALUES(?1,?2,?3,?4)";
static const char insert_span_body[] = "INSERT INTO span_body VALUES(?1,?2,?3,?4)";

struct limit {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit;
    sqlite3_stmt *trace, *span, *trace_body, *span_body;
    ZSTD_CCtx *zstd;
    z_stream gunzip;
    char *json; /* the inflated batch, with the parser's padding */
    size_t json_size;
    void *pool; /* the parser's memory */
    size_t pool_size;
    char *text;              /* the text of one field */
    char *joined;            /* of all three */
    char *body[BODY_FIELDS]; /* their compressed forms */
    enum limit_shape shape;
};

static bool limit_fail(struct limit *limit, const char *what)
{
    fprintf(stderr, "limit: %s: %s\n", what, limit->db ? sqlite3_errmsg(limit->db) : "");
    return false;
}

static bool limit_prepare(struct limit *limit, const char *sql, sqlite3_stmt **ret)
{
    return sqlite3_prepare_v2(limit->db, sql, -1, ret, NULL) == SQLITE_OK;
}

static bool limit_open(struct limit *limit, const char *path)
{
    return sqlite3_open(path, &limit->db) == SQLITE_OK &&
           sqlite3_exec(limit->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_wal_autocheckpoint(limit->db, 4000) == SQLITE_OK &&
           limit_prepare(limit, "BEGIN", &limit->begin) &&
           limit_prepare(limit, "COMMIT", &limit->commit) &&
           limit_prepare(limit, insert_trace, &limit->trace) &&
           limit_prepare(limit, insert_span, &limit->span) &&
           limit_prepare(limit, insert_trace_body, &limit->trace_body) &&
           limit_prepare(limit, insert_span_body, &limit->span_body);
}

static bool limit_init(struct limit *limit, const struct workload *workload, const char *path)
{
    size_t longest = 0;
    for (size_t i = 0; i < workload->batch_count; i++)
        longest = workload->batches[i].json_len > longest ? workload->batches[i].json_len : longest;
    limit->json_size = longest + YYJSON_PADDING_SIZE;
    limit->json = malloc(limit->json_size);
    limit->pool_size = yyjson_read_max_memory_usage(longest, YYJSON_READ_INSITU);
    limit->pool = malloc(limit->pool_size);
    limit->text = malloc(TEXT_SIZE);
    limit->joined = malloc(TEXT_SIZE);
    limit->zstd = ZSTD_createCCtx();
    for (int i = 0; i < BODY_FIELDS; i++)
        limit->body[i] = malloc(ZSTD_COMPRESSBOUND(TEXT_SIZE));
    if (!limit->json || !limit->pool || !limit->text || !limit->joined || !limit->zstd ||
        !limit->body[0] || !limit->body[1] || !limit->body[2])
        return limit_fail(limit, "out of memory");
    if (inflateInit2(&limit->gunzip, 15 + 16) != Z_OK)
        return limit_fail(limit, "zlib");
    return limit_open(limit, path) || limit_fail(limit, "open");
}

static void limit_done(struct limit *limit)
{
    sqlite3_finalize(limit->begin);
    sqlite3_finalize(limit->commit);
    sqlite3_finalize(limit->trace);
    sqlite3_finalize(limit->span);
    sqlite3_finalize(limit->trace_body);
    sqlite3_finalize(limit->span_body);
    sqlite3_close(limit->db);
    inflateEnd(&limit->gunzip);
    ZSTD_freeCCtx(limit->zstd);
    free(limit->json);
    free(limit->pool);
    free(limit->text);
    free(limit->joined);
    for (int i = 0; i < BODY_FIELDS; i++)
        free(limit->body[i]);
}

static bool limit_step(sqlite3_stmt *stmt)
{
    bool ok = sqlite3_step(stmt) == SQLITE_DONE;
    return sqlite3_reset(stmt) == SQLITE_OK && ok;
}

static void limit_bind_text(sqlite3_stmt *stmt, int column, yyjson_val *val)
{
    if (val)
        sqlite3_bind_text(stmt, column, yyjson_get_str(val), (int)yyjson_get_len(val),
                          SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, column);
}

static unsigned limit_hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void limit_bind_id(sqlite3_stmt *stmt, int column, yyjson_val *val)
{
    unsigned char id[16];
    const char *text = yyjson_get_str(val);
    if (!text || yyjson_get_len(val) != 36) {
        sqlite3_bind_null(stmt, column);
        return;
    }
    for (int i = 0; i < 16; i++) {
        if (*text == '-')
            text++;
        id[i] = (unsigned char)(limit_hex_digit(text[0]) << 4 | limit_hex_digit(text[1]));
        text += 2;
    }
    sqlite3_bind_blob(stmt, column, id, sizeof(id), SQLITE_TRANSIENT);
}

static int64_t limit_digits(const char *text, int n)
{
    int64_t value = 0;
    for (int i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* Microseconds since the epoch of YYYY-MM-DDTHH:MM:SS.uuuuuuZ, the only form the workload has. */
static void limit_bind_time(sqlite3_stmt *stmt, int column, yyjson_val *val)
{
    const char *t = yyjson_get_str(val);
    if (!t || yyjson_get_len(val) != 27) {
        sqlite3_bind_null(stmt, column);
        return;
    }
    int64_t year = limit_digits(t, 4), month = limit_digits(t + 5, 2), day = limit_digits(t + 8, 2);
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                   day_of_year - 719468;
    int64_t seconds = days * 86400 + limit_digits(t + 11, 2) * 3600 + limit_digits(t + 14, 2) * 60 +
                      limit_digits(t + 17, 2);
    sqlite3_bind_int64(stmt, column, seconds * 1000000 + limit_digits(t + 20, 6));
}

/* Writes a value as compact text in limit->text; NULL when there is none. */
static const char *limit_write(struct limit *limit, yyjson_val *val, size_t *ret_n)
{
    yyjson_alc alc;
    if (!val || !yyjson_alc_pool_init(&alc, limit->text, TEXT_SIZE))
        return NULL;
    return yyjson_val_write_opts(val, 0, &alc, ret_n, NULL);
}

static void limit_bind_json(struct limit *limit, sqlite3_stmt *stmt, int column, yyjson_val *val)
{
    size_t n = 0;
    const char *text = limit_write(limit, val, &n);
    if (text)
        sqlite3_bind_text(stmt, column, text, (int)n, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(stmt, column);
}

/* Compresses into limit->body[field] and binds that. */
static bool limit_bind_packed(struct limit *limit, sqlite3_stmt *stmt, int field, const char *text,
                              size_t n)
{
    size_t packed = ZSTD_compressCCtx(limit->zstd, limit->body[field],
                                      ZSTD_COMPRESSBOUND(TEXT_SIZE), text, n, 1);
    if (ZSTD_isError(packed))
        return limit_fail(limit, "zstd");
    return sqlite3_bind_blob(stmt, 2 + field, limit->body[field], (int)packed, SQLITE_STATIC) ==
           SQLITE_OK;
}

static bool limit_store_body(struct limit *limit, sqlite3_stmt *stmt, yyjson_val *item)
{
    static const char *const fields[BODY_FIELDS] = {"input", "output", "metadata"};
    size_t joined_len = 0;
    sqlite3_bind_int64(stmt, 1, sqlite3_last_insert_rowid(limit->db));
    for (int i = 0; i < BODY_FIELDS; i++) {
        size_t n = 0;
        const char *text = limit_write(limit, yyjson_obj_get(item, fields[i]), &n);
        if (!text || joined_len + n > TEXT_SIZE)
            return limit_fail(limit, "an item lacks a body or has one too long");
        if (limit->shape == LIMIT_FIELDS_APART) {
            if (!limit_bind_packed(limit, stmt, i, text, n))
                return false;
        } else {
            memcpy(limit->joined + joined_len, text, n);
            joined_len += n;
        }
    }
    if (limit->shape == LIMIT_FIELDS_JOINED &&
        !limit_bind_packed(limit, stmt, 0, limit->joined, joined_len))
        return false;
    return limit_step(stmt);
}

static bool limit_store_item(struct limit *limit, bool is_span, yyjson_val *item)
{
    sqlite3_stmt *stmt = is_span ? limit->span : limit->trace;
    limit_bind_id(stmt, 1, yyjson_obj_get(item, "id"));
    limit_bind_text(stmt, 2, yyjson_obj_get(item, "name"));
    limit_bind_time(stmt, 3, yyjson_obj_get(item, "start_time"));
    limit_bind_time(stmt, 4, yyjson_obj_get(item, "end_time"));
    limit_bind_time(stmt, 5, yyjson_obj_get(item, "last_updated_at"));
    if (is_span) {
        limit_bind_id(stmt, 6, yyjson_obj_get(item, "trace_id"));
        limit_bind_id(stmt, 7, yyjson_obj_get(item, "parent_span_id"));
        limit_bind_text(stmt, 8, yyjson_obj_get(item, "type"));
        limit_bind_text(stmt, 9, yyjson_obj_get(item, "model"));
        limit_bind_text(stmt, 10, yyjson_obj_get(item, "provider"));
        limit_bind_json(limit, stmt, 11, yyjson_obj_get(item, "usage"));
    } else {
        limit_bind_text(stmt, 6, yyjson_obj_get(item, "thread_id"));
    }
    limit_bind_json(limit, stmt, is_span ? 12 : 7, yyjson_obj_get(item, "tags"));
    return limit_step(stmt) &&
           limit_store_body(limit, is_span ? limit->span_body : limit->trace_body, item);
}

static bool limit_gunzip(struct limit *limit, const struct workload_batch *batch, size_t *ret_n)
{
    z_stream *z = &limit->gunzip;
    if (inflateReset(z) != Z_OK)
        return false;
    z->next_in = (unsigned char *)batch->request + batch->head_len;
    z->avail_in = (unsigned)(batch->len - batch->head_len);
    z->next_out = (unsigned char *)limit->json;
    z->avail_out = (unsigned)(limit->json_size - YYJSON_PADDING_SIZE);
    if (inflate(z, Z_FINISH) != Z_STREAM_END)
        return false;
    *ret_n = z->total_out;
    memset(limit->json + *ret_n, 0, YYJSON_PADDING_SIZE);
    return true;
}

static bool limit_store_batch(struct limit *limit, const struct workload_batch *batch, size_t *rows)
{
    size_t n, i, max;
    yyjson_val *item;
    yyjson_alc alc;
    if (!limit_gunzip(limit, batch, &n))
        return limit_fail(limit, "gunzip");
    if (!yyjson_alc_pool_init(&alc, limit->pool, limit->pool_size))
        return limit_fail(limit, "pool");
    yyjson_doc *doc = yyjson_read_opts(limit->json, n, YYJSON_READ_INSITU, &alc, NULL);
    yyjson_val *items =
        yyjson_obj_get(yyjson_doc_get_root(doc), batch->is_span ? "spans" : "traces");
    if (!items)
        return limit_fail(limit, "parse");
    if (!limit_step(limit->begin))
        return limit_fail(limit, "begin");
    yyjson_arr_foreach(items, i, max, item)
    {
        if (!limit_store_item(limit, batch->is_span, item))
            return limit_fail(limit, "insert");
        ++*rows;
    }
    return limit_step(limit->commit) || limit_fail(limit, "commit");
}

static size_t limit_file_bytes(const char *path)
{
    struct stat st;
    char wal[600];
    size_t bytes = stat(path, &st) == 0 ? (size_t)st.st_size : 0;
    snprintf(wal, sizeof(wal), "%s-wal", path);
    return bytes + (stat(wal, &st) == 0 ? (size_t)st.st_size : 0);
}

bool limit_run(const struct workload *workload, const char *path, enum limit_shape shape,
               struct limit_result *ret)
{
    struct limit limit = {.shape = shape};
    *ret = (struct limit_result){0};
    bool ok = limit_init(&limit, workload, path);
    uint64_t start = clock_now_ns();
    double cpu_start = clock_thread_cpu_seconds();
    for (size_t i = 0; ok && i < workload->batch_count; i++)
        ok = limit_store_batch(&limit, &workload->batches[i], &ret->rows);
    ret->seconds = (double)(clock_now_ns() - start) / 1e9;
    ret->cpu_seconds = clock_thread_cpu_seconds() - cpu_start;
    ret->rows_per_second = (double)ret->rows / ret->seconds;
    ret->file_bytes = limit_file_bytes(path);
    limit_done(&limit);
    return ok;
}
