/* invariant.c - safety and liveness of the data. */
#include "sim/results/invariant.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/invariant_data.h"
#include "sim/results/judge/invariant_parts.h"
#include "sim/results/judge/outage.h"

const InvariantDef invariant_defs[] = {
    {"no-lost-acked-write", "No write that was acknowledged to a user is lost", INVARIANT_NO_LIMIT},
    {"no-resurrected-delete",
     "No data returns whose deletion was acknowledged to a user, after the tombstone was purged",
     INVARIANT_NO_LIMIT},
    {"staleness-bound", "No read returns data that was outdated for longer than 'max'",
     INVARIANT_NEEDS_MAX},
    {"monotonic-reads", "No session reads older data than it has read before", INVARIANT_NO_LIMIT},
    {"read-your-writes", "No session reads older data than it has written, acknowledged, before",
     INVARIANT_NO_LIMIT},
    {"lww-overwrite",
     "No write is acknowledged and then hidden by one that was acknowledged before it was asked "
     "for, because a clock is wrong (last write wins)",
     INVARIANT_NO_LIMIT},
    {"no-lost-update",
     "No acknowledged write is overwritten by an update (a write that follows a read of the datum "
     "in "
     "the same request) that had not seen it, whatever the clocks",
     INVARIANT_NO_LIMIT},
    {"linearizable",
     "Statements at SERIAL and LOCAL_SERIAL, and plain writes of the same keys, happen in one "
     "order "
     "for each key, each between its question and its answer; those without an answer may count",
     INVARIANT_NO_LIMIT},
    {"replicas-down-per-range", "No range of the ring has more than 'most' replicas down at once",
     INVARIANT_NEEDS_MOST},
    {"max-outage", "Neither the service nor any region is out for longer than 'max'",
     INVARIANT_NEEDS_MAX},
    {"converges", "All live replicas agree in the end, within 'max' after the last fault",
     INVARIANT_MAY_MAX},
    {.name = NULL},
};

const InvariantDef *invariant_find(const char *check)
{
    for (const InvariantDef *def = invariant_defs; def->name != NULL; def++) {
        if (strcmp(def->name, check) == 0) {
            return def;
        }
    }
    return NULL;
}

/* --- one by one ----------------------------------------------------------------------------- */

static void judge_lost_writes(Results *results, Judged *judged, SimSpan max)
{
    Sum acked = sum_total(results, "writes_acked");
    Sum written = sum_total(results, "keys_written");
    Sum looked_at = sum_total(results, "keys_judged");
    Sum lost = sum_total(results, "writes_lost");
    g_autofree char *proof = sum_describe_proof(results, "no-lost-acked-write", -1);

    (void)max;
    sum_set_count(judged, &lost);
    if (lost.all > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "%.0f acknowledged writes lost of %.0f in %u replications, worst replication "
                      "%.0f%s",
                      lost.all, acked.all, sum_count_runs(results), lost.most, proof);
    } else if (acked.absent > 0 || acked.all == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no write was acknowledged in %u replications: nothing to lose",
                      acked.absent);
    } else if (looked_at.all < written.all || looked_at.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "only %.0f of %.0f keys written were looked at in the end", looked_at.all,
                      written.all);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "0 lost of %.0f acknowledged writes to %.0f keys in %u replications",
                      acked.all, written.all, sum_count_runs(results));
    }
}

/* Reads staler than `max`, the stalest of all over all runs, and that of the best run. */
static uint64_t count_stale(Results *results, SimSpan max, int64_t *stalest, int64_t *best)
{
    uint64_t beyond = 0;
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    *stalest = 0;
    *best = count > 0 ? INT64_MAX : 0;
    for (guint i = 0; i < count; i++) {
        g_autoptr(Histogram) staleness = results_staleness(results, runs[i].run);
        int64_t worst = staleness != NULL ? histogram_max(staleness) : 0;

        *stalest = MAX(*stalest, worst);
        *best = MIN(*best, worst);
        beyond += staleness != NULL ? histogram_count_above(staleness, max) : 0;
    }
    return beyond;
}

