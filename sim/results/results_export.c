/* results_export.c - a judged campaign as files for other programs. */
#include "sim/results/results_export.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"
#include "sim/base/rng.h"
#include "sim/results/evidence/experiment.h"
#include "sim/results/export/export_analysis.h"
#include "sim/results/export/export_json.h"
#include "sim/results/export/export_levels.h"
#include "sim/results/export/export_theory.h"
#include "sim/results/export/export_users.h"
#include "sim/results/results_phase.h"

/* A month of a year of 365.25 days, twelve times. */
#define SECONDS_A_MONTH (365.25 * 86400 / 12)

/* --- the campaign --------------------------------------------------------------------------- */

static Verdict parse_verdict(const char *word)
{
    return strcmp(word, "fail") == 0   ? VERDICT_FAIL
           : strcmp(word, "pass") == 0 ? VERDICT_PASS
                                       : VERDICT_INCONCLUSIVE;
}

Verdict results_export_verdict(const Results *results, double *least_margin)
{
    g_autoptr(GPtrArray) judged = g_ptr_array_new_with_free_func((GDestroyNotify)judged_free);
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        Judged *check = judged_new(checks[i].kind, checks[i].name, checks[i].condition);

        check->verdict = parse_verdict(checks[i].verdict);
        check->margin = checks[i].margin;
        check->is_warning = checks[i].is_warning;
        g_ptr_array_add(judged, check);
    }
    Verdict verdict = verdict_merge(judged, least_margin);
    g_autofree char *incomplete = verdict_incomplete_runs(results);

    return incomplete != NULL ? MAX(verdict, VERDICT_INCONCLUSIVE) : verdict;
}

static const char *const end_words[] = {"completed", "aborted", "interrupted", "errored"};

static guint worst_end(const ResultsRun *runs, guint count)
{
    guint worst = 0;

    for (guint i = 0; i < count; i++) {
        for (guint j = worst + 1; j < G_N_ELEMENTS(end_words); j++) {
            if (strcmp(runs[i].ended, end_words[j]) == 0) {
                worst = j;
            }
        }
    }
    return worst;
}

const char *results_export_ended(const Results *results)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);
    guint worst = worst_end(runs, count);

    runs = results_lost_runs(results, &count);
    return end_words[MAX(worst, worst_end(runs, count))];
}

double results_export_confidence(const Results *results)
{
    const char *text = results_fact(results, "confidence");
    double confidence = text != NULL ? g_ascii_strtod(text, NULL) : 0;

    return confidence > 0 && confidence < 1 ? confidence : 0.95;
}

uint64_t results_export_fingerprint(const Results *results)
{
    g_autoptr(GString) all = g_string_new(NULL);
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    if (count == 1) {
        return runs[0].fingerprint;
    }
    for (guint i = 0; i < count; i++) {
        g_string_append_printf(all, "%016" G_GINT64_MODIFIER "x", runs[i].fingerprint);
    }
    return rng_hash(all->str);
}

static const char *fact_or_empty(const Results *results, const char *name)
{
    const char *fact = results_fact(results, name);

    return fact != NULL ? fact : "";
}

/* --- summary.json --------------------------------------------------------------------------- */

static void add_heading(const Results *results, cJSON *summary)
{
    char fingerprint[32];
    double events = 0;
    double requests = 0;
    double simulated = 0;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        events += (double)runs[i].events;
        requests += (double)runs[i].requests;
        simulated += sim_span_to_s(runs[i].simulated);
    }
    g_snprintf(fingerprint, sizeof fingerprint, "%016" G_GINT64_MODIFIER "x",
               results_export_fingerprint(results));
    export_add_number(summary, "format", 1);
    cJSON_AddStringToObject(summary, "scenario", fact_or_empty(results, "scenario"));
    cJSON_AddStringToObject(summary, "title", fact_or_empty(results, "title"));
    cJSON_AddStringToObject(summary, "verdict",
                            verdict_word(results_export_verdict(results, NULL)));
    cJSON_AddStringToObject(summary, "ended", results_export_ended(results));
    cJSON_AddStringToObject(summary, "seed", fact_or_empty(results, "seed"));
    export_add_number(summary, "replications", count);
    cJSON_AddStringToObject(summary, "fingerprint", fingerprint);
    cJSON_AddStringToObject(summary, "version", fact_or_empty(results, "version"));
    export_add_number(summary, "events", events);
    export_add_number(summary, "requests", requests);
    export_add_number(summary, "simulated_s", simulated);
}

