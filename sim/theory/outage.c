/* outage.c - machines that fail and are repaired, and users who learn of it by DNS. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

/* --- availability --------------------------------------------------------------------------- */

static const char *const independent_repair[] = {"node up/down exponential, independent repair",
                                                 NULL};

typedef struct Nodes {
    double mtbf, mttr;
    int note;
} Nodes;

static const Field availability_fields[] = {
    FIELD_POSITIVE(Nodes, mtbf, "Mean time from a repair to the next failure of one node"),
    FIELD_POSITIVE(Nodes, mttr, "Mean time from a failure to its repair"),
    FIELD_MODEL(Nodes, note, independent_repair),
    FIELD_END,
};

/* Mean time until `down` of `nodes` are down, from none: the sum of the times to the next one. */
static double time_to_down(const Nodes *params, guint nodes, guint down)
{
    double step = 0, sum = 0;

    for (guint j = 0; j < down; j++) {
        step = (1 + j / params->mttr * step) * params->mtbf / (nodes - j);
        sum += step;
    }
    return sum;
}

static void availability_solve(TheoryCase *theory)
{
    const Nodes *params = theory->params;
    double up = params->mtbf / (params->mtbf + params->mttr);
    double down = params->mttr / (params->mtbf + params->mttr);
    double no_quorum = solve_binomial(3, down, 2, 3);
    double loss_rate = 3 * up * up * down * 2 / params->mtbf;

    theory_add(theory, up, "node");
    theory_add(theory, up + down * fixed_exp(-1 - params->mttr / params->mtbf), "node_at_t_mttr");
    theory_add(theory, 1 - down * down * down, "one_of_3");
    theory_add(theory, 1 - no_quorum, "local_quorum_2of3");
    theory_add(theory, up * up * up, "all_3");
    theory_add(theory, solve_binomial(15, down, 8, 15), "quorum_8of15_unavail");
    theory_add(theory, fixed_exp(5 * solve_log1p(-no_quorum)), "each_quorum_5dc");
    theory_add(theory, no_quorum, "one_minus_lq");
    theory_add(theory, no_quorum * no_quorum * no_quorum * no_quorum * no_quorum,
               "lq_any_of_5dc_unavail");
    theory_add(theory, loss_rate, "lq_loss_rate");
    theory_add(theory, no_quorum / loss_rate, "lq_mean_loss_duration");
    theory_add(theory, time_to_down(params, 3, 2), "mttf_2of3_from_allup");
    theory_add(theory, time_to_down(params, 15, 8), "mttf_8of15_from_allup");
}

const TheoryFamily availability_family = {
    .name = "availability",
    .help = "Nodes that fail and are repaired: availability of each consistency level of 3 and 15",
    .formula = "node = mtbf / (mtbf + mttr); at least k of n by the binomial; loss rate: frequency "
               "of losing 2 of 3; mttf by first passage from all nodes up",
    .assumes =
        "exponential times, nodes independent of each other, a crew for each; no common cause",
    .source = "Trivedi, Probability and Statistics with Reliability, 2002",
    .example = "mtbf=720 mttr=4",
    .fields = availability_fields,
    .size = sizeof(Nodes),
    .solve = availability_solve,
};

typedef struct Repair {
    int64_t machines, crews;
    double fail_rate, repair_rate;
} Repair;

static const Field machine_repair_fields[] = {
    FIELD_COUNT(Repair, machines, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "100000",
                .help = "Machines"),
    FIELD_COUNT(Repair, crews, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "100000",
                .help = "Crews, each repairs one machine at a time"),
    FIELD_POSITIVE(Repair, fail_rate, "Failures of one machine in a unit of time that it is up"),
    FIELD_POSITIVE(Repair, repair_rate, "Repairs of one crew in a unit of time that it works"),
    FIELD_END,
};

static double repair_up(double n, const void *context)
{
    const Repair *params = context;

    return ((double)params->machines - n) * params->fail_rate;
}

static double repair_down(double n, const void *context)
{
    const Repair *params = context;

    return fmin(n, (double)params->crews) * params->repair_rate;
}

