/* honesty.c - see honesty.h. */
#include "tests/support/honesty.h"

#include <glib/gstdio.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <unistd.h>

#include "sim/results/judge/judge.h"
#include "sim/results/judge/stream.h"
#include "sim/run/run.h"
#include "sim/scenario/scenario_read.h"

/* Ends with NULL; generated. */
extern const Kind *const all_kinds[];

/* One station "a" that all come to. */
#define ONE(interarrival, service)                                                                 \
    "{ 'sources': { 'in': { 'interarrival': '" interarrival "', 'to': 'a' } }, 'stations': { "     \
    "'a': { 'service': '" service "' } } }"

#define SOJOURN "station_sojourn{station:a}"

const char *const honesty_figures[HONESTY_FIGURES] = {"mean", "p95", "p99"};

/* Two tiers: four servers at 70 %, then a store at 60 %. What leaves M/M/c is as random as what
 * came, and a customer's times at the two stations are independent: P. J. Burke, "The output of a
 * queuing system", 1956, and "The dependence of sojourn times in tandem M/M/s queues", 1969. So the
 * journey is a sum of exponentials, whose tail is solved for the percentiles. */
#define TANDEM                                                                                     \
    "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=357142857ns)', 'to': 'web' } }, "    \
    "'stations': { 'web': { 'servers': 4, 'service': 'exponential(mean=1s)', 'to': 'store' }, "    \
    "'store': { 'service': 'exponential(mean=214285714ns)' } } }"

const HonestyCase honesty_cases[] = {
    {"M/M/1 at 50 %", ONE("exponential(mean=2s)", "exponential(mean=1s)"), SOJOURN,
     .truth = {2, 5.99146454711, 9.21034037198}, .source = "closed form: exponential",
     .warmup_s = 200, .duration_s = 24000, .long_s = 450000},
    {"M/M/1 at 80 %", ONE("exponential(mean=1.25s)", "exponential(mean=1s)"), SOJOURN,
     .truth = {5, 14.9786613678, 23.0258509299}, .source = "closed form: exponential",
     .warmup_s = 1000, .duration_s = 25000, .long_s = 300000},
    /* The percentiles from the compound geometric sum of residual services and one more service on
     * grids of 0.04, 0.02 and 0.01 s, extrapolated: 1e-5 s apart at the end. */
    {"M/G/1 lognormal at 50 %", ONE("exponential(mean=2s)", "lognormal(mean=1s, scv=4)"), SOJOURN,
     .truth = {3.5, 14.06908, 31.57137}, .source = "Pollaczek-Khinchine, solved to 1e-5 s",
     .warmup_s = 500, .duration_s = 40000, .long_s = 700000},
    {"web tandem at 70 and 60 %", TANDEM, "journey{station:in}",
     .truth = {1.89292621757, 4.45767780526, 6.22307812468},
     .source = "closed form: sum of exponentials", .warmup_s = 200, .duration_s = 4500,
     .long_s = 85000},
    {.name = NULL},
};

const HonestyRefusal honesty_refusals[] = {
    {.test = {.name = "M/M/1 at 104 %",
              .queueing = ONE("exponential(mean=1s)", "exponential(mean=1.04s)"),
              .metric = SOJOURN,
              .warmup_s = 100,
              .duration_s = 4000},
     .words = "not stable: station 'a' is offered 1.04 of its capacity"},
    /* How the shortest queue splits the customers is not known beforehand: it has to be seen. */
    {.test = {.name = "the shorter of two queues, at 110 %",
              .queueing = "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': { "
                          "'balance': 'shortest', 'among': ['a', 'b'] } } }, 'stations': { 'a': { "
                          "'service': 'exponential(mean=2.2s)' }, 'b': { 'service': "
                          "'exponential(mean=2.2s)' } } }",
              .metric = SOJOURN,
              .warmup_s = 100,
              .duration_s = 4000},
     .figure = HONESTY_P95,
     .words = "not stable: station_in_system{station:"},
    {.test = {.name = "a service without a mean",
              .queueing = ONE("exponential(mean=10s)", "pareto(min=1s, shape=0.9)"),
              .metric = SOJOURN,
              .warmup_s = 100,
              .duration_s = 4000},
     .words = "not stable: the service of station 'a' has no finite mean"},
    {.test = {.name = "a wait without a mean",
              .queueing = ONE("exponential(mean=6s)", "pareto(min=1s, shape=1.5)"),
              .metric = SOJOURN,
              .warmup_s = 100,
              .duration_s = 4000},
     .words = "no finite mean: the service of station 'a' has no finite variance"},
    {.test = {.name = "too few beyond the percentile",
              .queueing = ONE("exponential(mean=2s)", "exponential(mean=1s)"),
              .metric = SOJOURN,
              .warmup_s = 100,
              .duration_s = 4000},
     .figure = HONESTY_P99,
     .words = "interval not reliable: needs about "},
    {.test = {.name = "a warm-up too short",
              .queueing =
                  "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': 'a' "
                  "} }, 'stations': { 'a': { 'servers': 100000, 'service': "
                  "'exponential(mean=400s)' } } }",
              .metric = SOJOURN,
              .warmup_s = 50,
              .duration_s = 8000},
     .words = "not converged: station_in_system{station:a} "},
    {.test = {.name = NULL}},
};

