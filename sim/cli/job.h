/* job.h - one scenario on its way from a file to its results: run, judged, written, told. */
#pragma once

#include "sim/cli/command.h"
#include "sim/cli/staging.h"
#include "sim/results/judge/precision.h"
#include "sim/run/campaign.h"
#include "sim/run/journal.h"

/* Called once, with the directory that replications' own files stand in. */
typedef bool JobPrepare(void *context, const char *directory, GError **error);

/* One scenario and all that belongs to it. */
typedef struct Job {
    const Options *options;
    const Kind *const *kinds;
    Scenario *scenario;
    char *target; /* the output directory */
    Staging *staging;
    char *earlier;        /* results there that are gone on with, or NULL */
    Precision *precision; /* NULL: as many replications as the scenario says */
    CampaignResult campaign;
    RunMeta meta;
    JobPrepare *prepare; /* puts replications there that ended elsewhere; may be NULL */
    void *prepare_context;
} Job;

/* Reads the scenario and says on standard error what is wrong with it: `scenario` is then NULL. */
void job_init(Job *job, const Options *options, const char *path, const Kind *const *kinds);

/* Runs it and tells; the exit status. */
int job_run(Job *job);
void job_clear(Job *job);

/* The output directory of a scenario file: --out-dir, or a folder of its name below it or below
 * "out". Caller frees. */
char *job_target(const Options *options, const char *path);
