/* study.c - one question asked of many variants of a scenario. */
#include "sim/study/study.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "sim/results/results_export.h"
#include "sim/run/measured.h"
#include "sim/run/probe.h"
#include "sim/run/wall.h"
#include "sim/study/never.h"

G_DEFINE_QUARK(study - error - quark, study_error)

#define FNV_PRIME UINT64_C(0x100000001b3) /* Fowler, Noll and Vo: order matters */

void study_begin(Study *study)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, NULL);
    study->began_s = wall_seconds();
}

/* --- variants ------------------------------------------------------------------------------- */

/* The changes of the command line and those of the variant. */
static GPtrArray *join_sets(const Study *study, const char *const *sets)
{
    const char *const *lists[] = {study->changes != NULL ? study->changes->sets : NULL, sets};
    GPtrArray *all = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint k = 0; lists[i] != NULL && lists[i][k] != NULL; k++) {
            g_ptr_array_add(all, (void *)(uintptr_t)lists[i][k]);
        }
    }
    g_ptr_array_add(all, NULL);
    return all;
}

Scenario *study_read(const Study *study, const char *path, const char *const *sets, GError **error)
{
    ScenarioChanges changes = {0};
    g_autoptr(GPtrArray) all = join_sets(study, sets);
    g_autoptr(DiagList) diags = NULL;
    Scenario *scenario;

    if (study->changes != NULL) {
        changes = *study->changes;
    }
    changes.sets = (const char *const *)all->pdata;
    scenario = scenario_read(path, &changes, study->kinds, &diags);
    if (scenario != NULL) {
        probes_check(scenario, study->kinds, diags);
        measured_check(scenario, study->kinds, diags);
        if (study->seeks_what_holds) {
            never_check(scenario, diags);
        }
    }
    if (diag_count_errors(diags) > 0) {
        g_autofree char *text = diag_list_to_text(diags);

        g_set_error(error, STUDY_ERROR, STUDY_ERROR_INPUT, "%s", text);
        g_clear_pointer(&diags, diag_list_free); /* it looks into the scenario */
        g_clear_pointer(&scenario, scenario_free);
    }
    return scenario;
}

/* --- trials --------------------------------------------------------------------------------- */

void trial_free(Trial *trial)
{
    if (trial != NULL) {
        results_free(trial->results);
        scenario_free(trial->scenario);
        g_free(trial->directory);
        g_free(trial);
    }
}

static char *place_of(const Study *study, const char *name)
{
    return g_build_filename(study->scratch, name, NULL);
}

void study_forget(const Study *study, const char *name)
{
    g_autofree char *path = place_of(study, name);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *file;

    while (directory != NULL && (file = g_dir_read_name(directory)) != NULL) {
        g_autofree char *whole = g_build_filename(path, file, NULL);

        g_unlink(whole);
    }
    g_rmdir(path);
}

void study_clear(const Study *study)
{
    g_autoptr(GDir) directory = g_dir_open(study->scratch, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        study_forget(study, name);
    }
    g_rmdir(study->scratch);
}

static const char *word_for_end(CampaignEnd end)
{
    static const char *const words[] = {
        [CAMPAIGN_COMPLETED] = "completed",
        [CAMPAIGN_INTERRUPTED] = "interrupted",
        [CAMPAIGN_WALL_LIMIT] = "the wall limit was reached",
        [CAMPAIGN_CRASHED] = "a replication died: an error of the program",
        [CAMPAIGN_FAILED] = "the input is wrong",
        [CAMPAIGN_NO_DISK] = "no room for results",
    };

    return words[end];
}

static uint64_t count_events(const Results *results)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);
    uint64_t events = 0;

    for (guint i = 0; i < count; i++) {
        events += runs[i].events;
    }
    return events;
}

/* Opens what the campaign merged. */
static bool open_trial(Study *study, Trial *trial, const CampaignResult *result, GError **error)
{
    g_autofree char *path = g_build_filename(trial->directory, "results.sqlite", NULL);

    if (result->written == 0) {
        return true;
    }
    trial->results = results_open(path, error);
    if (trial->results == NULL) {
        return false;
    }
    trial->replications = result->written;
    study->trials++;
    study->runs += result->written - result->taken;
    study->events += count_events(trial->results);
    study->fingerprint =
        (study->fingerprint ^ results_export_fingerprint(trial->results)) * FNV_PRIME;
    return true;
}

static bool run_trial(Study *study, Trial *trial, guint first, guint replications,
                      CampaignResult *result, GError **error)
{
    CampaignOrder order = {.scenario = trial->scenario,
                           .kinds = study->kinds,
                           .first = first,
                           .replications = replications,
                           .jobs = study->jobs,
                           .directory = trial->directory,
                           .watch = study->watch,
                           .context = study->context};

    if (study->wall_limit_s > 0) {
        order.wall_limit_s = MAX(study->wall_limit_s - (wall_seconds() - study->began_s), 1e-3);
    }
    return campaign_run(&order, result, error) && open_trial(study, trial, result, error);
}

/* Of what ended before a study was told to end, `partial` receives the trial; may be NULL. */
static Trial *try_it(Study *study, const char *path, const char *const *sets, const char *name,
                     guint first, guint replications, Trial **partial, GError **error)
{
    g_autoptr(Trial) trial = g_new0(Trial, 1);
    CampaignResult result;

    trial->directory = place_of(study, name);
    trial->scenario = study_read(study, path, sets, error);
    if (trial->scenario == NULL) {
        return NULL;
    }
    if (g_mkdir_with_parents(trial->directory, 0777) != 0) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "cannot make the directory '%s'",
                    trial->directory);
        return NULL;
    }
    if (!run_trial(study, trial, first, replications, &result, error)) {
        return NULL;
    }
    if (result.end != CAMPAIGN_COMPLETED) {
        study->end = result.end;
        study->signal = result.signal;
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_ENDED, "%s", word_for_end(result.end));
        if (partial != NULL && trial->results != NULL) {
            *partial = g_steal_pointer(&trial);
        }
        return NULL;
    }
    return g_steal_pointer(&trial);
}

Trial *study_try(Study *study, const char *path, const char *const *sets, const char *name,
                 guint replications, Trial **partial, GError **error)
{
    return try_it(study, path, sets, name, 0, replications, partial, error);
}

Trial *study_try_from(Study *study, const char *path, const char *const *sets, const char *name,
                      guint first, guint replications, GError **error)
{
    return try_it(study, path, sets, name, first, replications, NULL, error);
}
