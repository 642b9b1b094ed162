/* command_sweep.c - a scenario over the values of its settings. */
#include <stdio.h>

#include "sim/cli/study_job.h"
#include "sim/study/sweep.h"

static int go_over(StudyJob *job, const SweepOrder *order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Sweep) sweep = sweep_run(&job->study, order, &error);

    if (sweep == NULL) {
        return study_job_fail(job, error);
    }
    StudyResult result = {.text = sweep_print(sweep),
                          .csv = sweep_to_csv(sweep),
                          .json = sweep_to_json(sweep),
                          .is_partial = sweep->unfinished != NULL};

    study_job_add_basis(job, &result, order->path);
    return study_job_end(job, &result);
}

static int find_effects(StudyJob *job, const SweepOrder *order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Effects) effects = sweep_effects(&job->study, order, &error);

    if (effects == NULL) {
        return study_job_fail(job, error);
    }
    StudyResult result = {.text = effects_print(effects),
                          .csv = effects_to_csv(effects),
                          .json = effects_to_json(effects)};

    study_job_add_basis(job, &result, order->path);
    return study_job_end(job, &result);
}

int command_sweep(const Options *options, const Kind *const *kinds)
{
    StudyJob job;
    int status = EXIT_USAGE;

    if (options->files->len != 1 || options->study.over == NULL) {
        fprintf(stderr, "dcdrill: error: 'sweep' needs one scenario file and what to go over: "
                        "--over rate=500..3000/6\n");
        return EXIT_USAGE;
    }
    SweepOrder order = {.path = g_ptr_array_index(options->files, 0),
                        .over = (const char *const *)options->study.over,
                        .metrics = (const char *const *)options->study.metrics,
                        .rate = options->study.rate,
                        .replications = (guint)options->replications,
                        .trajectories = (guint)options->study.trajectories};

    if (study_job_begin(&job, options, kinds, order.path)) {
        bool is_of_effects = options->study.is_sensitivity || order.trajectories > 0;

        status = is_of_effects ? find_effects(&job, &order) : go_over(&job, &order);
    }
    study_job_clear(&job);
    return status;
}
