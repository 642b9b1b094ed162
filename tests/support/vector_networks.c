/* vector_networks.c - families of several queues: Jackson's, closed ones, forks and joins,
 * balancers. */
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/vector_family.h"

#define JOURNEYS 20000.0

static double item(const cJSON *array, int i)
{
    return cJSON_GetArrayItem(array, i)->valuedouble;
}

static void finish(FigureCase *test, GString *text)
{
    test->queueing = g_string_free(text, false);
}

/* --- open and closed networks --------------------------------------------------------------- */

/* Row `from` of the routing, and out with what is left. */
static void add_route(GString *text, const cJSON *row)
{
    double left = 1;

    g_string_append(text, "'to': [ ");
    for (int i = 0; i < cJSON_GetArraySize(row); i++) {
        double share = item(row, i);

        if (share > 0) {
            g_string_append_printf(text, "{ 'station': 's%d', 'probability': %g }, ", i, share);
            left -= share;
        }
    }
    g_string_append_printf(text, "{ 'out': true, 'probability': %g } ]", fmax(left, 0));
}

static void make_jackson(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    const cJSON *external = json_member(params, "external"), *mu = json_member(params, "mu");
    const cJSON *routing = json_member(params, "routing"),
                *servers = json_member(params, "servers");
    GString *text = g_string_new("{ 'stations': { ");
    int count = cJSON_GetArraySize(external);
    g_autofree char *gap = vector_span(1 / item(external, 0));

    for (int i = 0; i < count; i++) {
        g_autofree char *work = vector_span(1 / item(mu, i));

        g_string_append_printf(text,
                               "%s's%d': { 'servers': %g, 'service': 'exponential(mean=%s)', ",
                               i == 0 ? "" : ", ", i, item(servers, i), work);
        add_route(text, cJSON_GetArrayItem(routing, i));
        g_string_append(text, " }");
    }
    g_string_append_printf(
        text, " }, 'sources': { 'in': { 'interarrival': 'exponential(mean=%s)', 'to': 's0' } } }",
        gap);
    finish(test, text);
    test->pilot_s = JOURNEYS / item(external, 0);
    test->warmup_s = 600 / item(mu, 1);
    vector_mean(test, expect, "W_total", "source@in", "journey");
    for (int i = 0; i < count; i++) {
        g_autofree char *part = g_strdup_printf("station@s%d", i);
        g_autofree char *rate = g_strdup_printf("lambda_%d", i),
                        *load = g_strdup_printf("rho_%d", i);
        g_autofree char *there = g_strdup_printf("L_%d", i), *time = g_strdup_printf("W_%d", i);

        vector_rate(test, expect, rate, part, "station_throughput");
        vector_level(test, expect, load, part, "station_busy");
        vector_level(test, expect, there, part, "station_in_system");
        vector_mean(test, expect, time, part, "station_sojourn");
    }
}

static void make_closed(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    const cJSON *demands = json_member(params, "demands"),
                *servers = json_member(params, "servers");
    double think = vector_number(test, params, "think");
    GString *text = g_string_new("{ 'stations': { ");
    g_autofree char *thought = vector_span(think);
    int count = cJSON_GetArraySize(demands);

    for (int i = 0; i < count; i++) {
        g_autofree char *work = vector_span(item(demands, i));
        g_autofree char *next =
            i + 1 < count ? g_strdup_printf(", 'to': 's%d'", i + 1) : g_strdup("");

        g_string_append_printf(
            text, "%s's%d': { 'servers': %g, 'service': 'exponential(mean=%s)'%s }",
            i == 0 ? "" : ", ", i, servers != NULL ? item(servers, i) : 1, work, next);
    }
    g_string_append_printf(text,
                           " }, 'populations': { 'users': { 'customers': %g, 'think': '%s%s%s', "
                           "'to': 's0' } } }",
                           vector_number(test, params, "N"), think > 0 ? "exponential(mean=" : "",
                           thought, think > 0 ? ")" : "");
    finish(test, text);
    test->pilot_s = JOURNEYS / json_member(expect, "X")->valuedouble;
    test->warmup_s = 20 * (think + json_member(expect, "R")->valuedouble) + 20;
    vector_rate(test, expect, "X", "station@s0", "station_throughput");
    vector_mean(test, expect, "R", "population@users", "journey");
    for (int i = 0; i < count; i++) {
        g_autofree char *part = g_strdup_printf("station@s%d", i);
        g_autofree char *there = g_strdup_printf("Q_%d", i), *busy = g_strdup_printf("U_%d", i);

        vector_level(test, expect, there, part, "station_in_system");
        vector_level(test, expect, busy, part, "station_busy");
    }
}

