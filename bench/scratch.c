/* Directories for the data of a run; see scratch.h. */
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool scratch_make(char ret_path[SCRATCH_PATH_SIZE])
{
    mkdir("build", 0755);
    mkdir(SCRATCH_ROOT, 0755);
    snprintf(ret_path, SCRATCH_PATH_SIZE, SCRATCH_ROOT "/run-XXXXXX");
    if (mkdtemp(ret_path))
        return true;
    perror("bench: " SCRATCH_ROOT);
    return false;
}

static int scratch_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void scratch_remove(const char *path)
{
    if (nftw(path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        perror(path);
    rmdir(SCRATCH_ROOT);
    sync();
}
