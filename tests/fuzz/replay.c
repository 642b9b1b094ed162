/* replay.c - runs a fuzz target over files, without a fuzzer: found inputs stay found.
 * Arguments are files and folders; the last line says how many inputs ran. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    g_autofree char *data = NULL;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, NULL)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    return 1;
}

static int run_folder(const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    const char *name;
    int count = 0;

    if (folder == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        count += run_file(file);
    }
    g_dir_close(folder);
    return count;
}

int main(int count, char **arguments)
{
    int inputs = 0;

    for (int i = 1; i < count; i++) {
        inputs += g_file_test(arguments[i], G_FILE_TEST_IS_DIR) ? run_folder(arguments[i])
                                                                : run_file(arguments[i]);
    }
    printf("%d\n", inputs);
    return EXIT_SUCCESS;
}
