/* network.c - networks of queues: Jackson's open ones, closed ones by mean value analysis and by
 * convolution. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"
#include "sim/theory/erlang.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

#define LEAST 1e-12
#define MOST 1e12

/* --- Jackson -------------------------------------------------------------------------------- */

typedef struct JacksonParams {
    const cJSON *external, *routing, *mu, *servers;
} JacksonParams;

#define PER_STATION "Of each station, an array: "

static const Field jackson_fields[] = {
    FIELD_JSON(JacksonParams, external, .flags = FIELD_REQUIRED,
               .help = PER_STATION "arrivals from outside in a unit of time"),
    FIELD_JSON(JacksonParams, routing, .flags = FIELD_REQUIRED,
               .help = "An array for each station: the probability of going to each one; what is "
                       "left leaves"),
    FIELD_JSON(JacksonParams, mu, .flags = FIELD_REQUIRED,
               .help = PER_STATION "what one of its servers can serve in a unit of time"),
    FIELD_JSON(JacksonParams, servers, .flags = FIELD_REQUIRED, .help = PER_STATION "its servers"),
    FIELD_END,
};

typedef struct Jackson {
    guint count;
    double *external, *mu, *servers, *arrivals;
    double *flow; /* by rows: 1 - transposed routing */
} Jackson;

static void jackson_clear(Jackson *network)
{
    g_free(network->external);
    g_free(network->mu);
    g_free(network->servers);
    g_free(network->arrivals);
    g_free(network->flow);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Jackson, jackson_clear)

/* All is whole numbers from `lowest` on. */
static bool are_whole(TheoryCase *theory, const char *name, const double *numbers, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (numbers[i] != floor(numbers[i])) {
            theory_refuse(theory, name, "item %u of '%s' must be a whole number", i, name);
            return false;
        }
    }
    return true;
}

static bool read_routing(TheoryCase *theory, const cJSON *routing, Jackson *network)
{
    const cJSON *row = cJSON_IsArray(routing) ? routing->child : NULL;
    guint count = network->count;

    if (!cJSON_IsArray(routing) || (guint)cJSON_GetArraySize(routing) != count) {
        theory_refuse(theory, "routing", "'routing' must be an array of %u arrays", count);
        return false;
    }
    network->flow = g_new0(double, (gsize)count *count);
    for (guint from = 0; from < count; from++, row = row->next) {
        g_autofree double *shares = theory_numbers(theory, "routing", row, &count, 0, 1);
        double sum = 0;

        if (shares == NULL) {
            return false;
        }
        for (guint to = 0; to < count; to++) {
            network->flow[to * count + from] = (to == from) - shares[to];
            sum += shares[to];
        }
        if (sum > 1 + 1e-9) {
            theory_refuse(theory, "routing", "row %u of 'routing' sums to %g, at most 1", from,
                          sum);
            return false;
        }
    }
    return true;
}

static bool jackson_read(TheoryCase *theory, Jackson *network)
{
    const JacksonParams *params = theory->params;
    guint *count = &network->count;

    network->external = theory_numbers(theory, "external", params->external, count, 0, MOST);
    if (network->external == NULL) {
        return false;
    }
    network->mu = theory_numbers(theory, "mu", params->mu, count, LEAST, MOST);
    network->servers = theory_numbers(theory, "servers", params->servers, count, 1, 1e6);
    return read_routing(theory, params->routing, network) && network->mu != NULL &&
           network->servers != NULL && are_whole(theory, "servers", network->servers, *count);
}

/* Arrivals at each station, from inside and outside. */
static bool jackson_flow(TheoryCase *theory, Jackson *network)
{
    bool is_good;

    network->arrivals = g_memdup2(network->external, network->count * sizeof(double));
    is_good = solve_linear(network->flow, network->arrivals, network->count);
    for (guint i = 0; is_good && i < network->count; i++) {
        is_good = network->arrivals[i] >= -LEAST && isfinite(network->arrivals[i]);
    }
    if (!is_good) {
        theory_refuse(theory, "routing",
                      "somebody never leaves: no way leads out of a part of the "
                      "network");
    }
    return is_good;
}