/* "dc:DC03,phase:baseline" as an object. */
static void add_labels(cJSON *check, const char *text)
{
    cJSON *labels = cJSON_AddObjectToObject(check, "labels");
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        char *colon = strchr(parts[i], ':');

        if (colon != NULL) {
            *colon = '\0';
            cJSON_AddStringToObject(labels, parts[i], colon + 1);
        }
    }
}

static void add_checks(const Results *results, cJSON *summary)
{
    cJSON *list = cJSON_AddArrayToObject(summary, "checks");
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        cJSON *check = cJSON_CreateObject();

        cJSON_AddItemToArray(list, check);
        cJSON_AddStringToObject(check, "kind", checks[i].kind);
        cJSON_AddStringToObject(check, "name", checks[i].name);
        add_labels(check, checks[i].labels);
        cJSON_AddStringToObject(check, "condition", checks[i].condition);
        export_add_number(check, "observed", checks[i].observed);
        export_add_number(check, "low", checks[i].low);
        export_add_number(check, "high", checks[i].high);
        export_add_number(check, "margin", checks[i].margin);
        cJSON_AddStringToObject(check, "verdict", checks[i].verdict);
        cJSON_AddStringToObject(check, "why", checks[i].why);
        if (checks[i].is_warning) {
            cJSON_AddStringToObject(check, "severity", "warning");
        }
    }
}

/* Occurrences of one event, over all runs and labels. */
typedef struct Seen {
    const char *event;
    double count;
    guint runs;   /* in which it was seen */
    int last_run; /* of them */
    SimTime first, last;
} Seen;

static Seen *find_seen(GArray *all, const char *event)
{
    Seen fresh = {.event = event, .last_run = -1, .first = SIM_NEVER, .last = G_MININT64};

    for (guint i = 0; i < all->len; i++) {
        if (strcmp(g_array_index(all, Seen, i).event, event) == 0) {
            return &g_array_index(all, Seen, i);
        }
    }
    g_array_append_val(all, fresh);
    return &g_array_index(all, Seen, all->len - 1);
}

static int compare_seen(const void *a, const void *b)
{
    return strcmp(((const Seen *)a)->event, ((const Seen *)b)->event);
}

static void add_events(const Results *results, cJSON *summary)
{
    cJSON *list = cJSON_AddArrayToObject(summary, "events_seen");
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Seen));
    guint count;
    const ResultsOccurrence *occurrences = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        Seen *seen = find_seen(all, occurrences[i].event);

        seen->count += (double)occurrences[i].count;
        seen->runs += occurrences[i].run != seen->last_run ? 1 : 0;
        seen->last_run = occurrences[i].run;
        seen->first = MIN(seen->first, occurrences[i].first);
        seen->last = MAX(seen->last, occurrences[i].last);
    }
    if (all->len > 0) {
        qsort(all->data, all->len, sizeof(Seen), compare_seen);
    }
    for (guint i = 0; i < all->len; i++) {
        const Seen *seen = &g_array_index(all, Seen, i);
        cJSON *event = cJSON_CreateObject();

        cJSON_AddItemToArray(list, event);
        cJSON_AddStringToObject(event, "event", seen->event);
        export_add_number(event, "count", seen->count);
        export_add_number(event, "replications", seen->runs);
        export_add_number(event, "first_s", sim_span_to_s(seen->first));
        export_add_number(event, "last_s", sim_span_to_s(seen->last));
    }
}

