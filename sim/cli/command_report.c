/* command_report.c - writes the report again from what is stored: campaigns, studies, several of
 * both on one page. */
#include <errno.h>
#include <stdio.h>

#include "reports/study/study_report.h"
#include "sim/cli/command.h"
#include "sim/cli/report_outs.h"

static int refuse(const GError *error)
{
    fprintf(stderr, "dcdrill: error: %s\n", error->message);
    return EXIT_USAGE;
}

static void tell_written(const char *target, bool is_study)
{
    static const char *const study[] = {"report.html", "report.json", "report.csv", "report.txt",
                                        NULL};
    static const char *const drill[] = {"report.html", "summary.md", NULL};
    const char *const *names = is_study ? study : drill;

    for (guint i = 0; names[i] != NULL; i++) {
        printf("%s/%s\n", target, names[i]);
    }
}

int command_report(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GPtrArray) directories = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    bool is_study;

    (void)kinds;
    if (options->files->len == 0) {
        fprintf(stderr, "dcdrill: error: 'report' needs an output directory, like out/dc03-lost\n");
        return EXIT_USAGE;
    }
    for (guint i = 0; i < options->files->len; i++) {
        g_ptr_array_add(directories, g_ptr_array_index(options->files, i));
    }
    g_ptr_array_add(directories, NULL);
    is_study = study_report_is_asked((const char *const *)directories->pdata);
    const char *target =
        options->out_dir != NULL ? options->out_dir : g_ptr_array_index(options->files, 0);

    if (!report_outs_check(options, is_study, &error)) {
        return refuse(error);
    }
    if (options->out_dir != NULL && g_mkdir_with_parents(target, 0777) != 0) {
        fprintf(stderr, "dcdrill: error: cannot make the directory '%s': %s\n", target,
                g_strerror(errno));
        return EXIT_USAGE;
    }
    if (!report_outs_write((const char *const *)directories->pdata, target, &error) ||
        !report_outs_copy(options, target, is_study, &error)) {
        return refuse(error);
    }
    if (!options_use_stdout(options)) {
        tell_written(target, is_study);
    }
    return EXIT_PASSED;
}