static void judge_staleness(Results *results, Judged *judged, SimSpan max)
{
    Sum checked = sum_total(results, "reads_checked");
    Sum stale = sum_total(results, "reads_stale");
    Sum unsure = sum_total(results, "reads_beyond_memory");
    int64_t stalest, best;
    uint64_t beyond = count_stale(results, max, &stalest, &best);
    g_autofree char *proof = sum_describe_proof(results, "staleness-bound", -1);

    judged->observed = judged->high = sim_span_to_s(stalest);
    judged->low = sim_span_to_s(best);
    judged->margin = max > 0 ? (double)(max - stalest) / (double)max : (double)NAN;
    if (stalest > max) {
        judged_decide(judged, VERDICT_FAIL,
                      "about %" G_GUINT64_FORMAT
                      " reads of %.0f staler than that in %u replications%s",
                      MAX(beyond, 1), checked.all, sum_count_runs(results), proof);
    } else if (checked.absent > 0 || checked.all == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "no read was checked in %u replications",
                      checked.absent);
    } else if (unsure.all > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "%.0f reads were older than what is remembered: they may be staler than what "
                      "was seen",
                      unsure.all);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "stalest of %.0f reads in %u replications; %.0f were stale at all",
                      checked.all, sum_count_runs(results), stale.all);
    }
}

static void judge_monotonic(Results *results, Judged *judged, SimSpan max)
{
    Sum checked = sum_total(results, "reads_checked");
    Sum back = sum_total(results, "reads_back_in_time");
    g_autofree char *proof = sum_describe_proof(results, "monotonic-reads", -1);

    (void)max;
    sum_set_count(judged, &back);
    if (back.all > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "%.0f reads of %.0f went back in time in %u replications%s", back.all,
                      checked.all, sum_count_runs(results), proof);
    } else if (checked.absent > 0 || checked.all == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "no read was checked in %u replications",
                      checked.absent);
    } else {
        judged_decide(judged, VERDICT_PASS, "none of %.0f reads in %u replications", checked.all,
                      sum_count_runs(results));
    }
}

/* The longest outage of `region` (NULL: of the service) over all runs; each run's own raises
 * `by_run`. */
static Outages find_longest(Results *results, const char *region, double *by_run)
{
    ResultsUserFilter filter = {.region = region};
    Outages longest = {.count = 0};
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) spans = results_felt_spans(results, runs[i].run);

        for (guint j = 0; j < spans->len; j++) {
            ResultsSpan span = g_array_index(spans, ResultsSpan, j);
            g_autoptr(GArray) seconds = results_user_seconds(results, &filter, runs[i].run, span);
            Outages found = outage_find(&outage_rules, (const ResultsCounts *)(void *)seconds->data,
                                        seconds->len);

            longest.requests += found.requests;
            longest.count += found.count;
            longest.longest_s = fmax(longest.longest_s, found.longest_s);
            by_run[i] = fmax(by_run[i], found.longest_s);
        }
    }
    return longest;
}

static void judge_outage(Results *results, Judged *judged, SimSpan max)
{
    g_autoptr(GPtrArray) regions = results_user_values(results, "region");
    guint runs = sum_count_runs(results);
    g_autofree double *by_run = g_new0(double, runs);
    Outages worst = find_longest(results, NULL, by_run);
    const char *where = "the service";
    uint64_t requests = worst.requests;

    for (guint i = 0; i + 1 < regions->len; i++) {
        Outages found = find_longest(results, regions->pdata[i], by_run);

        if (found.longest_s > worst.longest_s) {
            worst = found;
            where = regions->pdata[i];
        }
    }
    judged->observed = judged->high = judged->low = worst.longest_s;
    for (guint i = 0; i < runs; i++) {
        judged->low = fmin(judged->low, by_run[i]);
    }
    judged->margin =
        max > 0 ? (sim_span_to_s(max) - worst.longest_s) / sim_span_to_s(max) : (double)NAN;
    if (worst.longest_s > sim_span_to_s(max)) {
        judged_decide(judged, VERDICT_FAIL,
                      "'%s' was out for %.0f s; buckets of %u s with a success ratio below %g",
                      where, worst.longest_s, outage_rules.bucket_s, outage_rules.success_ratio);
    } else if (requests == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "no user asked for anything");
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "longest outage of service and regions in %u replications; buckets of %u s "
                      "with a success ratio below %g",
                      runs, outage_rules.bucket_s, outage_rules.success_ratio);
    }
}

