/* command_report.c - writes the report again from stored results, several campaigns on one page. */
#include <errno.h>
#include <stdio.h>

#include "reports/report.h"
#include "sim/cli/command.h"

int command_report(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    (void)kinds;
    if (options->files->len == 0) {
        fprintf(stderr, "dcdrill: error: 'report' needs an output directory, like out/dc03-lost\n");
        return EXIT_USAGE;
    }
    for (guint i = 0; i < options->files->len; i++) {
        g_ptr_array_add(
            paths, g_build_filename(g_ptr_array_index(options->files, i), "results.sqlite", NULL));
    }
    g_ptr_array_add(paths, NULL);
    const char *target =
        options->out_dir != NULL ? options->out_dir : g_ptr_array_index(options->files, 0);
    g_autofree char *html = g_build_filename(target, "report.html", NULL);
    g_autofree char *markdown = g_build_filename(target, "summary.md", NULL);

    if (options->out_dir != NULL && g_mkdir_with_parents(target, 0777) != 0) {
        fprintf(stderr, "dcdrill: error: cannot make the directory '%s': %s\n", target,
                g_strerror(errno));
        return EXIT_USAGE;
    }
    if (!report_write((const char *const *)paths->pdata, html, &error) ||
        !report_write_markdown((const char *const *)paths->pdata, markdown, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    printf("%s\n%s\n", html, markdown);
    return EXIT_PASSED;
}
