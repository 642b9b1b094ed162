/* queue_markov.c - queues with exponential gaps and work: M/M/1, M/M/c, M/M/c/K, and the largest
 * rate that a promise allows. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/erlang.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

/* --- M/M/c ---------------------------------------------------------------------------------- */

Erlang erlang_new(double lam, double mu, double servers)
{
    Erlang queue = {.lam = lam, .mu = mu, .servers = servers};
    double load = lam / mu, blocked = 1;

    for (double k = 1; k <= servers; k++) {
        blocked = load * blocked / (k + load * blocked);
    }
    queue.p_wait = blocked / (1 - load / servers * (1 - blocked));
    queue.wait = queue.p_wait / (servers * mu - lam);
    return queue;
}

double erlang_wait_quantile(const Erlang *queue, double p)
{
    double tail = queue->p_wait / (1 - p);

    return tail <= 1 ? 0 : fixed_log(tail) / (queue->servers * queue->mu - queue->lam);
}

double erlang_sojourn_tail(const Erlang *queue, double t)
{
    double spare = (queue->servers * queue->mu - queue->lam) / queue->mu - 1;

    return fixed_exp(-queue->mu * t) *
           (1 + queue->p_wait * queue->mu * t * solve_mean_decay(queue->mu * t * spare));
}

/* A queue and a probability that is searched for. */
typedef struct TailAsked {
    const Erlang *queue;
    double tail;
} TailAsked;

static double sojourn_excess(double t, const void *context)
{
    const TailAsked *asked = context;

    return erlang_sojourn_tail(asked->queue, t) - asked->tail;
}

double erlang_sojourn_quantile(const Erlang *queue, double p)
{
    TailAsked asked = {queue, 1 - p};

    return solve_falling(sojourn_excess, &asked, 0, 1 / queue->mu);
}

/* The percentiles that are named in answers. */
static const struct {
    double p;
    const char *name;
} percentiles[] = {{0.5, "W_p50"}, {0.95, "W_p95"}, {0.99, "W_p99"}, {0.999, "W_p999"}};

static void add_percentiles(TheoryCase *theory, const Erlang *queue)
{
    theory_add(theory, erlang_wait_quantile(queue, 0.95), "Wq_p95");
    theory_add(theory, erlang_wait_quantile(queue, 0.99), "Wq_p99");
    for (guint i = 0; i < G_N_ELEMENTS(percentiles); i++) {
        theory_add(theory, erlang_sojourn_quantile(queue, percentiles[i].p), "%s",
                   percentiles[i].name);
    }
}

static void add_means(TheoryCase *theory, const Erlang *queue)
{
    double load = queue->lam / queue->mu;

    theory_add(theory, load / queue->servers, "rho");
    theory_add(theory, queue->p_wait, "p_wait");
    theory_add(theory, queue->lam * queue->wait, "Lq");
    theory_add(theory, queue->lam * queue->wait + load, "L");
    theory_add(theory, queue->wait, "Wq");
    theory_add(theory, queue->wait + 1 / queue->mu, "W");
}

typedef struct Mm1 {
    double lam, mu;
} Mm1;

static const Field mm1_fields[] = {
    FIELD_POSITIVE(Mm1, lam, "Arrivals in a unit of time"),
    FIELD_POSITIVE(Mm1, mu, "What the server can serve in a unit of time"),
    FIELD_END,
};

static void mm1_solve(TheoryCase *theory)
{
    const Mm1 *params = theory->params;
    double rho = params->lam / params->mu, idle = 1 - rho;
    Erlang queue;

    if (!theory_is_stable(theory, rho, "the queue")) {
        return;
    }
    queue = erlang_new(params->lam, params->mu, 1);
    add_means(theory, &queue);
    add_percentiles(theory, &queue);
    theory_add(theory, rho / (idle * idle), "var_N");
    theory_add(theory, 2 * rho * (1 + rho) / (idle * idle * idle * idle * params->mu),
               "asym_var_N");
    theory_add(theory,
               rho * (2 + 5 * rho - 4 * rho * rho + rho * rho * rho) /
                   (idle * idle * idle * idle * params->mu * params->mu),
               "asym_var_Wq");
}

