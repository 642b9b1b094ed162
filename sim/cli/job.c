/* job.c - one scenario on its way from a file to its results. */
#include "sim/cli/job.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reports/report.h"
#include "sim/base/file_whole.h"
#include "sim/cli/fleet.h"
#include "sim/cli/outputs.h"
#include "sim/cli/progress.h"
#include "sim/cli/summary.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/results/results_export.h"
#include "sim/run/instructions.h"
#include "sim/run/predict.h"
#include "sim/run/published.h"
#include "sim/run/sequential.h"
#include "sim/run/twin.h"
#include "sim/run/verdicts.h"
#include "sim/run/wall.h"
#include "sim/scenario/scenario_expect.h"

static bool say(GError *error)
{
    fprintf(stderr, "dcdrill: error: %s\n", error->message);
    return false;
}

/* --- where results go --- */

char *job_target(const Options *options, const char *path)
{
    g_autofree char *base = strcmp(path, "-") == 0 ? g_strdup("stdin") : g_path_get_basename(path);
    char *dot = strrchr(base, '.');

    if (dot != NULL && dot != base) {
        *dot = '\0';
    }
    if (options->out_dir != NULL && options->files->len == 1) {
        return g_strdup(options->out_dir);
    }
    return g_build_filename(options->out_dir != NULL ? options->out_dir : "out", base, NULL);
}

static char *repeat_command(const Job *job)
{
    g_autofree char *changes = options_print_changes(job->options);
    g_autofree char *precision = options_print_precision(job->options);
    g_autofree char *path = options_quote(job->scenario->path);
    bool is_cut = job->options->until > 0;
    char until[SIM_SPAN_TEXT];

    return g_strdup_printf("dcdrill run %s --seed %s -n %" G_GINT64_FORMAT "%s%s%s%s", path,
                           job->scenario->simulation.seed_text,
                           job->scenario->simulation.replications, is_cut ? " --until " : "",
                           is_cut ? sim_span_print(job->options->until, until) : "", precision,
                           changes);
}

static void say_how_to_go_on(const Job *job)
{
    g_autofree char *repeat = repeat_command(job);
    g_autofree char *target = options_quote(job->target);

    fprintf(stderr, "dcdrill: run the rest with: %s -o %s --resume\n", repeat, target);
}

/* --- going on where a former process stopped --- */

static bool write_text(const Job *job, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(job->staging), name, NULL);

    return file_write_whole(path, text, strlen(text), error);
}

static bool write_json(const Job *job, const char *name, cJSON *json, GError **error)
{
    g_autofree char *text = json_print_page(json);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    cJSON_Delete(json);
    return write_text(job, name, line, error);
}

/* Whose replications are in a directory; NULL when none are. Caller frees. */
static char *identity_in(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "run-meta.json", NULL);
    g_autofree char *text = NULL;
    cJSON *meta = g_file_get_contents(path, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
    const cJSON *identity = json_member(meta, "campaign");
    char *copy = cJSON_IsString(identity) ? g_strdup(identity->valuestring) : NULL;

    cJSON_Delete(meta);
    return copy;
}

/* Keeps what can be gone on with, and empties the place of all else. */
static bool look_for_earlier(Job *job, GError **error)
{
    g_autofree char *left = identity_in(staging_path(job->staging));
    g_autofree char *there = identity_in(job->target);
    bool is_left = job->options->resume && g_strcmp0(left, job->meta.identity) == 0;
    bool is_there = job->options->resume && g_strcmp0(there, job->meta.identity) == 0;

    if (job->options->resume && (left != NULL || there != NULL) && !is_left && !is_there) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "'%s' holds replications of another scenario, seed, end or build of the "
                    "program; run without --resume to begin anew",
                    job->target);
        return false;
    }
    if (job->options->resume && !is_left && !is_there) {
        fprintf(stderr, "dcdrill: '%s' holds nothing to go on with: all replications are run\n",
                job->target);
    }
    staging_empty(job->staging, is_left);
    if (is_there) {
        job->earlier = g_build_filename(job->target, "results.sqlite", NULL);
    }
    return write_json(job, "run-meta.json", run_meta_make(&job->meta), error);
}

