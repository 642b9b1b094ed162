/* regression_text.c - comparisons with baselines for people and for build servers: the same numbers
 * in all forms. */
#include <math.h>
#include <string.h>

#include "sim/results/export/export_json.h"
#include "sim/results/regression/regression.h"

/* "http_req_duration{dc:DC03} p(99) in 10s". Caller frees. */
static char *name_of(const BaselineMetric *metric)
{
    char window[SIM_SPAN_TEXT] = "";

    if (metric->window > 0) {
        sim_span_print(metric->window, window);
    }
    return g_strdup_printf("%s %s%s%s", metric->metric, metric->aggregate,
                           window[0] != '\0' ? " in " : "", window);
}

/* The columns of a row as texts. */
typedef struct Cells {
    char *name, *before, *after, *change, *p;
    const char *verdict;
} Cells;

static char *short_number(double value)
{
    return isnan(value) ? g_strdup("-") : g_strdup_printf("%.4g", value);
}

static char *describe_change(const PairedFigure *figure)
{
    const Estimate *difference = &figure->comparison.difference;

    if (figure->pairs == 0) {
        return g_strdup("-");
    }
    return figure->is_same ? g_strdup("0")
                           : g_strdup_printf("%+.3g [%+.3g, %+.3g]", difference->value,
                                             difference->low, difference->high);
}

static Cells cells_of(const RegressionRow *row)
{
    const PairedFigure *figure = &row->figure;

    return (Cells){.name = name_of(row->metric),
                   .before = short_number(figure->before),
                   .after = short_number(figure->after),
                   .change = describe_change(figure),
                   .p = figure->is_same ? g_strdup("-") : short_number(figure->comparison.p),
                   .verdict = paired_word(figure->verdict)};
}

static void cells_clear(Cells *cells)
{
    g_free(cells->name);
    g_free(cells->before);
    g_free(cells->after);
    g_free(cells->change);
    g_free(cells->p);
}

static const char *scenario_of(const Regression *regression)
{
    const Baseline *side = regression->after != NULL ? regression->after : regression->before;

    return side->scenario;
}

static void append_repeated(GString *out, const char *text, int times)
{
    while (times-- > 0) {
        g_string_append(out, text);
    }
}

/* --- for people ----------------------------------------------------------------------------- */

static void append_text(GString *out, const Regression *regression)
{
    g_string_append_printf(out, "%s  %s\n  fingerprint  %s\n", regression->name,
                           scenario_of(regression), regression->fingerprint);
    if (regression->rows->len > 0) {
        g_string_append_printf(out, "  %-32s %9s %9s  %-30s %-8s %s\n", "METRIC", "BEFORE", "AFTER",
                               "CHANGE [INTERVAL]", "P", "VERDICT");
    }
    for (guint i = 0; i < regression->rows->len; i++) {
        const RegressionRow *row = &g_array_index(regression->rows, RegressionRow, i);
        Cells cells = cells_of(row);

        g_string_append_printf(out, "  %-32s %9s %9s  %-30s %-8s %s\n", cells.name, cells.before,
                               cells.after, cells.change, cells.p, cells.verdict);
        if (row->figure.verdict == COMPARISON_UNDECIDED) {
            g_string_append_printf(out, "      %s\n", row->why);
        }
        cells_clear(&cells);
    }
    for (guint i = 0; i < regression->broken->len; i++) {
        g_string_append_printf(out, "  check        %s\n", (char *)regression->broken->pdata[i]);
    }
    g_string_append_printf(out, "  cost         %s\n  verdict      %s\n", regression->cost,
                           regression_word(regression->verdict));
}

char *regression_to_text(const GPtrArray *list)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++) {
        append_text(out, list->pdata[i]);
    }
    g_string_append_printf(out, "%s: %u scenarios compared\n",
                           regression_word(regression_merge(list)), list->len);
    return g_string_free(out, false);
}

