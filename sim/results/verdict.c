/* verdict.c - checks on what happened at all, and what checks come to together. */
#include "sim/results/verdict.h"

#include <math.h>
#include <string.h>

enum { INCOMPLETE_SHOWN = 3 }; /* replications named when some did not end */

const char *verdict_word(Verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_PASS] = "pass",
        [VERDICT_INCONCLUSIVE] = "inconclusive",
        [VERDICT_FAIL] = "fail",
    };

    return words[verdict];
}

Judged *judged_new(const char *kind, const char *name, const char *condition)
{
    Judged *judged = g_new0(Judged, 1);

    judged->kind = g_strdup(kind);
    judged->name = g_strdup(name);
    judged->labels = g_strdup("");
    judged->condition = g_strdup(condition != NULL ? condition : "");
    judged->observed = judged->low = judged->high = judged->margin = (double)NAN;
    judged->verdict = VERDICT_INCONCLUSIVE;
    judged->why = g_strdup("");
    return judged;
}

void judged_free(Judged *judged)
{
    if (judged == NULL) {
        return;
    }
    g_free(judged->kind);
    g_free(judged->name);
    g_free(judged->labels);
    g_free(judged->condition);
    g_free(judged->why);
    g_free(judged);
}

void judged_decide(Judged *judged, Verdict verdict, const char *format, ...)
{
    va_list arguments;

    judged->verdict = verdict;
    g_free(judged->why);
    va_start(arguments, format);
    judged->why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

ResultsCheck judged_row(const Judged *judged)
{
    return (ResultsCheck){
        .kind = judged->kind,
        .name = judged->name,
        .labels = judged->labels,
        .condition = judged->condition,
        .observed = judged->observed,
        .low = judged->low,
        .high = judged->high,
        .margin = judged->margin,
        .verdict = verdict_word(judged->verdict),
        .why = judged->why,
        .is_warning = judged->is_warning,
    };
}

Verdict verdict_merge(const GPtrArray *judged, double *least_margin)
{
    Verdict worst = VERDICT_PASS;
    double least = (double)NAN;

    for (guint i = 0; i < judged->len; i++) {
        const Judged *check = g_ptr_array_index(judged, i);

        if (!check->is_warning) {
            worst = MAX(worst, check->verdict);
            if (!isnan(check->margin) && !(check->margin >= least)) {
                least = check->margin;
            }
        }
    }
    if (least_margin != NULL) {
        *least_margin = least;
    }
    return worst;
}

/* The first few by name, the rest by number: a campaign may have thousands. */
static void append_incomplete(GString *text, guint *found, const ResultsRun *runs, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (strcmp(runs[i].ended, "completed") != 0 && ++*found <= INCOMPLETE_SHOWN) {
            g_string_append_printf(text, "%sreplication %d ended '%s'", text->len > 0 ? ", " : "",
                                   runs[i].run, runs[i].ended);
        }
    }
}

char *verdict_incomplete_runs(const Results *results)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint found = 0;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    append_incomplete(text, &found, runs, count);
    runs = results_lost_runs(results, &count);
    append_incomplete(text, &found, runs, count);
    if (found > INCOMPLETE_SHOWN) {
        g_string_append_printf(text, " and %u more", found - INCOMPLETE_SHOWN);
    }
    return found > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* --- must-happen ---------------------------------------------------------------------------- */

/* An event may have a label of its own that is called like one of its component's ("dc" of
 * route53.health-changed): the event's own then counts. */
const char *verdict_occurrence_label(const ResultsOccurrence *occurrence, const char *name)
{
    if (occurrence->label1 != NULL && strcmp(name, occurrence->label1) == 0) {
        return occurrence->value1;
    }
    if (occurrence->label2 != NULL && strcmp(name, occurrence->label2) == 0) {
        return occurrence->value2;
    }
    if (strcmp(name, "component") == 0) {
        return occurrence->component;
    }
    if (strcmp(name, "dc") == 0) {
        return occurrence->dc;
    }
    if (strcmp(name, "role") == 0) {
        return occurrence->role;
    }
    return strcmp(name, "node") == 0 ? occurrence->node : NULL;
}