/* --- the steps --- */

/* Lives each replication twice; what is the same in both is not run again. */
static bool verify(Job *job, bool *is_same, GError **error)
{
    for (guint run = 0; *is_same && run < job->scenario->simulation.replications; run++) {
        g_autofree char *path = campaign_run_path(staging_path(job->staging), run);
        TwinOrder order = {.scenario = job->scenario,
                           .kinds = job->kinds,
                           .run = (int)run,
                           .until = job->options->until,
                           .path = path,
                           .is_delayed = run == 0};
        TwinResult result;

        if (!twin_run(&order, &result, error)) {
            return false;
        }
        *is_same = result.end != TWIN_DIFFERENT;
        if (!*is_same) {
            fprintf(stderr, "dcdrill: error: two lives of replication %u of %s differ %s\n", run,
                    job->scenario->path, result.difference);
        } else if (result.end == TWIN_SAME && !job->options->is_quiet) {
            fprintf(stderr, "replication %u: %" G_GUINT64_FORMAT " events, twice the same\n", run,
                    result.events);
        }
        g_free(result.difference);
    }
    return true;
}

static bool simulate(Job *job, GError **error)
{
    Progress *progress = progress_new(job->options);
    g_autofree char *changes = options_print_changes(job->options);
    CampaignOrder order = {.scenario = job->scenario,
                           .kinds = job->kinds,
                           .jobs = (guint)job->options->jobs,
                           .directory = staging_path(job->staging),
                           .earlier = job->earlier,
                           .changes = changes,
                           .until = job->options->until,
                           .wall_limit_s = job->options->wall_limit_s,
                           .watch = progress_show,
                           .context = progress,
                           .fetch = fleet_size() > 1 ? fleet_fetch : NULL};
    bool is_good = job->precision != NULL
                       ? sequential_run(&order, job->precision, &job->campaign, error)
                       : sequential_round(&order, &job->campaign, error);

    progress_end(progress);
    progress_free(progress);
    return is_good;
}

static bool append_checks(const char *path, const GPtrArray *judged, const GArray *looks,
                          const GArray *theory, const char *published, GError **error)
{
    ResultsWriter *writer = results_write_again(path, error);

    if (writer == NULL) {
        return false;
    }
    for (guint i = 0; i < looks->len; i++) {
        results_write_probe(writer, &g_array_index(looks, ResultsProbe, i));
    }
    for (guint i = 0; i < theory->len; i++) {
        results_write_theory(writer, &g_array_index(theory, ResultsTheory, i));
    }
    for (guint i = 0; i < judged->len; i++) {
        ResultsCheck row = judged_row(g_ptr_array_index(judged, i));

        results_write_check(writer, &row);
    }
    if (published != NULL) {
        results_write_fact(writer, "published", published);
    }
    return results_write_close(writer, error);
}

static bool write_exports(const Job *job, Results *results, const GPtrArray *judged, GError **error)
{
    g_autofree char *summary = results_export_summary(results, job->scenario->confidence);
    g_autofree char *repeat = repeat_command(job);
    g_autofree char *junit = results_export_junit(results, repeat);
    const char *staged = staging_path(job->staging);
    g_autofree char *database = g_build_filename(staged, "results.sqlite", NULL);
    g_autofree char *html = g_build_filename(staged, "report.html", NULL);
    g_autofree char *markdown = g_build_filename(staged, "summary.md", NULL);
    const char *const databases[] = {database, NULL};

    return write_text(job, "summary.json", summary, error) &&
           write_text(job, "junit.xml", junit, error) &&
           write_json(job, "journal.json",
                      journal_make(job->scenario, results, judged, results_export_ended(results)),
                      error) &&
           report_write(databases, html, error) &&
           report_write_markdown(databases, markdown, error) &&
           write_json(job, "run-meta.json", run_meta_make(&job->meta), error);
}