static double load_of(const Jackson *network, guint i)
{
    return network->arrivals[i] / (network->mu[i] * network->servers[i]);
}

static bool jackson_stable(TheoryCase *theory, const Jackson *network)
{
    bool is_stable = true;

    for (guint i = 0; i < network->count; i++) {
        g_autofree char *name = g_strdup_printf("station %u", i);

        is_stable = theory_is_stable(theory, load_of(network, i), name) && is_stable;
    }
    return is_stable;
}

static void jackson_station(TheoryCase *theory, const Jackson *network, guint i)
{
    Erlang queue = erlang_new(network->arrivals[i], network->mu[i], network->servers[i]);
    double sojourn = queue.wait + 1 / network->mu[i];

    theory_add(theory, queue.lam, "lambda_%u", i);
    theory_add(theory, load_of(network, i), "rho_%u", i);
    theory_add(theory, queue.lam * sojourn, "L_%u", i);
    theory_add(theory, queue.wait, "Wq_%u", i);
    theory_add(theory, sojourn, "W_%u", i);
}

static void jackson_solve(TheoryCase *theory)
{
    g_auto(Jackson) network = {0};
    double outside = 0, there = 0, most = 0;
    guint bottleneck = 0;

    if (!jackson_read(theory, &network) || !jackson_flow(theory, &network) ||
        !jackson_stable(theory, &network)) {
        return;
    }
    for (guint i = 0; i < network.count; i++) {
        Erlang queue = erlang_new(network.arrivals[i], network.mu[i], network.servers[i]);

        outside += network.external[i];
        there += queue.lam * (queue.wait + 1 / queue.mu);
        if (load_of(&network, i) > most) {
            most = load_of(&network, i);
            bottleneck = i;
        }
    }
    if (outside <= 0) {
        theory_refuse(theory, "external", "nobody comes: 'external' is 0 everywhere");
        return;
    }
    theory_add(theory, there, "L_total");
    theory_add(theory, there / outside, "W_total");
    theory_add(theory, outside / most, "saturation_total_rate");
    theory_add(theory, bottleneck, "bottleneck_index");
    for (guint i = 0; i < network.count; i++) {
        jackson_station(theory, &network, i);
    }
}

const TheoryFamily jackson_family = {
    .name = "jackson",
    .help = "An open network of stations (Jackson): time in all, and which one is full first",
    .formula = "lam = external + routing^T lam, then each station as mmc at its own lam; "
               "saturation_total_rate: arrivals in all at which station bottleneck_index reaches 1",
    .assumes =
        "Poisson arrivals, exponential work drawn anew at each visit, routes by chance, room "
        "for all",
    .source = "Jackson, Networks of waiting lines, 1957",
    .example = "'external=[2500,0,0]' 'routing=[[0,1,0],[0,0,0.5],[0,1,0]]' 'mu=[500,40,250]' "
               "'servers=[8,160,14]'",
    .fields = jackson_fields,
    .size = sizeof(JacksonParams),
    .solve = jackson_solve,
};

/* --- mean value analysis -------------------------------------------------------------------- */

typedef struct ClosedParams {
    const cJSON *demands, *servers;
    double think;
    int64_t customers;
} ClosedParams;

#define FIELDS_CLOSED                                                                              \
    FIELD_JSON(ClosedParams, demands, .flags = FIELD_REQUIRED,                                     \
               .help = PER_STATION "work that one customer brings in one round"),                  \
        FIELD_NUMBER(ClosedParams, think, .flags = FIELD_REQUIRED, .lowest = "0",                  \
                     .highest = THEORY_MOST,                                                       \
                     .help = "Mean time that a customer thinks in a round")
