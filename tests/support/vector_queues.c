/* vector_queues.c - families of one queue. */
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/vector_family.h"

#define CUSTOMERS 20000.0 /* of each replication of a pilot */

/* One station "a" that all come to; `station` is the rest of its fields. */
static void one_station(FigureCase *test, double rate, const char *interarrival,
                        const char *station)
{
    test->queueing = g_strdup_printf("{ 'sources': { 'in': { 'interarrival': '%s', 'to': 'a' } }, "
                                     "'stations': { 'a': { %s } } }",
                                     interarrival, station);
    test->pilot_s = CUSTOMERS / rate;
}

static char *exponential(double mean)
{
    g_autofree char *span = vector_span(mean);

    return g_strdup_printf("exponential(mean=%s)", span);
}

/* Poisson arrivals and exponential work; `rest` goes on with the station. */
static void poisson(FigureCase *test, double lam, double mu, const char *rest)
{
    g_autofree char *gap = exponential(1 / lam), *work = exponential(1 / mu);
    g_autofree char *station = g_strdup_printf("'service': '%s'%s", work, rest);

    one_station(test, lam, gap, station);
}

/* Long enough for a queue at `load` to forget that it began empty. */
static double warmup(double load, double work, double scv)
{
    return 30 * work * (1 + scv) / ((1 - load) * (1 - load));
}

static void expect_levels(FigureCase *test, const cJSON *expect)
{
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_level(test, expect, "Lq", "station@a", "station_queue");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_mean(test, expect, "Wq", "station@a", "station_wait");
}

static void expect_markov(FigureCase *test, const cJSON *expect)
{
    vector_level(test, expect, "rho", "station@a", "station_busy");
    expect_levels(test, expect);
    vector_positive(test, expect, "p_wait", "station@a", "station_wait");
    vector_quantile(test, expect, "Wq_p95", 0.95, "station@a", "station_wait");
    vector_quantile(test, expect, "Wq_p99", 0.99, "station@a", "station_wait");
    vector_quantile(test, expect, "W_p50", 0.5, "station@a", "station_sojourn");
    vector_quantile(test, expect, "W_p95", 0.95, "station@a", "station_sojourn");
    vector_quantile(test, expect, "W_p99", 0.99, "station@a", "station_sojourn");
    vector_quantile(test, expect, "W_p999", 0.999, "station@a", "station_sojourn");
}

static void make_mm1(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");

    poisson(test, lam, mu, "");
    test->warmup_s = warmup(lam / mu, 1 / mu, 1);
    expect_markov(test, expect);
}

static void make_mmc(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");
    double servers = vector_number(test, params, "c");
    g_autofree char *rest = g_strdup_printf(", 'servers': %g", servers);

    poisson(test, lam, mu, rest);
    test->warmup_s = warmup(lam / mu / servers, 1 / mu / servers, 1) + 20 / mu;
    /* Of 150 servers few wait at all. */
    test->precision = servers > 100 ? 0.04 : test->precision;
    expect_markov(test, expect);
}

static void make_mmck(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");
    g_autofree char *rest =
        g_strdup_printf(", 'servers': %g, 'room': %g", vector_number(test, params, "c"),
                        vector_number(test, params, "K"));

    poisson(test, lam, mu, rest);
    test->warmup_s = 300 / mu;
    test->precision = 0.05; /* p_block of the pool of 400 is 0.0019 */
    vector_share(test, expect, "p_block", "station@a", "station_refused", "source@in", "arrivals");
    vector_rate(test, expect, "throughput", "station@a", "station_throughput");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_level(test, expect, "utilisation", "station@a", "station_busy");
    if (json_member(expect, "Lq")->valuedouble > 0) {
        vector_level(test, expect, "Lq", "station@a", "station_queue");
        vector_mean(test, expect, "Wq", "station@a", "station_wait");
    }
    if (vector_number(test, params, "c") == 1) {
        vector_idle(test, expect, "p0", "station@a");
    }
}

