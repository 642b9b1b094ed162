/* baseline_text.c - a baseline as a file: JSON with a line for each replication, check and metric,
 * so that a repository shows what changed. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/results/export/export_json.h"
#include "sim/results/regression/baseline_inside.h"

#define KIND "dcdrill-baseline"

/* --- writing -------------------------------------------------------------------------------- */

/* Takes `row`: one line of a list. */
static void append_row(GString *out, cJSON *row, bool is_last)
{
    char *text = cJSON_PrintUnformatted(row);

    g_string_append_printf(out, "    %s%s\n", text, is_last ? "" : ",");
    cJSON_free(text);
    cJSON_Delete(row);
}

static void append_text(GString *out, const char *name, const char *value)
{
    cJSON *string = cJSON_CreateString(value);
    char *text = cJSON_PrintUnformatted(string);

    g_string_append_printf(out, "  \"%s\": %s,\n", name, text);
    cJSON_free(text);
    cJSON_Delete(string);
}

static void add_hash(cJSON *row, const char *name, uint64_t hash)
{
    char text[17];

    g_snprintf(text, sizeof text, "%016" G_GINT64_MODIFIER "x", hash);
    cJSON_AddStringToObject(row, name, text);
}

static void append_runs(GString *out, const GArray *runs)
{
    g_string_append(out, "  \"replications\": [\n");
    for (guint i = 0; i < runs->len; i++) {
        const BaselineRun *run = &g_array_index(runs, BaselineRun, i);
        g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, run->seed);
        cJSON *row = cJSON_CreateObject();

        cJSON_AddNumberToObject(row, "run", run->run);
        cJSON_AddStringToObject(row, "seed", seed);
        add_hash(row, "order", run->order);
        add_hash(row, "contents", run->contents);
        add_hash(row, "counters", run->counters);
        append_row(out, row, i + 1 == runs->len);
    }
    g_string_append(out, "  ],\n");
}

static void append_checks(GString *out, const GPtrArray *checks)
{
    g_string_append(out, "  \"checks\": [\n");
    for (guint i = 0; i < checks->len; i++) {
        const BaselineCheck *check = checks->pdata[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "check", check->title);
        cJSON_AddStringToObject(row, "verdict", check->verdict);
        append_row(out, row, i + 1 == checks->len);
    }
    g_string_append(out, "  ],\n");
}

static void append_metrics(GString *out, const GPtrArray *metrics)
{
    g_string_append(out, "  \"metrics\": [\n");
    for (guint i = 0; i < metrics->len; i++) {
        const BaselineMetric *metric = metrics->pdata[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "metric", metric->metric);
        cJSON_AddStringToObject(row, "aggregate", metric->aggregate);
        cJSON_AddStringToObject(row, "unit", metric->unit);
        cJSON_AddStringToObject(row, "better", metric->is_smaller_better ? "smaller" : "larger");
        export_add_number(row, "window_s", sim_span_to_s(metric->window));
        export_add_number(row, "tolerance", metric->tolerance);
        export_add_number(row, "least_tolerance", metric->least_tolerance);
        cJSON_AddBoolToObject(row, "relative", metric->is_relative);
        cJSON *values = cJSON_AddArrayToObject(row, "values");

        for (guint k = 0; k < metric->values->len; k++) {
            char text[EXPORT_NUMBER_TEXT];

            cJSON_AddItemToArray(values, cJSON_CreateRaw(export_number(
                                             g_array_index(metric->values, double, k), text)));
        }
        append_row(out, row, i + 1 == metrics->len);
    }
    g_string_append(out, "  ]\n}\n");
}

