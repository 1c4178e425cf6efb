/* The field table of environments. */
#include "model/environment.h"

#include <ctype.h>

#define OWN (FF_CREATE | FF_UPDATE | FF_READ | FF_STORED)

static bool is_made_of_name_characters(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c >= 0x80 || (!isalnum(c) && c != '_' && c != '-'))
            return false;
    }
    return true;
}

bool environment_name_is_valid(struct str name)
{
    return name.n > 0 && name.n <= ENVIRONMENT_NAME_MAX && is_made_of_name_characters(name);
}

struct str environment_color(struct str name)
{
    static const char *const palette[] = {
        "#945FCF", "#12A4B4", "#19A979", "#5899DA", "#E8743B",
        "#ED4A7B", "#BF399E", "#6C8893", "#EE6868", "#2F6497",
    };
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 16777619U;
    return str_of(palette[hash % (sizeof(palette) / sizeof(palette[0]))]);
}

static enum err check_name(struct arena *arena, struct record *record, size_t field,
                           struct error *reterr)
{
    const struct value *name = &record->v[field];

    (void)arena;
    if (value_is_set(name) && !str_is_blank(name->s) && !is_made_of_name_characters(name->s))
        error_add(reterr, ERR_UNPROCESSABLE, "name must match '^[A-Za-z0-9_-]+$'");
    return ERR_OK;
}

static const struct field environment_fields[ENVIRONMENT_FIELD_COUNT] = {
    [NAMED_ID] = {"id", FIELD_UUID, FF_CREATE | FF_READ | FF_STORED, .column = "uuid",
                  .doc = "UUID of version 7; made by the server when absent."},
    [NAMED_NAME] = {"name", FIELD_TEXT, OWN | FF_REQUIRED | FF_NOT_BLANK,
                    .max = ENVIRONMENT_NAME_MAX, .column = "name", .check = check_name,
                    .doc = "Letters, digits, _ and -; unique in the workspace, without regard to "
                           "case."},
    [NAMED_DESCRIPTION] = {"description", FIELD_TEXT, OWN, .max = 500, .column = "description",
                           .doc = "Any text."},
    NAMED_AUDIT_FIELDS,
    [ENVIRONMENT_COLOR] = {"color", FIELD_TEXT, OWN | FF_BLANK_ABSENT, .max = 20, .column = "color",
                           .doc = "Colour in the web client; picked by the name when absent."},
    [ENVIRONMENT_POSITION] = {"position", FIELD_INT, OWN, .column = "position",
                              .doc = "Place in the web client's lists; 0 when absent."},
};

static const char *const environment_sortable_by[] = {"created_at", NULL};

const struct resource environment_resource = {
    "Environment",           "environment",           environment_fields,
    ENVIRONMENT_FIELD_COUNT, environment_sortable_by,
};
