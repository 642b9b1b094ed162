/* chunk_plan.c - a campaign divided into chunks for other machines. */
#include "sim/cli/chunk_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/results/results_schema.h"

#define KIND "dcdrill-plan"
#define FORMAT 1

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_autofree char *text = g_strdup_vprintf(format, values);

    va_end(values);
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_SCHEMA, "%s", text);
    return false;
}

/* --- the plan ------------------------------------------------------------------------------- */

/* All that the hash is of. */
static cJSON *to_json(const ChunkPlan *plan)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "kind", KIND);
    cJSON_AddNumberToObject(json, "format", FORMAT);
    cJSON_AddStringToObject(json, "scenario", plan->scenario);
    cJSON_AddStringToObject(json, "flags", plan->flags);
    cJSON_AddStringToObject(json, "seed", plan->seed);
    cJSON_AddStringToObject(json, "version", plan->version);
    cJSON_AddStringToObject(json, "content", plan->content);
    cJSON_AddNumberToObject(json, "until_ns", (double)plan->until);
    cJSON_AddNumberToObject(json, "confidence", plan->confidence);
    cJSON_AddNumberToObject(json, "replications", plan->replications);
    cJSON_AddBoolToObject(json, "counted", plan->is_counted);
    cJSON_AddNumberToObject(json, "chunks", plan->chunks);
    return json;
}

static char *hash_of(const ChunkPlan *plan)
{
    cJSON *json = to_json(plan);
    g_autofree char *text = json_print_line(json);
    char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    cJSON_Delete(json);
    return hash;
}

ChunkPlan *chunk_plan_new(const Options *options, const Scenario *scenario, const char *folder)
{
    ChunkPlan *plan = g_new0(ChunkPlan, 1);
    guint asked = (guint)options->regression.chunks;

    plan->folder = g_strdup(folder);
    plan->scenario = g_strdup(scenario->path);
    plan->flags = options_print_changes(options);
    plan->seed = g_strdup(options->seed != NULL ? options->seed : "");
    plan->version = g_strdup(DCDRILL_VERSION);
    plan->until = options->until;
    plan->confidence = options->confidence;
    plan->content = campaign_content(scenario, options->until);
    plan->replications = (guint)scenario->simulation.replications;
    plan->is_counted = options->replications > 0;
    plan->chunks = asked > 0 ? MIN(asked, plan->replications) : plan->replications;
    plan->hash = hash_of(plan);
    return plan;
}

void chunk_plan_free(ChunkPlan *plan)
{
    if (plan == NULL) {
        return;
    }
    g_free(plan->folder);
    g_free(plan->hash);
    g_free(plan->scenario);
    g_free(plan->flags);
    g_free(plan->seed);
    g_free(plan->version);
    g_free(plan->content);
    g_free(plan);
}

bool chunk_plan_write(const ChunkPlan *plan, GError **error)
{
    g_autofree char *path = g_build_filename(plan->folder, "plan.json", NULL);
    bool is_there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_autoptr(ChunkPlan) old = is_there ? chunk_plan_read(path, NULL) : NULL;

    if (is_there && (old == NULL || strcmp(old->hash, plan->hash) != 0)) {
        return refuse(error, "'%s' is another plan; name another directory with -o", path);
    }
    if (g_mkdir_with_parents(plan->folder, 0777) != 0) {
        return refuse(error, "cannot make the directory '%s': %s", plan->folder, g_strerror(errno));
    }
    cJSON *json = to_json(plan);

    cJSON_AddStringToObject(json, "hash", plan->hash);
    g_autofree char *text = json_print_page(json);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    cJSON_Delete(json);
    return is_there || file_write_text(path, line, error);
}

static char *text_of(const cJSON *json, const char *name)
{
    const cJSON *value = json_member(json, name);

    return g_strdup(cJSON_IsString(value) ? value->valuestring : "");
}

static double number_of(const cJSON *json, const char *name)
{
    const cJSON *value = json_member(json, name);

    return cJSON_IsNumber(value) && value->valuedouble >= 0 ? value->valuedouble : 0;
}

static bool check_plan(const ChunkPlan *plan, const char *path, GError **error)
{
    g_autofree char *hash = hash_of(plan);

    if (strcmp(plan->version, DCDRILL_VERSION) != 0) {
        return refuse(error, "'%s' is a plan of dcdrill %s, this is %s", path, plan->version,
                      DCDRILL_VERSION);
    }
    if (strcmp(hash, plan->hash) != 0 || plan->chunks < 1 || plan->replications < plan->chunks) {
        return refuse(error, "'%s' is not the plan that was made: it was changed since", path);
    }
    return true;
}

