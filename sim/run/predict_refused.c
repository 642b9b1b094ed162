/* predict_refused.c - see predict_refused.h. */
#include "sim/run/predict_refused.h"

#include <math.h>
#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/results/results_series.h"

/* Rounding of shares that are all or nothing. */
#define SLACK 1e-9

/* Of one replication. */
typedef struct Stretch {
    ResultsSpan span; /* empty: there is none */
    double *up;       /* by node: 1 or 0 */
} Stretch;

struct RefusedStretches {
    Results *results;
    const Replicas *of; /* those that `list` is of; NULL: of none yet */
    GArray *list;       /* of Stretch, one for each replication */
};

static void stretch_clear(gpointer data)
{
    g_free(((Stretch *)data)->up);
}

RefusedStretches *refused_stretches_new(Results *results)
{
    RefusedStretches *stretches = g_new0(RefusedStretches, 1);

    stretches->results = results;
    stretches->list = g_array_new(false, true, sizeof(Stretch));
    g_array_set_clear_func(stretches->list, stretch_clear);
    return stretches;
}

void refused_stretches_free(RefusedStretches *stretches)
{
    if (stretches != NULL) {
        g_array_unref(stretches->list);
        g_free(stretches);
    }
}

/* --- when who is down is known to all --------------------------------------------------------- */

/* Samples of all nodes over one replication. */
typedef struct Samples {
    guint nodes, steps;
    double *down, *believes; /* [node * steps + step] */
} Samples;

