/* study_job.h - what diff, sweep and capacity share: an output directory that appears whole or not
 * at all, with study.json, study.csv, study.txt, the report in its forms and run-meta.json;
 * progress; how it ends. */
#pragma once

#include "sim/cli/command.h"
#include "sim/cli/progress.h"
#include "sim/cli/staging.h"
#include "sim/study/study.h"

typedef struct StudyJob {
    const Options *options;
    Study study;
    char *target, *scratch;
    Staging *staging;
    Progress *progress;
    ScenarioChanges changes;
    char *began;
    char *no_pdf; /* why the report was not printed, or NULL */
} StudyJob;

/* What came of it; all three are taken. */
typedef struct StudyResult {
    char *text, *csv;
    cJSON *json;
    bool is_partial; /* the study was told to end */
    int status;      /* of the result itself */
} StudyResult;

/* Makes the place for results: -o, or out/COMMAND-NAME after `path`. False, with the reason said on
 * standard error, when that is not possible. */
bool study_job_begin(StudyJob *job, const Options *options, const Kind *const *kinds,
                     const char *path);

/* Adds "basis" to the JSON: what the answer rests on, for the report. */
void study_job_add_basis(const StudyJob *job, StudyResult *result, const char *path);

/* Writes and prints the result; the exit status. */
int study_job_end(StudyJob *job, StudyResult *result);

/* Says why there is none; the exit status. */
int study_job_fail(StudyJob *job, const GError *error);
void study_job_clear(StudyJob *job);