char *baseline_print(const Baseline *baseline)
{
    GString *out = g_string_new("{\n");
    char number[EXPORT_NUMBER_TEXT];

    append_text(out, "kind", KIND);
    g_string_append_printf(out, "  \"format\": %d,\n", BASELINE_FORMAT);
    append_text(out, "scenario", baseline->scenario);
    append_text(out, "title", baseline->title);
    append_text(out, "version", baseline->version);
    append_text(out, "seed", baseline->seed);
    append_text(out, "scenario_hash", baseline->scenario_hash);
    g_string_append_printf(out, "  \"instructions\": %s,\n",
                           export_number(baseline->cost.instructions, number));
    if (baseline->cost.why != NULL) {
        append_text(out, "instructions_unknown", baseline->cost.why);
    }
    append_text(out, "compiler", baseline->cost.compiler);
    append_runs(out, baseline->runs);
    append_checks(out, baseline->checks);
    append_metrics(out, baseline->metrics);
    return g_string_free(out, false);
}

/* --- reading -------------------------------------------------------------------------------- */

typedef struct Reader {
    const cJSON *root;
    DiagList *diags;
} Reader;

static const char *need_text(Reader *reader, const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);

    if (!cJSON_IsString(value)) {
        diag_add(reader->diags, DIAG_ERROR, object, DIAG_VALUE,
                 "the baseline has no text '%s' here", name);
        return "";
    }
    return value->valuestring;
}

/* null is NAN. */
static double need_number(Reader *reader, const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);

    if (cJSON_IsNull(value)) {
        return (double)NAN;
    }
    if (!cJSON_IsNumber(value)) {
        diag_add(reader->diags, DIAG_ERROR, object, DIAG_VALUE,
                 "the baseline has no number '%s' here", name);
        return (double)NAN;
    }
    return value->valuedouble;
}

static uint64_t need_hash(Reader *reader, const cJSON *object, const char *name)
{
    const char *text = need_text(reader, object, name);
    guint64 hash = 0;

    if (text[0] != '\0' && !g_ascii_string_to_unsigned(text, 16, 0, G_MAXUINT64, &hash, NULL)) {
        diag_add(reader->diags, DIAG_ERROR, json_member(object, name), DIAG_VALUE,
                 "'%s' is no fingerprint", text);
    }
    return hash;
}

static int need_index(Reader *reader, const cJSON *object, const char *name)
{
    double number = need_number(reader, object, name);

    if (!(number >= 0 && number <= INT_MAX && floor(number) >= number)) {
        diag_add(reader->diags, DIAG_ERROR, object, DIAG_VALUE, "'%s' is no whole number here",
                 name);
        return 0;
    }
    return (int)number;
}

static uint64_t need_seed(Reader *reader, const cJSON *object, const char *name)
{
    const char *text = need_text(reader, object, name);
    guint64 seed = 0;

    if (text[0] != '\0' && !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &seed, NULL)) {
        diag_add(reader->diags, DIAG_ERROR, json_member(object, name), DIAG_VALUE,
                 "'%s' is no seed", text);
    }
    return seed;
}

static const cJSON *need_list(Reader *reader, const char *name)
{
    const cJSON *list = json_member(reader->root, name);

    if (!cJSON_IsArray(list)) {
        diag_add(reader->diags, DIAG_ERROR, reader->root, DIAG_VALUE,
                 "the baseline has no list '%s'", name);
        return NULL;
    }
    return list;
}

static void read_runs(Reader *reader, Baseline *baseline)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, need_list(reader, "replications"))
    {
        BaselineRun run = {.run = need_index(reader, row, "run"),
                           .seed = need_seed(reader, row, "seed"),
                           .order = need_hash(reader, row, "order"),
                           .contents = need_hash(reader, row, "contents"),
                           .counters = need_hash(reader, row, "counters")};

        g_array_append_val(baseline->runs, run);
    }
}

