/* command.c - what the commands share. */
#include "sim/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "sim/run/measured.h"
#include "sim/run/probe.h"
#include "sim/scenario/scenario_read.h"

/* A scenario that does not stand where the user is but came with the program: below share/dcdrill
 * beside the folder of the program. NULL when there is none. Caller frees. */
static char *find_installed(const char *path)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program != NULL ? g_path_get_dirname(program) : NULL;

    if (folder == NULL || g_path_is_absolute(path) || strcmp(path, "-") == 0 ||
        g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    g_autofree char *written = g_build_filename(folder, "..", "share", "dcdrill", path, NULL);

    return g_file_test(written, G_FILE_TEST_IS_REGULAR) ? g_canonicalize_filename(written, NULL)
                                                        : NULL;
}

Scenario *command_read_scenario(const Options *options, const char *path, const Kind *const *kinds)
{
    ScenarioChanges changes = options_changes(options);
    g_autoptr(DiagList) diags = NULL;
    g_autofree char *installed = find_installed(path);
    Scenario *scenario =
        scenario_read(installed != NULL ? installed : path, &changes, kinds, &diags);

    if (scenario != NULL) {
        probes_check(scenario, kinds, diags);
        measured_check(scenario, kinds, diags);
    }
    g_autofree char *text = diag_list_to_text(diags);

    if (!options->is_quiet || options->is_strict || g_str_equal(options->command, "check") ||
        diag_count_errors(diags) > 0) {
        fputs(text, stderr);
    }
    if (diag_count_errors(diags) > 0 || (options->is_strict && diag_count_warnings(diags) > 0)) {
        g_clear_pointer(&diags, diag_list_free); /* it looks into the scenario */
        g_clear_pointer(&scenario, scenario_free);
    }
    return scenario;
}

void command_debug(const Options *options, const char *format, ...)
{
    va_list values;

    if (!options->is_debug) {
        return;
    }
    va_start(values, format);
    g_autofree char *text = g_strdup_vprintf(format, values);

    va_end(values);
    fprintf(stderr, "dcdrill: debug: %s\n", text);
}

/* How bad a status is; statuses that stop everything stand above all. */
static int weight(int status)
{
    switch (status) {
    case EXIT_PASSED:
        return 0;
    case EXIT_WORSE:
        return 1;
    case EXIT_INCONCLUSIVE:
        return 2;
    case EXIT_FAILED:
        return 3;
    case EXIT_USAGE:
        return 4;
    case EXIT_DISAGREED:
        return 5;
    case EXIT_WALL_LIMIT:
        return 6;
    case EXIT_INTERRUPTED:
    case EXIT_TERMINATED:
        return 7;
    default:
        return 8; /* an internal error */
    }
}

int command_worse(int one, int other)
{
    return weight(one) >= weight(other) ? one : other;
}

bool command_is_forgiven(const Options *options, int status)
{
    for (guint i = 0; options->exit_zero_on != NULL && options->exit_zero_on[i] != NULL; i++) {
        g_auto(GStrv) codes = g_strsplit(options->exit_zero_on[i], ",", -1);

        for (guint k = 0; codes[k] != NULL; k++) {
            if (g_ascii_strtoll(codes[k], NULL, 10) == status && status != EXIT_PASSED) {
                return true;
            }
        }
    }
    return false;
}