/* The fewest targets changed by the `nth` application of a fault, over all runs that had it. */
static int find_least_bit(const Results *results, const char *name, guint nth)
{
    int least = G_MAXINT;
    int run = -1;
    guint seen = 0;
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run != run) {
            run = faults[i].run;
            seen = 0;
        }
        if (strcmp(faults[i].name, name) == 0 && seen++ == nth) {
            least = MIN(least, faults[i].bit);
        }
    }
    return least;
}

/* Which application of its fault row `index` is, in its run. */
static guint count_before(const ResultsFault *faults, guint index)
{
    guint before = 0;

    for (guint i = 0; i < index; i++) {
        before +=
            faults[i].run == faults[index].run && strcmp(faults[i].name, faults[index].name) == 0
                ? 1
                : 0;
    }
    return before;
}

/* Times and targets of the first replication; "bit" is the least of all. */
static void add_faults(const Results *results, cJSON *summary)
{
    cJSON *list = cJSON_AddArrayToObject(summary, "faults");
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count && faults[i].run == faults[0].run; i++) {
        const ResultsFault *fault = &faults[i];
        cJSON *shown = cJSON_CreateObject();

        cJSON_AddItemToArray(list, shown);
        cJSON_AddStringToObject(shown, "name", fault->name);
        export_add_number(shown, "applied_s", sim_span_to_s(fault->applied));
        export_add_number(shown, "lifted_s",
                          fault->lifted == SIM_NEVER ? (double)NAN : sim_span_to_s(fault->lifted));
        export_add_number(shown, "targets", fault->targets);
        export_add_number(shown, "bit",
                          find_least_bit(results, fault->name, count_before(faults, i)));
    }
}

/* Users' requests and seconds of the measured part of a run. */
static void sum_requests(Results *results, int run, double *requests, double *seconds)
{
    const ResultsUserFilter all = {.dc = NULL};
    g_autoptr(GArray) spans = results_spans(results, run, NULL);

    *requests = *seconds = 0;
    for (guint i = 0; i < spans->len; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);
        g_autoptr(GArray) counts = results_user_seconds(results, &all, run, span);

        *seconds += sim_span_to_s(span.end - span.begin);
        for (guint j = 0; j < counts->len; j++) {
            const ResultsCounts *one = &g_array_index(counts, ResultsCounts, j);

            *requests += (double)(one->ok + one->failed);
        }
    }
}

Estimate results_export_cost(Results *results, double confidence)
{
    const char *text = results_fact(results, "cost_per_month");
    double per_month = text != NULL ? g_ascii_strtod(text, NULL) : (double)NAN;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);
    g_autofree double *requests = g_new0(double, MAX(count, 1));
    g_autofree double *costs = g_new0(double, MAX(count, 1));
    Estimate cost;

    for (guint i = 0; i < count; i++) {
        double seconds;

        sum_requests(results, runs[i].run, &requests[i], &seconds);
        costs[i] = per_month * seconds / (SECONDS_A_MONTH / 1e6);
    }
    cost = estimate_ratio(costs, requests, count, confidence);
    cost.n = (uint64_t)estimate_stable_sum(requests, count);
    return cost;
}

static void add_cost(Results *results, double confidence, cJSON *summary)
{
    cJSON *cost = cJSON_AddObjectToObject(summary, "cost");
    const char *text = results_fact(results, "cost_per_month");
    Estimate per_million = results_export_cost(results, confidence);

    cJSON_AddStringToObject(cost, "currency", "EUR");
    export_add_number(cost, "per_month", text != NULL ? g_ascii_strtod(text, NULL) : (double)NAN);
    export_add_number(cost, "per_million_requests", per_million.value);
    export_add_number(cost, "low", per_million.low);
    export_add_number(cost, "high", per_million.high);
    export_add_number(cost, "n", (double)per_million.n);
    cJSON_AddStringToObject(cost, "method", per_million.method);
}

