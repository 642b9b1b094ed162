/* options.h - the command line as data. Flags mean the same under every command; environment and
 * .dcdrill.json fill in what was not given: flags, then DCDRILL_SEED, DCDRILL_JOBS and
 * DCDRILL_COLOR, then the file in the working directory, then defaults. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/base/sim_time.h"
#include "sim/cli/options_regression.h"
#include "sim/cli/options_study.h"
#include "sim/cli/options_words.h"
#include "sim/scenario/scenario_read.h"

typedef enum ProgressMode {
    PROGRESS_AUTO,
    PROGRESS_BAR,
    PROGRESS_PLAIN,
    PROGRESS_NONE
} ProgressMode;

typedef struct Options {
    char *command;
    GPtrArray *files; /* char *: what stands after the flags */
    char **vars, **var_files, **sets, **outs, **only, **skip;
    char *seed, *out_dir, *trace, *params;
    char *as, *info;          /* who is asked what (ask.h); NULL: not given */
    char *from, *name, *type; /* a question of names; NULL: not given */
    char **precision;         /* texts of precision.h */
    int replications, most_replications, jobs;
    SimSpan until;
    SimTime at; /* the instant to look at; -1: not given */
    int replication;
    double wall_limit_s, confidence; /* confidence 0: not given */
    bool is_json, is_quiet, is_debug, is_log_json, has_colour, fail_fast, resume, origins, plan,
        overlay, is_verified, is_strict;
    ProgressMode progress;
    char **exit_zero_on;
    const cJSON *remembered; /* not a flag: what a replay knows of the environment of the run */
    StudyFlags study;
    RegressionFlags regression;
} Options;

/* Reads `arguments` (argv without the program's name). NULL and `error` when something is wrong;
 * *help is then or else set to a text to print when help or the version was asked for. */
Options *options_read(int count, char **arguments, char **help, GError **error);
void options_free(Options *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Options, options_free)

/* The flags that change what a scenario says, as one would type them (" --set /a=1 --var b=2";
 * empty when there are none). Caller frees. */
char *options_print_changes(const Options *options);

/* The whole command of a study without what only says where results go or how fast they come, as
 * one would type it to have the same figures again. Caller frees. */
char *options_print_study(const Options *options);

/* The flags that say how exactly figures are to be known, likewise. */
char *options_print_precision(const Options *options);

/* Takes such flags on where the command line gave none. False and `error` when they cannot be read.
 */
bool options_take_changes(Options *options, const char *flags, GError **error);

/* Whether --json or some --out takes standard output. */
bool options_use_stdout(const Options *options);

/* Whether some --out is of this kind. */
bool options_wants_out(const Options *options, const char *kind);

/* Whether every --out names a kind of output and a place, and no two take standard output. */
bool options_check_outs(const Options *options, GError **error);

/* The file of an output directory that a kind of --out means; "" when it is made only for the
 * asking; NULL: there is no such kind. */
const char *options_out_file(const char *kind);

/* All kinds of --out in words: "summary, junit ... or history", with what each is for. Caller
 * frees. */
char *options_list_outs(bool with_notes);

/* What the scenario reader needs to know of them. Points into `options`. */
ScenarioChanges options_changes(const Options *options);
