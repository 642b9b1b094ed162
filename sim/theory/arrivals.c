/* arrivals.c - arrivals in classes, in bursts and in batches; and a rare event to split. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

/* --- two classes ---------------------------------------------------------------------------- */

static const char *const priority_model[] = {"exponential, non-preemptive", NULL};

typedef struct Classes {
    double lam_high, lam_low, mean_high, mean_low;
    int service;
} Classes;

static const Field priority_np_fields[] = {
    FIELD_POSITIVE(Classes, lam_high, "Arrivals of those who go first, in a unit of time"),
    FIELD_POSITIVE(Classes, lam_low, "Arrivals of the others"),
    FIELD_POSITIVE(Classes, mean_high, "Mean work of those who go first"),
    FIELD_POSITIVE(Classes, mean_low, "Mean work of the others"),
    FIELD_MODEL(Classes, service, priority_model),
    FIELD_END,
};

static void priority_np_solve(TheoryCase *theory)
{
    const Classes *params = theory->params;
    double high = params->lam_high * params->mean_high, low = params->lam_low * params->mean_low;
    double left = high * params->mean_high + low * params->mean_low; /* of who is in service */

    if (theory_is_stable(theory, high + low, "the server")) {
        theory_add(theory, left / (1 - high), "Wq_high");
        theory_add(theory, left / ((1 - high) * (1 - high - low)), "Wq_low");
    }
}

const TheoryFamily priority_np_family = {
    .name = "priority-np",
    .help = "One server, two classes: those who go first, and the others",
    .formula = "R = sum of lam E[S^2] / 2; Wq_high = R / (1 - rho_high); Wq_low = R / ((1 - "
               "rho_high)(1 - rho))",
    .assumes = "Poisson arrivals, exponential work; nobody in service is interrupted",
    .source = "Cobham, Priority assignment in waiting line problems, 1954",
    .example = "lam_high=0.3 lam_low=0.4 mean_high=1 mean_low=1",
    .fields = priority_np_fields,
    .size = sizeof(Classes),
    .solve = priority_np_solve,
};

/* --- bursts --------------------------------------------------------------------------------- */

typedef struct Bursts {
    double rate1, rate2, switch12, switch21, mu;
} Bursts;

