/* JSON paths of dictionary filters (query.md 4). */
#ifndef OCELLI_QUERY_JSON_PATH_H
#define OCELLI_QUERY_JSON_PATH_H

#include "json/json.h"

#define JSON_PATH_STEPS_MAX 64

enum json_step_kind { STEP_NAME, STEP_INDEX, STEP_ALL, STEP_RANGE };

struct json_step {
    enum json_step_kind kind;
    struct str name;
    size_t from, to; /* STEP_INDEX: from; STEP_RANGE: both, the end included */
};

struct json_path {
    struct json_step steps[JSON_PATH_STEPS_MAX];
    size_t n;
};

/* `$.a."b c"[0][*][1 to 3]["d"]`; the leading `$`, or `$.`, may be missing. Names without quotes
 * are letters, digits and `_`. Names point into `text`, or into the arena where a quoted one has
 * escapes. False when it is no path. */
bool json_path_parse(struct arena *arena, struct str text, struct json_path *ret);

/* The text of the first scalar that the path yields: a string's content, a number's digits, true,
 * false or null. False when there is none. */
bool json_path_first(const struct json_path *path, yyjson_val *root, struct str *ret);

#endif
