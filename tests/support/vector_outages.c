/* vector_outages.c - families of nodes that fail, and of users who learn of it by DNS. */
#include <math.h>

#include "sim/config/json_place.h"
#include "tests/support/vector_family.h"

/* Fifteen nodes, and requests of no length that ask some of them: what is lost is the
 * unavailability. */
static void make_availability(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    double mtbf = vector_number(test, params, "mtbf"), mttr = vector_number(test, params, "mttr");
    g_autofree char *up = vector_span(mtbf), *down = vector_span(mttr);
    g_autofree char *gap = vector_span(2 * mttr);
    GString *stations = g_string_new(NULL), *forks = g_string_new(NULL);

    for (int i = 0; i < 15; i++) {
        g_string_append_printf(stations,
                               "%s'n%d': { 'servers': 1000000, 'service': '1ns', 'breakdown': { "
                               "'up': 'exponential(mean=%s)', 'down': 'exponential(mean=%s)', "
                               "'while_down': 'refuse' } }",
                               i == 0 ? "" : ", ", i, up, down);
    }
    for (int dc = 0; dc < 5; dc++) {
        g_string_append_printf(forks, "'dc%d': { 'to': ['n%d', 'n%d', 'n%d'], 'need': 2 }, ", dc,
                               3 * dc, 3 * dc + 1, 3 * dc + 2);
    }
    test->queueing = g_strdup_printf(
        "{ 'sources': { 'one': { 'interarrival': 'exponential(mean=%s)', 'to': 'n0' }, 'lq': { "
        "'interarrival': 'exponential(mean=%s)', 'to': 'dc0' }, 'three': { 'interarrival': "
        "'exponential(mean=%s)', 'to': 'all-3' }, 'each': { 'interarrival': "
        "'exponential(mean=%s)', "
        "'to': 'each-dc' } }, 'forks': { %s'all-3': { 'to': ['n0', 'n1', 'n2'] }, 'each-dc': { "
        "'to': ['dc0', 'dc1', 'dc2', 'dc3', 'dc4'] } }, 'stations': { %s } }",
        gap, gap, gap, gap, forks->str, stations->str);
    g_string_free(stations, true);
    g_string_free(forks, true);
    test->pilot_s = 4 * mtbf / mttr * mtbf;
    test->warmup_s = 20 * mttr;
    test->precision = 0.1;
    vector_complement(vector_share(test, expect, "node", "source@one", "journeys_lost",
                                   "source@one", "arrivals"));
    vector_complement(vector_share(test, expect, "all_3", "source@three", "journeys_lost",
                                   "source@three", "arrivals"));
    vector_share(test, expect, "one_minus_lq", "source@lq", "journeys_lost", "source@lq",
                 "arrivals");
    vector_complement(vector_share(test, expect, "each_quorum_5dc", "source@each", "journeys_lost",
                                   "source@each", "arrivals"));
}

/* The way of one user: the failure is detected by enough checkers, then the answer runs out. */
static void make_dns(FigureCase *test, const cJSON *params, const cJSON *expect)
{
    const cJSON *checkers = json_member(params, "checkers");
    int count = checkers != NULL ? checkers->valueint : 1;
    double need = checkers != NULL ? vector_number(test, params, "need_failed") : 1;
    double interval = vector_number(test, params, "interval");
    double timeout = vector_number(test, params, "check_timeout");
    double rest = (vector_number(test, params, "threshold") - 1) * (interval + timeout) + timeout;
    g_autofree char *constant = vector_span(rest), *phase = vector_span(interval);
    g_autofree char *ttl = vector_span(vector_number(test, params, "ttl"));
    g_autofree char *delay = vector_span(vector_number(test, params, "propagation"));
    GString *to = g_string_new(NULL);

    for (int i = 0; i < count; i++) {
        g_string_append_printf(to, "%s'checker'", i == 0 ? "" : ", ");
    }
    test->queueing = g_strdup_printf(
        "{ 'sources': { 'failure': { 'interarrival': '1000s', 'to': 'detection' } }, 'forks': { "
        "'detection': { 'to': [%s], 'need': %g, 'then': 'caches' } }, 'stations': { 'checker': { "
        "'servers': 1000000, 'service': 'shifted(%s, uniform(0s, %s))' }, 'caches': { 'servers': "
        "1000000, 'service': 'shifted(%s, uniform(0s, %s))' } } }",
        to->str, need, constant, phase, delay, ttl);
    g_string_free(to, true);
    test->pilot_s = 2000 * 1000;
    test->warmup_s = 1000;
    test->precision = 0.005;
    vector_mean(test, expect, "detect_mean", "fork@detection", "fork_sojourn");
    vector_mean(test, expect, "outage_mean", "source@failure", "journey");
    vector_quantile(test, expect, "outage_p50", 0.5, "source@failure", "journey");
    vector_quantile(test, expect, "outage_p95", 0.95, "source@failure", "journey");
    vector_quantile(test, expect, "outage_p99", 0.99, "source@failure", "journey");
}

const VectorFamily vector_outages[] = {
    {"availability", make_availability},
    {"dns-failover", make_dns},
    {"dns-checkers", make_dns},
    {.family = NULL},
};
