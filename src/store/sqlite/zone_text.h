/* Which trigrams the texts of a zone's rows have (base/trigrams.h), so that a search leaves out the
 * zones that cannot have its pattern. They are made when a zone has rested for a while, by somebody
 * who is in no hurry (store.h, "search index"); a zone without them may have everything. */
#ifndef OCELLI_STORE_SQLITE_ZONE_TEXT_H
#define OCELLI_STORE_SQLITE_ZONE_TEXT_H

#include "store/sqlite/database.h"

/* The table of traces (slot 0) or spans (1): project, first (the key of the zone), bits. NULL bits
 * are being made; empty ones rule nothing out. */
const char *zone_text_table(int slot);

/* Registers the SQL functions. SQLITE_OK or an error of SQLite. */
int zone_text_functions_register(struct session *session);

#endif