static void make_repair(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    g_autofree char *up = vector_span(1 / vector_number(test, params, "fail_rate"));
    g_autofree char *repair = vector_span(1 / vector_number(test, params, "repair_rate"));

    test->queueing = g_strdup_printf(
        "{ 'populations': { 'up': { 'customers': %g, 'think': 'exponential(mean=%s)', 'to': 'a' } "
        "}, 'stations': { 'a': { 'servers': %g, 'service': 'exponential(mean=%s)' } } }",
        vector_number(test, params, "machines"), up, vector_number(test, params, "crews"), repair);
    test->pilot_s = JOURNEYS / json_member(expect, "failure_throughput")->valuedouble;
    test->warmup_s = 20 / vector_number(test, params, "fail_rate");
    vector_level(test, expect, "mean_down", "station@a", "station_in_system");
    vector_level(test, expect, "mean_up", "population@up", "population_thinking");
    vector_level(test, expect, "crew_utilisation", "station@a", "station_busy");
    vector_rate(test, expect, "failure_throughput", "station@a", "station_throughput");
    vector_mean(test, expect, "mean_downtime", "station@a", "station_sojourn");
}

/* --- forks and joins ------------------------------------------------------------------------ */

static void make_fork_join(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double rho = vector_number(test, params, "rho");
    g_autofree char *gap = vector_span(1 / rho);

    test->queueing = g_strdup_printf(
        "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=%s)', 'to': 'both' } }, 'forks': "
        "{ 'both': { 'to': ['a', 'b'] } }, 'stations': { 'a': { 'service': 'exponential(mean=1s)' "
        "}, 'b': { 'service': 'exponential(mean=1s)' } } }",
        gap);
    test->pilot_s = JOURNEYS / rho;
    test->warmup_s = 60 / ((1 - rho) * (1 - rho));
    vector_mean(test, expect, "T", "source@in", "journey");
}

static void expect_journey(FigureCase *test, const cJSON *expect)
{
    vector_mean(test, expect, "mean", "source@in", "journey");
    vector_quantile(test, expect, "p50", 0.5, "source@in", "journey");
    vector_quantile(test, expect, "p95", 0.95, "source@in", "journey");
    vector_quantile(test, expect, "p99", 0.99, "source@in", "journey");
    vector_quantile(test, expect, "p999", 0.999, "source@in", "journey");
}

/* `count` times "'name'", with commas between. */
static void add_branches(GString *text, const char *name, int count)
{
    for (int i = 0; i < count; i++) {
        g_string_append_printf(text, "%s'%s'", text->str[text->len - 1] == '[' ? "" : ", ", name);
    }
}

static void make_kth(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    int count = (int)vector_number(test, params, "n");
    g_autofree char *mean = vector_span(vector_number(test, params, "mean"));
    GString *text = g_string_new("{ 'forks': { 'all': { 'to': [");

    add_branches(text, "r", count);
    g_string_append_printf(text,
                           "], 'need': %g } }, 'sources': { 'in': { 'interarrival': '1s', 'to': "
                           "'all' } }, 'stations': "
                           "{ 'r': { 'servers': 1000000, 'service': 'exponential(mean=%s)' } } }",
                           vector_number(test, params, "k"), mean);
    finish(test, text);
    test->pilot_s = JOURNEYS;
    test->warmup_s = 100;
    expect_journey(test, expect);
}

/* Stations "g0", "g1" ... each the replicas of one group. */
static void add_groups(GString *text, const cJSON *groups)
{
    const cJSON *group;
    int i = 0;

    g_string_append(text, "'stations': { ");
    cJSON_ArrayForEach(group, groups)
    {
        g_autofree char *shift = vector_span(json_member(group, "shift")->valuedouble);
        const cJSON *mean = json_member(group, "mean"), *sigma = json_member(group, "sigma");
        g_autofree char *middle =
            vector_span((mean != NULL ? mean : json_member(group, "median"))->valuedouble);
        g_autofree char *law = mean != NULL ? g_strdup_printf("exponential(mean=%s)", middle)
                                            : g_strdup_printf("lognormal(median=%s, sigma=%g)",
                                                              middle, sigma->valuedouble);

        g_string_append_printf(text,
                               "%s'g%d': { 'servers': 1000000, 'service': 'shifted(%s, %s)' }",
                               i == 0 ? "" : ", ", i, shift, law);
        i++;
    }
    g_string_append(text, " }, 'sources': { 'in': { 'interarrival': '100s', 'to': 'all' } } }");
}