/* --- one campaign --------------------------------------------------------------------------- */

/* How many samples a run takes: so many that its drift can be seen, and enough for batches where
 * one run is all there is. */
enum { STEPS = 40, STEPS_OF_ONE = 200 };

static char *scenario_text(const HonestyCase *test, double duration_s, guint steps, uint64_t seed)
{
    char *text = g_strdup_printf(
        "{ 'version': '1', 'title': 'honesty', 'simulation': { 'seed': %" G_GUINT64_FORMAT
        ", 'warmup': '%.0fs', 'duration': '%.0fs', 'settle': '0s', 'sample_interval': '%.0fs' },\n"
        "'system': { 'queueing': %s } }\n",
        seed, test->warmup_s, duration_s, fmin(floor(duration_s / steps), 3600), test->queueing);

    return g_strdelimit(text, "'", '"');
}

static void give_up(const char *what, const char *why)
{
    g_printerr("honesty: %s: %s\n", what, why);
    exit(1);
}

static Scenario *read_scenario(const HonestyCase *test, double duration_s, guint steps,
                               uint64_t seed, const char *directory)
{
    g_autofree char *text = scenario_text(test, duration_s, steps, seed);
    g_autofree char *path = g_build_filename(directory, "honesty.json", NULL);
    DiagList *diags = NULL;
    Scenario *scenario;

    if (!g_file_set_contents(path, text, -1, NULL)) {
        give_up(path, "cannot be written");
    }
    scenario = scenario_read(path, NULL, all_kinds, &diags);
    if (scenario == NULL) {
        g_autofree char *messages = diag_list_to_text(diags);

        give_up(test->name, messages);
    }
    diag_list_free(diags);
    g_unlink(path);
    return scenario;
}

static void run_one(const Scenario *scenario, guint run, const char *path)
{
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    g_autoptr(GError) error = NULL;
    RunOrder order = {.scenario = scenario, .kinds = all_kinds, .run = (int)run, .path = path};

    if (!run_execute(&order, diags, &error)) {
        give_up(scenario->path, error != NULL ? error->message : "not accepted");
    }
}

/* The campaign's results, merged in `directory`; the parts are gone. */
static Results *run_all(const Scenario *scenario, guint replications, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "results.sqlite", NULL);
    g_autofree char *part = g_build_filename(directory, "part.sqlite", NULL);
    g_autofree char *interval =
        g_strdup_printf("%" G_GINT64_FORMAT, scenario->simulation.sample_interval);
    g_autoptr(GError) error = NULL;
    ResultsWriter *writer = results_write_new(path, &error);
    Results *results;

    if (writer == NULL) {
        give_up(path, error->message);
    }
    results_write_fact(writer, "sample_interval_ns", interval);
    for (guint i = 0; i < replications; i++) {
        run_one(scenario, i, part);
        if (!results_write_merge(writer, part, &error)) {
            give_up(part, error->message);
        }
        g_unlink(part);
    }
    if (!results_write_close(writer, &error)) {
        give_up(path, error->message);
    }
    results = results_open(path, &error);
    if (results == NULL) {
        give_up(path, error->message);
    }
    g_unlink(path);
    return results;
}