const TheoryFamily mm1_family = {
    .name = "mm1",
    .help = "One server, one line: load, waits, percentiles, and how long a run must be",
    .formula = "W = 1 / (mu - lam), Wq = rho W, quantiles of exponentials; asym_var_N: t times the "
               "variance of the mean number over t; asym_var_Wq: n times that of the mean of n "
               "waits",
    .assumes = "Poisson arrivals, exponential work, first come first served, room for all",
    .source = "Kleinrock, Queueing Systems I, 1975; Whitt, Planning queueing simulations, 1989",
    .example = "lam=0.8 mu=1",
    .fields = mm1_fields,
    .size = sizeof(Mm1),
    .solve = mm1_solve,
};

typedef struct Mmc {
    double lam, mu;
    int64_t servers;
} Mmc;

#define FIELD_SERVERS(Struct)                                                                      \
    FIELD_ROW(Struct, servers, "c", FIELD_TYPE_COUNT, int64_t, .flags = FIELD_REQUIRED,            \
              .lowest = "1", .highest = "1000000", .help = "Servers at one line")

static const Field mmc_fields[] = {
    FIELD_POSITIVE(Mmc, lam, "Arrivals in a unit of time"),
    FIELD_POSITIVE(Mmc, mu, "What one server can serve in a unit of time"),
    FIELD_SERVERS(Mmc),
    FIELD_END,
};

static void mmc_solve(TheoryCase *theory)
{
    const Mmc *params = theory->params;
    Erlang queue;

    if (theory_is_stable(theory, params->lam / params->mu / (double)params->servers, "the queue")) {
        queue = erlang_new(params->lam, params->mu, (double)params->servers);
        add_means(theory, &queue);
        add_percentiles(theory, &queue);
    }
}

const TheoryFamily mmc_family = {
    .name = "mmc",
    .help = "Several servers at one line (Erlang C): a thread pool, a group of equal machines",
    .formula =
        "Erlang B by recursion over the servers, C = B / (1 - rho (1 - B)), Wq = C / (c mu - "
        "lam); P(W > t) = exp(-mu t) (1 + C (1 - exp(-mu t (c - 1 - a))) / (c - 1 - a))",
    .assumes = "Poisson arrivals, exponential work, first come first served, room for all",
    .source = "Erlang, 1917; Kleinrock, Queueing Systems I, 1975",
    .example = "lam=2500 mu=20 c=150",
    .fields = mmc_fields,
    .size = sizeof(Mmc),
    .solve = mmc_solve,
};

/* --- M/M/c/K -------------------------------------------------------------------------------- */

typedef struct Mmck {
    double lam, mu;
    int64_t servers, room;
} Mmck;

static const Field mmck_fields[] = {
    FIELD_POSITIVE(Mmck, lam, "Arrivals in a unit of time, those turned away included"),
    FIELD_POSITIVE(Mmck, mu, "What one server can serve in a unit of time"),
    FIELD_SERVERS(Mmck),
    FIELD_ROW(Mmck, room, "K", FIELD_TYPE_COUNT, int64_t, .flags = FIELD_REQUIRED, .lowest = "1",
              .highest = "1000000", .help = "How many may be there, those in service included"),
    FIELD_END,
};

static double mmck_up(double n, const void *params)
{
    (void)n;
    return ((const Mmck *)params)->lam;
}

static double mmck_down(double n, const void *context)
{
    const Mmck *params = context;

    return params->mu * fmin(n, (double)params->servers);
}

