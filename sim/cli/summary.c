/* summary.c - what a person reads after a run. */
#include "sim/cli/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/check_words.h"
#include "sim/cli/options.h"
#include "sim/cli/summary_theory.h"
#include "sim/results/evidence/experiment.h"
#include "sim/results/results_export.h"

enum { WHY_INDENT = 6, WHY_WIDTH = 100 - WHY_INDENT, NAME_WIDTH = 37, LIMIT_WIDTH = 13 };

/* Words carry the verdict, colours only repeat it. */
typedef struct Shown {
    const char *verdict, *word, *colour;
} Shown;

static const Shown shown[] = {{"pass", "PASS", "\033[32m"},
                              {"fail", "FAIL", "\033[31m"},
                              {"inconclusive", "????", "\033[33m"}};

static void print_verdict(FILE *to, const char *verdict, bool has_colour)
{
    for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
        if (strcmp(shown[i].verdict, verdict) == 0) {
            fprintf(to, "%s%s%s", has_colour ? shown[i].colour : "", shown[i].word,
                    has_colour ? "\033[0m" : "");
        }
    }
}

void summary_print_note(FILE *to, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int column = 0;

    for (guint i = 0; words[i] != NULL; i++) {
        int width = (int)g_utf8_strlen(words[i], -1);

        if (column == 0 || column + 1 + width > WHY_WIDTH) {
            fprintf(to, "%s%*s%s", column == 0 ? "" : "\n", WHY_INDENT, "", words[i]);
            column = width;
        } else {
            fprintf(to, " %s", words[i]);
            column += 1 + width;
        }
    }
    putc('\n', to);
}

/* As much of `text` as has room, with two dots in place of what has none. Caller frees. */
static char *cell_text(const char *text, glong width)
{
    if (g_utf8_strlen(text, -1) <= width) {
        return g_strdup(text);
    }
    g_autofree char *begin = g_utf8_substring(text, 0, width - 2);

    return g_strconcat(begin, "..", NULL);
}

static void print_check(FILE *to, const Results *results, const ResultsCheck *check,
                        const SummaryNotes *notes)
{
    g_autofree char *observed =
        isnan(check->observed) ? g_strdup("") : check_observed(results, check);
    g_autofree char *margin =
        isnan(check->margin) ? g_strdup("") : g_strdup_printf("%+.0f%%", 100.0 * check->margin);
    bool has_labels = check->labels != NULL && check->labels[0] != '\0';
    g_autofree char *name = g_strdup_printf("%s%s%s%s", check->name, has_labels ? "{" : "",
                                            has_labels ? check->labels : "", has_labels ? "}" : "");
    const char *limit = check->condition != NULL ? check->condition : "";
    g_autofree char *name_cell = cell_text(name, NAME_WIDTH);
    g_autofree char *limit_cell = cell_text(limit, LIMIT_WIDTH);
    bool is_cut = strcmp(name_cell, name) != 0 || strcmp(limit_cell, limit) != 0;
    g_autofree char *why =
        g_strdup_printf("%s%s%s%s%s", is_cut ? name : "", is_cut ? " " : "", is_cut ? limit : "",
                        is_cut ? ": " : "", check->why != NULL ? check->why : "");

    fprintf(to, "  %-*s %-30s %-*s %6s  ", NAME_WIDTH, name_cell, observed, LIMIT_WIDTH, limit_cell,
            margin);
    print_verdict(to, check->verdict, notes->has_colour);
    fprintf(to, "%s\n", check->is_warning ? " (warning)" : "");
    if (why[0] != '\0') {
        summary_print_note(to, why);
    }
}

/* --- what happened when, in the first replication --- */

/* As many lines as tell of events. */
#define EVENTS_SHOWN 8

typedef struct Moment {
    SimTime time;
    uint64_t count; /* of events: how often in all */
    guint rank;     /* of equal times, in order of the results */
    char *text;
} Moment;

static void moment_clear(gpointer data)
{
    g_free(((Moment *)data)->text);
}

static int by_time(gconstpointer a, gconstpointer b)
{
    const Moment *one = a, *other = b;

    if (one->time != other->time) {
        return one->time < other->time ? -1 : 1;
    }
    return one->rank < other->rank ? -1 : one->rank > other->rank;
}

/* What happened least often says most. */
static int by_count(gconstpointer a, gconstpointer b)
{
    const Moment *one = a, *other = b;

    if (one->count != other->count) {
        return one->count < other->count ? -1 : 1;
    }
    return by_time(a, b);
}

static void add_moment(GArray *moments, SimTime time, char *text)
{
    Moment moment = {time, 0, moments->len, text};

    g_array_append_val(moments, moment);
}

static void add_faults(GArray *moments, const Results *results, int run)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == run) {
            add_moment(moments, faults[i].applied,
                       g_strdup_printf("%-24s %s: applied to %d, bit %d", faults[i].name,
                                       faults[i].func, faults[i].targets, faults[i].bit));
        }
        if (faults[i].run == run && faults[i].lifted != SIM_NEVER &&
            faults[i].lifted > faults[i].applied) {
            add_moment(moments, faults[i].lifted, g_strdup_printf("%-24s lifted", faults[i].name));
        }
    }
}