static void append_cell(GString *out, const char *text)
{
    for (; *text != '\0'; text++) {
        g_string_append(out, *text == '|' ? "\\" : "");
        g_string_append_c(out, *text == '\n' ? ' ' : *text);
    }
    g_string_append(out, " | ");
}

static void append_markdown(GString *out, const Regression *regression)
{
    g_string_append_printf(out, "### %s: %s\n\nFingerprint: %s.\n\n", regression->name,
                           regression_word(regression->verdict), regression->fingerprint);
    if (regression->rows->len > 0) {
        g_string_append(out, "| metric | before | after | change [interval] | p | verdict |\n|");
        append_repeated(out, " --- |", 6);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < regression->rows->len; i++) {
        Cells cells = cells_of(&g_array_index(regression->rows, RegressionRow, i));
        const char *const texts[] = {cells.name,   cells.before, cells.after,
                                     cells.change, cells.p,      cells.verdict};

        g_string_append(out, "| ");
        for (guint k = 0; k < G_N_ELEMENTS(texts); k++) {
            append_cell(out, texts[k]);
        }
        out->str[out->len - 1] = '\n';
        cells_clear(&cells);
    }
    g_string_append_c(out, '\n');
    for (guint i = 0; i < regression->broken->len; i++) {
        g_string_append_printf(out, "- check %s\n", (char *)regression->broken->pdata[i]);
    }
    g_string_append_printf(out, "Cost: %s.\n\n", regression->cost);
}

char *regression_to_markdown(const GPtrArray *list)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "## Against the baseline: %s\n\n",
                           regression_word(regression_merge(list)));
    for (guint i = 0; i < list->len; i++) {
        append_markdown(out, list->pdata[i]);
    }
    return g_string_free(out, false);
}

/* --- JSON ----------------------------------------------------------------------------------- */

static cJSON *row_to_json(const RegressionRow *row)
{
    const Estimate *difference = &row->figure.comparison.difference;
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "metric", row->metric->metric);
    cJSON_AddStringToObject(json, "aggregate", row->metric->aggregate);
    cJSON_AddStringToObject(json, "unit", row->metric->unit);
    export_add_number(json, "pairs", row->figure.pairs);
    export_add_number(json, "before", row->figure.before);
    export_add_number(json, "after", row->figure.after);
    export_add_interval(json, "difference", difference->value, difference->low, difference->high);
    export_add_number(json, "confidence", difference->confidence);
    export_add_number(json, "p", row->figure.comparison.p);
    export_add_number(json, "tolerance", row->figure.tolerance);
    cJSON_AddStringToObject(json, "verdict", paired_word(row->figure.verdict));
    cJSON_AddStringToObject(json, "why", row->why);
    return json;
}

static cJSON *to_json(const Regression *regression)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *rows;
    cJSON *broken;

    cJSON_AddStringToObject(json, "name", regression->name);
    cJSON_AddStringToObject(json, "scenario", scenario_of(regression));
    cJSON_AddStringToObject(json, "verdict", regression_word(regression->verdict));
    cJSON_AddBoolToObject(json, "same", regression->is_same);
    cJSON_AddStringToObject(json, "fingerprint", regression->fingerprint);
    cJSON_AddStringToObject(json, "cost", regression->cost);
    rows = cJSON_AddArrayToObject(json, "metrics");
    for (guint i = 0; i < regression->rows->len; i++) {
        cJSON_AddItemToArray(rows, row_to_json(&g_array_index(regression->rows, RegressionRow, i)));
    }
    broken = cJSON_AddArrayToObject(json, "broken_checks");
    for (guint i = 0; i < regression->broken->len; i++) {
        cJSON_AddItemToArray(broken, cJSON_CreateString(regression->broken->pdata[i]));
    }
    return json;
}

