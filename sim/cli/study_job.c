/* study_job.c - what diff, sweep and capacity share. */
#include "sim/cli/study_job.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "reports/pdf.h"
#include "sim/base/file_whole.h"
#include "sim/cli/report_outs.h"
#include "sim/run/journal.h"
#include "sim/run/wall.h"
#include "sim/study/basis.h"

static char *target_of(const Options *options, const char *path)
{
    g_autofree char *base = strcmp(path, "-") == 0 ? g_strdup("stdin") : g_path_get_basename(path);
    g_autofree char *name = NULL;
    char *dot = strrchr(base, '.');

    if (options->out_dir != NULL) {
        return g_strdup(options->out_dir);
    }
    if (dot != NULL && dot != base) {
        *dot = '\0';
    }
    name = g_strdup_printf("%s-%s", options->command, base);
    return g_build_filename("out", name, NULL);
}

static void tell(void *context, const char *line)
{
    const StudyJob *job = context;

    if (!job->options->is_quiet && job->options->progress != PROGRESS_NONE) {
        progress_end(job->progress);
        fprintf(stderr, "%s\n", line);
    }
}

static void watch(void *context, const CampaignState *state)
{
    progress_show(((StudyJob *)context)->progress, state);
}

static bool say(const GError *error)
{
    fprintf(stderr, "dcdrill: error: %s\n", error->message);
    return false;
}

static bool write_meta(const StudyJob *job, bool is_ended, GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(job->staging), "run-meta.json", NULL);
    g_autofree char *ended = is_ended ? wall_timestamp() : NULL;
    RunMeta meta = {.began = job->began,
                    .ended = ended,
                    .spent_s = wall_seconds() - job->study.began_s,
                    .jobs = job->study.jobs,
                    .version = DCDRILL_VERSION,
                    .command = job->options->command};
    cJSON *json = run_meta_make(&meta);
    char *text = cJSON_Print(json);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    cJSON_free(text);
    cJSON_Delete(json);
    return file_write_text(path, line, error);
}

bool study_job_begin(StudyJob *job, const Options *options, const Kind *const *kinds,
                     const char *path)
{
    g_autoptr(GError) error = NULL;

    *job = (StudyJob){.options = options,
                      .target = target_of(options, path),
                      .changes = options_changes(options)};
    job->study = (Study){.changes = &job->changes,
                         .kinds = kinds,
                         .jobs = (guint)options->jobs,
                         .wall_limit_s = options->wall_limit_s,
                         .watch = watch,
                         .tell = tell,
                         .context = job};
    if (!report_outs_check(options, true, &error)) {
        return say(error);
    }
    job->staging = staging_begin(job->target, &error);
    if (job->staging == NULL) {
        return say(error);
    }
    job->began = wall_timestamp();
    job->progress = progress_new(options);
    job->scratch = g_build_filename(staging_path(job->staging), "trial", NULL);
    job->study.scratch = job->scratch;
    study_clear(&job->study);
    staging_empty(job->staging, false);
    study_begin(&job->study);
    return write_meta(job, false, &error) || say(error);
}

static int status_of_end(const Study *study)
{
    switch (study->end) {
    case CAMPAIGN_INTERRUPTED:
        return 128 + study->signal;
    case CAMPAIGN_WALL_LIMIT:
        return EXIT_WALL_LIMIT;
    case CAMPAIGN_CRASHED:
        return EXIT_INTERNAL;
    case CAMPAIGN_FAILED:
    case CAMPAIGN_NO_DISK:
    case CAMPAIGN_COMPLETED:
        break;
    }
    return EXIT_USAGE;
}

int study_job_fail(StudyJob *job, const GError *error)
{
    progress_end(job->progress);
    if (g_error_matches(error, STUDY_ERROR, STUDY_ERROR_INPUT)) {
        fputs(error->message, stderr);
        return EXIT_USAGE;
    }
    say(error);
    if (g_error_matches(error, STUDY_ERROR, STUDY_ERROR_ENDED)) {
        fprintf(stderr, "dcdrill: nothing was written\n");
        return status_of_end(&job->study);
    }
    return EXIT_USAGE;
}

