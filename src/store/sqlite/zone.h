/* Zones: runs of neighbouring rows, with the range of each number among them and a set of what
 * their texts are. A condition or an order by a number rules most zones out without a look at
 * their rows. Bounds are never too narrow, and may be wider than the rows need: changes widen
 * them, deletes leave them. */
#ifndef OCELLI_STORE_SQLITE_ZONE_H
#define OCELLI_STORE_SQLITE_ZONE_H

#include "base/buf.h"
#include "store/sqlite/database.h"

/* Writer. Notes a row that was put, for the zones of its table; `is_new` when it was not stored
 * before. ERR_INTERNAL. */
enum err zone_note_entity(struct session *session, const struct row *row, bool is_new);

/* Writer. Notes the sums of a trace after spans were added to it: its columns cost, usage,
 * llm_span_count from `column` on in the row of the statement. */
enum err zone_note_sums(struct session *session, int64_t project, const struct uuid *trace,
                        sqlite3_stmt *statement, int column);

/* Writer. Writes what was noted; before each commit. */
enum err zone_flush(struct session *session);

/* Writer. Forgets what was noted; after a rollback. */
void zone_forget(struct session *session);

/* Frees what was noted. NULL-safe. */
void zone_free(struct zone_notes *notes);

/* Registers the SQL functions of zones. SQLITE_OK or an error of SQLite. */
int zone_functions_register(struct session *session);

/* The text of a statement on the zones of traces (slot 0) or spans (1). */
struct str zone_sql(struct arena *arena, int slot, enum zone_statement which);

/* Appends to *out what brings a file without zones to have them. False when memory is out. */
bool zone_schema(struct buf *out);

#endif