static void make_quorum(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    const cJSON *groups = json_member(params, "groups"), *group;
    GString *text = g_string_new("{ 'forks': { 'all': { 'to': [");
    int i = 0;

    cJSON_ArrayForEach(group, groups)
    {
        g_autofree char *name = g_strdup_printf("g%d", i++);

        add_branches(text, name, json_member(group, "count")->valueint);
    }
    g_string_append_printf(text, "], 'need': %g } }, ", vector_number(test, params, "k"));
    add_groups(text, groups);
    finish(test, text);
    test->pilot_s = JOURNEYS * 100;
    test->warmup_s = 1000;
    expect_journey(test, expect);
}

/* A fork of forks. */
static void make_each_quorum(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    const cJSON *groups = json_member(params, "groups"), *group;
    GString *text = g_string_new("{ 'forks': { ");
    int i = 0;

    cJSON_ArrayForEach(group, groups)
    {
        g_autofree char *name = g_strdup_printf("g%d", i);

        g_string_append_printf(text, "'q%d': { 'to': [", i);
        add_branches(text, name, json_member(group, "count")->valueint);
        g_string_append_printf(text, "], 'need': %g }, ", item(json_member(params, "need"), i));
        i++;
    }
    g_string_append(text, "'all': { 'to': [");
    for (int k = 0; k < i; k++) {
        g_autofree char *name = g_strdup_printf("q%d", k);

        add_branches(text, name, 1);
    }
    g_string_append(text, "] } }, ");
    add_groups(text, groups);
    finish(test, text);
    test->pilot_s = JOURNEYS * 100;
    test->warmup_s = 1000;
    expect_journey(test, expect);
}

/* The second request waits its delay at a station, and is taken out when the first has its answer.
 */
static void make_hedge(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    g_autofree char *mean = vector_span(vector_number(test, params, "mean"));
    g_autofree char *delay = vector_span(vector_number(test, params, "hedge_delay"));

    test->queueing = g_strdup_printf(
        "{ 'sources': { 'in': { 'interarrival': '10s', 'to': 'either' } }, 'forks': { 'either': { "
        "'to': ['first', 'delay'], 'need': 1, 'cancel': true } }, 'stations': { 'first': { "
        "'servers': 1000000, 'service': 'exponential(mean=%s)' }, 'delay': { 'servers': 1000000, "
        "'service': '%s', 'to': 'second' }, 'second': { 'servers': 1000000, 'service': "
        "'exponential(mean=%s)' } } }",
        mean, delay, mean);
    test->pilot_s = JOURNEYS * 10;
    test->warmup_s = 1000;
    expect_journey(test, expect);
    vector_share(test, expect, "extra_load", "station@delay", "station_throughput", "source@in",
                 "arrivals");
}

/* A leaf answers at once or, when it is slow, after a second: so long takes what has a slow one. */
static void make_fan_out(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double slow = vector_number(test, params, "p_slow");
    GString *text = g_string_new("{ 'forks': { 'all': { 'to': [");

    add_branches(text, "leaf", (int)vector_number(test, params, "leaves"));
    g_string_append_printf(
        text,
        "] } }, 'sources': { 'in': { 'interarrival': '3s', 'to': 'all' } }, 'stations': { 'leaf': "
        "{ "
        "'servers': 1000000, 'service': '1ns', 'to': [ { 'station': 'slow', 'probability': %g }, { "
        "'out': true, 'probability': %.17g } ] }, 'slow': { 'servers': 1000000, 'service': '1s' } "
        "} "
        "}",
        slow, 1 - slow);
    finish(test, text);
    test->pilot_s = 600;
    test->warmup_s = 10;
    test->precision = 0.05;
    vector_mean(test, expect, "p_any_slow", "source@in", "journey");
}

