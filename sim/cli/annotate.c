/* annotate.c - verdicts as build servers show them. */
#include "sim/cli/annotate.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/check_words.h"
#include "sim/base/words.h"
#include "sim/scenario/scenario_read.h"

#define ERRORS_MOST 8
#define SUMMARY_MOST (900 * 1024)

/* --- GitHub --------------------------------------------------------------------------------- */

/* In a message "%", line feeds; in a property ":" and "," as well. */
static void append_escaped(GString *out, const char *text, bool is_property)
{
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (is_property && (*text == ':' || *text == ','))) {
            g_string_append_printf(out, "%%%02X", (unsigned char)*text);
        } else {
            g_string_append_c(out, *text);
        }
    }
}

/* The value of the scenario that demands the `index`-th check of a kind, or NULL. */
static const cJSON *demand_of(const Scenario *scenario, const char *kind, guint index)
{
    if (strcmp(kind, "threshold") == 0 && index < scenario->thresholds->len) {
        return ((const Threshold *)g_ptr_array_index(scenario->thresholds, index))->tree;
    }
    if (strcmp(kind, "invariant") == 0 && index < scenario->invariants->len) {
        return ((const InvariantCheck *)g_ptr_array_index(scenario->invariants, index))->tree;
    }
    if (strcmp(kind, "must-happen") == 0 && index < scenario->must_happen->len) {
        return ((const MustHappen *)g_ptr_array_index(scenario->must_happen, index))->tree;
    }
    return NULL;
}

/* The activity that a check of a fault or probe is called after. */
static const cJSON *activity_of(const Scenario *scenario, const char *name)
{
    const GPtrArray *lists[] = {scenario->method, scenario->hypothesis};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint k = 0; k < lists[i]->len; k++) {
            const Activity *activity = g_ptr_array_index(lists[i], k);

            if (g_strcmp0(activity->name, name) == 0) {
                return activity->tree;
            }
        }
    }
    return NULL;
}

/* "file=...,line=..." of what demands check `index`; the file alone when its line is not known. */
static void append_place(GString *out, const Scenario *scenario, const ResultsCheck *checks,
                         guint index)
{
    const char *kind = checks[index].kind;
    guint before = 0;

    for (guint i = 0; i < index; i++) {
        before += strcmp(checks[i].kind, kind) == 0;
    }
    const cJSON *node = demand_of(scenario, kind, before);

    if (node == NULL) {
        node = activity_of(scenario, checks[index].name);
    }
    g_autofree char *origin = scenario_origin(scenario, node);
    char *colon = strrchr(origin, ':');

    g_string_append(out, "file=");
    if (colon != NULL && g_ascii_isdigit(colon[1])) {
        *colon = '\0';
        append_escaped(out, origin, true);
        g_string_append_printf(out, ",line=%s", colon + 1);
    } else {
        append_escaped(out, scenario->path, true);
    }
}

static char *check_title(const ResultsCheck *check)
{
    bool has_labels = check->labels != NULL && check->labels[0] != '\0';

    return g_strdup_printf("%s %s%s%s%s %s", check->kind, check->name, has_labels ? "{" : "",
                           has_labels ? check->labels : "", has_labels ? "}" : "",
                           check->condition != NULL ? check->condition : "");
}

/* What was seen, in the digits of the report. */
static char *describe_observed(const Results *results, const ResultsCheck *check)
{
    g_autofree char *value = words_value(check->observed, check_unit(results, check));

    return isnan(check->observed) ? g_strdup("") : g_strconcat(value, "; ", NULL);
}

static void append_command(GString *out, const char *command, const Scenario *scenario,
                           const Results *results, guint index)
{
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);
    g_autofree char *title = check_title(&checks[index]);
    g_autofree char *observed = describe_observed(results, &checks[index]);

    g_string_append_printf(out, "::%s ", command);
    append_place(out, scenario, checks, index);
    g_string_append(out, ",title=");
    append_escaped(out, title, true);
    g_string_append(out, "::");
    append_escaped(out, observed, false);
    append_escaped(out, checks[index].why != NULL ? checks[index].why : "", false);
    g_string_append_c(out, '\n');
}

/* Commands for the first checks of a verdict; how many there were beyond them. */
static guint append_commands(GString *out, const char *command, const char *verdict,
                             const Scenario *scenario, const Results *results)
{
    guint count, shown = 0, left = 0;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        bool is_it = strcmp(checks[i].verdict, verdict) == 0 && !checks[i].is_warning;

        if (is_it && shown < ERRORS_MOST) {
            append_command(out, command, scenario, results, i);
            shown++;
        } else if (is_it) {
            left++;
        }
    }
    return left;
}

char *annotate_github(const Scenario *scenario, const Results *results)
{
    GString *out = g_string_new("::group::");
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    append_escaped(out, scenario->path, false);
    g_string_append(out, "  ");
    append_escaped(out, scenario->title != NULL ? scenario->title : "", false);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < count; i++) {
        g_autofree char *title = check_title(&checks[i]);

        g_string_append_printf(out, "%-12s %s\n", checks[i].verdict, title);
    }
    g_string_append(out, "::endgroup::\n");
    guint left = append_commands(out, "error", "fail", scenario, results) +
                 append_commands(out, "warning", "inconclusive", scenario, results);

    if (left > 0) {
        g_string_append_printf(out, "::notice::%u more checks did not pass: see the report\n",
                               left);
    }
    return g_string_free(out, false);
}

