/* Makes of a directory what puts its files into a program:
 *
 *   embed DIRECTORY OUT
 *
 * writes OUT/files.c, the table of src/api/web.h, and beside it each file as it is stored: packed
 * with gzip unless that makes it larger. A directory that is not there makes an empty table. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct file {
    char *path; /* below the directory, with a slash in front */
    size_t size, plain_size;
    uint64_t hash;
};

static struct file *files;
static size_t file_count;

static const struct {
    const char *extension, *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
};

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s %s\n", what, name);
    exit(1);
}

static void *must(void *piece)
{
    if (!piece)
        fail("out of", "memory");
    return piece;
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = must(malloc(size));

    snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(dot, types[i].extension) == 0)
            return types[i].type;
    fail("no content type is known for", path);
    return NULL;
}

static void collect(const char *directory, const char *below)
{
    char *folder = join(directory, below, "");
    DIR *handle = opendir(folder);
    struct dirent *entry;

    while (handle && (entry = readdir(handle))) {
        char *path = join(below, "/", entry->d_name), *full = join(directory, path, "");
        struct stat status;

        if (entry->d_name[0] == '.')
            continue;
        if (stat(full, &status))
            fail("cannot look at", full);
        if (S_ISDIR(status.st_mode)) {
            collect(directory, path);
            continue;
        }
        files = must(realloc(files, (file_count + 1) * sizeof(*files)));
        files[file_count++] = (struct file){.path = path};
    }
    if (handle)
        closedir(handle);
    else if (below[0])
        fail("cannot read", folder);
    free(folder);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static unsigned char *read_whole(const char *name, size_t *ret)
{
    FILE *in = fopen(name, "rb");
    struct stat status;
    unsigned char *bytes;

    if (!in || fstat(fileno(in), &status))
        fail("cannot read", name);
    *ret = (size_t)status.st_size;
    bytes = must(malloc(*ret + 1));
    if (fread(bytes, 1, *ret, in) != *ret)
        fail("cannot read", name);
    fclose(in);
    return bytes;
}

/* NULL when packing makes it larger. */
static unsigned char *pack(unsigned char *bytes, size_t size, size_t *ret)
{
    z_stream stream = {0};
    unsigned char *packed = must(malloc(size + 1));
    bool smaller;

    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        fail("out of", "memory");
    stream.next_in = bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)size;
    smaller = deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < size;
    *ret = stream.total_out;
    deflateEnd(&stream);
    return smaller ? packed : NULL;
}

/* FNV-1a. */
static uint64_t hash_of(const unsigned char *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

static void store(const char *directory, const char *out, size_t index)
{
    struct file *file = &files[index];
    char number[32], *name;
    unsigned char *plain = read_whole(join(directory, file->path, ""), &file->plain_size);
    unsigned char *packed = pack(plain, file->plain_size, &file->size);
    FILE *target;

    file->hash = hash_of(plain, file->plain_size);
    if (!packed)
        file->size = file->plain_size;
    snprintf(number, sizeof(number), "/%zu", index);
    name = join(out, number, ".bin");
    target = fopen(name, "wb");
    if (!target || fwrite(packed ? packed : plain, 1, file->size, target) != file->size ||
        fclose(target))
        fail("cannot write", name);
}

static void write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_table(FILE *out, const char *folder)
{
    fprintf(out, "/* Made by tools/embed.c. */\n#include \"api/web.h\"\n\n");
    for (size_t i = 0; i < file_count; i++)
        fprintf(out,
                "__asm__(\".section .rodata\\n.balign 16\\nweb_bytes_%zu:\\n"
                ".incbin \\\"%s/%zu.bin\\\"\\n.byte 0\\n.previous\\n\");\n"
                "extern const char web_bytes_%zu[] __attribute__((visibility(\"hidden\")));\n",
                i, folder, i, i);
    fprintf(out, "\nconst struct web_file web_files[] = {\n");
    for (size_t i = 0; i < file_count; i++) {
        const struct file *file = &files[i];
        fprintf(out, "    {");
        write_text(out, file->path);
        fprintf(out, ", \"%s\", \"%016llx\", web_bytes_%zu, %zu, %zu},\n", type_of(file->path),
                (unsigned long long)file->hash, i, file->size, file->plain_size);
    }
    fprintf(out, "    {0}, /* no array is empty */\n};\nconst size_t web_file_count = %zu;\n",
            file_count);
}

int main(int argc, char **argv)
{
    char *name;
    FILE *out;

    if (argc != 3)
        fail("usage: embed", "DIRECTORY OUT");
    collect(argv[1], "");
    if (file_count > 0)
        qsort(files, file_count, sizeof(*files), by_path);
    for (size_t i = 0; i < file_count; i++)
        store(argv[1], argv[2], i);
    name = join(argv[2], "/files.c", "");
    out = fopen(name, "w");
    if (!out)
        fail("cannot write", name);
    write_table(out, argv[2]);
    if (fclose(out))
        fail("cannot write", name);
    return 0;
}