static bool write_file(const StudyJob *job, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(job->staging), name, NULL);

    return file_write_text(path, text, error);
}

/* A capacity is for those who read on paper: it is printed where there is a browser to do it. */
static bool print_pdf(StudyJob *job, const char *staged, GError **error)
{
    bool is_wanted = strcmp(job->options->command, "capacity") == 0;
    g_autoptr(GError) why = NULL;

    if (!is_wanted || report_outs_print(staged, &why)) {
        return true;
    }
    if (!g_error_matches(why, PDF_ERROR, PDF_ERROR_MISSING) &&
        !g_error_matches(why, PDF_ERROR, PDF_ERROR_FAILED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    job->no_pdf = g_strdup(why->message);
    return true;
}

static bool write_all(StudyJob *job, const StudyResult *result, const char *json, GError **error)
{
    const char *const staged[] = {staging_path(job->staging), NULL};

    study_clear(&job->study);
    return write_file(job, "study.json", json, error) &&
           write_file(job, "study.csv", result->csv, error) &&
           write_file(job, "study.txt", result->text, error) &&
           report_outs_write(staged, staged[0], error) && print_pdf(job, staged[0], error) &&
           write_meta(job, true, error) && staging_finish(job->staging, error) &&
           report_outs_copy(job->options, job->target, true, error);
}

void study_job_add_basis(const StudyJob *job, StudyResult *result, const char *path)
{
    g_autoptr(GError) error = NULL; /* it was read before: standard input cannot be again */
    cJSON *basis = basis_to_json(&job->study, path, &error);

    if (basis != NULL) {
        cJSON_AddItemToObject(result->json, "basis", basis);
    }
}

/* What it takes to have the same again, and to see that it is the same. */
static void add_evidence(const StudyJob *job, cJSON *json)
{
    g_autofree char *command = options_print_study(job->options);
    char fingerprint[17];

    g_snprintf(fingerprint, sizeof fingerprint, "%016" G_GINT64_MODIFIER "x",
               job->study.fingerprint);
    cJSON_AddStringToObject(json, "command", command);
    cJSON_AddStringToObject(json, "fingerprint", fingerprint);
    cJSON_AddNumberToObject(json, "campaigns", job->study.trials);
    cJSON_AddNumberToObject(json, "replications_in_all", job->study.runs);
}

int study_job_end(StudyJob *job, StudyResult *result)
{
    g_autoptr(GError) error = NULL;

    add_evidence(job, result->json);
    char *printed = cJSON_Print(result->json);
    g_autofree char *json = g_strconcat(printed, "\n", NULL);
    bool is_written = write_all(job, result, json, &error);
    bool has_stdout = !job->options->is_json && options_use_stdout(job->options);

    progress_end(job->progress);
    if (!has_stdout) {
        fputs(job->options->is_json ? json : result->text, stdout);
    }
    if (is_written && !job->options->is_json && !has_stdout) {
        printf("results: %s/study.json, study.csv, study.txt; %u campaigns, %u replications in "
               "%.0f s\n",
               job->target, job->study.trials, job->study.runs,
               wall_seconds() - job->study.began_s);
        printf("report:  open %s/report.html in a browser%s%s\n", job->target,
               job->no_pdf != NULL ? "; no report.pdf: " : "",
               job->no_pdf != NULL ? job->no_pdf : "");
    } else if (!is_written) {
        say(error);
    }
    cJSON_free(printed);
    cJSON_Delete(result->json);
    g_free(result->text);
    g_free(result->csv);
    if (result->is_partial) {
        return status_of_end(&job->study);
    }
    return is_written ? result->status : EXIT_USAGE;
}

void study_job_clear(StudyJob *job)
{
    if (job->staging != NULL) {
        study_clear(&job->study);
    }
    staging_free(job->staging);
    if (job->progress != NULL) {
        progress_free(job->progress);
    }
    g_free(job->target);
    g_free(job->scratch);
    g_free(job->began);
    g_free(job->no_pdf);
}
