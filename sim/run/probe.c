/* probe.c - what a scenario's probes would have seen. */
#include "sim/run/probe.h"

#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/config/json_place.h"
#include "sim/results/results_series.h"
#include "sim/results/threshold.h"
#include "sim/run/probe_times.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

typedef enum ProbeFunction {
    PROBE_RATE,
    PROBE_AVG,
    PROBE_MIN,
    PROBE_MAX,
    PROBE_COUNT,
    PROBE_PERCENTILE,
} ProbeFunction;

/* In step with probe_labels. */
enum { CLIENT, REGION, DC, ROLE, NODE, KIND, COMPONENT, STATION, LABELS };
const char *const probe_labels[LABELS + 1] = {"client", "region",    "dc",      "role", "node",
                                              "kind",   "component", "station", NULL};

struct ProbeQuery {
    ProbeFunction function;
    double quantile;
    char *metric;
    char *labels[LABELS]; /* in step with probe_labels; NULL: any */
    SimSpan window;
};

static const char *const function_words[] = {"rate", "avg", "min", "max", "count", NULL};

/* --- reading --- */

static void query_error(GError **error, const char *text)
{
    g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                "'%s' is no query; write FUNCTION(METRIC{label=\"value\"}[WINDOW]), like "
                "rate(http_reqs{dc=\"DC03\"}[10s]), with rate, avg, min, max, count or p99",
                text);
}

static bool parse_function(ProbeQuery *query, const char *word)
{
    for (int i = 0; function_words[i] != NULL; i++) {
        if (strcmp(function_words[i], word) == 0) {
            query->function = (ProbeFunction)i;
            return true;
        }
    }
    query->function = PROBE_PERCENTILE;
    query->quantile = word[0] == 'p' ? g_ascii_strtod(word + 1, NULL) / 100.0 : 0.0;
    return query->quantile > 0.0 && query->quantile < 1.0;
}