#define FIELD_CUSTOMERS(most)                                                                      \
    FIELD_ROW(ClosedParams, customers, "N", FIELD_TYPE_COUNT, int64_t, .flags = FIELD_REQUIRED,    \
              .lowest = "1", .highest = most, .help = "Customers that go round")

static const Field mva_fields[] = {
    FIELDS_CLOSED,
    FIELD_CUSTOMERS("10000000"),
    FIELD_END,
};

static double largest(const double *values, guint count)
{
    double most = 0;

    for (guint i = 0; i < count; i++) {
        most = fmax(most, values[i]);
    }
    return most;
}

static void mva_solve(TheoryCase *theory)
{
    const ClosedParams *params = theory->params;
    guint count = 0;
    g_autofree double *demands =
        theory_numbers(theory, "demands", params->demands, &count, LEAST, MOST);
    g_autofree double *there = g_new0(double, MAX(count, 1));
    double rate = 0, time = 0, sum = 0;

    if (demands == NULL) {
        return;
    }
    for (double n = 1; n <= (double)params->customers; n++) {
        time = 0;
        for (guint i = 0; i < count; i++) {
            time += demands[i] * (1 + there[i]);
        }
        rate = n / (params->think + time);
        for (guint i = 0; i < count; i++) {
            there[i] = rate * demands[i] * (1 + there[i]);
        }
    }
    for (guint i = 0; i < count; i++) {
        sum += demands[i];
    }
    theory_add(theory, rate, "X");
    theory_add(theory, time, "R");
    for (guint i = 0; i < count; i++) {
        theory_add(theory, there[i], "Q_%u", i);
        theory_add(theory, rate * demands[i], "U_%u", i);
    }
    theory_add(theory,
               fmin(1 / largest(demands, count), (double)params->customers / (params->think + sum)),
               "X_bound");
    theory_add(theory, (params->think + sum) / largest(demands, count), "N_star");
}

const TheoryFamily mva_family = {
    .name = "mva",
    .help = "A fixed number of users before single servers (exact mean value analysis)",
    .formula = "R_k(n) = D_k (1 + Q_k(n - 1)), X = n / (Z + sum R), Q_k = X R_k; X_bound = min(1 / "
               "max D, N / (Z + sum D)); beyond N_star users only wait",
    .assumes = "exponential work first come first served, or any law shared; any law of thinking",
    .source = "Reiser and Lavenberg, 1980",
    .example = "'demands=[0.01,0.008,0.004]' think=1 N=100",
    .fields = mva_fields,
    .size = sizeof(ClosedParams),
    .solve = mva_solve,
};

/* --- convolution ---------------------------------------------------------------------------- */

static const Field closed_multiserver_fields[] = {
    FIELDS_CLOSED,
    FIELD_JSON(ClosedParams, servers, .flags = FIELD_REQUIRED, .help = PER_STATION "its servers"),
    FIELD_CUSTOMERS("10000"),
    FIELD_END,
};

/* Weights of 0..last customers at one place, up to a factor: the product of rate / speed(n). */
static double *weights_of(double rate, double servers, guint last)
{
    double *weights = g_new0(double, last + 1);
    double most = 0;

    for (guint n = 1; n <= last; n++) {
        weights[n] = weights[n - 1] + fixed_log(rate / fmin(n, servers));
        most = fmax(most, weights[n]);
    }
    for (guint n = 0; n <= last; n++) {
        weights[n] = fixed_exp(weights[n] - most);
    }
    return weights;
}

/* `into` (0..last) becomes the convolution of itself and `other`, up to a factor. */
static void convolve(double *into, const double *other, guint last)
{
    g_autofree double *sum = g_new0(double, last + 1);
    double most = 0;

    for (guint n = 0; n <= last; n++) {
        for (guint k = 0; k <= n; k++) {
            sum[n] += into[n - k] * other[k];
        }
        most = fmax(most, sum[n]);
    }
    for (guint n = 0; n <= last; n++) {
        into[n] = sum[n] / most;
    }
}