/* Judges what was merged and writes everything else beside it. */
static bool judge_and_write(Job *job, GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(job->staging), "results.sqlite", NULL);
    g_autoptr(Results) merged = results_open(path, error);
    g_autoptr(GArray) looks = g_array_new(false, false, sizeof(ResultsProbe));
    g_autoptr(GPtrArray) judged =
        merged != NULL ? verdicts_judge(job->scenario, merged, looks, error) : NULL;
    g_autoptr(Predictions) predictions = predict(job->scenario, job->kinds);
    g_autoptr(GStringChunk) texts = g_string_chunk_new(1024);
    g_autoptr(GArray) theory = NULL;
    g_autofree char *published = NULL;

    if (judged == NULL) {
        return false;
    }
    if (job->precision != NULL) {
        precision_judge(job->precision, merged, judged);
    }
    theory = predict_compare(predictions, merged, job->scenario->confidence, texts);
    published = published_compare(job->scenario, merged);
    g_clear_pointer(&merged, results_free);
    if (!append_checks(path, judged, looks, theory, published, error)) {
        return false;
    }
    merged = results_open(path, error);
    return merged != NULL && write_exports(job, merged, judged, error);
}

/* --- the result --- */

static int status_of(const Job *job, Verdict verdict)
{
    switch (job->campaign.end) {
    case CAMPAIGN_CRASHED:
        return EXIT_INTERNAL;
    case CAMPAIGN_FAILED:
    case CAMPAIGN_NO_DISK:
        return EXIT_USAGE;
    case CAMPAIGN_WALL_LIMIT:
        return EXIT_WALL_LIMIT;
    case CAMPAIGN_INTERRUPTED:
        return 128 + job->campaign.signal;
    case CAMPAIGN_COMPLETED:
        break;
    }
    switch (verdict) {
    case VERDICT_PASS:
        return EXIT_PASSED;
    case VERDICT_INCONCLUSIVE:
        return EXIT_INCONCLUSIVE;
    case VERDICT_FAIL:
        return EXIT_FAILED;
    }
    g_assert_not_reached();
}

static int show_results(Job *job)
{
    g_autofree char *path = g_build_filename(job->target, "results.sqlite", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Results) results = results_open(path, &error);

    if (results == NULL) {
        say(error);
        return EXIT_USAGE;
    }
    int status = status_of(job, results_export_verdict(results, NULL));
    SummaryNotes notes = {.target = job->target,
                          .spent_s = job->meta.spent_s,
                          .has_colour = job->options->has_colour,
                          .repeat = repeat_command(job)};
    OutputsOrder outputs = {job->options, job->scenario, job->kinds, results, job->target};

    if (job->options->is_json) {
        g_autofree char *summary = results_export_summary(results, job->scenario->confidence);

        puts(summary);
    } else {
        /* an output that goes to standard output has it for itself */
        summary_print(results, &notes, options_use_stdout(job->options) ? stderr : stdout);
    }
    g_free(notes.repeat);
    if (!outputs_write(&outputs, &error)) {
        say(error);
        return EXIT_USAGE;
    }
    return status;
}

static void say_how_it_ended(const Job *job)
{
    if (job->campaign.end == CAMPAIGN_CRASHED) {
        fprintf(stderr,
                "dcdrill: internal error: replication %d died of %s; repeat it with: dcdrill "
                "replay %s %d\n",
                job->campaign.crashed, job->campaign.crashed_of, job->scenario->path,
                job->campaign.crashed);
    } else if (job->campaign.end == CAMPAIGN_INTERRUPTED ||
               job->campaign.end == CAMPAIGN_WALL_LIMIT) {
        const char *why =
            job->campaign.end == CAMPAIGN_INTERRUPTED ? "interrupted" : "wall limit reached";

        if (job->campaign.written == 0) {
            fprintf(stderr, "dcdrill: %s; nothing was written\n", why);
        } else {
            fprintf(stderr, "dcdrill: %s; what %u replications saw so far is in %s\n", why,
                    job->campaign.written, job->target);
        }
    }
    if (job->campaign.written > 0 && job->campaign.end != CAMPAIGN_COMPLETED) {
        say_how_to_go_on(job);
    }
}