/* The law of work or gaps, of a mean. Caller frees. */
static char *law(const char *name, double scv, double mean)
{
    g_autofree char *span = vector_span(mean), *twice = vector_span(2 * mean);

    if (scv == 0) {
        return g_strdup(span);
    }
    if (strcmp(name, "erlang") == 0 || strcmp(name, "E") == 0) {
        return g_strdup_printf("erlang(k=%g, mean=%s)", round(1 / scv), span);
    }
    if (strcmp(name, "uniform") == 0) {
        return g_strdup_printf("uniform(0s, %s)", twice);
    }
    return g_strdup_printf("%s(mean=%s, scv=%g)",
                           strcmp(name, "lognormal") == 0 ? "lognormal" : "hyperexponential", span,
                           scv);
}

static void make_mg1(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rho = vector_number(test, params, "rho"), scv = vector_number(test, params, "scv");
    double mean = vector_number(test, params, "mean_service");
    const char *name = json_member(params, "dist")->valuestring;
    g_autofree char *gap = exponential(mean / rho), *work = law(name, scv, mean);
    g_autofree char *station = g_strdup_printf("'service': '%s'", work);

    one_station(test, rho / mean, gap, station);
    test->warmup_s = warmup(rho, mean, scv);
    test->precision = strcmp(name, "lognormal") == 0 && scv > 1 ? 0.04 : test->precision;
    expect_levels(test, expect);
    vector_quantile(test, expect, "Wq_p50", 0.5, "station@a", "station_wait");
    vector_quantile(test, expect, "Wq_p95", 0.95, "station@a", "station_wait");
    vector_quantile(test, expect, "Wq_p99", 0.99, "station@a", "station_wait");
}

/* Insensitive: each load with another law of the work. */
static void make_ps(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rho = vector_number(test, params, "rho");
    double mean = vector_number(test, params, "mean_service");
    const char *name = rho < 0.6 ? "h2" : rho < 0.85 ? "lognormal" : "det";
    g_autofree char *gap = exponential(mean / rho), *work = law(name, rho < 0.85 ? 4 : 0, mean);
    g_autofree char *station = g_strdup_printf("'service': '%s', 'discipline': 'ps'", work);

    one_station(test, rho / mean, gap, station);
    test->warmup_s = warmup(rho, mean, 4);
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_idle(test, expect, "p_n0", "station@a");
}

static void make_gm1(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rho = vector_number(test, params, "rho"), ca2 = vector_number(test, params, "ca2");
    double mean = vector_number(test, params, "mean_service");
    g_autofree char *gap = law(json_member(params, "arrival")->valuestring, ca2, mean / rho);
    g_autofree char *work = exponential(mean);
    g_autofree char *station = g_strdup_printf("'service': '%s'", work);

    one_station(test, rho / mean, gap, station);
    test->warmup_s = warmup(rho, mean, ca2);
    vector_positive(test, expect, "sigma", "station@a", "station_wait");
    vector_mean(test, expect, "Wq", "station@a", "station_wait");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_quantile(test, expect, "W_p95", 0.95, "station@a", "station_sojourn");
    vector_quantile(test, expect, "W_p99", 0.99, "station@a", "station_sojourn");
}

static void make_breakdown(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam");
    double mean = vector_number(test, params, "mean_service");
    double repair = vector_number(test, params, "mean_repair");
    double scv = vector_number(test, params, "scv_service");
    g_autofree char *gap = exponential(1 / lam), *work = law("h2", scv, mean);
    g_autofree char *up = exponential(1 / vector_number(test, params, "failure_rate"));
    g_autofree char *down = law("h2", vector_number(test, params, "scv_repair"), repair);
    g_autofree char *station = g_strdup_printf(
        "'service': '%s', 'breakdown': { 'up': '%s', 'down': '%s' }", work, up, down);

    one_station(test, lam, gap, station);
    test->warmup_s = warmup(0.7, mean + repair, scv);
    vector_level(test, expect, "L_fail_any_time", "station@a", "station_in_system");
    vector_mean(test, expect, "W_fail_any_time", "station@a", "station_sojourn");
}

