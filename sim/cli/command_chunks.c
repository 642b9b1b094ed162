/* command_chunks.c - plan, work, merge: one campaign on several machines, with the bytes of one. */
#include <stdio.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/cli/chunk_plan.h"
#include "sim/cli/progress.h"
#include "sim/config/json_place.h"
#include "sim/run/wall.h"

static int fail(const GError *error)
{
    if (error != NULL) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
    }
    return EXIT_USAGE;
}

/* --- plan ----------------------------------------------------------------------------------- */

int command_plan(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    const char *folder = options->out_dir != NULL ? options->out_dir : "plan";

    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'plan' needs one scenario file\n");
        return EXIT_USAGE;
    }
    if (options->precision != NULL) {
        fprintf(stderr, "dcdrill: error: a plan says how many replications there are: use -n, or "
                        "a build with MPI=1 for --precision\n");
        return EXIT_USAGE;
    }
    g_autoptr(Scenario) scenario =
        command_read_scenario(options, g_ptr_array_index(options->files, 0), kinds);

    if (scenario == NULL) {
        return EXIT_USAGE;
    }
    g_autoptr(ChunkPlan) plan = chunk_plan_new(options, scenario, folder);

    if (!chunk_plan_write(plan, &error)) {
        return fail(error);
    }
    printf("%s: %u replications in %u chunks\n"
           "each:  dcdrill work %s CHUNK      with CHUNK from 0 to %u, in any order, anywhere\n"
           "then:  dcdrill merge %s -o out\n",
           folder, plan->replications, plan->chunks, folder, plan->chunks - 1, folder);
    return EXIT_PASSED;
}

/* --- work ----------------------------------------------------------------------------------- */

/* What a killed process left is gone on with when it is of this plan and build. */
static char *identity_left(const Staging *staging)
{
    g_autofree char *path = g_build_filename(staging_path(staging), "run-meta.json", NULL);
    g_autofree char *text = NULL;
    cJSON *meta = g_file_get_contents(path, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
    const cJSON *identity = json_member(meta, "campaign");
    char *copy = g_strdup(cJSON_IsString(identity) ? identity->valuestring : "");

    cJSON_Delete(meta);
    return copy;
}

static bool write_meta(const Staging *staging, const Options *options, const char *identity,
                       GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(staging), "run-meta.json", NULL);
    RunMeta meta = {.began = wall_timestamp(),
                    .identity = (char *)(uintptr_t)identity,
                    .jobs = (guint)options->jobs,
                    .version = DCDRILL_VERSION,
                    .command = "work"};
    cJSON *json = run_meta_make(&meta);
    char *text = cJSON_Print(json);
    bool is_written = file_write_text(path, text, error);

    cJSON_free(text);
    cJSON_Delete(json);
    g_free(meta.began);
    return is_written;
}

/* Which plan and chunk it is, and by which build. */
static bool sign(const Staging *staging, const ChunkPlan *plan, guint chunk, GError **error)
{
    g_autofree char *path = g_build_filename(staging_path(staging), "results.sqlite", NULL);
    g_autofree char *number = g_strdup_printf("%u", chunk);
    g_autofree char *build = chunk_build();
    ResultsWriter *writer = results_write_again(path, error);

    if (writer == NULL) {
        return false;
    }
    results_write_fact(writer, "plan", plan->hash);
    results_write_fact(writer, "chunk", number);
    results_write_fact(writer, "build", build);
    return results_write_close(writer, error);
}

static int status_of(const CampaignResult *result)
{
    switch (result->end) {
    case CAMPAIGN_CRASHED:
        return EXIT_INTERNAL;
    case CAMPAIGN_WALL_LIMIT:
        return EXIT_WALL_LIMIT;
    case CAMPAIGN_INTERRUPTED:
        return 128 + result->signal;
    case CAMPAIGN_FAILED:
    case CAMPAIGN_NO_DISK:
        return EXIT_USAGE;
    case CAMPAIGN_COMPLETED:
        break;
    }
    return EXIT_PASSED;
}

static bool simulate(const Job *job, const ChunkPlan *plan, guint chunk, CampaignResult *result,
                     GError **error)
{
    Progress *progress = progress_new(job->options);
    CampaignOrder order = {.scenario = job->scenario,
                           .kinds = job->kinds,
                           .first = chunk_plan_first(plan, chunk),
                           .replications = chunk_plan_count(plan, chunk),
                           .jobs = (guint)job->options->jobs,
                           .directory = staging_path(job->staging),
                           .changes = plan->flags,
                           .until = plan->until,
                           .wall_limit_s = job->options->wall_limit_s,
                           .watch = progress_show,
                           .context = progress};
    bool is_good = campaign_run(&order, result, error);

    progress_end(progress);
    progress_free(progress);
    return is_good;
}

