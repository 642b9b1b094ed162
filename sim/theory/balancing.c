/* balancing.c - several equal servers with a line each: what a balancer is worth. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/erlang.h"
#include "sim/theory/pool_chain.h"
#include "sim/theory/theory_case.h"

typedef struct Balancer {
    int64_t servers;
    double rho, mean_service;
} Balancer;

static const Field balancer_2_fields[] = {
    FIELD_COUNT(Balancer, servers, .initial = "2", .lowest = "2", .highest = "2",
                .help = "Servers; for more see balancer-rr and power-of-d-finite",
                .source = "the family's name"),
    FIELD_RHO(Balancer),
    FIELD_MEAN_SERVICE(Balancer),
    FIELD_END,
};

static const Field balancer_rr_fields[] = {
    FIELD_COUNT(Balancer, servers, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "100000",
                .help = "Servers"),
    FIELD_RHO(Balancer),
    FIELD_MEAN_SERVICE(Balancer),
    FIELD_END,
};

/* Times in the system with one line for all, work of mean 1. */
static double one_line(const Balancer *params)
{
    Erlang queue = erlang_new(params->rho * (double)params->servers, 1, (double)params->servers);

    return queue.wait + 1;
}

static double by_turns(const Balancer *params)
{
    return erlang_turns_sojourn((double)params->servers, 1 / params->rho);
}

static void refuse_load(TheoryCase *theory)
{
    theory_refuse(theory, "rho", "'rho' is too near 1 for the chain of these servers");
}

static void balancer_2_solve(TheoryCase *theory)
{
    const Balancer *params = theory->params;
    double mean = params->mean_service, shortest;

    if (!theory_is_stable(theory, params->rho, "each server")) {
        return;
    }
    shortest = pool_chain_sojourn(2, 2, params->rho);
    if (isnan(shortest)) {
        refuse_load(theory);
        return;
    }
    theory_add(theory, mean / (1 - params->rho), "W_random");
    theory_add(theory, mean * by_turns(params), "W_round_robin");
    theory_add(theory, mean * shortest, "W_jsq");
    theory_add(theory, mean * one_line(params), "W_central_queue");
}

const TheoryFamily balancer_2_family = {
    .name = "balancer-2",
    .help = "Two servers: at random, by turns, to the shorter line, or one line for both",
    .formula = "random is M/M/1, by turns E2/M/1, the shorter line (JSQ) by its chain, one line "
               "M/M/2",
    .assumes = "Poisson arrivals, exponential work, lengths known without delay, equals at random",
    .source = "Winston, 1977 (JSQ is the best); chain solved numerically",
    .example = "rho=0.8",
    .fields = balancer_2_fields,
    .size = sizeof(Balancer),
    .solve = balancer_2_solve,
};

static void balancer_rr_solve(TheoryCase *theory)
{
    const Balancer *params = theory->params;
    double mean = params->mean_service;

    if (theory_is_stable(theory, params->rho, "each server")) {
        theory_add(theory, mean / (1 - params->rho), "W_random");
        theory_add(theory, mean * by_turns(params), "W_round_robin");
        theory_add(theory, -fixed_log(1 - 0.99) * mean * by_turns(params), "W_rr_p99");
        theory_add(theory, mean * one_line(params), "W_central_queue");
    }
}

const TheoryFamily balancer_rr_family = {
    .name = "balancer-rr",
    .help = "Many servers used by turns: between chance and one line for all",
    .formula = "each server sees Erlang gaps of as many stages as there are servers: En/M/1",
    .assumes = "Poisson arrivals, exponential work, turns kept strictly",
    .source = "Kleinrock, Queueing Systems I, 1975 (G/M/1)",
    .example = "servers=10 rho=0.9",
    .fields = balancer_rr_fields,
    .size = sizeof(Balancer),
    .solve = balancer_rr_solve,
};

/* --- the power of choices ------------------------------------------------------------------- */

static const char *const endless[] = {"infinity", NULL};
static const char *const without_replacement[] = {"without replacement, ties at random", NULL};

typedef struct Choices {
    int64_t choices, servers;
    double rho;
    int n, sampling;
} Choices;

static const Field supermarket_fields[] = {
    FIELD_COUNT(Choices, choices, .flags = FIELD_REQUIRED, .lowest = "2", .highest = "1000",
                .help = "Servers that each customer looks at"),
    FIELD_RHO(Choices),
    FIELD_MODEL(Choices, n, endless),
    FIELD_END,
};

static void supermarket_solve(TheoryCase *theory)
{
    const Choices *params = theory->params;
    double d = (double)params->choices, power = 1, log_rho = fixed_log(params->rho), sum = 0, term;

    if (!theory_is_stable(theory, params->rho, "each server")) {
        return;
    }
    do {
        power *= d;
        term = fixed_exp(log_rho * (power - d) / (d - 1));
        sum += term;
    } while (term > 1e-18);
    theory_add(theory, sum, "W");
}

const TheoryFamily supermarket_family = {
    .name = "supermarket",
    .help = "Endlessly many servers, each customer joins the shortest of d that it looks at",
    .formula = "W = sum over i >= 1 of rho^((d^i - d) / (d - 1)), mean work 1",
    .assumes = "endlessly many servers (100 of them are a few per cent slower), lengths known",
    .source = "Vvedenskaya, Dobrushin and Karpelevich, 1996; Mitzenmacher, 1996",
    .example = "choices=2 rho=0.9",
    .fields = supermarket_fields,
    .size = sizeof(Choices),
    .solve = supermarket_solve,
};

static const Field power_of_d_finite_fields[] = {
    FIELD_COUNT(Choices, servers, .flags = FIELD_REQUIRED, .lowest = "2", .highest = "4",
                .help = "Servers"),
    FIELD_COUNT(Choices, choices, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "4",
                .help = "Different ones that each customer looks at"),
    FIELD_RHO(Choices),
    FIELD_MODEL(Choices, sampling, without_replacement),
    FIELD_END,
};

static void power_of_d_finite_solve(TheoryCase *theory)
{
    const Choices *params = theory->params;
    double sojourn;

    if (params->choices > params->servers) {
        theory_refuse(theory, "choices", "'choices' is %d of only %d 'servers'",
                      (int)params->choices, (int)params->servers);
        return;
    }
    if (!theory_is_stable(theory, params->rho, "each server")) {
        return;
    }
    sojourn = params->choices == 1
                  ? 1 / (1 - params->rho)
                  : pool_chain_sojourn((guint)params->servers, (guint)params->choices, params->rho);
    if (isnan(sojourn)) {
        refuse_load(theory);
    } else {
        theory_add(theory, sojourn, "W");
    }
}

const TheoryFamily power_of_d_finite_family = {
    .name = "power-of-d-finite",
    .help = "Two to four servers, each customer joins the shortest of d that it looks at",
    .formula = "the chain of the lines' lengths, solved numerically; mean work 1",
    .assumes = "Poisson arrivals, exponential work, d different ones at random, equals at random",
    .source = "Koury, McAllister and Stewart, 1984 (the method)",
    .example = "servers=3 choices=2 rho=0.8",
    .fields = power_of_d_finite_fields,
    .size = sizeof(Choices),
    .solve = power_of_d_finite_solve,
};