static void make_vacation(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam");
    g_autofree char *pause = law("h2", vector_number(test, params, "scv_vacation"),
                                 vector_number(test, params, "mean_vacation"));
    g_autofree char *rest = g_strdup_printf(", 'vacation': '%s'", pause);

    poisson(test, lam, 1 / vector_number(test, params, "mean_service"), rest);
    test->warmup_s = warmup(lam, 1, 1);
    vector_mean(test, expect, "Wq", "station@a", "station_wait");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
}

static void make_retrial(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");
    g_autofree char *gap = exponential(1 / lam), *work = exponential(1 / mu);
    g_autofree char *back_off = exponential(1 / vector_number(test, params, "retry_rate"));

    test->queueing = g_strdup_printf(
        "{ 'sources': { 'in': { 'interarrival': '%s', 'to': 'a' } }, 'stations': { 'a': { "
        "'service': '%s', 'room': 1, 'refused': 'orbit' }, 'orbit': { 'servers': 1000000, "
        "'service': '%s', 'to': 'a' } } }",
        gap, work, back_off);
    test->pilot_s = CUSTOMERS / lam;
    test->warmup_s = 2 * warmup(lam / mu, 1 / mu, 1);
    vector_level(test, expect, "rho", "station@a", "station_busy");
    vector_level(test, expect, "orbit", "station@orbit", "station_in_system");
    vector_mean(test, expect, "W", "source@in", "journey");
}

static void make_impatience(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");
    g_autofree char *patience = exponential(1 / vector_number(test, params, "patience_rate"));
    g_autofree char *rest = g_strdup_printf(", 'servers': %g, 'patience': '%s'",
                                            vector_number(test, params, "c"), patience);

    poisson(test, lam, mu, rest);
    test->warmup_s = 200 / mu;
    vector_share(test, expect, "p_abandon", "station@a", "station_abandoned", "source@in",
                 "arrivals");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_level(test, expect, "Lq", "station@a", "station_queue");
    vector_rate(test, expect, "throughput", "station@a", "station_throughput");
    vector_level(test, expect, "utilisation", "station@a", "station_busy");
}

static void make_timeout(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = vector_number(test, params, "lam"), mu = vector_number(test, params, "mu");
    g_autofree char *timeout = vector_span(vector_number(test, params, "timeout"));
    g_autofree char *rest = g_strdup_printf(", 'patience': '%s'", timeout);

    poisson(test, lam, mu, rest);
    test->warmup_s = 500 / mu;
    vector_share(test, expect, "p_timeout", "station@a", "station_abandoned", "source@in",
                 "arrivals");
    vector_rate(test, expect, "throughput", "station@a", "station_throughput");
    vector_idle(test, expect, "p0", "station@a");
    vector_mean(test, expect, "Wq_served", "station@a", "station_wait");
}

static void make_balking(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    poisson(test, vector_number(test, params, "offered"), 1, ", 'balking': true");
    test->warmup_s = 200;
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_idle(test, expect, "p0", "station@a");
    vector_rate(test, expect, "throughput_over_mu", "station@a", "station_throughput");
    vector_mean(test, expect, "W_times_mu", "station@a", "station_sojourn");
    vector_complement(vector_share(test, expect, "p_join", "station@a", "station_refused",
                                   "source@in", "arrivals"));
}

/* Both classes bring the same work: the station draws it. */
static void make_priority(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double high = vector_number(test, params, "lam_high");
    double low = vector_number(test, params, "lam_low");
    double mean = vector_number(test, params, "mean_high");
    g_autofree char *high_gap = exponential(1 / high), *low_gap = exponential(1 / low);
    g_autofree char *work = exponential(mean);

    if (mean != vector_number(test, params, "mean_low")) {
        return;
    }
    test->queueing = g_strdup_printf(
        "{ 'sources': { 'high': { 'interarrival': '%s', 'priority': 1, 'to': 'a' }, 'low': { "
        "'interarrival': '%s', 'to': 'a' } }, 'stations': { 'a': { 'service': '%s', 'discipline': "
        "'priority' } } }",
        high_gap, low_gap, work);
    test->pilot_s = CUSTOMERS / (high + low);
    test->warmup_s = warmup((high + low) * mean, mean, 1);
    vector_mean(test, expect, "Wq_high", "source@high", "journey");
    vector_mean(test, expect, "Wq_low", "source@low", "journey");
    test->figures[0].offset = test->figures[1].offset = -mean; /* of the work */
}

