/* Answers of many rows: encoded one by one into pieces, so that memory is bounded whatever the
 * number of rows. */
#ifndef OCELLI_API_ROWS_H
#define OCELLI_API_ROWS_H

#include "api/api.h"

/* In the request's arena, zeroed, and filled by the handler down to `sortable_with_rows`; often the
 * first member of what `next` needs. */
struct row_answer {
    struct session *session; /* given back at the end */
    /* The JSON text of the next row, in the arena, which is emptied after each. ERR_NOT_FOUND after
     * the last. */
    enum err (*next)(struct row_answer *rows, struct arena *arena, struct str *ret);
    void (*close)(struct row_answer *rows); /* frees what `next` reads from; called once */
    bool lines;                     /* a stream: one row a line, nothing around them; else a page */
    int64_t page, total;            /* of a page */
    const char *const *sortable_by; /* of a page; NULL: the member is left out */
    bool sortable_with_rows;        /* without rows it is an empty list */

    struct arena item; /* of one row */
    int64_t count;
    bool started;
    bool has_slot;     /* counted in api->streams */
    int64_t opened_ns; /* monotonic */
};

/* Answers with the rows, or with the error that comes before the first of them. */
void rows_answer(struct request *request, struct row_answer *rows);

#endif