/* Ends without results in the target; what has ended so far waits for a later process. */
static int job_give_up(Job *job, int status)
{
    guint kept = staging_keep(job->staging);

    if (kept > 0) {
        fprintf(stderr, "dcdrill: %u of %" G_GINT64_FORMAT " replications are kept in '%s'\n", kept,
                job->scenario->simulation.replications, staging_path(job->staging));
        say_how_to_go_on(job);
    }
    return status;
}

/* How exactly figures are to be known. False when a text is none, said on standard error. */
static bool read_precision(Job *job)
{
    g_autoptr(ScenarioKnown) known = scenario_known_new(job->scenario, job->kinds);
    g_autoptr(GPtrArray) goals =
        g_ptr_array_new_with_free_func((GDestroyNotify)precision_goal_free);

    for (guint i = 0; job->options->precision[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        PrecisionGoal *goal =
            precision_goal_parse(job->options->precision[i], scenario_known(known), &error);

        if (goal == NULL) {
            return say(error);
        }
        g_ptr_array_add(goals, goal);
    }
    job->precision = precision_new(g_steal_pointer(&goals), (guint)job->options->most_replications,
                                   job->scenario->confidence);
    return true;
}

int job_run(Job *job)
{
    g_autoptr(GError) error = NULL;
    double began_s = wall_seconds();

    if (job->options->precision != NULL && !read_precision(job)) {
        return EXIT_USAGE;
    }
    job->meta = (RunMeta){.began = wall_timestamp(),
                          .jobs = (guint)job->options->jobs,
                          .version = DCDRILL_VERSION,
                          .command = "run",
                          .identity = campaign_identity(job->scenario, job->options->until)};
    job->staging = staging_begin(job->target, &error);
    if (job->staging == NULL) {
        say(error);
        return EXIT_USAGE;
    }
    if (!look_for_earlier(job, &error)) {
        staging_keep(job->staging); /* it is not ours to judge what is there */
        say(error);
        return EXIT_USAGE;
    }
    command_debug(job->options, "%s: identity %.16s, seed %s, %d jobs, written in '%s'",
                  job->scenario->path, job->meta.identity, job->scenario->simulation.seed_text,
                  job->options->jobs, staging_path(job->staging));
    bool is_same = true;
    bool is_good = (job->prepare == NULL ||
                    job->prepare(job->prepare_context, staging_path(job->staging), &error)) &&
                   (!job->options->is_verified || verify(job, &is_same, &error)) &&
                   (!is_same || simulate(job, &error));

    if (!is_same) {
        return EXIT_DISAGREED; /* nothing of it is worth keeping */
    }
    job->meta.spent_s = wall_seconds() - began_s;
    job->meta.ended = wall_timestamp();
    if (job->campaign.counted > 0) {
        job->meta.instructions = job->campaign.instructions / job->campaign.counted;
    } else {
        job->meta.doubt = instructions_doubt();
    }
    if (is_good && job->campaign.written == 0) { /* the replications have said why */
        say_how_it_ended(job);
        return job_give_up(job, status_of(job, VERDICT_FAIL));
    }
    is_good = is_good && judge_and_write(job, &error) && staging_finish(job->staging, &error);
    if (!is_good) {
        say(error);
        return job_give_up(job, EXIT_USAGE);
    }
    command_debug(job->options, "%u replications there, %u of them not run again; %.1f s to run",
                  job->campaign.written, job->campaign.taken, job->meta.spent_s);
    command_debug(job->options, "%.1f s to judge and write",
                  wall_seconds() - began_s - job->meta.spent_s);
    say_how_it_ended(job);
    return show_results(job);
}

void job_clear(Job *job)
{
    scenario_free(job->scenario);
    staging_free(job->staging);
    precision_free(job->precision);
    g_free(job->target);
    g_free(job->earlier);
    g_free(job->meta.identity);
    g_free(job->meta.began);
    g_free(job->meta.ended);
    g_free(job->meta.doubt);
}

void job_init(Job *job, const Options *options, const char *path, const Kind *const *kinds)
{
    *job = (Job){.options = options,
                 .kinds = kinds,
                 .scenario = command_read_scenario(options, path, kinds),
                 .target = job_target(options, path)};
}