static void machine_repair_solve(TheoryCase *theory)
{
    const Repair *params = theory->params;
    guint machines = (guint)params->machines;
    g_autofree double *p = solve_birth_death(repair_up, repair_down, params, machines);
    double down = 0, busy = 0, several = 0, failures;

    for (guint n = 0; n <= machines; n++) {
        down += n * p[n];
        busy += fmin(n, (double)params->crews) * p[n];
        several += n > 1 ? p[n] : 0;
    }
    failures = params->fail_rate * (machines - down);
    theory_add(theory, down, "mean_down");
    theory_add(theory, machines - down, "mean_up");
    theory_add(theory, p[0], "p_all_up");
    theory_add(theory, several, "p_more_than_1_down");
    theory_add(theory, busy / (double)params->crews, "crew_utilisation");
    theory_add(theory, failures, "failure_throughput");
    theory_add(theory, down / failures, "mean_downtime");
}

const TheoryFamily machine_repair_family = {
    .name = "machine-repair",
    .help = "Few crews for many machines: how many are down, and for how long",
    .formula = "birth and death on the number down",
    .assumes = "exponential times, machines independent of each other, first failed first repaired",
    .source = "Feller, An Introduction to Probability Theory I, 1968",
    .example = "machines=5 crews=1 fail_rate=0.01 repair_rate=0.5",
    .fields = machine_repair_fields,
    .size = sizeof(Repair),
    .solve = machine_repair_solve,
};

/* --- DNS ------------------------------------------------------------------------------------ */

typedef struct Failover {
    double interval, ttl, check_timeout, propagation;
    int64_t threshold, checkers, need_failed;
} Failover;

#define FIELDS_FAILOVER                                                                            \
    FIELD_POSITIVE(Failover, interval, "Time from the result of a check to the next check"),       \
        FIELD_COUNT(Failover, threshold, .flags = FIELD_REQUIRED, .lowest = "1",                   \
                    .highest = "1000",                                                             \
                    .help = "Failed checks in a row until a checker says unhealthy"),              \
        FIELD_NUMBER(Failover, ttl, .flags = FIELD_REQUIRED, .lowest = "0",                        \
                     .highest = THEORY_MOST, .help = "How long a client holds an answer"),         \
        FIELD_NUMBER(Failover, check_timeout, .initial = "0", .lowest = "0",                       \
                     .highest = THEORY_MOST,                                                       \
                     .help = "How long a failing check takes; 0 for a refused connection",         \
                     .source = "a refused connection"),                                            \
        FIELD_NUMBER(Failover, propagation, .initial = "0", .lowest = "0", .highest = THEORY_MOST, \
                     .help = "From the decision to the first new answer", .source = "no delay")

static const Field dns_failover_fields[] = {
    FIELDS_FAILOVER,
    FIELD_END,
};

/* What follows the first failing check until the last one's result. */
static double constant_part(const Failover *params)
{
    return (double)(params->threshold - 1) * (params->interval + params->check_timeout) +
           params->check_timeout;
}

/* Quantile of the sum of two uniforms from 0, whose density is a trapezoid. */
static double trapezoid_quantile(double one, double other, double p)
{
    double narrow = fmin(one, other), wide = fmax(one, other);

    if (p * 2 * wide <= narrow) {
        return sqrt(2 * narrow * wide * p);
    }
    if ((1 - p) * 2 * wide <= narrow) {
        return narrow + wide - sqrt(2 * narrow * wide * (1 - p));
    }
    return p * wide + narrow / 2;
}

static void dns_failover_solve(TheoryCase *theory)
{
    const Failover *params = theory->params;
    double detect = constant_part(params), rest = detect + params->propagation;
    double interval = params->interval, ttl = params->ttl;

    theory_add(theory, interval / 2 + detect, "detect_mean");
    theory_add(theory, interval + detect, "detect_max");
    theory_add(theory, (interval + ttl) / 2 + rest, "outage_mean");
    theory_add(theory, sqrt((interval * interval + ttl * ttl) / 12), "outage_sd");
    theory_add(theory, interval + ttl + rest, "outage_max");
    theory_add(theory, rest + trapezoid_quantile(interval, ttl, 0.5), "outage_p50");
    theory_add(theory, rest + trapezoid_quantile(interval, ttl, 0.95), "outage_p95");
    theory_add(theory, rest + trapezoid_quantile(interval, ttl, 0.99), "outage_p99");
}

