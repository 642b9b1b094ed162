/* export_events.c - what happened and what was found, for programs that read lines. */
#include "sim/results/export/export_events.h"

#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/results/export/export_json.h"
#include "sim/results/results_export.h"

/* --- events --------------------------------------------------------------------------------- */

typedef struct Line {
    SimTime time;
    int run;
    guint rank; /* of writing: keeps the order of equals */
    cJSON *json;
} Line;

static cJSON *add_line(GArray *lines, const char *type, int run, SimTime time)
{
    Line line = {time, run, lines->len, cJSON_CreateObject()};

    export_add_number(line.json, "time_s", sim_span_to_s(time));
    export_add_number(line.json, "replication", run);
    cJSON_AddStringToObject(line.json, "type", type);
    g_array_append_val(lines, line);
    return line.json;
}

static void add_text(cJSON *json, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        cJSON_AddStringToObject(json, name, text);
    }
}

static void add_phases(const Results *results, GArray *lines)
{
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        cJSON *begin = add_line(lines, "phase-begun", phases[i].run, phases[i].begin);

        cJSON_AddStringToObject(begin, "phase", phases[i].name);
    }
}

static void add_faults(const Results *results, GArray *lines)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        const SimTime times[] = {faults[i].applied, faults[i].lifted};

        for (int k = 0; k < 2 && times[k] != SIM_NEVER; k++) {
            cJSON *json =
                add_line(lines, k == 0 ? "fault-applied" : "fault-lifted", faults[i].run, times[k]);

            cJSON_AddStringToObject(json, "name", faults[i].name);
            cJSON_AddStringToObject(json, "func", faults[i].func);
            cJSON_AddStringToObject(json, "on", faults[i].targets_text);
            export_add_number(json, "targets", faults[i].targets);
            export_add_number(json, "bit", faults[i].bit);
        }
    }
}

static void add_occurrences(const Results *results, GArray *lines)
{
    guint count;
    const ResultsOccurrence *all = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        const SimTime times[] = {all[i].first, all[i].last};

        for (int k = 0; k < (all[i].count > 1 ? 2 : 1); k++) {
            cJSON *json = add_line(lines, "event", all[i].run, times[k]);

            cJSON_AddStringToObject(json, "event", all[i].event);
            cJSON_AddStringToObject(json, "which", k == 0 ? "first" : "last");
            export_add_number(json, "count", (double)all[i].count);
            add_text(json, "component", all[i].component);
            add_text(json, "dc", all[i].dc);
            add_text(json, "role", all[i].role);
            add_text(json, "node", all[i].node);
            add_text(json, all[i].label1 != NULL ? all[i].label1 : "", all[i].value1);
            add_text(json, all[i].label2 != NULL ? all[i].label2 : "", all[i].value2);
        }
    }
}

static void add_probes(const Results *results, GArray *lines)
{
    guint count;
    const ResultsProbe *probes = results_probes(results, &count);

    for (guint i = 0; i < count; i++) {
        cJSON *json = add_line(lines, "probe", probes[i].run, probes[i].time);

        cJSON_AddStringToObject(json, "name", probes[i].name);
        export_add_number(json, "value", probes[i].value);
        cJSON_AddStringToObject(json, "outcome",
                                !probes[i].is_known ? "not judged"
                                : probes[i].is_met  ? "met"
                                                    : "missed");
    }
}

static void add_findings(const Results *results, GArray *lines)
{
    guint count;
    const ResultsFinding *findings = results_findings(results, &count);

    for (guint i = 0; i < count; i++) {
        cJSON *json = add_line(lines, "finding", findings[i].run, findings[i].time);

        cJSON_AddStringToObject(json, "invariant", findings[i].invariant);
        export_add_number(json, "value", findings[i].value);
        cJSON_AddStringToObject(json, "proof", findings[i].proof);
    }
}

static int compare_lines(const void *a, const void *b)
{
    const Line *one = a, *other = b;

    if (one->time != other->time) {
        return one->time < other->time ? -1 : 1;
    }
    if (one->run != other->run) {
        return one->run < other->run ? -1 : 1;
    }
    return one->rank < other->rank ? -1 : 1;
}

char *export_events(const Results *results)
{
    g_autoptr(GArray) lines = g_array_new(false, false, sizeof(Line));
    GString *out = g_string_new(NULL);

    add_phases(results, lines);
    add_faults(results, lines);
    add_occurrences(results, lines);
    add_probes(results, lines);
    add_findings(results, lines);
    if (lines->len > 0) {
        qsort(lines->data, lines->len, sizeof(Line), compare_lines);
    }
    for (guint i = 0; i < lines->len; i++) {
        cJSON *json = g_array_index(lines, Line, i).json;
        char *text = cJSON_PrintUnformatted(json);

        g_string_append_printf(out, "%s\n", text);
        cJSON_free(text);
        cJSON_Delete(json);
    }
    return g_string_free(out, false);
}

/* --- CSV ------------------------------------------------------------------------------------ */

static void append_field(GString *out, const char *text, const char *end)
{
    bool is_quoted = strpbrk(text, "\",\r\n") != NULL;

    if (is_quoted) {
        g_string_append_c(out, '"');
    }
    for (; *text != '\0'; text++) {
        g_string_append(out, *text == '"' ? "\"" : "");
        g_string_append_c(out, *text);
    }
    g_string_append_printf(out, "%s%s", is_quoted ? "\"" : "", end);
}

/* A number as summary.json has it; nothing for null. */
static void append_number(GString *out, const cJSON *value, const char *end)
{
    char text[EXPORT_NUMBER_TEXT];
    bool is_known = cJSON_IsNumber(value);

    append_field(out, is_known ? export_number(value->valuedouble, text) : "", end);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);

    return cJSON_IsString(value) ? value->valuestring : "";
}

static void append_row(GString *out, const cJSON *metric, const cJSON *statistic)
{
    static const char *const labels[] = {"phase", "dc", "region", "role"};
    const cJSON *shown = json_member(metric, "labels");

    append_field(out, text_of(metric, "name"), ",");
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        append_field(out, text_of(shown, labels[i]), ",");
    }
    append_field(out, text_of(metric, "unit"), ",");
    append_number(out, json_member(metric, "n"), ",");
    append_number(out, json_member(metric, "replications"), ",");
    append_field(out, statistic->string, ",");
    append_number(out, json_member(statistic, "value"), ",");
    append_number(out, json_member(statistic, "low"), ",");
    append_number(out, json_member(statistic, "high"), ",");
    append_field(out, text_of(statistic, "method"), ",");
    append_field(out, text_of(statistic, "why"), "\r\n");
}

char *export_csv(Results *results, double confidence)
{
    g_autofree char *text = results_export_summary(results, confidence);
    cJSON *summary = cJSON_Parse(text);
    GString *out = g_string_new("metric,phase,dc,region,role,unit,n,replications,statistic,value,"
                                "low,high,method,why\r\n");
    const cJSON *metric;
    const cJSON *statistic;

    cJSON_ArrayForEach(metric, json_member(summary, "metrics"))
    {
        cJSON_ArrayForEach(statistic, metric)
        {
            if (json_member(statistic, "value") != NULL) {
                append_row(out, metric, statistic);
            }
        }
    }
    cJSON_Delete(summary);
    return g_string_free(out, false);
}