static int work(Job *job, const ChunkPlan *plan, guint chunk, GError **error)
{
    g_autofree char *identity = campaign_identity(job->scenario, plan->until);
    g_autofree char *key = g_strconcat(plan->hash, " ", identity, NULL);
    g_autofree char *path = chunk_plan_path(plan, chunk);
    CampaignResult result;

    job->staging = staging_begin(path, error);
    if (job->staging == NULL) {
        return EXIT_USAGE;
    }
    g_autofree char *left = identity_left(job->staging);

    staging_empty(job->staging, strcmp(left, key) == 0);
    if (!write_meta(job->staging, job->options, key, error) ||
        !simulate(job, plan, chunk, &result, error)) {
        staging_keep(job->staging);
        return EXIT_USAGE;
    }
    if (result.end != CAMPAIGN_COMPLETED || result.written < chunk_plan_count(plan, chunk)) {
        fprintf(stderr, "dcdrill: chunk %u is not whole; the same command goes on with it\n",
                chunk);
        staging_keep(job->staging);
        return command_worse(status_of(&result), EXIT_INCONCLUSIVE);
    }
    if (!sign(job->staging, plan, chunk, error) || !staging_finish(job->staging, error)) {
        staging_keep(job->staging);
        return EXIT_USAGE;
    }
    printf("%s: replications %u to %u, %u of them not run again\n", path,
           chunk_plan_first(plan, chunk),
           chunk_plan_first(plan, chunk) + chunk_plan_count(plan, chunk) - 1, result.taken);
    return EXIT_PASSED;
}

/* Whether a chunk is there and whole already; one that is not is made anew. */
static bool is_done(const ChunkPlan *plan, guint chunk)
{
    g_autofree char *build = NULL;
    g_autofree char *own = chunk_build();
    g_autoptr(Results) results = chunk_plan_results(plan, chunk, &build, NULL);

    return results != NULL && strcmp(build, own) == 0;
}

int command_work(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    gint64 chunk = 0;

    if (options->files->len != 2 || !g_ascii_string_to_signed(g_ptr_array_index(options->files, 1),
                                                              10, 0, G_MAXINT32, &chunk, NULL)) {
        fprintf(stderr, "dcdrill: error: 'work' needs a plan and the number of a chunk, from 0\n");
        return EXIT_USAGE;
    }
    g_autoptr(ChunkPlan) plan = chunk_plan_read(g_ptr_array_index(options->files, 0), &error);

    if (plan == NULL) {
        return fail(error);
    }
    if (chunk >= plan->chunks) {
        fprintf(stderr, "dcdrill: error: the plan has chunks 0 to %u, no %d\n", plan->chunks - 1,
                (int)chunk);
        return EXIT_USAGE;
    }
    if (is_done(plan, (guint)chunk)) {
        printf("chunk %d is there and whole\n", (int)chunk);
        return EXIT_PASSED;
    }
    Options own;
    Job job;
    int status = chunk_plan_job(plan, options, kinds, &own, &job, &error)
                     ? work(&job, plan, (guint)chunk, &error)
                     : EXIT_USAGE;

    fail(error);
    job_clear(&job);
    chunk_plan_clear_options(&own);
    return status;
}

/* --- merge ---------------------------------------------------------------------------------- */

/* Names all that is missing at once. */
static bool check_gaps(const ChunkPlan *plan, GError **error)
{
    g_autoptr(GString) missing = g_string_new(NULL);
    guint count = 0;

    for (guint chunk = 0; chunk < plan->chunks; chunk++) {
        g_autofree char *path = chunk_plan_path(plan, chunk);

        if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
            g_string_append_printf(missing, "%s%u", count++ > 0 ? ", " : "", chunk);
        }
    }
    if (count > 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%u of %u chunks are missing: %s; make them with: dcdrill work %s CHUNK", count,
                    plan->chunks, missing->str, plan->folder);
    }
    return count == 0;
}

/* All chunks, each looked at before anything is written. */
static bool check_chunks(const ChunkPlan *plan, GError **error)
{
    g_autofree char *first = NULL;

    for (guint chunk = 0; chunk < plan->chunks; chunk++) {
        char *build = NULL;
        g_autoptr(Results) results = chunk_plan_results(plan, chunk, &build, error);

        if (results == NULL) {
            return false;
        }
        if (first != NULL && strcmp(first, build) != 0) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "chunk %u was made by another build of the program than chunk 0; take the "
                        "same everywhere",
                        chunk);
            g_free(build);
            return false;
        }
        g_free(first);
        first = build;
    }
    return true;
}

/* The replications' own files, as if they had been run here. */
static bool take_out(void *context, const char *directory, GError **error)
{
    const ChunkPlan *plan = context;

    for (guint chunk = 0; chunk < plan->chunks; chunk++) {
        g_autofree char *folder = chunk_plan_path(plan, chunk);
        g_autofree char *from = g_build_filename(folder, "results.sqlite", NULL);
        guint first = chunk_plan_first(plan, chunk);

        for (guint run = first; run < first + chunk_plan_count(plan, chunk); run++) {
            g_autofree char *path = campaign_run_path(directory, run);
            g_autoptr(ResultsWriter) writer = results_write_new(path, error);

            if (writer == NULL || !results_write_merge_run(writer, from, (int)run, error) ||
                !results_write_close(g_steal_pointer(&writer), error)) {
                return false;
            }
        }
    }
    return true;
}

int command_merge(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;

    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'merge' needs a plan whose chunks are there\n");
        return EXIT_USAGE;
    }
    g_autoptr(ChunkPlan) plan = chunk_plan_read(g_ptr_array_index(options->files, 0), &error);

    if (plan == NULL || !options_check_outs(options, &error) || !check_gaps(plan, &error) ||
        !check_chunks(plan, &error)) {
        return fail(error);
    }
    Options own;
    Job job;
    int status = EXIT_USAGE;

    if (chunk_plan_job(plan, options, kinds, &own, &job, &error)) {
        job.prepare = take_out;
        job.prepare_context = plan;
        status = job_run(&job);
    }
    fail(error);
    job_clear(&job);
    chunk_plan_clear_options(&own);
    return status;
}