static void samples_clear(Samples *samples)
{
    g_free(samples->down);
    g_free(samples->believes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Samples, samples_clear)

/* False when the component has no such gauge. */
static bool read_gauge(Results *results, const char *metric, const char *component, int run,
                       ResultsSpan span, double *into)
{
    g_autoptr(GArray) meters =
        results_meters(results, metric, &(ResultsComponentFilter){.component = component});
    g_autoptr(GArray) levels = NULL;

    if (meters->len != 1) {
        return false;
    }
    levels = results_levels(results, &g_array_index(meters, ResultsMeter, 0), run, span);
    for (guint i = 0; i < levels->len; i++) {
        into[i] = g_array_index(levels, ResultsLevel, i).value;
    }
    return true;
}

static bool read_samples(Results *results, const Replicas *replicas, int run, ResultsSpan span,
                         Samples *samples)
{
    bool is_known = true;

    samples->nodes = replicas_count_nodes(replicas);
    samples->steps = (guint)((span.end - span.begin) / results_sample_interval(results)) + 1;
    samples->down = g_new0(double, samples->nodes * samples->steps);
    samples->believes = g_new0(double, samples->nodes * samples->steps);
    for (guint node = 0; node < samples->nodes && is_known; node++) {
        const char *name = replicas_node_name(replicas, node);
        guint first = node * samples->steps;

        is_known = read_gauge(results, "down", name, run, span, samples->down + first) &&
                   read_gauge(results, "nodes_down", name, run, span, samples->believes + first);
    }
    return is_known;
}

/* Whether all of a step somebody is down, the same all the time, and who is up believes just so
 * many down. */
static bool is_settled(const Samples *samples, guint step)
{
    double down = 0;

    for (guint node = 0; node < samples->nodes; node++) {
        double share = samples->down[node * samples->steps + step];

        if (share > 0 && share < 1) {
            return false;
        }
        down += share;
    }
    for (guint node = 0; node < samples->nodes; node++) {
        guint at = node * samples->steps + step;

        if (samples->down[at] <= 0 && fabs(samples->believes[at] - down) > 0) {
            return false;
        }
    }
    return down > 0;
}

static bool is_as_before(const Samples *samples, guint step)
{
    for (guint node = 0; node < samples->nodes; node++) {
        guint at = node * samples->steps + step;

        if (fabs(samples->down[at] - samples->down[at - 1]) > 0) {
            return false;
        }
    }
    return true;
}

/* Writes that began before time out, and leave hints, up to two seconds and two sweeps later. */
#define LEFT_OUT (5 * SIM_S)

/* The longest stretch; what began before it is left time to end. */
static Stretch longest(const Samples *samples, SimTime begin, SimSpan interval)
{
    guint since = 0, best = 0, most = 0, lead = (guint)((LEFT_OUT + interval - 1) / interval);
    Stretch stretch = {0};

    for (guint step = 0; step < samples->steps; step++) {
        if (!is_settled(samples, step)) {
            since = step + 1;
        } else if (step > since && !is_as_before(samples, step)) {
            since = step;
        }
        if (step >= since + lead && step + 1 - since - lead > most) {
            most = step + 1 - since - lead;
            best = since + lead;
        }
    }
    if (most > 0) {
        stretch.span.begin = begin + best * interval;
        stretch.span.end = stretch.span.begin + most * interval;
        stretch.up = g_new(double, samples->nodes);
        for (guint node = 0; node < samples->nodes; node++) {
            stretch.up[node] = 1 - samples->down[node * samples->steps + best];
        }
    }
    return stretch;
}

static void find_stretches(RefusedStretches *stretches, const Replicas *replicas)
{
    SimSpan interval = results_sample_interval(stretches->results);
    guint count, faults;
    const ResultsRun *runs = results_runs(stretches->results, &count);

    stretches->of = replicas;
    g_array_set_size(stretches->list, 0);
    g_array_set_size(stretches->list, count);
    results_faults(stretches->results, &faults);
    for (guint i = 0; i < count && faults > 0; i++) {
        g_autoptr(GArray) felt = results_felt_spans(stretches->results, runs[i].run);
        g_auto(Samples) samples = {0};
        ResultsSpan span = felt->len > 0 ? g_array_index(felt, ResultsSpan, 0) : (ResultsSpan){0};

        if (span.end > span.begin &&
            read_samples(stretches->results, replicas, runs[i].run, span, &samples)) {
            g_array_index(stretches->list, Stretch, i) = longest(&samples, span.begin, interval);
        }
    }
}

/* --- beside each other ---------------------------------------------------------------------- */

/* "store_reads{dc:DC03}" as the name of the counter and the data centre. */
static char *counter_of(const char *metric, char **dc)
{
    g_auto(GStrv) parts = g_strsplit_set(metric, "{:}", 4);

    g_assert_cmpuint(g_strv_length(parts), ==, 4);
    g_assert_cmpstr(parts[1], ==, "dc");
    *dc = g_strdup(parts[2]);
    return g_strdup(parts[0]);
}

/* What was foretold and what differed, of the replications that show it. */
typedef struct Shares {
    GArray *foretold, *differences; /* of double */
    double asked, seen;
    double variance; /* between data, summed over the replications */
} Shares;

/* What the nodes that are up in a replication make of it, and the variance between data; false when
 * it cannot be said of this one. */
static bool foretell(const PredictionRefusal *refusal, const double *up, double *value,
                     double *variance)
{
    double spread, refused = replicas_refused(refusal->replicas, &refusal->need, up);

    if (!refusal->is_copies) {
        *value = refused;
        *variance = refused * fmax(1 - refused, 0);
        return true;
    }
    *value = replicas_missing(refusal->replicas, up, &spread);
    *variance = spread * spread;
    return refused < SLACK;
}

static void add_run(const RefusedStretches *stretches, const Prediction *prediction, guint index,
                    Shares *shares)
{
    guint count;
    int run = results_runs(stretches->results, &count)[index].run;
    const Stretch *stretch = &g_array_index(stretches->list, Stretch, index);
    const PredictionRefusal *refusal = prediction->refusal;
    g_autofree char *dc = NULL, *counter = counter_of(prediction->metric, &dc);
    g_autofree char *refused = g_strconcat(counter, "_unavailable", NULL);
    const char *part = refusal->is_copies ? counter : refused;
    const char *whole = refusal->is_copies ? "coordinated_writes" : counter;
    ResultsComponentFilter filter = {.dc = dc};
    double asked, seen, value, difference, variance;

    if (stretch->up == NULL || !foretell(refusal, stretch->up, &value, &variance)) {
        return;
    }
    asked = results_increase(stretches->results, whole, &filter, run, stretch->span);
    if (asked <= 0) {
        return;
    }
    seen = results_increase(stretches->results, part, &filter, run, stretch->span);
    difference = seen / asked - value;
    g_array_append_val(shares->foretold, value);
    g_array_append_val(shares->differences, difference);
    shares->asked += asked;
    shares->seen += seen;
    shares->variance += variance;
}

/* As far from the value as the interval of the difference ends, or data lie elsewhere than their
 * shares say; NAN stays. */
static double room(double half, double elsewhere)
{
    return sqrt(half * half + elsewhere * elsewhere) + SLACK;
}

/* The estimate of the difference becomes that of the share, `most` at most. */
static void shift(Estimate *estimate, double foretold, double elsewhere, double most)
{
    double below = room(estimate->value - estimate->low, elsewhere);
    double above = room(estimate->high - estimate->value, elsewhere);

    estimate->value += foretold;
    estimate->low = isnan(below) ? (double)NAN : fmax(estimate->value - below, 0);
    estimate->high = isnan(above) ? (double)NAN : fmin(estimate->value + above, most);
}

bool refused_estimate(RefusedStretches *stretches, const Prediction *prediction, double confidence,
                      double *foretold, Estimate *estimate)
{
    g_autoptr(GArray) means = g_array_new(false, false, sizeof(double));
    g_autoptr(GArray) differences = g_array_new(false, false, sizeof(double));
    Shares shares = {means, differences, 0, 0, 0};
    double elsewhere;

    if (stretches->of != prediction->refusal->replicas) {
        find_stretches(stretches, prediction->refusal->replicas);
    }
    for (guint i = 0; i < stretches->list->len; i++) {
        add_run(stretches, prediction, i, &shares);
    }
    if (differences->len == 0) {
        return false;
    }
    *foretold = estimate_average((const double *)(const void *)means->data, means->len);
    *estimate = estimate_mean((const double *)(const void *)differences->data, differences->len,
                              confidence);
    elsewhere = sqrt(shares.variance / differences->len / prediction->refusal->keys);
    shift(estimate, *foretold, elsewhere * fixed_normal_quantile((1 + confidence) / 2),
          prediction->refusal->is_copies ? G_MAXDOUBLE : 1);
    estimate->n = (uint64_t)shares.asked;
    return *foretold > SLACK || shares.seen > 0;
}