const TheoryFamily dns_failover_family = {
    .name = "dns-failover",
    .help = "One health checker and DNS: how long users of a dead site are without service",
    .formula = "U(0, I) + (k - 1)(I + d) + d to the decision, then propagation, then U(0, T) until "
               "a client's answer runs out; quantiles of the sum of two uniforms",
    .assumes = "clients that keep resolving, checks that are answered at once while healthy",
    .source = "Route 53 Developer Guide, How Route 53 determines whether an endpoint is healthy",
    .example = "interval=30 threshold=3 ttl=60 check_timeout=4",
    .fields = dns_failover_fields,
    .size = sizeof(Failover),
    .solve = dns_failover_solve,
};

static const Field dns_checkers_fields[] = {
    FIELDS_FAILOVER,
    FIELD_COUNT(Failover, checkers, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "10000",
                .help = "Checkers with phases independent of each other"),
    FIELD_COUNT(Failover, need_failed, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "10000",
                .help = "Of them must say unhealthy"),
    FIELD_END,
};

static void dns_checkers_solve(TheoryCase *theory)
{
    const Failover *params = theory->params;
    double share = (double)params->need_failed / (double)(params->checkers + 1), detect;

    if (params->need_failed > params->checkers) {
        theory_refuse(theory, "need_failed", "'need_failed' is %d of only %d 'checkers'",
                      (int)params->need_failed, (int)params->checkers);
        return;
    }
    detect = params->interval * share + constant_part(params);
    theory_add(theory, detect, "detect_mean");
    theory_add(theory, detect + params->propagation + params->ttl / 2, "outage_mean");
}

const TheoryFamily dns_checkers_family = {
    .name = "dns-checkers",
    .help = "Many health checkers and DNS: how long until enough of them have seen the failure",
    .formula = "I m / (n + 1) + (k - 1)(I + d) + d: the m-th smallest of n uniforms and what "
               "follows; then propagation and half of the TTL",
    .assumes = "phases independent of each other, clients that keep resolving",
    .source = "Route 53 Developer Guide: healthy while more than 18 % of the checkers say so",
    .example = "interval=30 threshold=3 checkers=16 need_failed=14 ttl=60",
    .fields = dns_checkers_fields,
    .size = sizeof(Failover),
    .solve = dns_checkers_solve,
};

typedef struct OnDemand {
    double client_rate, ttl;
} OnDemand;

static const Field dns_on_demand_fields[] = {
    FIELD_POSITIVE(OnDemand, client_rate, "Requests of one client in a unit of time"),
    FIELD_POSITIVE(OnDemand, ttl, "How long a client holds an answer"),
    FIELD_END,
};

static void dns_on_demand_solve(TheoryCase *theory)
{
    const OnDemand *params = theory->params;
    double requests = params->client_rate * params->ttl;

    theory_add(theory, requests * requests / (2 * (1 + requests)), "stale_requests_per_client");
    theory_add(theory, requests / (1 + requests), "p_cached_at_switch");
    theory_add(theory, params->ttl / 2, "stale_seconds_mean_if_cached");
}

const TheoryFamily dns_on_demand_family = {
    .name = "dns-on-demand",
    .help = "Clients that resolve only when they send: requests to the old address after a switch",
    .formula =
        "cached at the switch with probability rT / (1 + rT); (rT)^2 / (2 (1 + rT)) requests",
    .assumes = "Poisson requests of each client, an answer held for all of its TTL",
    .source = "Jung, Berger and Balakrishnan, Modeling TTL-based Internet caches, 2003",
    .example = "client_rate=0.025 ttl=60",
    .fields = dns_on_demand_fields,
    .size = sizeof(OnDemand),
    .solve = dns_on_demand_solve,
};