static void make_bursts(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rate = json_member(expect, "mean_rate")->valuedouble;
    g_autofree char *usual = exponential(1 / vector_number(test, params, "rate1"));
    g_autofree char *other = exponential(1 / vector_number(test, params, "rate2"));
    g_autofree char *stay1 = exponential(1 / vector_number(test, params, "switch12"));
    g_autofree char *stay2 = exponential(1 / vector_number(test, params, "switch21"));
    g_autofree char *work = exponential(1 / vector_number(test, params, "mu"));

    test->queueing = g_strdup_printf(
        "{ 'sources': { 'in': { 'interarrival': '%s', 'to': 'a', 'burst': { 'interarrival': '%s', "
        "'usual': '%s', 'lasts': '%s' } } }, 'stations': { 'a': { 'service': '%s' } } }",
        usual, other, stay1, stay2, work);
    test->pilot_s = 4 * CUSTOMERS / rate;
    test->warmup_s = 2000;
    vector_rate(test, expect, "mean_rate", "source@in", "arrivals");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_idle(test, expect, "p0", "station@a");
}

static void make_batches(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rate = vector_number(test, params, "batch_rate");
    double batch = vector_number(test, params, "mean_batch");
    g_autofree char *gap = exponential(1 / rate);
    g_autofree char *work = exponential(1 / vector_number(test, params, "mu"));

    test->queueing = g_strdup_printf(
        "{ 'sources': { 'in': { 'interarrival': '%s', 'batch': %g, 'to': 'a' } }, 'stations': { "
        "'a': { 'service': '%s' } } }",
        gap, batch, work);
    test->pilot_s = CUSTOMERS / (rate * batch);
    test->warmup_s = warmup(rate * batch, 1, 2 * batch);
    vector_level(test, expect, "rho", "station@a", "station_busy");
    vector_level(test, expect, "L", "station@a", "station_in_system");
    vector_mean(test, expect, "W", "station@a", "station_sojourn");
    vector_mean(test, expect, "Wq", "station@a", "station_wait");
}

/* The promise: at the largest rate its quantile is the target. */
static void make_slo(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double lam = json_member(expect, "max_rate")->valuedouble;
    double load = json_member(expect, "rho_at_max")->valuedouble;
    double mu = 1 / vector_number(test, params, "mean_service");
    double servers = vector_number(test, params, "c");
    g_autofree char *rest = g_strdup_printf(", 'servers': %g", servers);

    poisson(test, lam, mu, rest);
    test->warmup_s = warmup(load, 1 / mu / servers, 1) + 20 / mu;
    test->precision = servers > 100 ? 0.04 : test->precision;
    vector_level(test, expect, "rho_at_max", "station@a", "station_busy");
    vector_mean(test, expect, "W_at_max", "station@a", "station_sojourn");
    vector_quantile(test, params, "target", vector_number(test, params, "quantile"), "station@a",
                    "station_sojourn");
}

const VectorFamily vector_queues[] = {
    {"mm1", make_mm1},
    {"mmc", make_mmc},
    {"mmck", make_mmck},
    {"mg1", make_mg1},
    {"ps", make_ps},
    {"gm1", make_gm1},
    {"breakdown", make_breakdown},
    {"vacation", make_vacation},
    {"retrial", make_retrial},
    {"impatience-exp", make_impatience},
    {"timeout-fixed", make_timeout},
    {"balking", make_balking},
    {"priority-np", make_priority},
    {"mmpp2-m1", make_bursts},
    {"bulk-geometric", make_batches},
    {"slo-capacity", make_slo},
    {.family = NULL},
};