static char *event_text(const ResultsOccurrence *seen)
{
    bool has_two = seen->label2 != NULL && seen->value2 != NULL;

    if (seen->label1 == NULL || seen->value1 == NULL) {
        return g_strdup(seen->event);
    }
    return g_strdup_printf("%-24s %s %s%s%s%s%s", seen->event, seen->label1, seen->value1,
                           has_two ? ", " : "", has_two ? seen->label2 : "", has_two ? " " : "",
                           has_two ? seen->value2 : "");
}

/* The first time of each event with its labels, whoever told it: the rarest ones. */
static guint add_events(GArray *moments, const Results *results, int run)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) events = g_array_new(false, false, sizeof(Moment));
    guint count;
    const ResultsOccurrence *seen = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        char *text = event_text(&seen[i]);
        gpointer index;

        if (seen[i].run != run || seen[i].first < 0) {
            g_free(text);
        } else if (g_hash_table_lookup_extended(known, text, NULL, &index)) {
            Moment *first = &g_array_index(events, Moment, GPOINTER_TO_UINT(index));

            first->time = MIN(first->time, seen[i].first);
            first->count += seen[i].count;
            g_free(text);
        } else {
            g_hash_table_insert(known, g_strdup(text), GUINT_TO_POINTER(events->len));
            add_moment(events, seen[i].first, text);
            g_array_index(events, Moment, events->len - 1).count = seen[i].count;
        }
    }
    g_array_sort(events, by_count);
    for (guint i = 0; i < events->len; i++) {
        Moment *event = &g_array_index(events, Moment, i);

        if (i < EVENTS_SHOWN) {
            add_moment(moments, event->time, event->text);
        } else {
            g_free(event->text);
        }
    }
    return events->len > EVENTS_SHOWN ? events->len - EVENTS_SHOWN : 0;
}

static void print_moments(FILE *to, const Results *results)
{
    g_autoptr(GArray) moments = g_array_new(false, false, sizeof(Moment));
    guint runs;
    const ResultsRun *run = results_runs(results, &runs);
    guint left;

    if (runs == 0) {
        return;
    }
    g_array_set_clear_func(moments, moment_clear);
    add_faults(moments, results, run->run);
    left = add_events(moments, results, run->run);
    g_array_sort(moments, by_time);
    for (guint i = 0; i < moments->len; i++) {
        const Moment *moment = &g_array_index(moments, Moment, i);
        g_autofree char *line =
            g_strdup_printf("  t=%-8.1f %s", sim_span_to_s(moment->time), moment->text);

        fprintf(to, "%.100s\n", line);
    }
    if (left > 0) {
        fprintf(to, "  and %u other kind%s of events: see the report\n", left,
                left == 1 ? "" : "s");
    }
}

static void print_end(FILE *to, Results *results, const SummaryNotes *notes)
{
    g_autofree char *analysis = experiment_describe(results);
    guint count;
    const ResultsRun *runs = results_runs(results, &count);
    g_autofree char *path = g_build_filename(notes->target, "report.html", NULL);
    g_autofree char *page = options_quote(path);
    double simulated_s = 0.0;
    uint64_t events = 0;
    uint64_t requests = 0;

    for (guint i = 0; i < count; i++) {
        simulated_s += sim_span_to_s(runs[i].simulated);
        events += runs[i].events;
        requests += runs[i].requests;
    }
    fprintf(
        to,
        "%u replication%s, %.1f M requests, %.1f M events; %.0f s simulated in %.1f s (x%.0f)\n",
        count, count == 1 ? "" : "s", (double)requests / 1e6, (double)events / 1e6, simulated_s,
        notes->spent_s, simulated_s / notes->spent_s);
    fprintf(to, "analysis:\n");
    summary_print_note(to, analysis);
    fprintf(to, "report:    open %s in a browser\n", page);
    fprintf(to, "reproduce: %s\n", notes->repeat);
}

void summary_print(Results *results, const SummaryNotes *notes, FILE *to)
{
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);
    guint passed = 0;
    double margin;
    Verdict verdict = results_export_verdict(results, &margin);
    const char *title = results_fact(results, "title");

    fprintf(to, "dcdrill %s  seed %s  %s\n", DCDRILL_VERSION, results_fact(results, "seed"),
            results_fact(results, "scenario"));
    fprintf(to, "%s\n", title != NULL ? title : "");
    g_autofree char *head =
        g_strdup_printf("OBSERVED (%g%% CI)", 100 * results_export_confidence(results));

    print_moments(to, results);
    fprintf(to, "  %-*s %-30s %-*s %6s  %s\n", NAME_WIDTH, "CHECK", head, LIMIT_WIDTH, "LIMIT",
            "MARGIN", "VERDICT");
    for (guint i = 0; i < count; i++) {
        passed += strcmp(checks[i].verdict, "pass") == 0;
        print_check(to, results, &checks[i], notes);
    }
    summary_print_theory(to, results);
    print_verdict(to, verdict_word(verdict), notes->has_colour);
    if (count == 0) {
        fputs("  nothing was checked: the scenario does not say what must hold", to);
    } else {
        fprintf(to, "  %u of %u checks passed", passed, count);
    }
    if (!isnan(margin)) {
        fprintf(to, ", smallest margin %+.0f%%", 100.0 * margin);
    }
    const char *cost = results_fact(results, "cost_per_month");

    fprintf(to, "%s%s%s\n", cost != NULL ? ", " : "", cost != NULL ? cost : "",
            cost != NULL ? " EUR a month" : "");
    print_end(to, results, notes);
}
