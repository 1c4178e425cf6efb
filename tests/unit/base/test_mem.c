/* Heap memory, and the end of the process when there is none. */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_alloc(void **state)
{
    (void)state;
    static const char zeros[5000];
    char *p = mem_alloc(5000);
    memset(p, 0xFF, 5000);
    mem_free(p);
    p = mem_zalloc(5000);
    assert_memory_equal(p, zeros, 5000);
    mem_free(p);
    p = mem_alloc(0);
    assert_non_null(p);
    mem_free(p);
    mem_free(NULL);
}

static void test_fail_ends_process(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        mem_fail();
    }
    close(ends[1]);
    char text[100] = {0};
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_string_equal(text, "ocelli: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_fail_ends_process),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
