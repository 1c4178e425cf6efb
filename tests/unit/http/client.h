/* A plain HTTP client on raw sockets, so that tests decide about every byte. A failed expectation
 * fails the test. */
#ifndef OCELLI_TESTS_UNIT_HTTP_CLIENT_H
#define OCELLI_TESTS_UNIT_HTTP_CLIENT_H

#include "base/buf.h"

struct client {
    int fd;
    struct buf in; /* what came and was not looked at yet */
};

struct answer {
    int status;
    char head[8192]; /* with the status line, NUL-terminated */
    struct buf body;
    bool chunked;
};

/* A connection to 127.0.0.1. */
void client_open(struct client *client, int port);

void client_close(struct client *client);

void client_send(struct client *client, struct str data);

/* For literals and other texts. */
void client_send_text(struct client *client, const char *text);

/* Sends as much as the server takes; false when it closed the connection meanwhile. */
bool client_try_send(struct client *client, struct str data);

/* Reads one answer; `head_only` for the answer to a HEAD. */
void client_read(struct client *client, struct answer *answer, bool head_only);

/* As client_read(); false when the connection ends before the answer does. */
bool client_try_read(struct client *client, struct answer *answer, bool head_only);

/* True when the server closes the connection within the time, and nothing comes before. */
bool client_sees_end(struct client *client, int wait_ms);

/* One request on a connection of its own. */
void client_ask(int port, const char *request, struct answer *answer);

void answer_done(struct answer *answer);

/* The value of a header, or NULL. Good until the next call. */
const char *answer_header(const struct answer *answer, const char *name);

/* Packs and unpacks. */
void client_gzip(struct str in, struct buf *out);
void client_gunzip(struct str in, struct buf *out);

#endif