static int label_index(const char *name)
{
    for (int i = 0; i < LABELS; i++) {
        if (strcmp(probe_labels[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static bool parse_label(ProbeQuery *query, char *pair, const char *text, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(g_strstrip(pair), "=", 2);
    gsize length = sides[0] != NULL && sides[1] != NULL ? strlen(sides[1]) : 0;

    if (length < 2 || sides[1][0] != '"' || sides[1][length - 1] != '"') {
        query_error(error, text);
        return false;
    }
    int index = label_index(g_strstrip(sides[0]));

    if (index < 0) {
        g_autofree char *hint = diag_suggest(sides[0], probe_labels);

        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_NAME, "unknown label '%s'%s", sides[0],
                    hint);
        return false;
    }
    g_free(query->labels[index]);
    query->labels[index] = g_strndup(sides[1] + 1, length - 2);
    return true;
}

static bool parse_labels(ProbeQuery *query, const char *labels, const char *text, GError **error)
{
    g_auto(GStrv) pairs = g_strsplit(labels, ",", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        if (!parse_label(query, pairs[i], text, error)) {
            return false;
        }
    }
    return true;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

ProbeQuery *probe_query_parse(const char *text, GError **error)
{
    g_autoptr(ProbeQuery) query = g_new0(ProbeQuery, 1);
    g_autoptr(GRegex) shape =
        g_regex_new("^\\s*([a-z][a-z0-9.]*)\\(\\s*([a-z][a-zA-Z0-9_]*)\\s*(?:\\{([^}]*)\\})?\\s*"
                    "(?:\\[([^\\]]*)\\])?\\s*\\)\\s*$",
                    0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    query->window = SIM_S;
    if (!g_regex_match(shape, text, 0, &match)) {
        query_error(error, text);
        return NULL;
    }
    g_autofree char *function = g_match_info_fetch(match, 1);
    g_autofree char *labels = g_match_info_fetch(match, 3);
    g_autofree char *window = g_match_info_fetch(match, 4);

    query->metric = g_match_info_fetch(match, 2);
    if (!parse_function(query, function) ||
        (is_given(window) && !sim_span_parse(window, &query->window)) || query->window <= 0) {
        query_error(error, text);
        return NULL;
    }
    if (is_given(labels) && !parse_labels(query, labels, text, error)) {
        return NULL;
    }
    return g_steal_pointer(&query);
}

const char *probe_query_metric(const ProbeQuery *query)
{
    return query->metric;
}

const char *probe_query_label(const ProbeQuery *query, const char *name)
{
    int index = label_index(name);

    return index < 0 ? NULL : query->labels[index];
}

void probe_query_free(ProbeQuery *query)
{
    if (query != NULL) {
        g_free(query->metric);
        for (int i = 0; i < LABELS; i++) {
            g_free(query->labels[i]);
        }
        g_free(query);
    }
}

static void add_metrics(GPtrArray *names, const MetricDef *defs)
{
    for (const MetricDef *def = defs; def != NULL && def->name != NULL; def++) {
        g_ptr_array_add(names, (gpointer)def->name);
    }
}

/* The names of all that can be measured; ends with NULL. */
static GPtrArray *metric_names(const Kind *const *kinds)
{
    GPtrArray *names = g_ptr_array_new();

    for (const ThresholdMetric *metric = threshold_user_metrics; metric->name != NULL; metric++) {
        g_ptr_array_add(names, (gpointer)metric->name);
    }
    for (guint i = 0; kinds[i] != NULL; i++) {
        add_metrics(names, kinds[i]->metrics);
    }
    add_metrics(names, component_metrics);
    add_metrics(names, host_kind.metrics);
    add_metrics(names, link_kind.metrics);
    g_ptr_array_add(names, NULL);
    return names;
}

static void check_probe(const Activity *probe, const GPtrArray *names, DiagList *diags)
{
    g_autoptr(GError) error = NULL;
    const cJSON *node = json_member(probe->tree, "query");
    g_autoptr(ProbeQuery) query = probe_query_parse(probe->query, &error);
    const char *const *known = (const char *const *)names->pdata;

    if (query == NULL) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "%s", error->message);
    } else if (!g_strv_contains(known, query->metric)) {
        g_autofree char *hint = diag_suggest(query->metric, known);

        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "unknown metric '%s'%s", query->metric, hint);
    }
}

void probes_check(const Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    g_autoptr(GPtrArray) names = metric_names(kinds);
    const GPtrArray *lists[] = {scenario->method, scenario->hypothesis};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint k = 0; k < lists[i]->len; k++) {
            const Activity *activity = g_ptr_array_index(lists[i], k);

            if (activity->type == ACTIVITY_PROBE) {
                check_probe(activity, names, diags);
            }
        }
    }
}

/* --- values --- */

static double users_latency(const ProbeQuery *query, Results *results, int run, ResultsSpan span)
{
    ResultsUserFilter filter = {query->labels[CLIENT], query->labels[REGION], query->labels[DC]};
    g_autoptr(Histogram) latency = histogram_new();

    results_add_latency(results, &filter, run, span, latency);
    if (histogram_count(latency) == 0) {
        return NAN;
    }
    switch (query->function) {
    case PROBE_PERCENTILE:
        return (double)histogram_quantile(latency, query->quantile) / 1e9;
    case PROBE_MIN:
        return (double)histogram_min(latency) / 1e9;
    case PROBE_MAX:
        return (double)histogram_max(latency) / 1e9;
    case PROBE_COUNT:
        return (double)histogram_count(latency);
    case PROBE_AVG:
    case PROBE_RATE:
        return histogram_mean(latency) / 1e9;
    }
    g_assert_not_reached();
}

/* Requests, good ones or failed ones of the window: how many, how many a second, or which share. */
static double users_value(const ProbeQuery *query, Results *results, int run, ResultsSpan span)
{
    ResultsUserFilter filter = {query->labels[CLIENT], query->labels[REGION], query->labels[DC]};
    g_autoptr(GArray) seconds = results_user_seconds(results, &filter, run, span);
    bool is_failed = strcmp(query->metric, "http_req_failed") == 0;
    bool is_goodput = strcmp(query->metric, "goodput") == 0;
    double ok = 0.0, failed = 0.0;

    for (guint i = 0; i < seconds->len; i++) {
        ok += (double)g_array_index(seconds, ResultsCounts, i).ok;
        failed += (double)g_array_index(seconds, ResultsCounts, i).failed;
    }
    double count = is_failed ? failed : is_goodput ? ok : ok + failed;

    if (query->function == PROBE_COUNT) {
        return count;
    }
    if (is_failed) {
        return ok + failed > 0.0 ? failed / (ok + failed) : NAN;
    }
    return count / sim_span_to_s(query->window);
}

/* Counters add up over components; of gauges the mean, the least or the most of all. */
static double meters_value(const ProbeQuery *query, Results *results, int run, ResultsSpan span)
{
    ResultsComponentFilter filter = {.dc = query->labels[DC],
                                     .role = query->labels[ROLE],
                                     .node = query->labels[NODE],
                                     .region = query->labels[REGION],
                                     .kind = query->labels[KIND],
                                     .component = query->labels[COMPONENT],
                                     .station = query->labels[STATION]};
    g_autoptr(GArray) meters = results_meters(results, query->metric, &filter);
    double sum = 0.0, least = INFINITY, most = -INFINITY;
    guint count = 0;

    for (guint i = 0; i < meters->len; i++) {
        g_autoptr(GArray) levels =
            results_levels(results, &g_array_index(meters, ResultsMeter, i), run, span);

        for (guint k = 0; k < levels->len; k++, count++) {
            const ResultsLevel *level = &g_array_index(levels, ResultsLevel, k);

            sum += level->value;
            least = MIN(least, level->value);
            most = MAX(most, level->most);
        }
    }
    if (count == 0) {
        return NAN;
    }
    switch (query->function) {
    case PROBE_RATE:
        return sum / sim_span_to_s(query->window);
    case PROBE_COUNT:
        return sum;
    case PROBE_MIN:
        return least;
    case PROBE_MAX:
        return most;
    case PROBE_AVG:
        return sum / (double)count;
    case PROBE_PERCENTILE:
        return NAN; /* only users' latency has percentiles here */
    }
    g_assert_not_reached();
}

double probe_query_value(const ProbeQuery *query, Results *results, int run, SimTime time)
{
    ResultsSpan span = {time - query->window, time};

    if (strcmp(query->metric, "http_req_duration") == 0) {
        return users_latency(query, results, run, span);
    }
    if (g_str_has_prefix(query->metric, "http_req") || strcmp(query->metric, "goodput") == 0) {
        return users_value(query, results, run, span);
    }
    return meters_value(query, results, run, span);
}

bool probe_is_tolerated(const cJSON *tolerance, double value)
{
    const cJSON *range = cJSON_IsArray(tolerance) ? tolerance : json_member(tolerance, "range");
    const cJSON *low = cJSON_GetArrayItem(range, 0);
    const cJSON *high = cJSON_GetArrayItem(range, 1);

    if (cJSON_IsNumber(tolerance)) {
        return value == tolerance->valuedouble;
    }
    return cJSON_IsNumber(low) && cJSON_IsNumber(high) && value >= low->valuedouble &&
           value <= high->valuedouble;
}

/* --- judging --- */

#define RANGE_WORDS "interval from the least to the most that was seen"

/* How often a probe looked, saw nothing, and saw something out of its tolerance; and in how many
 * replications it never looked. */
typedef struct ProbeTally {
    guint looked, unseen, missed, blind;
    double least, most; /* of all values; NAN without one */
} ProbeTally;

/* What it saw is added to `looks`, unless that is NULL. */
static ProbeTally look_all(const Scenario *scenario, const Activity *probe, const ProbeQuery *query,
                           Results *results, bool is_hypothesis, double *shown, GArray *looks)
{
    ProbeTally tally = {.least = NAN, .most = NAN};
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) times = probe_times(scenario, probe, results, runs[i].run, is_hypothesis);

        tally.blind += times->len == 0 ? 1 : 0;
        for (guint k = 0; k < times->len; k++) {
            SimTime time = g_array_index(times, SimTime, k);
            bool is_past = time > runs[i].simulated - scenario->simulation.warmup;
            double value = is_past ? NAN : probe_query_value(query, results, runs[i].run, time);
            bool is_missed = !isnan(value) && !probe_is_tolerated(probe->tolerance, value);
            ResultsProbe look = {runs[i].run, probe->name,   time,
                                 value,       !isnan(value), !isnan(value) && !is_missed};

            if (looks != NULL) {
                g_array_append_val(looks, look);
            }
            tally.looked++;
            tally.unseen += isnan(value) ? 1 : 0;
            tally.missed += is_missed;
            tally.least = fmin(tally.least, value); /* either alone where the other is none */
            tally.most = fmax(tally.most, value);
            if (is_missed || (tally.missed == 0 && !isnan(value))) {
                *shown = value;
            }
        }
    }
    return tally;
}

