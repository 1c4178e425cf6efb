/* The web client: files that the build has put into the program (tools/embed.c). */
#ifndef OCELLI_API_WEB_H
#define OCELLI_API_WEB_H

#include "http/request.h"

struct web_file {
    const char *path; /* "/assets/index-1a2b3c.js" */
    const char *content_type;
    const char *tag;   /* changes with the content */
    const char *bytes; /* as stored */
    size_t size;       /* of them */
    size_t plain_size; /* unpacked; the same when the file is stored plain */
};

/* Sorted by path. Empty when the program was built without the web client. */
extern const struct web_file web_files[];
extern const size_t web_file_count;

/* Answers with a file; for other paths without a file extension with the first page, whose script
 * looks at the path; below /v1 and the like with the API's 404. */
void web_get(struct request *request);

#endif