static void mmck_solve(TheoryCase *theory)
{
    const Mmck *params = theory->params;
    guint room = (guint)params->room;
    g_autofree double *p = NULL;
    double there = 0, waiting = 0, done;

    if (params->room < params->servers) {
        theory_refuse(theory, "K", "'K' counts those in service, so it must be at least 'c' (%d)",
                      (int)params->servers);
        return;
    }
    p = solve_birth_death(mmck_up, mmck_down, params, room);
    for (guint n = 0; n <= room; n++) {
        there += n * p[n];
        waiting += fmax(n - (double)params->servers, 0) * p[n];
    }
    done = params->lam * (1 - p[room]);
    theory_add(theory, p[room], "p_block");
    theory_add(theory, done, "throughput");
    theory_add(theory, there, "L");
    theory_add(theory, waiting, "Lq");
    theory_add(theory, there / done, "W");
    theory_add(theory, waiting / done, "Wq");
    theory_add(theory, done / params->mu / (double)params->servers, "utilisation");
    theory_add(theory, p[0], "p0");
}

const TheoryFamily mmck_family = {
    .name = "mmck",
    .help = "Servers with limited room (K = c is Erlang B): who is turned away",
    .formula = "birth and death over 0 to K; throughput = lam (1 - p_block); W and Wq are of those "
               "let in",
    .assumes = "Poisson arrivals, exponential work; who finds no room goes and does not come back",
    .source = "Erlang, 1917; Kleinrock, Queueing Systems I, 1975",
    .example = "lam=3000 mu=7.5 c=400 K=911",
    .fields = mmck_fields,
    .size = sizeof(Mmck),
    .solve = mmck_solve,
};

/* --- the largest rate ----------------------------------------------------------------------- */

static const char *const mmc_model[] = {"M/M/c", NULL};

typedef struct SloCapacity {
    int64_t servers;
    double mean_service, quantile, target;
    int model;
} SloCapacity;

static const Field slo_capacity_fields[] = {
    FIELD_SERVERS(SloCapacity),
    FIELD_MEAN_SERVICE(SloCapacity),
    FIELD_RATIO(SloCapacity, quantile, .flags = FIELD_REQUIRED, .lowest = "0.01",
                .highest = "0.999999", .help = "Share of the customers that the promise is for"),
    FIELD_POSITIVE(SloCapacity, target, "Longest time in the system that was promised"),
    FIELD_MODEL(SloCapacity, model, mmc_model),
    FIELD_END,
};

static double promise_margin(double lam, const void *context)
{
    const SloCapacity *params = context;
    Erlang queue = erlang_new(lam, 1 / params->mean_service, (double)params->servers);

    return 1 - params->quantile - erlang_sojourn_tail(&queue, params->target);
}

static void slo_capacity_solve(TheoryCase *theory)
{
    const SloCapacity *params = theory->params;
    double saturation = (double)params->servers / params->mean_service;
    double rate;
    Erlang queue;

    if (fixed_exp(-params->target / params->mean_service) > 1 - params->quantile) {
        theory_refuse(theory, "target",
                      "no rate is small enough: the work alone takes longer than 'target' for more "
                      "than %.6g of the customers",
                      1 - params->quantile);
        return;
    }
    rate = solve_between(promise_margin, params, 0, saturation);
    queue = erlang_new(rate, 1 / params->mean_service, (double)params->servers);
    theory_add(theory, rate, "max_rate");
    theory_add(theory, rate / saturation, "rho_at_max");
    theory_add(theory, queue.wait + params->mean_service, "W_at_max");
    theory_add(theory, saturation, "saturation_rate");
}

const TheoryFamily slo_capacity_family = {
    .name = "slo-capacity",
    .help = "Largest arrival rate that keeps a percentile of the time in the system under a target",
    .formula = "the root in lam of P(W > target) = 1 - quantile, W as in mmc",
    .assumes = "Poisson arrivals, exponential work, one line, first come first served",
    .source = "Kleinrock, Queueing Systems I, 1975",
    .example = "c=150 mean_service=0.05 quantile=0.99 target=0.25",
    .fields = slo_capacity_fields,
    .size = sizeof(SloCapacity),
    .solve = slo_capacity_solve,
};