static const Field mmpp2_m1_fields[] = {
    FIELD_NUMBER(Bursts, rate1, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Arrivals in a unit of time, in the first state"),
    FIELD_NUMBER(Bursts, rate2, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Arrivals in a unit of time, in the second state"),
    FIELD_POSITIVE(Bursts, switch12, "Changes from the first state to the second in its time"),
    FIELD_POSITIVE(Bursts, switch21, "Changes from the second state to the first in its time"),
    FIELD_POSITIVE(Bursts, mu, "What the server can serve in a unit of time"),
    FIELD_END,
};

/* A matrix of two rows. */
typedef struct Two {
    double a, b, c, d;
} Two;

static Two times(Two x, Two y)
{
    return (Two){x.a * y.a + x.b * y.c, x.a * y.b + x.b * y.d, x.c * y.a + x.d * y.c,
                 x.c * y.b + x.d * y.d};
}

static Two plus(Two x, Two y, double factor)
{
    return (Two){x.a + factor * y.a, x.b + factor * y.b, x.c + factor * y.c, x.d + factor * y.d};
}

static Two inverse(Two x)
{
    double size = x.a * x.d - x.b * x.c;

    return (Two){x.d / size, -x.b / size, -x.c / size, x.a / size};
}

static const Two unit = {1, 0, 0, 1};

/* Logarithmic reduction (Latouche and Ramaswami, 1993): G, the state in which the queue is first
 * shorter by one. `up`, `within` and `down` are rates by state. */
static Two first_passage(Two up, Two within, Two down)
{
    Two spent = inverse(plus((Two){0}, within, -1));
    Two high = times(spent, up), low = times(spent, down), sum = low, product = high;

    for (guint i = 0; i < 64; i++) {
        Two both = plus(times(high, low), times(low, high), 1);
        Two left = inverse(plus(unit, both, -1));

        high = times(left, times(high, high));
        low = times(left, times(low, low));
        sum = plus(sum, times(product, low), 1);
        product = times(product, high);
        if (product.a + product.b + product.c + product.d < 1e-18) {
            break;
        }
    }
    return sum;
}

/* Mean number there: from the probabilities of an empty queue and R, what one level is of the next
 * below. */
static double burst_number(const Bursts *params, double share1)
{
    Two up = {params->rate1, 0, 0, params->rate2}, down = {params->mu, 0, 0, params->mu};
    Two changes = {-params->switch12, params->switch12, params->switch21, -params->switch21};
    Two within = plus(plus(changes, up, -1), down, -1);
    Two ratio = times(
        up,
        inverse(plus((Two){0}, plus(within, times(up, first_passage(up, within, down)), 1), -1)));
    Two all = inverse(plus(unit, ratio, -1)); /* I + R + R^2 ... */
    /* p0 (I - R)^-1 are the shares of the states. */
    double share2 = 1 - share1;
    double none1 = share1 * (1 - ratio.a) - share2 * ratio.c;
    double none2 = share2 * (1 - ratio.d) - share1 * ratio.b;
    Two number = times(times(ratio, all), all);

    return none1 * (number.a + number.b) + none2 * (number.c + number.d);
}

static void mmpp2_m1_solve(TheoryCase *theory)
{
    const Bursts *params = theory->params;
    double share1 = params->switch21 / (params->switch12 + params->switch21);
    double rate = share1 * params->rate1 + (1 - share1) * params->rate2, load = rate / params->mu;
    double number;

    if (rate <= 0) {
        theory_refuse(theory, NULL, "nobody comes: 'rate1' and 'rate2' are 0");
        return;
    }
    if (!theory_is_stable(theory, load, "the queue")) {
        return;
    }
    number = burst_number(params, share1);
    theory_add(theory, rate, "mean_rate");
    theory_add(theory, load, "rho");
    theory_add(theory, number, "L");
    theory_add(theory, number / rate, "W");
    theory_add(theory, 1 - load, "p0");
}

const TheoryFamily mmpp2_m1_family = {
    .name = "mmpp2-m1",
    .help = "Bursts: arrivals that change between two rates, one server",
    .formula = "matrix-geometric: R by logarithmic reduction, L = p0 R (I - R)^-2 1",
    .assumes = "Poisson arrivals in each state, exponential stays and work",
    .source = "Neuts, Matrix-Geometric Solutions, 1981; Latouche and Ramaswami, 1993",
    .example = "rate1=1.5 rate2=0.2 switch12=0.05 switch21=0.05 mu=1",
    .fields = mmpp2_m1_fields,
    .size = sizeof(Bursts),
    .solve = mmpp2_m1_solve,
};

/* --- batches -------------------------------------------------------------------------------- */

typedef struct Batches {
    double batch_rate, mean_batch, mu;
} Batches;

static const Field bulk_geometric_fields[] = {
    FIELD_POSITIVE(Batches, batch_rate, "Batches in a unit of time"),
    FIELD_NUMBER(Batches, mean_batch, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1e9",
                 .help = "Mean size of a batch, at least one each"),
    FIELD_POSITIVE(Batches, mu, "What the server can serve in a unit of time"),
    FIELD_END,
};

static void bulk_geometric_solve(TheoryCase *theory)
{
    const Batches *params = theory->params;
    double rate = params->batch_rate * params->mean_batch, load = rate / params->mu, number;

    if (!theory_is_stable(theory, load, "the queue")) {
        return;
    }
    number = load * params->mean_batch / (1 - load); /* 1 + E[X^2] / E[X] is twice the mean */
    theory_add(theory, load, "rho");
    theory_add(theory, number, "L");
    theory_add(theory, number / rate, "W");
    theory_add(theory, number / rate - 1 / params->mu, "Wq");
}

const TheoryFamily bulk_geometric_family = {
    .name = "bulk-geometric",
    .help = "Arrivals in batches of geometric size, one server: the fan-out of a message",
    .formula = "L = rho (1 + E[X^2] / E[X]) / (2 (1 - rho)) with E[X^2] = 2 m^2 - m; W is the mean "
               "over requests",
    .assumes = "Poisson batches, exponential work, first come first served",
    .source = "Chaudhry and Templeton, A First Course in Bulk Queues, 1983",
    .example = "batch_rate=0.2 mean_batch=3 mu=1",
    .fields = bulk_geometric_fields,
    .size = sizeof(Batches),
    .solve = bulk_geometric_solve,
};

/* --- a rare event --------------------------------------------------------------------------- */

static const char *const rare_model[] = {
    "number in M/M/1 reaches level before returning to 0, started by an arrival to an empty system",
    NULL};

typedef struct Rare {
    double lam, mu;
    int64_t level;
    int event;
} Rare;

static const Field rare_event_fields[] = {
    FIELD_POSITIVE(Rare, lam, "Arrivals in a unit of time"),
    FIELD_POSITIVE(Rare, mu, "What the server can serve in a unit of time"),
    FIELD_COUNT(Rare, level, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000000",
                .help = "The number that is to be reached"),
    FIELD_MODEL(Rare, event, rare_model),
    FIELD_END,
};

/* 1 over the sum of r^i, i below the level: positive terms at every load. */
static void rare_event_solve(TheoryCase *theory)
{
    const Rare *params = theory->params;
    double ratio = params->mu / params->lam, term = 1, sum = 0;

    for (gint64 i = 0; i < params->level; i++) {
        sum += term;
        term *= ratio;
    }
    theory_add(theory, 1 / sum, "p");
}

const TheoryFamily rare_event_family = {
    .name = "rare-event",
    .help = "Probability that a busy period reaches a level: small, known, to test splitting with",
    .formula = "p = (1 - r) / (1 - r^level), r = mu / lam",
    .assumes = "Poisson arrivals, exponential work",
    .source = "Feller, An Introduction to Probability Theory I, 1968: gambler's ruin",
    .example = "lam=0.5 mu=1 level=20",
    .fields = rare_event_fields,
    .size = sizeof(Rare),
    .solve = rare_event_solve,
};