static void read_metric(Reader *reader, Baseline *baseline, const cJSON *row)
{
    BaselineMetric *metric = baseline_add_metric(baseline);
    const cJSON *values = json_member(row, "values");
    const cJSON *value;

    metric->metric = g_strdup(need_text(reader, row, "metric"));
    metric->aggregate = g_strdup(need_text(reader, row, "aggregate"));
    metric->unit = g_strdup(need_text(reader, row, "unit"));
    metric->is_smaller_better = strcmp(need_text(reader, row, "better"), "smaller") == 0;
    metric->window = sim_span_from_s(need_number(reader, row, "window_s"));
    metric->tolerance = need_number(reader, row, "tolerance");
    metric->least_tolerance = need_number(reader, row, "least_tolerance");
    metric->is_relative = cJSON_IsTrue(json_member(row, "relative"));
    cJSON_ArrayForEach(value, values)
    {
        double number = cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;

        if (!cJSON_IsNumber(value) && !cJSON_IsNull(value)) {
            diag_add(reader->diags, DIAG_ERROR, value, DIAG_VALUE, "a value is a number or null");
        }
        g_array_append_val(metric->values, number);
    }
    if (metric->values->len != baseline->runs->len) {
        diag_add(reader->diags, DIAG_ERROR, row, DIAG_VALUE,
                 "%u values for %u replications: the file is not whole", metric->values->len,
                 baseline->runs->len);
    }
}

static void read_rows(Reader *reader, Baseline *baseline)
{
    const cJSON *row;

    read_runs(reader, baseline);
    cJSON_ArrayForEach(row, need_list(reader, "checks"))
    {
        baseline_add_check(baseline, need_text(reader, row, "check"),
                           need_text(reader, row, "verdict"));
    }
    cJSON_ArrayForEach(row, need_list(reader, "metrics"))
    {
        read_metric(reader, baseline, row);
    }
}

static void read_all(Reader *reader, Baseline *baseline)
{
    const cJSON *why = json_member(reader->root, "instructions_unknown");

    baseline->scenario = g_strdup(need_text(reader, reader->root, "scenario"));
    baseline->title = g_strdup(need_text(reader, reader->root, "title"));
    baseline->version = g_strdup(need_text(reader, reader->root, "version"));
    baseline->seed = g_strdup(need_text(reader, reader->root, "seed"));
    baseline->scenario_hash = g_strdup(need_text(reader, reader->root, "scenario_hash"));
    baseline->cost.instructions = need_number(reader, reader->root, "instructions");
    baseline->cost.compiler = g_strdup(need_text(reader, reader->root, "compiler"));
    baseline->cost.why = cJSON_IsString(why) ? g_strdup(why->valuestring) : NULL;
    read_rows(reader, baseline);
}

static void read_document(Reader *reader, Baseline *baseline)
{
    const cJSON *kind = json_member(reader->root, "kind");
    const cJSON *format = json_member(reader->root, "format");

    if (!cJSON_IsString(kind) || strcmp(kind->valuestring, KIND) != 0) {
        diag_add(reader->diags, DIAG_ERROR, reader->root, DIAG_VALUE,
                 "this is no baseline; 'dcdrill baseline' writes one");
    } else if (!cJSON_IsNumber(format) || format->valueint != BASELINE_FORMAT) {
        diag_add(reader->diags, DIAG_ERROR, format != NULL ? format : reader->root, DIAG_VALUE,
                 "a baseline of another format; this program reads %d: write it anew with "
                 "'dcdrill baseline'",
                 BASELINE_FORMAT);
    } else {
        read_all(reader, baseline);
    }
}

Baseline *baseline_read(const char *path, GError **error)
{
    g_autoptr(DiagList) strict = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_read(path, strict);
    g_autoptr(DiagList) found = diag_list_new(json_document_find, document);
    Reader reader = {document != NULL ? document->root : NULL, found};
    g_autoptr(Baseline) baseline = baseline_new();

    if (document != NULL) {
        read_document(&reader, baseline);
    }
    if (document == NULL || diag_count_errors(found) > 0) {
        g_autofree char *text = diag_list_to_text(document == NULL ? strict : found);

        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX, "%s", g_strchomp(text));
        return NULL;
    }
    return g_steal_pointer(&baseline);
}
