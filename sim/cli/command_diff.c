/* command_diff.c - two scenarios, or two values in one, under the same random numbers. */
#include <stdio.h>

#include "sim/cli/study_job.h"
#include "sim/study/versus.h"

static int status_of(ComparisonVerdict verdict)
{
    switch (verdict) {
    case COMPARISON_WORSE:
        return EXIT_WORSE;
    case COMPARISON_UNDECIDED:
        return EXIT_INCONCLUSIVE;
    case COMPARISON_BETTER:
    case COMPARISON_EQUIVALENT:
        break;
    }
    return EXIT_PASSED;
}

static int compare(StudyJob *job, const VersusOrder *order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Versus) versus = versus_run(&job->study, order, &error);

    if (versus == NULL) {
        return study_job_fail(job, error);
    }
    StudyResult result = {.text = versus_print(versus),
                          .csv = versus_to_csv(versus),
                          .json = versus_to_json(versus),
                          .is_partial = versus->unfinished != NULL,
                          .status = status_of(versus_verdict(versus))};

    study_job_add_basis(job, &result, order->before);
    return study_job_end(job, &result);
}

int command_diff(const Options *options, const Kind *const *kinds)
{
    guint files = options->files->len;
    StudyJob job;
    int status = EXIT_USAGE;

    if (files < 1 || files > 2 || (files == 1 && options->study.with == NULL)) {
        fprintf(stderr, "dcdrill: error: 'diff' needs two scenario files, or one and what the "
                        "second side sets: --with /system/wildfly/cpu=1.7ms\n");
        return EXIT_USAGE;
    }
    const char *before = g_ptr_array_index(options->files, 0);
    VersusOrder order = {.before = before,
                         .after = files == 2 ? g_ptr_array_index(options->files, 1) : before,
                         .after_sets = (const char *const *)options->study.with,
                         .metrics = (const char *const *)options->study.metrics,
                         .replications = (guint)options->replications,
                         .confidence = options->confidence};

    if (study_job_begin(&job, options, kinds, before)) {
        status = compare(&job, &order);
    }
    study_job_clear(&job);
    return status;
}
