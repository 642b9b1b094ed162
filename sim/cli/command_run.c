/* command_run.c - runs scenarios, prints the verdict, writes the results. */
#include <stdio.h>

#include "sim/cli/command_compare.h"
#include "sim/cli/job.h"
#include "sim/cli/run_folder.h"

static bool has_any_tag(const Scenario *scenario, char *const *tags)
{
    for (guint i = 0; tags != NULL && tags[i] != NULL; i++) {
        if (scenario->tags != NULL &&
            g_strv_contains((const char *const *)scenario->tags, tags[i])) {
            return true;
        }
    }
    return false;
}

int run_scenario(const Options *options, const char *path, const Kind *const *kinds)
{
    Job job;
    int status = EXIT_USAGE;

    job_init(&job, options, path, kinds);
    if (job.scenario != NULL) {
        bool is_wanted = (options->only == NULL || has_any_tag(job.scenario, options->only)) &&
                         !has_any_tag(job.scenario, options->skip);

        status = is_wanted ? job_run(&job) : EXIT_PASSED;
    }
    job_clear(&job);
    return status;
}

/* One after another, each with all jobs. */
static int run_files(const Options *options, const Kind *const *kinds)
{
    int worst = EXIT_PASSED;

    for (guint i = 0; i < options->files->len; i++) {
        int status = run_scenario(options, g_ptr_array_index(options->files, i), kinds);

        worst = command_worse(worst, command_is_forgiven(options, status) ? EXIT_PASSED : status);
        if ((options->fail_fast && status != EXIT_PASSED) || status >= 128) {
            break;
        }
    }
    return worst;
}

static bool has_folder(const Options *options)
{
    for (guint i = 0; i < options->files->len; i++) {
        if (g_file_test(g_ptr_array_index(options->files, i), G_FILE_TEST_IS_DIR)) {
            return true;
        }
    }
    return false;
}

/* Where all of it is: of one file its own directory. */
static char *place_of(const Options *options)
{
    return options->files->len == 1 && !has_folder(options)
               ? job_target(options, g_ptr_array_index(options->files, 0))
               : g_strdup(options->out_dir != NULL ? options->out_dir : "out");
}

int command_run(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;

    if (options->files->len == 0) {
        fprintf(stderr, "dcdrill: error: 'run' needs a scenario file, like "
                        "scenarios/drills/dc03-lost.json\n");
        return EXIT_USAGE;
    }
    if (!options_check_outs(options, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    int status = has_folder(options) ? run_folder(options, kinds) : run_files(options, kinds);

    if (options->regression.baseline != NULL && status < EXIT_INTERNAL && status != EXIT_USAGE) {
        g_autofree char *place = place_of(options);
        int compared = compare_with_baseline(options, place, options->regression.baseline, false);

        status =
            command_worse(status, command_is_forgiven(options, compared) ? EXIT_PASSED : compared);
    }
    return status;
}
