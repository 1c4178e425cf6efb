/* What the Accept, Accept-Encoding, Content-Encoding and Content-Type headers of a request mean.
 * Private to http. */
#ifndef OCELLI_HTTP_NEGOTIATE_H
#define OCELLI_HTTP_NEGOTIATE_H

#include "http/request.h"

/* How a request body is packed. */
enum http_coding { CODING_IDENTITY, CODING_GZIP, CODING_UNKNOWN };

/* True when the Accept headers allow `type` ("application/json"), or there are none. */
bool negotiate_accepts_type(const struct request *request, struct str type);

/* True when the Accept-Encoding headers allow gzip; not when there are none. */
bool negotiate_accepts_gzip(const struct request *request);

enum http_coding negotiate_body_coding(const struct request *request);

/* True for "application/json", whatever its case and parameters. */
bool negotiate_is_json(struct str content_type);

/* True when packing a body of this type is worth it: not for what is packed already. */
bool negotiate_is_compressible(struct str content_type);

#endif