/* A closed network: stations, and thinking as the last place, of endless servers. */
typedef struct Closed {
    guint count; /* of stations */
    guint customers;
    double *demands, *servers, think;
    double **weights; /* of each place */
    double scale;     /* of one customer, so that the weights stay near 1 */
} Closed;

static void closed_clear(Closed *network)
{
    for (guint i = 0; network->weights != NULL && i <= network->count; i++) {
        g_free(network->weights[i]);
    }
    g_free(network->weights);
    g_free(network->demands);
    g_free(network->servers);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Closed, closed_clear)

static void closed_weigh(Closed *network)
{
    double slowest = 0;

    for (guint i = 0; i < network->count; i++) {
        slowest = fmax(slowest, network->demands[i] / network->servers[i]);
    }
    network->scale = slowest;
    network->weights = g_new0(double *, network->count + 1);
    for (guint i = 0; i < network->count; i++) {
        network->weights[i] =
            weights_of(network->demands[i] / slowest, network->servers[i], network->customers);
    }
    if (network->think > 0) {
        network->weights[network->count] =
            weights_of(network->think / slowest, INFINITY, network->customers);
    }
}

/* Weights of 0..customers at all places but `left_out`. Caller frees. */
static double *closed_rest(const Closed *network, guint left_out)
{
    double *rest = g_new0(double, network->customers + 1);

    rest[0] = 1;
    for (guint i = 0; i <= network->count; i++) {
        if (i != left_out && network->weights[i] != NULL) {
            convolve(rest, network->weights[i], network->customers);
        }
    }
    return rest;
}

/* Customers at station `i`, and through it in a unit of time, on average. */
static void closed_station(const Closed *network, guint i, double *there, double *rate)
{
    g_autofree double *rest = closed_rest(network, i);
    double sum = 0, number = 0, busy = 0;

    for (guint n = 0; n <= network->customers; n++) {
        double weight = network->weights[i][n] * rest[network->customers - n];

        sum += weight;
        number += n * weight;
        busy += fmin(n, network->servers[i]) * weight;
    }
    *there = number / sum;
    *rate = busy / sum / network->demands[i];
}

static void closed_multiserver_solve(TheoryCase *theory)
{
    const ClosedParams *params = theory->params;
    g_auto(Closed) network = {.customers = (guint)params->customers, .think = params->think};
    double rate = 0, there;

    network.demands =
        theory_numbers(theory, "demands", params->demands, &network.count, LEAST, MOST);
    if (network.demands == NULL) {
        return;
    }
    network.servers = theory_numbers(theory, "servers", params->servers, &network.count, 1, 1e6);
    if (network.servers == NULL || !are_whole(theory, "servers", network.servers, network.count)) {
        return;
    }
    closed_weigh(&network);
    closed_station(&network, 0, &there, &rate);
    theory_add(theory, rate, "X");
    theory_add(theory, network.customers / rate - network.think, "R");
    for (guint i = 0; i < network.count; i++) {
        closed_station(&network, i, &there, &rate);
        theory_add(theory, there, "Q_%u", i);
        theory_add(theory, rate * network.demands[i] / network.servers[i], "U_%u", i);
    }
}

const TheoryFamily closed_multiserver_family = {
    .name = "closed-multiserver",
    .help = "A fixed number of users before stations with several servers (exact)",
    .formula = "convolution of the station factors prod D / min(i, c) and Z^n / n! of thinking",
    .assumes = "exponential work first come first served; any law of thinking",
    .source = "Buzen, 1973; the PDQ documentation's example (400 users, 300 threads)",
    .example = "'demands=[0.005,0.04,0.012]' 'servers=[1,8,2]' think=0.5 N=100",
    .fields = closed_multiserver_fields,
    .size = sizeof(ClosedParams),
    .solve = closed_multiserver_solve,
};
