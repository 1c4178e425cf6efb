/* The log: levels, shape of a line, replaced characters, its longest line. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static FILE *captured;
static int saved_stderr;

static void capture_start(void)
{
    captured = tmpfile();
    assert_non_null(captured);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(fcntl(fileno(captured), F_SETFL, O_APPEND) == 0);
    dup2(fileno(captured), STDERR_FILENO);
}

/* What was written, NUL-terminated; the caller frees it. */
static char *capture_end(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    fseek(captured, 0, SEEK_END);
    size_t size = (size_t)ftell(captured);
    rewind(captured);
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, captured), size);
    fclose(captured);
    return text;
}

static void test_line(void **state)
{
    (void)state;
    capture_start();
    log_info("started", "port=%d", 5173);
    char *text = capture_end();
    struct instant instant;
    char *space = strchr(text, ' ');
    assert_non_null(space);
    assert_int_equal(space - text, 24);
    assert_true(instant_parse(str_make(text, 24), &instant));
    assert_true(llabs(instant_to_us(instant) - clock_now_us()) < 10 * CLOCK_US_PER_S);
    assert_string_equal(space, " info started port=5173\n");
    free(text);
}

static void test_levels(void **state)
{
    (void)state;
    assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
    capture_start();
    log_debug("quiet", "a=%d", 1);
    log_set_level(LOG_LEVEL_ERROR);
    log_warn("quiet", "a=%d", 2);
    log_error("loud", "a=%d", 3);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("loud", "a=%d", 4);
    log_set_level(LOG_LEVEL_INFO);
    char *text = capture_end();
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, " error loud a=3\n"));
    assert_non_null(strstr(text, " debug loud a=4\n"));
    free(text);
}

static void test_control_characters(void **state)
{
    (void)state;
    capture_start();
    log_warn("odd", "path=%s", "/a\nb\r\x1b[31m\x7f\xc3\xa4");
    char *text = capture_end();
    assert_non_null(strstr(text, " warn odd path=/a?b??[31m?\xc3\xa4\n"));
    assert_int_equal(strchr(text, '\n') - text, (ptrdiff_t)strlen(text) - 1);
    free(text);
}

static void test_longest_line(void **state)
{
    (void)state;
    for (int n = 1900; n < 2100; n++) {
        capture_start();
        log_info("long", "%*d", n, 1);
        char *text = capture_end();
        size_t want = strlen("2024-01-01T00:00:00.000Z info long ") + (size_t)n + 1;
        assert_int_equal(strlen(text), want < 2000 ? want : 2000);
        assert_int_equal(text[strlen(text) - 1], '\n');
        free(text);
    }
}

static void *write_lines(void *word)
{
    for (int i = 0; i < 500; i++)
        log_info("many", "%s%s%s", (const char *)word, (const char *)word, (const char *)word);
    return NULL;
}

static void test_lines_stay_whole(void **state)
{
    (void)state;
    capture_start();
    pthread_t threads[2];
    char words[2][21] = {"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"};
    pthread_create(&threads[0], NULL, write_lines, words[0]);
    pthread_create(&threads[1], NULL, write_lines, words[1]);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    char *text = capture_end();
    int lines = 0;
    for (char *line = text; *line; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(end - line, 24 + 11 + 60);
        line = end + 1;
    }
    assert_int_equal(lines, 1000);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_longest_line),
        cmocka_unit_test(test_lines_stay_whole),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