static bool is_wanted(const ResultsOccurrence *occurrence, const char *event,
                      const char *const *where)
{
    if (strcmp(occurrence->event, event) != 0) {
        return false;
    }
    for (; where != NULL && where[0] != NULL; where += 2) {
        const char *value = verdict_occurrence_label(occurrence, where[0]);

        if (value == NULL || strcmp(value, where[1]) != 0) {
            return false;
        }
    }
    return true;
}

/* Since the end of the warm-up. */
static uint64_t count_occurrences(const Results *results, int run, const char *event,
                                  const char *const *where)
{
    uint64_t sum = 0;
    guint count;
    const ResultsOccurrence *occurrences = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        if (occurrences[i].run == run && occurrences[i].first >= 0 &&
            is_wanted(&occurrences[i], event, where)) {
            sum += occurrences[i].count;
        }
    }
    return sum;
}

static char *describe_event(const char *event, const char *const *where, uint64_t min)
{
    GString *text = g_string_new(event);

    for (; where != NULL && where[0] != NULL; where += 2) {
        g_string_append_printf(text, " %s=%s", where[0], where[1]);
    }
    g_string_append_printf(text, " count>=%" G_GUINT64_FORMAT, min);
    return g_string_free(text, FALSE);
}

Judged *verdict_judge_must_happen(const Results *results, const char *name, const char *event,
                                  const char *const *where, uint64_t min)
{
    g_autofree char *condition = describe_event(event, where, min);
    Judged *judged = judged_new("must-happen", name, condition);
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    guint unmet = 0;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        uint64_t seen = count_occurrences(results, runs[i].run, event, where);

        least = MIN(least, seen);
        most = MAX(most, seen);
        unmet += seen < min ? 1 : 0;
    }
    if (count == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "nothing was run");
        return judged;
    }
    judged->observed = judged->low = (double)least;
    judged->high = (double)most;
    if (unmet > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "seen too seldom in %u of %u replications: what the scenario is about did "
                      "not happen there",
                      unmet, count);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "fewest of %u replications, interval to the most of them", count);
    }
    return judged;
}

/* --- faults --------------------------------------------------------------------------------- */

typedef struct FaultCount {
    int applied, bit; /* in one run; bit: least over its applications */
} FaultCount;

static FaultCount count_fault(const Results *results, int run, const char *name)
{
    FaultCount sum = {.bit = G_MAXINT};
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == run && strcmp(faults[i].name, name) == 0) {
            sum.applied++;
            sum.bit = MIN(sum.bit, faults[i].bit);
        }
    }
    return sum;
}

static Judged *judge_fault(const Results *results, const char *name)
{
    Judged *judged = judged_new("fault", name, "bit>=1");
    int least = G_MAXINT;
    int most = 0;
    guint absent = 0;
    guint blunt = 0;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        FaultCount seen = count_fault(results, runs[i].run, name);

        absent += seen.applied == 0 ? 1 : 0;
        blunt += seen.applied > 0 && seen.bit == 0 ? 1 : 0;
        if (seen.applied > 0) {
            least = MIN(least, seen.bit);
            most = MAX(most, seen.bit);
        }
    }
    if (least <= most) {
        judged->observed = judged->low = least;
        judged->high = most;
    }
    if (count == 0 || absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "never applied in %u of %u replications",
                      absent, count);
    } else if (blunt > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "changed nothing that it was applied to in %u of %u replications", blunt,
                      count);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "targets changed: fewest of %u replications, interval to the most of them",
                      count);
    }
    return judged;
}

void verdict_judge_faults(const Results *results, const char *const *names, GPtrArray *judged)
{
    for (; *names != NULL; names++) {
        g_ptr_array_add(judged, judge_fault(results, *names));
    }
}
