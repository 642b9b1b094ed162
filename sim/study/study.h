/* study.h - one question asked of many variants of a scenario: two to compare, a row of rates, a
 * search. Each variant is tried as a campaign of its own under the scenario's seeds, so that all of
 * them share their random numbers (common random numbers). What a trial leaves on the disk is
 * scratch and goes with it. */
#pragma once

#include "sim/results/results_read.h"
#include "sim/run/campaign.h"
#include "sim/scenario/scenario_read.h"

typedef struct Study {
    const ScenarioChanges *changes; /* of the command line, for all variants */
    const Kind *const *kinds;
    const char *scratch; /* existing directory, ours */
    guint jobs;
    double wall_limit_s; /* of the whole study; 0: none */
    CampaignWatch *watch;
    void *context;
    void (*tell)(void *context, const char *line); /* a line for each trial; may be NULL */
    bool seeks_what_holds;                         /* thresholds that can never hold are refused */
    /* filled in */
    double began_s;
    guint trials, runs;
    uint64_t events;
    uint64_t fingerprint; /* of all replications, in the order in which trials ended */
    CampaignEnd end;      /* of the campaign that ended the study */
    int signal;
} Study;

/* Why a study ends early. */
typedef enum StudyError {
    STUDY_ERROR_INPUT, /* the message is whole lines "file:line:column: error: ..." */
    STUDY_ERROR_WRONG, /* what is asked makes no sense: the message says why */
    STUDY_ERROR_ENDED, /* interrupted, wall limit, a crash, a full disk: see Study.end */
} StudyError;
#define STUDY_ERROR (study_error_quark())
GQuark study_error_quark(void);

/* Begins: SIGINT and SIGTERM are held back until a trial runs, which then ends the study. */
void study_begin(Study *study);

/* One variant, tried. */
typedef struct Trial {
    char *directory;
    Scenario *scenario;
    Results *results;
    guint replications; /* that ended */
} Trial;

/* Reads a variant of `path` (`sets`, ends with NULL, may be NULL: as --set, over the changes of the
 * study). NULL and `error` with all mistakes. Caller frees. */
Scenario *study_read(const Study *study, const char *path, const char *const *sets, GError **error);

/* Tries it: `replications` of them (0: as many as the scenario says). What ended earlier under the
 * same `name` (a word for the variant) is taken over, so that replications can be added. NULL and
 * `error`; when the study was told to end, with what had ended by then in `*partial` (may be NULL).
 */
Trial *study_try(Study *study, const char *path, const char *const *sets, const char *name,
                 guint replications, Trial **partial, GError **error);

/* The same for replications `first` to `first` + `replications`. */
Trial *study_try_from(Study *study, const char *path, const char *const *sets, const char *name,
                      guint first, guint replications, GError **error);

/* Frees it; its scratch goes with study_forget alone. */
void trial_free(Trial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

/* Removes the scratch of a variant. */
void study_forget(const Study *study, const char *name);

/* Removes the scratch of all variants, also what a killed process left; the directory itself goes
 * with it. */
void study_clear(const Study *study);