/* Every try takes a second: the journey is as long as there are tries. */
static void make_retries(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double fails = vector_number(test, params, "p_fail");
    int retries = (int)vector_number(test, params, "max_retries");
    GString *text =
        g_string_new("{ 'sources': { 'in': { 'interarrival': '1s', 'to': 't0' } }, "
                     "'stations': { 'given-up': { 'servers': 1000000, 'service': '1ns' }");

    for (int i = 0; i <= retries; i++) {
        g_autofree char *next = i < retries ? g_strdup_printf("t%d", i + 1) : g_strdup("given-up");

        g_string_append_printf(
            text,
            ", 't%d': { 'servers': 1000000, 'service': '1s', 'to': [ { 'station': '%s', "
            "'probability': %g }, { 'out': true, 'probability': %g } ] }",
            i, next, fails, 1 - fails);
    }
    g_string_append(text, " } }");
    finish(test, text);
    test->pilot_s = 4 * JOURNEYS;
    test->warmup_s = 100;
    test->precision = 0.1; /* one of 10,000 is given up */
    vector_mean(test, expect, "mean_attempts", "source@in", "journey");
    vector_share(test, expect, "p_final_fail", "station@given-up", "station_throughput",
                 "source@in", "arrivals");
}

/* --- balancers ------------------------------------------------------------------------------ */

/* Stations "<prefix>0" ... behind a balance, and a source of the same name as the prefix. */
static void add_pool(GString *sources, GString *stations, const char *prefix, const char *balance,
                     int count, const char *gap)
{
    g_string_append_printf(sources,
                           "%s'%s': { 'interarrival': 'exponential(mean=%s)', 'to': { 'balance': "
                           "'%s', 'among': [",
                           sources->len > 0 ? ", " : "", prefix, gap, balance);
    for (int i = 0; i < count; i++) {
        g_string_append_printf(sources, "%s'%s%d'", i == 0 ? "" : ", ", prefix, i);
        g_string_append_printf(stations, "%s'%s%d': { 'service': 'exponential(mean=1s)' }",
                               stations->len > 0 ? ", " : "", prefix, i);
    }
    g_string_append(sources, "] } }");
}

static void finish_pools(FigureCase *test, GString *sources, GString *stations, double rate,
                         double rho)
{
    test->queueing =
        g_strdup_printf("{ 'sources': { %s }, 'stations': { %s } }", sources->str, stations->str);
    g_string_free(sources, true);
    g_string_free(stations, true);
    test->pilot_s = JOURNEYS / rate;
    test->warmup_s = 60 / ((1 - rho) * (1 - rho));
}

static void make_balancer(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    int count = (int)vector_number(test, params, "servers");
    double rho = vector_number(test, params, "rho");
    g_autofree char *gap = vector_span(1 / (rho * count));
    GString *sources = g_string_new(NULL), *stations = g_string_new(NULL);

    add_pool(sources, stations, "random", "random", count, gap);
    add_pool(sources, stations, "turns", "round-robin", count, gap);
    if (json_member(expect, "W_jsq") != NULL) {
        add_pool(sources, stations, "shortest", "shortest", count, gap);
        vector_mean(test, expect, "W_jsq", "source@shortest", "journey");
    }
    g_string_append_printf(
        sources, ", 'one': { 'interarrival': 'exponential(mean=%s)', 'to': 'central' }", gap);
    g_string_append_printf(
        stations, ", 'central': { 'servers': %d, 'service': 'exponential(mean=1s)' }", count);
    finish_pools(test, sources, stations, rho * count, rho);
    vector_mean(test, expect, "W_random", "source@random", "journey");
    vector_mean(test, expect, "W_round_robin", "source@turns", "journey");
    vector_mean(test, expect, "W_central_queue", "source@one", "journey");
    vector_quantile(test, expect, "W_rr_p99", 0.99, "source@turns", "journey");
}

static void make_choices(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    int count = (int)vector_number(test, params, "servers");
    int choices = (int)vector_number(test, params, "choices");
    double rho = vector_number(test, params, "rho");
    g_autofree char *gap = vector_span(1 / (rho * count));
    GString *sources = g_string_new(NULL), *stations = g_string_new(NULL);

    add_pool(sources, stations, "s", choices == count ? "shortest" : "power-of-2", count, gap);
    finish_pools(test, sources, stations, rho * count, rho);
    vector_mean(test, expect, "W", "source@s", "journey");
}

const VectorFamily vector_networks[] = {
    {"jackson", make_jackson},
    {"mva", make_closed},
    {"closed-multiserver", make_closed},
    {"machine-repair", make_repair},
    {"fork-join-2", make_fork_join},
    {"kth-of-n", make_kth},
    {"quorum-mix", make_quorum},
    {"each-quorum", make_each_quorum},
    {"hedge-exp", make_hedge},
    {"fan-out", make_fan_out},
    {"retry-amplification", make_retries},
    {"balancer-2", make_balancer},
    {"balancer-rr", make_balancer},
    {"power-of-d-finite", make_choices},
    {.family = NULL},
};