static const ThresholdMetric declared[] = {
    {"station_sojourn", THRESHOLD_HISTOGRAM, "s", "Time at a station"},
    {"journey", THRESHOLD_HISTOGRAM, "s", "Time on the whole way"},
    {.name = NULL},
};
static const ThresholdKnown known = {.declared = declared};

static Estimate estimate_figure(Results *results, const char *metric, const char *condition,
                                double confidence)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ThresholdRule) rule = threshold_parse(metric, condition, &known, &error);

    if (rule == NULL) {
        give_up(metric, error->message);
    }
    return judge_estimate(results, rule, confidence);
}

/* Makes the campaign and leaves its results open. Caller frees. */
static Results *campaign(const HonestyCase *test, double duration_s, guint replications,
                         uint64_t seed)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("honesty-XXXXXX", &error);
    g_autoptr(Scenario) scenario = NULL;
    Results *results;

    if (directory == NULL) {
        give_up("a directory", error->message);
    }
    scenario =
        read_scenario(test, duration_s, replications == 1 ? STEPS_OF_ONE : STEPS, seed, directory);
    results = run_all(scenario, replications, directory);
    g_rmdir(directory);
    return results;
}

static const char *const conditions[HONESTY_FIGURES] = {"avg<1s", "p(95)<1s", "p(99)<1s"};

void honesty_estimate(const HonestyCase *test, double duration_s, guint replications, uint64_t seed,
                      double confidence, Estimate figures[HONESTY_FIGURES])
{
    g_autoptr(Results) results = campaign(test, duration_s, replications, seed);

    for (guint i = 0; i < HONESTY_FIGURES; i++) {
        figures[i] = estimate_figure(results, test->metric, conditions[i], confidence);
        figures[i].method = NULL; /* it may go with the results */
    }
}

void honesty_each(const HonestyCase *test, double duration_s, guint replications, uint64_t seed,
                  double *values)
{
    static const double quantiles[HONESTY_FIGURES] = {0, 0.95, 0.99};
    g_autoptr(Results) results = campaign(test, duration_s, replications, seed);
    g_autoptr(ThresholdRule) rule =
        threshold_parse(test->metric, conditions[HONESTY_MEAN], &known, NULL);

    for (guint i = 0; i < replications; i++) {
        g_autoptr(Histogram) merged = stream_merge(results, rule, (int)i);

        values[i] = histogram_mean(merged) * stream_scale(rule);
        for (guint j = HONESTY_MEAN + 1; j < HONESTY_FIGURES; j++) {
            values[j * replications + i] =
                (double)histogram_quantile(merged, quantiles[j]) * stream_scale(rule);
        }
    }
}

char *honesty_words(const HonestyRefusal *refusal, uint64_t seed)
{
    const HonestyCase *test = &refusal->test;
    g_autoptr(Results) results = campaign(test, test->duration_s, HONESTY_REPLICATIONS, seed);
    Estimate estimate = estimate_figure(results, test->metric, conditions[refusal->figure], 0.95);
    char *doubt = estimate_doubt(&estimate);

    return doubt != NULL ? doubt : g_strdup(estimate.method);
}

/* --- counting ------------------------------------------------------------------------------- */

void honesty_count(HonestyCount *count, const Estimate *estimate, double truth)
{
    if (isnan(estimate->low) || isnan(estimate->high)) {
        count->refused++;
        return;
    }
    count->given++;
    count->doubtful += estimate->is_reliable ? 0 : 1;
    count->covered += estimate->low <= truth && truth <= estimate->high ? 1 : 0;
    count->width += (estimate->high - estimate->low) / 2 / fabs(truth);
}

/* 366 to 392 of 400 leave out about 0.2 % below and 0.3 % above when 95 % is true; the same is left
 * out for another number. */
void honesty_bounds(guint repetitions, guint *least, guint *most)
{
    double below = gsl_cdf_binomial_P(365, 0.95, 400);
    double above = gsl_cdf_binomial_Q(392, 0.95, 400);

    *least = 0;
    *most = repetitions;
    while (gsl_cdf_binomial_P(*least, 0.95, repetitions) <= below) {
        ++*least;
    }
    while (*most > 0 && gsl_cdf_binomial_Q(*most - 1, 0.95, repetitions) <= above) {
        --*most;
    }
}
