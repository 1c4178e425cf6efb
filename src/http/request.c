/* What handlers ask of a request. */
#include "http/request.h"

bool request_query(const struct request *request, const char *name, struct str *ret)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < request->query_count; i++) {
        if (str_eq(request->query[i].name, wanted)) {
            *ret = request->query[i].value;
            return true;
        }
    }
    return false;
}

bool request_header(const struct request *request, const char *name, struct str *ret)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_eq_nocase(request->headers[i].name, wanted)) {
            *ret = request->headers[i].value;
            return true;
        }
    }
    return false;
}
