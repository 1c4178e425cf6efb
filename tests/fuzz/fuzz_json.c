/* JSON: what is parsed and written parses again to the same text; whatever plain yyjson accepts is
 * accepted; everything written is UTF-8. */
#include "json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_utf8(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t rune;
        size_t n = str_next_rune(str_make(s.p + i, s.n - i), &rune);
        require(n > 0);
        i += n;
    }
}

/* True when yyjson alone takes the text as it is. */
static bool is_strict_json(struct str text)
{
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, NULL, NULL);
    yyjson_doc_free(doc);
    return doc != NULL;
}

static void check_round_trip(struct arena *arena, yyjson_val *root)
{
    struct error error = {.arena = arena};
    struct str first;
    struct str second;
    yyjson_val *again;
    require(json_write(arena, root, &first) == ERR_OK);
    require_utf8(first);
    require(json_parse(arena, first, &again, &error) == ERR_OK);
    require(yyjson_get_type(again) == yyjson_get_type(root));
    require(json_write(arena, again, &second) == ERR_OK);
    require(str_eq(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    struct error error = {.arena = &arena};
    yyjson_val *root = NULL;
    enum err code = json_parse(&arena, text, &root, &error);
    if (code == ERR_OK) {
        check_round_trip(&arena, root);
    } else {
        require(code == ERR_BAD_REQUEST && error.code == code);
        require(str_starts_with(error.message, STR("Unable to process JSON. ")));
        require_utf8(error.message);
        if (is_strict_json(text))
            require(str_find(error.message, STR("nesting depth")) >= 0);
    }
    arena_done(&arena);

    /* A low ceiling changes the answer to 413 and to nothing else. */
    arena_init(&arena, 4096);
    enum err small = json_parse(&arena, text, &root, &error);
    require(small == code || small == ERR_TOO_LARGE);
    arena_done(&arena);
    return 0;
}