static guint count_runs(const Results *results)
{
    guint count;

    results_runs(results, &count);
    return count;
}

Judged *probe_judge(const Scenario *scenario, Results *results, const Activity *probe,
                    const char *kind, GArray *looks)
{
    Judged *judged = judged_new(kind, probe->name, probe->query);
    g_autoptr(GError) error = NULL;
    g_autoptr(ProbeQuery) query = probe_query_parse(probe->query, &error);
    bool is_hypothesis = strcmp(kind, "hypothesis") == 0;

    if (query == NULL) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s", error->message);
        return judged;
    }
    ProbeTally tally =
        look_all(scenario, probe, query, results, is_hypothesis, &judged->observed, looks);

    g_autofree char *runs = words_plural(count_runs(results), "replication");

    judged->low = tally.least;
    judged->high = tally.most;
    if (tally.missed > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "outside of its tolerance in %u of %u looks in %s, of which the last is "
                      "shown; " RANGE_WORDS,
                      tally.missed, tally.looked, runs);
    } else if (tally.blind > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "what it waits for did not happen in %u of %u replications", tally.blind,
                      count_runs(results));
    } else if (tally.unseen > 0 || tally.looked == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "nothing to see in %u of %u looks",
                      tally.unseen, tally.looked);
    } else {
        judged_decide(
            judged, VERDICT_PASS,
            "within its tolerance in all %u looks in %s, of which the last is shown; " RANGE_WORDS,
            tally.looked, runs);
    }
    return judged;
}
