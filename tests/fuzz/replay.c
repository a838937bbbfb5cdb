/* A harness without a fuzzer: every file that is named is an input, and so is every file of a folder
 * that is. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static long inputs;

static int try_file(const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *f = fopen(path, "rb");
    size_t size;
    uint8_t *own;
    if (!f) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        return 1;
    }
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    own = malloc(size + 1); /* of its own size, for the sanitizer */
    if (!own)
        return 1;
    for (size_t i = 0; i < size; i++)
        own[i] = bytes[i];
    LLVMFuzzerTestOneInput(own, size);
    free(own);
    inputs++;
    return 0;
}

static int try_folder(const char *path)
{
    char name[4096];
    struct dirent *entry;
    DIR *folder = opendir(path);
    int bad = 0;
    if (!folder)
        return try_file(path);
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            bad |= try_file(name);
        }
    closedir(folder);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        bad |= try_folder(argv[i]);
    printf("%ld inputs\n", inputs);
    return bad;
}