char *results_export_summary(Results *results, double confidence)
{
    cJSON *summary = cJSON_CreateObject();
    cJSON *metrics;
    char *printed;
    char *text;

    add_heading(results, summary);
    export_analysis(results, summary);
    metrics = cJSON_AddArrayToObject(summary, "metrics");
    export_users(results, confidence, metrics);
    export_levels(results, confidence, metrics);
    add_checks(results, summary);
    export_theory(results, summary);
    if (results_fact(results, "published") != NULL) {
        cJSON_AddItemToObject(summary, "published",
                              cJSON_Parse(results_fact(results, "published")));
    }
    add_events(results, summary);
    add_faults(results, summary);
    add_cost(results, confidence, summary);
    printed = cJSON_Print(summary);
    text = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(summary);
    return text;
}

/* --- junit.xml ------------------------------------------------------------------------------ */

/* Appends `text` as XML 1.0 allows it: escaped, without control characters. */
static void append_escaped(GString *xml, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *escaped = NULL;

    for (char *at = valid; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 && *at != '\t' && *at != '\n') {
            *at = ' ';
        }
    }
    escaped = g_markup_escape_text(valid, -1);
    g_string_append(xml, escaped);
}

static void append_attribute(GString *xml, const char *name, const char *text)
{
    g_string_append_printf(xml, " %s=\"", name);
    append_escaped(xml, text);
    g_string_append_c(xml, '"');
}

static void append_property(GString *xml, const char *name, const char *value)
{
    g_string_append(xml, "      <property");
    append_attribute(xml, "name", name);
    append_attribute(xml, "value", value);
    g_string_append(xml, "/>\n");
}

static char *name_check(const ResultsCheck *check)
{
    bool has_labels = check->labels[0] != '\0';

    return g_strdup_printf("%s %s%s%s%s%s%s", check->kind, check->name, has_labels ? "{" : "",
                           check->labels, has_labels ? "}" : "",
                           check->condition[0] != '\0' ? " " : "", check->condition);
}

static char *describe_check(const ResultsCheck *check)
{
    char observed[EXPORT_NUMBER_TEXT];
    char low[EXPORT_NUMBER_TEXT];
    char high[EXPORT_NUMBER_TEXT];

    return g_strdup_printf("observed %s [%s, %s]; %s", export_number(check->observed, observed),
                           export_number(check->low, low), export_number(check->high, high),
                           check->why);
}

static void append_outcome(GString *xml, const ResultsCheck *check)
{
    g_autofree char *description = describe_check(check);
    Verdict verdict = parse_verdict(check->verdict);

    if (verdict == VERDICT_FAIL && !check->is_warning) {
        g_string_append(xml, "      <failure");
        append_attribute(xml, "type", check->kind);
    } else if (verdict != VERDICT_PASS) {
        g_string_append(xml, "      <skipped");
    } else {
        g_string_append(xml, "      <system-out>");
        append_escaped(xml, description);
        g_string_append(xml, "</system-out>\n");
        return;
    }
    if (check->is_warning) {
        g_autofree char *warning = g_strdup_printf("warning, %s: %s", check->verdict, description);

        append_attribute(xml, "message", warning);
    } else {
        append_attribute(xml, "message", description);
    }
    g_string_append(xml, "/>\n");
}

static void append_case(GString *xml, const char *scenario, const ResultsCheck *check,
                        const char *time)
{
    g_autofree char *name = name_check(check);

    g_string_append(xml, "    <testcase");
    append_attribute(xml, "classname", scenario);
    append_attribute(xml, "name", name);
    append_attribute(xml, "time", time);
    g_string_append(xml, ">\n");
    append_outcome(xml, check);
    g_string_append(xml, "    </testcase>\n");
}