ChunkPlan *chunk_plan_read(const char *path, GError **error)
{
    bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    g_autofree char *file = is_folder ? g_build_filename(path, "plan.json", NULL) : g_strdup(path);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_read(file, diags);
    g_autoptr(ChunkPlan) plan = g_new0(ChunkPlan, 1);

    if (document == NULL) {
        g_autofree char *text = diag_list_to_text(diags);

        refuse(error, "%s", g_strchomp(text));
        return NULL;
    }
    g_autofree char *kind = text_of(document->root, "kind");

    if (strcmp(kind, KIND) != 0 || number_of(document->root, "format") != FORMAT) {
        refuse(error, "'%s' is no plan of this version; 'dcdrill plan' writes one", file);
        return NULL;
    }
    plan->folder = g_path_get_dirname(file);
    plan->hash = text_of(document->root, "hash");
    plan->scenario = text_of(document->root, "scenario");
    plan->flags = text_of(document->root, "flags");
    plan->seed = text_of(document->root, "seed");
    plan->version = text_of(document->root, "version");
    plan->content = text_of(document->root, "content");
    plan->until = (SimSpan)number_of(document->root, "until_ns");
    plan->confidence = number_of(document->root, "confidence");
    plan->replications = (guint)number_of(document->root, "replications");
    plan->chunks = (guint)number_of(document->root, "chunks");
    plan->is_counted = cJSON_IsTrue(json_member(document->root, "counted"));
    return check_plan(plan, file, error) ? g_steal_pointer(&plan) : NULL;
}

/* --- chunks --------------------------------------------------------------------------------- */

/* Sizes differ by one at most. */
guint chunk_plan_first(const ChunkPlan *plan, guint chunk)
{
    return (guint)((guint64)plan->replications * chunk / plan->chunks);
}

guint chunk_plan_count(const ChunkPlan *plan, guint chunk)
{
    return chunk_plan_first(plan, chunk + 1) - chunk_plan_first(plan, chunk);
}

char *chunk_plan_path(const ChunkPlan *plan, guint chunk)
{
    return g_strdup_printf("%s/chunk-%04u", plan->folder, chunk);
}

void chunk_plan_clear_options(Options *own)
{
    g_strfreev(own->sets);
    g_strfreev(own->vars);
    g_strfreev(own->var_files);
    g_clear_pointer(&own->files, g_ptr_array_unref);
}

bool chunk_plan_job(const ChunkPlan *plan, const Options *options, const Kind *const *kinds,
                    Options *own, Job *job, GError **error)
{
    *own = *options;
    own->sets = own->vars = own->var_files = NULL;
    own->precision = NULL;
    own->files = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(own->files, g_strdup(plan->scenario));
    own->seed = plan->seed[0] != '\0' ? plan->seed : NULL;
    own->replications = plan->is_counted ? (int)plan->replications : 0;
    own->until = plan->until;
    own->confidence = plan->confidence;
    *job = (Job){0};
    if (!options_take_changes(own, plan->flags, error)) {
        return false;
    }
    job_init(job, own, plan->scenario, kinds);
    if (job->scenario == NULL) {
        return refuse(error, "the scenario of the plan, '%s', cannot be read", plan->scenario);
    }
    g_autofree char *content = campaign_content(job->scenario, plan->until);

    return strcmp(content, plan->content) == 0 ||
           refuse(error, "'%s' or a file that it names is not what it was when it was planned",
                  plan->scenario);
}

char *chunk_build(void)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;

    return g_file_get_contents("/proc/self/exe", &bytes, &size, NULL)
               ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size)
               : g_strdup("unknown");
}

static bool check_runs(const ChunkPlan *plan, guint chunk, const Results *results, const char *path,
                       GError **error)
{
    guint first = chunk_plan_first(plan, chunk);
    guint wanted = chunk_plan_count(plan, chunk);
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < MIN(count, wanted); i++) {
        if (runs[i].run != (int)(first + i) ||
            (strcmp(runs[i].ended, "completed") != 0 && strcmp(runs[i].ended, "aborted") != 0)) {
            return refuse(error, "'%s' has replication %d, %s, where %u should stand", path,
                          runs[i].run, runs[i].ended, first + i);
        }
    }
    return count == wanted ||
           refuse(error, "'%s' has %u replications in place of %u", path, count, wanted);
}

static const char *fact(const Results *results, const char *name)
{
    const char *value = results_fact(results, name);

    return value != NULL ? value : "";
}

Results *chunk_plan_results(const ChunkPlan *plan, guint chunk, char **build, GError **error)
{
    g_autofree char *folder = chunk_plan_path(plan, chunk);
    g_autofree char *path = g_build_filename(folder, "results.sqlite", NULL);
    g_autofree char *number = g_strdup_printf("%u", chunk);
    g_autoptr(Results) results = results_open(path, error);

    if (results == NULL) {
        return NULL;
    }
    if (strcmp(fact(results, "plan"), plan->hash) != 0) {
        refuse(error, "'%s' is a chunk of another plan", path);
        return NULL;
    }
    if (strcmp(fact(results, "chunk"), number) != 0) {
        refuse(error, "'%s' is chunk %s, which is there twice", path, fact(results, "chunk"));
        return NULL;
    }
    if (!check_runs(plan, chunk, results, path, error)) {
        return NULL;
    }
    *build = g_strdup(fact(results, "build"));
    return g_steal_pointer(&results);
}
