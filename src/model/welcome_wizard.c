/* The field table of the web client's welcome. */
#include "model/welcome_wizard.h"

#define OWN (FF_CREATE | FF_STORED)

/* Like "name@host": one @ with something on both sides, no spaces, and dots only between labels. */
static bool is_email(struct str text)
{
    ptrdiff_t at = str_find(text, STR("@"));
    struct str host;

    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7F)
            return false;
    }
    if (at <= 0)
        return false;
    host = str_make(text.p + at + 1, text.n - (size_t)at - 1);
    return host.n > 0 && str_find(host, STR("@")) < 0 && str_find(text, STR("..")) < 0 &&
           text.p[0] != '.' && text.p[at - 1] != '.' && host.p[0] != '.' &&
           host.p[host.n - 1] != '.';
}

static enum err check_email(struct arena *arena, struct record *record, size_t field,
                            struct error *reterr)
{
    const struct value *email = &record->v[field];

    (void)arena;
    if (value_is_set(email) && email->s.n && !is_email(email->s))
        error_add(reterr, ERR_UNPROCESSABLE, "email Invalid email format");
    return ERR_OK;
}

static const struct field wizard_fields[WELCOME_WIZARD_FIELD_COUNT] = {
    [WELCOME_WIZARD_ROLE] = {"role", FIELD_TEXT, OWN, .max = 100,
                             .max_rule = "Role cannot exceed 100 characters", .column = "role",
                             .doc = "What the person does."},
    [WELCOME_WIZARD_INTEGRATIONS] = {"integrations", FIELD_TAGS, OWN, .column = "integrations",
                                     .doc = "What the person works with."},
    [WELCOME_WIZARD_EMAIL] = {"email", FIELD_TEXT, OWN, .max = 255,
                              .max_rule = "Email cannot exceed 255 characters", .column = "email",
                              .check = check_email, .doc = "Where the person can be reached."},
    [WELCOME_WIZARD_JOIN_BETA_PROGRAM] = {"join_beta_program", FIELD_BOOL, OWN,
                                          .column = "join_beta_program",
                                          .doc = "Whether the person wants to try what is new."},
};

const struct resource welcome_wizard_resource = {
    "WelcomeWizard", "welcome wizard", wizard_fields, WELCOME_WIZARD_FIELD_COUNT, NULL,
};