/* A run that the tool could not finish is an error of a case of its own. */
static void append_errors(GString *xml, const ResultsRun *runs, guint count, const char *scenario)
{
    for (guint i = 0; i < count; i++) {
        if (strcmp(runs[i].ended, "errored") == 0) {
            g_autofree char *name = g_strdup_printf("replication %d", runs[i].run);

            g_string_append(xml, "    <testcase");
            append_attribute(xml, "classname", scenario);
            append_attribute(xml, "name", name);
            append_attribute(xml, "time", "0");
            g_string_append(xml, ">\n      <error");
            append_attribute(xml, "message", runs[i].note != NULL ? runs[i].note : "errored");
            g_string_append(xml, "/>\n    </testcase>\n");
        }
    }
}

static guint count_errors(const ResultsRun *runs, guint count)
{
    guint errors = 0;

    for (guint i = 0; i < count; i++) {
        errors += strcmp(runs[i].ended, "errored") == 0 ? 1 : 0;
    }
    return errors;
}

/* How many checks failed, were skipped, and runs broke. */
static void count_outcomes(const Results *results, guint *failures, guint *skipped, guint *errors)
{
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);
    guint run_count;
    const ResultsRun *runs = results_runs(results, &run_count);

    *failures = *skipped = 0;
    *errors = count_errors(runs, run_count);
    runs = results_lost_runs(results, &run_count);
    *errors += count_errors(runs, run_count);
    for (guint i = 0; i < count; i++) {
        Verdict verdict = parse_verdict(checks[i].verdict);

        if (verdict == VERDICT_FAIL && !checks[i].is_warning) {
            ++*failures;
        } else if (verdict != VERDICT_PASS) {
            ++*skipped;
        }
    }
}

static void append_properties(GString *xml, Results *results)
{
    g_autofree char *analysis = experiment_describe(results);
    char text[EXPORT_NUMBER_TEXT];
    double least_margin;
    guint run_count;
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    results_runs(results, &run_count);
    results_export_verdict(results, &least_margin);
    g_string_append(xml, "    <properties>\n");
    append_property(xml, "seed", fact_or_empty(results, "seed"));
    append_property(xml, "replications", export_number(run_count, text));
    append_property(xml, "version", fact_or_empty(results, "version"));
    append_property(xml, "analysis", analysis);
    append_property(xml, "least margin", export_number(least_margin, text));
    for (guint i = 0; i < count; i++) {
        if (!isnan(checks[i].margin)) {
            g_autofree char *check = name_check(&checks[i]);
            g_autofree char *name = g_strconcat("margin ", check, NULL);

            append_property(xml, name, export_number(checks[i].margin, text));
        }
    }
    g_string_append(xml, "    </properties>\n");
}

char *results_export_junit(Results *results, const char *replay)
{
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    const char *scenario = fact_or_empty(results, "scenario");
    double simulated = 0;
    char time[EXPORT_NUMBER_TEXT];
    guint failures;
    guint skipped;
    guint errors;
    guint run_count;
    const ResultsRun *runs = results_runs(results, &run_count);
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < run_count; i++) {
        simulated += sim_span_to_s(runs[i].simulated);
    }
    export_number(simulated, time);
    count_outcomes(results, &failures, &skipped, &errors);
    g_string_append(xml, "  <testsuite");
    append_attribute(xml, "name", scenario);
    g_string_append_printf(
        xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%s\">\n",
        count + errors, failures, errors, skipped, time);
    append_properties(xml, results);
    for (guint i = 0; i < count; i++) {
        append_case(xml, scenario, &checks[i], time);
    }
    append_errors(xml, runs, run_count, scenario);
    runs = results_lost_runs(results, &run_count);
    append_errors(xml, runs, run_count, scenario);
    g_string_append(xml, "    <system-out>");
    append_escaped(xml, replay);
    g_string_append(xml, "</system-out>\n  </testsuite>\n</testsuites>\n");
    return g_string_free(xml, FALSE);
}
