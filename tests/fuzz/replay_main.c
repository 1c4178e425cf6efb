/* Feeds the files given as arguments, and those of directories, to a fuzz target, for builds
 * without libFuzzer. A violated property aborts the process, so reaching the last line means
 * success. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail_path(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

/* The input has exactly its size on the heap, so that AddressSanitizer sees reads behind it. */
static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + (size == 0));
    if (!file || !data || fread(data, 1, size, file) != size)
        fail_path(path);
    fclose(file);
    /* Named before it runs: an abort says which one it was. */
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static size_t replay_directory(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0)
        fail_path(directory);
    size_t replayed = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat info;
        int n = snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        free(entries[i]);
        if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &info) != 0)
            fail_path(path);
        if (!S_ISREG(info.st_mode))
            continue;
        replay_file(path, (size_t)info.st_size);
        replayed++;
    }
    free(entries);
    return replayed;
}

static size_t replay_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        fail_path(path);
    if (!S_ISREG(info.st_mode))
        return replay_directory(path);
    replay_file(path, (size_t)info.st_size);
    return 1;
}

int main(int argc, char **argv)
{
    size_t replayed = 0;
    for (int i = 1; i < argc; i++)
        replayed += replay_path(argv[i]);
    printf("%zu passed, 0 failed\n", replayed);
    return replayed ? 0 : 1;
}