/* The shortest and longest time that runs had after the last fault. */
static void find_settle(const Results *results, SimSpan *shortest, SimSpan *longest)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    *shortest = SIM_NEVER;
    *longest = 0;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) spans = results_spans(results, runs[i].run, "settle");
        SimSpan length = 0;

        for (guint j = 0; j < spans->len; j++) {
            ResultsSpan span = g_array_index(spans, ResultsSpan, j);

            length += span.end - span.begin;
        }
        *shortest = MIN(*shortest, length);
        *longest = MAX(*longest, length);
    }
}

/* What was seen of hints over the last half minute of the run that had most of them in the end. */
#define HINTS_SEEN (30 * SIM_S)
typedef struct HintsLeft {
    int run;
    double pending, delivered_per_s;
} HintsLeft;

/* A level of all components together: the sum over a stretch, or its last interval alone. */
static double sum_levels(Results *results, const char *metric, int run, ResultsSpan span,
                         bool is_last)
{
    const ResultsComponentFilter all = {.dc = NULL};
    g_autoptr(GArray) meters = results_meters(results, metric, &all);
    double sum = 0;

    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);
        g_autoptr(GArray) levels = results_levels(results, meter, run, span);

        for (guint j = is_last && levels->len > 0 ? levels->len - 1 : 0; j < levels->len; j++) {
            sum += g_array_index(levels, ResultsLevel, j).value;
        }
    }
    return sum;
}

static SimTime find_begin(const Results *results, int run)
{
    SimTime begin = 0;
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        begin = phases[i].run == run ? MIN(begin, phases[i].begin) : begin;
    }
    return begin;
}

static HintsLeft find_hints_left(Results *results)
{
    SimSpan step = results_sample_interval(results);
    SimSpan seen = MAX(HINTS_SEEN / step, 1) * step;
    HintsLeft most = {.pending = -1};
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        SimTime begin = find_begin(results, runs[i].run);
        SimTime end = begin + runs[i].simulated / step * step;
        ResultsSpan span = {MAX(end - seen, begin), end};
        double pending = sum_levels(results, "hints_pending", runs[i].run, span, true);

        if (span.end > span.begin && pending > most.pending) {
            most = (HintsLeft){runs[i].run, pending,
                               sum_levels(results, "hints_replayed", runs[i].run, span, false) /
                                   sim_span_to_s(span.end - span.begin)};
        }
    }
    return most;
}

/* How long the hints that wait still need, or that it is not hints that are missing. Caller frees.
 */
static char *describe_hints(Results *results)
{
    g_autoptr(GPtrArray) keepers = results_meter_values(results, "hints_pending", "component");
    HintsLeft left = find_hints_left(results);
    char seen[SIM_SPAN_TEXT];
    char needed[SIM_SPAN_TEXT];

    sim_span_print(HINTS_SEEN, seen);
    if (keepers->len <= 1 || left.pending < 0) {
        return g_strdup("");
    }
    if (left.pending < 0.5) {
        g_autofree char *incomplete = verdict_incomplete_runs(results);

        if (incomplete != NULL) { /* what was cut had writes on their way */
            return g_strdup("");
        }
        return g_strdup("; no hint waits any more: without a repair the rest will not agree");
    }
    if (left.delivered_per_s <= 0) {
        return g_strdup_printf("; %.0f hints wait in the end of replication %d, none of which was "
                               "delivered in the last %s",
                               left.pending, left.run, seen);
    }
    return g_strdup_printf(
        "; %.0f hints wait in the end of replication %d and need about %s more "
        "at the %.0f/s of the last %s",
        left.pending, left.run,
        sim_span_print((SimSpan)(left.pending / left.delivered_per_s + 0.5) * SIM_S, needed),
        left.delivered_per_s, seen);
}