char *regression_to_json(const GPtrArray *list)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *scenarios;
    char *text;

    export_add_number(json, "format", 1);
    cJSON_AddStringToObject(json, "verdict", regression_word(regression_merge(list)));
    scenarios = cJSON_AddArrayToObject(json, "scenarios");
    for (guint i = 0; i < list->len; i++) {
        cJSON_AddItemToArray(scenarios, to_json(list->pdata[i]));
    }
    text = cJSON_Print(json);
    cJSON_Delete(json);
    char *copy = g_strconcat(text, "\n", NULL);

    cJSON_free(text);
    return copy;
}

/* --- JUnit ---------------------------------------------------------------------------------- */

/* One gate or metric; `bad` is "failure", "skipped" or NULL for a case that passed. */
typedef struct Case {
    const char *name, *bad, *why;
} Case;

static void append_case(GString *out, const char *scenario, const Case *one)
{
    g_autofree char *text =
        one->bad == NULL ? g_markup_printf_escaped("    <testcase classname=\"%s\" name=\"%s\"/>\n",
                                                   scenario, one->name)
                         : g_markup_printf_escaped("    <testcase classname=\"%s\" name=\"%s\">\n"
                                                   "      <%s message=\"%s\"/>\n    </testcase>\n",
                                                   scenario, one->name, one->bad, one->why);

    g_string_append(out, text);
}

static const char *bad_of(ComparisonVerdict verdict)
{
    return verdict == COMPARISON_WORSE       ? "failure"
           : verdict == COMPARISON_UNDECIDED ? "skipped"
                                             : NULL;
}

static void append_row_case(GString *out, const char *scenario, const RegressionRow *row)
{
    Cells cells = cells_of(row);
    g_autofree char *why = g_strdup_printf("%s: %s, was %s; change %s; %s", cells.verdict,
                                           cells.after, cells.before, cells.change, row->why);
    Case one = {cells.name, bad_of(row->figure.verdict), why};

    append_case(out, scenario, &one);
    cells_clear(&cells);
}

static guint count_bad(const Regression *regression, const char *bad)
{
    bool is_lonely = regression->before == NULL || regression->after == NULL;
    guint count = strcmp(bad, "failure") == 0
                      ? regression->broken->len + (regression->is_undeclared ? 1 : 0) +
                            (regression->is_dearer ? 1 : 0)
                      : (is_lonely ? 1 : 0);

    for (guint i = 0; i < regression->rows->len; i++) {
        count += g_strcmp0(bad_of(g_array_index(regression->rows, RegressionRow, i).figure.verdict),
                           bad) == 0;
    }
    return count;
}

static void append_suite(GString *out, const Regression *regression)
{
    bool is_lonely = regression->before == NULL || regression->after == NULL;
    g_autofree char *scenario = g_strconcat("baseline.", regression->name, NULL);
    Case fingerprint = {"fingerprint",
                        regression->is_undeclared ? "failure"
                        : is_lonely               ? "skipped"
                                                  : NULL,
                        regression->fingerprint};
    Case cost = {"cost", regression->is_dearer ? "failure" : NULL, regression->cost};
    g_autofree char *head = g_markup_printf_escaped(
        "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\">\n",
        scenario, 2 + regression->rows->len + regression->broken->len,
        count_bad(regression, "failure"), count_bad(regression, "skipped"));

    g_string_append(out, head);
    append_case(out, scenario, &fingerprint);
    for (guint i = 0; i < regression->rows->len; i++) {
        append_row_case(out, scenario, &g_array_index(regression->rows, RegressionRow, i));
    }
    for (guint i = 0; i < regression->broken->len; i++) {
        Case check = {regression->broken->pdata[i], "failure", "the baseline did not fail it"};

        append_case(out, scenario, &check);
    }
    append_case(out, scenario, &cost);
    g_string_append(out, "  </testsuite>\n");
}

char *regression_to_junit(const GPtrArray *list)
{
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

    for (guint i = 0; i < list->len; i++) {
        append_suite(out, list->pdata[i]);
    }
    g_string_append(out, "</testsuites>\n");
    return g_string_free(out, false);
}