static void append_regression(GString *out, const Regression *regression, const char *what,
                              const char *why)
{
    const Baseline *side = regression->after != NULL ? regression->after : regression->before;
    bool is_error = regression->verdict != REGRESSION_UNDECIDED;

    g_string_append_printf(out, "::%s file=", is_error ? "error" : "warning");
    append_escaped(out, side->scenario, true);
    g_string_append(out, ",title=");
    append_escaped(out, what, true);
    g_string_append(out, "::");
    append_escaped(out, why, false);
    g_string_append_c(out, '\n');
}

/* The first metric that is worse, or NULL. */
static const RegressionRow *find_worse(const Regression *regression)
{
    for (guint i = 0; i < regression->rows->len; i++) {
        const RegressionRow *row = &g_array_index(regression->rows, RegressionRow, i);

        if (row->figure.verdict == COMPARISON_WORSE) {
            return row;
        }
    }
    return NULL;
}

/* The first thing that speaks against it. */
static void append_worst(GString *out, const Regression *regression)
{
    const RegressionRow *row = find_worse(regression);

    if (regression->broken->len > 0) {
        append_regression(out, regression, "a check fails", regression->broken->pdata[0]);
    } else if (regression->is_undeclared) {
        append_regression(out, regression, "fingerprint", regression->fingerprint);
    } else if (row != NULL) {
        g_autofree char *why = g_strdup_printf("%s %s: %.4g, was %.4g; %s", row->metric->metric,
                                               row->metric->aggregate, row->figure.after,
                                               row->figure.before, row->why);

        append_regression(out, regression, "worse than the baseline", why);
    } else if (regression->is_dearer) {
        append_regression(out, regression, "cost", regression->cost);
    } else {
        append_regression(out, regression, "undecided", regression->fingerprint);
    }
}

char *annotate_regressions(const GPtrArray *list)
{
    GString *out = g_string_new(NULL);
    guint shown = 0, left = 0;

    for (guint i = 0; i < list->len; i++) {
        const Regression *regression = list->pdata[i];

        if (regression->verdict == REGRESSION_FINE) {
            continue;
        }
        if (shown < ERRORS_MOST) {
            append_worst(out, regression);
            shown++;
        } else {
            left++;
        }
    }
    if (left > 0) {
        g_string_append_printf(out, "::notice::%u more scenarios differ from their baselines\n",
                               left);
    }
    return g_string_free(out, false);
}

/* --- GitLab --------------------------------------------------------------------------------- */

static void append_label(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, "%s=\"", name);
    for (; value != NULL && *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *value == '\n' ? ' ' : *value);
    }
    g_string_append_c(out, '"');
}

static void append_sample(GString *out, const char *metric, const char *scenario,
                          const ResultsCheck *check, double value)
{
    g_autofree char *title = check_title(check);
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    if (isnan(value)) {
        return;
    }
    g_string_append_printf(out, "%s{", metric);
    append_label(out, "scenario", scenario);
    g_string_append_c(out, ',');
    append_label(out, "check", title);
    g_string_append_printf(out, "} %s\n", g_ascii_dtostr(number, sizeof number, value));
}

static double verdict_number(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 ? 0 : strcmp(verdict, "fail") == 0 ? 2 : 1;
}

char *annotate_gitlab(const Results *results)
{
    static const char *const metrics[] = {"dcdrill_observed", "dcdrill_low", "dcdrill_high",
                                          "dcdrill_margin", "dcdrill_verdict"};
    static const char *const helps[] = {"Value of a check; n and method stand in summary.json",
                                        "Lower end of its interval", "Upper end of its interval",
                                        "Distance to its limit, as a share of it",
                                        "0 passed, 1 inconclusive, 2 failed"};
    GString *out = g_string_new(NULL);
    const char *scenario = results_fact(results, "scenario");
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint m = 0; m < G_N_ELEMENTS(metrics); m++) {
        g_string_append_printf(out, "# TYPE %s gauge\n# HELP %s %s\n", metrics[m], metrics[m],
                               helps[m]);
        for (guint i = 0; i < count; i++) {
            const double values[] = {checks[i].observed, checks[i].low, checks[i].high,
                                     checks[i].margin, verdict_number(checks[i].verdict)};

            append_sample(out, metrics[m], scenario, &checks[i], values[m]);
        }
    }
    g_string_append(out, "# EOF\n");
    return g_string_free(out, false);
}

/* --- the job's summary ---------------------------------------------------------------------- */

bool annotate_append(const char *path, const char *markdown, GError **error)
{
    size_t size = MIN(strlen(markdown), SUMMARY_MOST);
    FILE *file = fopen(path, "a");
    bool is_written;

    while (size > 0 && size < strlen(markdown) && ((unsigned char)markdown[size] & 0xC0) == 0x80) {
        size--; /* no half letter */
    }
    is_written = file != NULL && fwrite(markdown, 1, size, file) == size;
    if (file != NULL) {
        is_written = fclose(file) == 0 && is_written;
    }
    if (!is_written) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot write '%s': %s", path, g_strerror(errno));
    }
    return is_written;
}