static void judge_converges(Results *results, Judged *judged, SimSpan max)
{
    Sum looked_at = sum_total(results, "keys_judged");
    Sum diverged = sum_total(results, "keys_diverged");
    g_autofree char *proof = sum_describe_proof(results, "converges", -1);
    g_autofree char *hints = diverged.all > 0 ? describe_hints(results) : g_strdup("");
    char settled[SIM_SPAN_TEXT];
    SimSpan shortest;
    SimSpan longest;

    find_settle(results, &shortest, &longest);
    sum_set_count(judged, &diverged);
    sim_span_print(longest, settled);
    if (looked_at.absent > 0 || looked_at.all == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no key was looked at in the end of %u "
                      "replications",
                      looked_at.absent);
    } else if (diverged.all > 0 && max != SIM_NEVER && shortest < max) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "replicas of %.0f keys of %.0f did not agree yet, but had no more than %s to "
                      "settle: make 'settle' as long as 'max'%s%s",
                      diverged.all, looked_at.all, settled, hints, proof);
    } else if (diverged.all > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "replicas of %.0f keys of %.0f did not agree after %s%s%s", diverged.all,
                      looked_at.all, settled, hints, proof);
    } else if (longest > max) {
        judged_decide(
            judged, VERDICT_INCONCLUSIVE,
            "replicas agreed after %s, which is longer than 'max': make 'settle' as long as "
            "'max'",
            settled);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "replicas of all %.0f keys agreed after %s in %u replications", looked_at.all,
                      settled, sum_count_runs(results));
    }
}

/* --- public --------------------------------------------------------------------------------- */

static void judge_by_name(Results *results, const InvariantAsked *asked, Judged *judged)
{
    static const struct {
        const char *check;
        void (*judge)(Results *results, Judged *judged, SimSpan max);
    } judges[] = {
        {"no-lost-acked-write", judge_lost_writes},
        {"staleness-bound", judge_staleness},
        {"monotonic-reads", judge_monotonic},
        {"max-outage", judge_outage},
        {"converges", judge_converges},
    };

    for (guint i = 0; i < G_N_ELEMENTS(judges); i++) {
        if (strcmp(judges[i].check, asked->check) == 0) {
            judges[i].judge(results, judged, asked->max);
            return;
        }
    }
    invariant_judge_data(results, asked->check, asked->most, judged);
}

/* "staleness-bound max=5s", "replicas-down-per-range most=1". Caller frees. */
static char *describe_condition(const InvariantAsked *asked)
{
    char text[SIM_SPAN_TEXT];

    if (asked->max != SIM_NEVER) {
        return g_strdup_printf("%s max=%s", asked->check, sim_span_print(asked->max, text));
    }
    if (asked->most >= 0) {
        return g_strdup_printf("%s most=%" G_GINT64_FORMAT, asked->check, asked->most);
    }
    return g_strdup(asked->check);
}

Judged *invariant_judge(Results *results, const InvariantAsked *asked)
{
    g_autofree char *condition = describe_condition(asked);
    Judged *judged = judged_new("invariant", asked->name, condition);
    const InvariantDef *def = invariant_find(asked->check);
    g_autofree char *incomplete = verdict_incomplete_runs(results);

    g_assert(def != NULL);
    if (def->limit == INVARIANT_NEEDS_MAX && asked->max == SIM_NEVER) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "'%s' needs 'max'", asked->check);
        return judged;
    }
    judge_by_name(results, asked, judged);
    if (incomplete != NULL && judged->verdict == VERDICT_PASS) {
        g_autofree char *why = g_strdup(judged->why);

        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s; %s", incomplete, why);
    }
    return judged;
}
