/* queue_general.c - one server whose work or gaps are not exponential: M/G/1, processor sharing,
 * G/M/1. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/erlang.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

/* --- M/G/1 ---------------------------------------------------------------------------------- */

typedef enum WorkLaw {
    WORK_DET,
    WORK_ERLANG,
    WORK_UNIFORM,
    WORK_H2,
    WORK_LOGNORMAL,
    WORK_EXP
} WorkLaw;

static const char *const work_laws[] = {[WORK_DET] = "det",
                                        [WORK_ERLANG] = "erlang",
                                        [WORK_UNIFORM] = "uniform",
                                        [WORK_H2] = "h2",
                                        [WORK_LOGNORMAL] = "lognormal",
                                        [WORK_EXP] = "exp",
                                        NULL};

typedef struct Mg1 {
    double rho, mean_service, scv;
    int dist;
    double p, mu1, mu2, sigma, mu_log; /* follow from the others */
} Mg1;

static const Field mg1_fields[] = {
    FIELD_RHO(Mg1),
    FIELD_MEAN_SERVICE(Mg1),
    FIELD_CHOICE(Mg1, dist, .more = work_laws, .flags = FIELD_REQUIRED,
                 .help = "The law of the work (h2: hyperexponential of balanced means)"),
    FIELD_NUMBER(Mg1, scv, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1e6",
                 .help = "Squared coefficient of variation of the work: 0 for det, 1 for exp"),
    FIELD_NUMBER(Mg1, p, .lowest = "0", .highest = "1",
                 .help = "Of h2: share of the first branch; follows from scv"),
    FIELD_NUMBER(Mg1, mu1, .lowest = "0", .help = "Of h2: its rate; follows from scv"),
    FIELD_NUMBER(Mg1, mu2, .lowest = "0", .help = "Of h2: the other rate; follows from scv"),
    FIELD_NUMBER(Mg1, sigma, .lowest = "0",
                 .help = "Of lognormal: deviation of the logarithm; follows from scv"),
    FIELD_NUMBER(Mg1, mu_log, .help = "Of lognormal: mean of the logarithm; follows from scv"),
    FIELD_END,
};

/* A hyperexponential with balanced means. */
typedef struct Branches {
    double p, mu1, mu2;
} Branches;

static Branches branches_new(double mean, double scv)
{
    double p = (1 + sqrt((scv - 1) / (scv + 1))) / 2;

    return (Branches){p, 2 * p / mean, 2 * (1 - p) / mean};
}

static bool check_scv(TheoryCase *theory, const Mg1 *params)
{
    double stages = params->scv > 0 ? 1 / params->scv : 0;

    switch ((WorkLaw)params->dist) {
    case WORK_DET:
        if (params->scv != 0) {
            theory_refuse(theory, "scv", "'scv' of 'det' is 0, not %g", params->scv);
            return false;
        }
        return true;
    case WORK_ERLANG:
        if (stages < 1 || fabs(stages - round(stages)) > 1e-6 * stages) {
            theory_refuse(theory, "scv", "'scv' of 'erlang' is 1 over a whole number, like 0.25");
            return false;
        }
        return true;
    case WORK_UNIFORM:
        if (params->scv > 1.0 / 3 + 1e-12) {
            theory_refuse(theory, "scv", "'scv' of 'uniform' is at most 1/3, from 0 on");
            return false;
        }
        return true;
    case WORK_H2:
        if (params->scv < 1) {
            theory_refuse(theory, "scv", "'scv' of 'h2' is at least 1");
            return false;
        }
        return true;
    case WORK_EXP:
        if (params->scv != 1) {
            theory_refuse(theory, "scv", "'scv' of 'exp' is 1, not %g", params->scv);
            return false;
        }
        return true;
    case WORK_LOGNORMAL:
        break;
    }
    return true;
}

static bool check_details(TheoryCase *theory, const Mg1 *params)
{
    bool is_good = true;

    if (params->dist == WORK_H2) {
        Branches branches = branches_new(params->mean_service, params->scv);

        is_good = theory_agrees(theory, "p", params->p, branches.p);
        is_good = theory_agrees(theory, "mu1", params->mu1, branches.mu1) && is_good;
        return theory_agrees(theory, "mu2", params->mu2, branches.mu2) && is_good;
    }
    if (params->dist == WORK_LOGNORMAL) {
        double variance = solve_log1p(params->scv);

        is_good = theory_agrees(theory, "sigma", params->sigma, sqrt(variance));
        return theory_agrees(theory, "mu_log", params->mu_log,
                             fixed_log(params->mean_service) - variance / 2) &&
               is_good;
    }
    return true;
}

/* The third moment of work of mean 1. */
static double third_moment(const Mg1 *params)
{
    double scv = params->scv;
    Branches branches;

    switch ((WorkLaw)params->dist) {
    case WORK_DET:
        return 1;
    case WORK_UNIFORM:
        return 1 + 3 * scv;
    case WORK_H2:
        branches = branches_new(1, scv);
        return 6 * (branches.p / (branches.mu1 * branches.mu1 * branches.mu1) +
                    (1 - branches.p) / (branches.mu2 * branches.mu2 * branches.mu2));
    case WORK_LOGNORMAL:
        return (1 + scv) * (1 + scv) * (1 + scv);
    case WORK_ERLANG:
    case WORK_EXP:
        break;
    }
    return (1 + scv) * (1 + 2 * scv);
}

/* --- quantiles of the wait in M/D/1 ---
 * Source: Franx, 2001: for (k - 1) D <= x < k D, with u = lam (k D - x) and Q_m the probability of
 * at most m + 1 customers, P(Wq <= x) = exp(-u) sum over j < k of Q_(k-1-j) u^j / j!: positive
 * terms only, unlike Crommelin's sum. */

typedef struct EqualWork {
    double rho;
    GArray *at_most; /* P(N <= n), as far as it was needed */
    double p;        /* asked for */
} EqualWork;

/* P(more than n of a Poisson variable of mean rho). */
static double poisson_beyond(double rho, guint n)
{
    double term = fixed_exp(-rho), sum = 0;

    for (guint i = 1; i <= n + 60; i++) {
        term *= rho / i;
        sum += i > n ? term : 0;
    }
    return sum;
}

/* P(N = 0..count), from the rate up past n, which equals the rate down. */
static void fill_equal_work(EqualWork *queue, guint count)
{
    g_autofree double *beyond = g_new0(double, count + 2), *exactly = g_new0(double, count + 2);
    double none = fixed_exp(-queue->rho), sum = 0;

    for (guint n = 0; n <= count; n++) {
        beyond[n] = poisson_beyond(queue->rho, n);
    }
    for (guint n = 0; n <= count; n++) {
        double up = n == 0 ? 0 : exactly[0] * beyond[n - 1];

        for (guint j = 1; j < n; j++) {
            up += exactly[j] * beyond[n - j];
        }
        exactly[n] = n == 0 ? 1 - queue->rho : up / none;
        sum += exactly[n];
        g_array_append_val(queue->at_most, sum);
    }
}

static double equal_work_tail(double x, const void *context)
{
    const EqualWork *queue = context;
    guint k = (guint)x + 1;
    double u = queue->rho * (k - x), term = fixed_exp(-u), sum = 0;

    for (guint j = 0; j < k; j++) {
        sum += g_array_index(queue->at_most, double, k - j) * term;
        term *= u / (j + 1);
    }
    return queue->p - sum;
}

/* For work of mean 1; NAN at loads at which it would be far out. */
static double equal_work_quantile(double rho, double p)
{
    g_autoptr(GArray) at_most = g_array_new(false, true, sizeof(double));
    EqualWork queue = {rho, at_most, p};
    double far = 20 + 5 / (1 - rho); /* the tail falls at least as exp(-2 (1 - rho) x) */

    if (p <= 1 - rho) {
        return 0;
    }
    fill_equal_work(&queue, (guint)far + 2);
    return solve_between(equal_work_tail, &queue, 0, far);
}

/* --- quantiles of the wait in M/H2/1: two exponentials --- */

typedef struct TwoPoles {
    double rate1, rate2, weight1, weight2, tail;
} TwoPoles;

static double two_poles_excess(double x, const void *context)
{
    const TwoPoles *poles = context;

    return poles->weight1 * fixed_exp(-poles->rate1 * x) +
           poles->weight2 * fixed_exp(-poles->rate2 * x) - poles->tail;
}

/* For work of mean 1. The poles of the wait's transform (1 - rho) s / (s - lam + lam B(s)). */
static double branches_quantile(const Mg1 *params, double p)
{
    Branches work = branches_new(1, params->scv);
    double b = work.mu1 + work.mu2 - params->rho;
    double c = work.mu1 * work.mu2 - params->rho * ((1 - work.p) * work.mu1 + work.p * work.mu2);
    double big = (b + sqrt(b * b - 4 * c)) / 2, small = c / big, idle = 1 - params->rho;
    TwoPoles poles = {.rate1 = small, .rate2 = big, .tail = 1 - p};

    poles.weight1 = idle * (work.mu1 - small) * (work.mu2 - small) / ((big - small) * small);
    poles.weight2 = idle * (work.mu1 - big) * (work.mu2 - big) / ((small - big) * big);
    return p <= idle ? 0 : solve_falling(two_poles_excess, &poles, 0, 1 / small);
}

static double wait_quantile(const Mg1 *params, double p)
{
    switch ((WorkLaw)params->dist) {
    case WORK_DET:
        return params->mean_service * equal_work_quantile(params->rho, p);
    case WORK_H2:
    case WORK_EXP:
        return params->mean_service * branches_quantile(params, p);
    default:
        return NAN;
    }
}

static void mg1_solve(TheoryCase *theory)
{
    const Mg1 *params = theory->params;
    double idle = 1 - params->rho, wait, second;

    if (!check_scv(theory, params) || !check_details(theory, params) ||
        !theory_is_stable(theory, params->rho, "the queue")) {
        return;
    }
    wait = params->rho * (1 + params->scv) / (2 * idle);
    second = wait * wait + params->rho * third_moment(params) / (3 * idle);
    theory_add(theory, wait * params->mean_service, "Wq");
    theory_add(theory, (wait + 1) * params->mean_service, "W");
    theory_add(theory, wait * params->rho, "Lq");
    theory_add(theory, (wait + 1) * params->rho, "L");
    theory_add(theory, sqrt(second) * params->mean_service, "sd_Wq");
    if (!isnan(wait_quantile(params, 0.5)) && params->rho <= 0.999) {
        theory_add(theory, wait_quantile(params, 0.5), "Wq_p50");
        theory_add(theory, wait_quantile(params, 0.95), "Wq_p95");
        theory_add(theory, wait_quantile(params, 0.99), "Wq_p99");
    }
}

const TheoryFamily mg1_family = {
    .name = "mg1",
    .help = "One server, work of any spread (Pollaczek and Khinchine): what variation costs",
    .formula = "Wq = lam E[S^2] / (2 (1 - rho)), E[Wq^2] = 2 Wq^2 + lam E[S^3] / (3 (1 - rho)); "
               "quantiles exact for det (sum over the number there), h2 and exp (two poles)",
    .assumes = "Poisson arrivals, work independent of them, first come first served, room for all",
    .source = "Pollaczek, 1930; Khinchine, 1932; Franx, A simple solution for M/D/c, 2001",
    .example = "rho=0.8 dist=lognormal scv=4",
    .fields = mg1_fields,
    .size = sizeof(Mg1),
    .solve = mg1_solve,
};

/* --- processor sharing ---------------------------------------------------------------------- */

static const char *const any_law[] = {"any (insensitive)", NULL};

typedef struct Sharing {
    double rho, mean_service;
    int dist;
} Sharing;

static const Field ps_fields[] = {
    FIELD_RHO(Sharing),
    FIELD_MEAN_SERVICE(Sharing),
    FIELD_MODEL(Sharing, dist, any_law),
    FIELD_END,
};

static void ps_solve(TheoryCase *theory)
{
    const Sharing *params = theory->params;
    double slowdown = 1 / (1 - params->rho), rho = params->rho;

    if (!theory_is_stable(theory, rho, "the server")) {
        return;
    }
    theory_add(theory, params->mean_service * slowdown, "W");
    theory_add(theory, rho * slowdown, "L");
    theory_add(theory, slowdown, "slowdown");
    theory_add(theory, 0.5 * slowdown * params->mean_service, "cond_mean_x0_5");
    theory_add(theory, 4 * slowdown * params->mean_service, "cond_mean_x4");
    theory_add(theory, 1 - rho, "p_n0");
    theory_add(theory, rho * rho * rho * rho * rho, "p_n_ge_5");
}

const TheoryFamily ps_family = {
    .name = "ps",
    .help = "One server that all share (M/G/1-PS): a CPU under time slices",
    .formula = "W = E[S] / (1 - rho); work of x (0.5 and 4 times the mean) takes x / (1 - rho); "
               "P(N = n) = (1 - rho) rho^n",
    .assumes = "Poisson arrivals, equal shares, no cost of switching; any law of the work",
    .source = "Sakata, Noguchi and Oizumi, 1971; Kleinrock, Queueing Systems II, 1976",
    .example = "rho=0.8",
    .fields = ps_fields,
    .size = sizeof(Sharing),
    .solve = ps_solve,
};

/* --- G/M/1 ---------------------------------------------------------------------------------- */

typedef enum GapLaw { GAP_D, GAP_E, GAP_H2 } GapLaw;

static const char *const gap_laws[] = {[GAP_D] = "D", [GAP_E] = "E", [GAP_H2] = "H2", NULL};

typedef struct Gm1 {
    int arrival;
    double par, ca2, rho, mean_service;
} Gm1;

static const Field gm1_fields[] = {
    FIELD_CHOICE(Gm1, arrival, .more = gap_laws, .flags = FIELD_REQUIRED,
                 .help = "The law of the gaps: equal, Erlang or hyperexponential"),
    FIELD_NUMBER(Gm1, par, .initial = "1", .lowest = "1", .highest = "1e6",
                 .help = "Stages of E, squared coefficient of variation of H2",
                 .source = "both then are exponential"),
    FIELD_NUMBER(Gm1, ca2, .lowest = "0",
                 .help = "Squared coefficient of variation of the gaps; follows from par"),
    FIELD_RHO(Gm1),
    FIELD_MEAN_SERVICE(Gm1),
    FIELD_END,
};

/* The transform of the gaps at 1 - sigma, less sigma; work of mean 1. */
static double gap_excess(double sigma, const void *context)
{
    const Gm1 *params = context;
    double s = 1 - sigma, gap = 1 / params->rho;
    Branches branches;

    switch ((GapLaw)params->arrival) {
    case GAP_D:
        return fixed_exp(-s * gap) - sigma;
    case GAP_E:
        return fixed_exp(-params->par * solve_log1p(s * gap / params->par)) - sigma;
    case GAP_H2:
        break;
    }
    branches = branches_new(gap, params->par);
    return branches.p * branches.mu1 / (branches.mu1 + s) +
           (1 - branches.p) * branches.mu2 / (branches.mu2 + s) - sigma;
}

/* The root in (0, 1); 1 is another one. */
static double gap_root(const Gm1 *params)
{
    double rest = 0.5;

    while (gap_excess(1 - rest, params) >= 0 && rest > 1e-15) {
        rest /= 2;
    }
    return solve_between(gap_excess, params, 0, 1 - rest);
}

double erlang_turns_sojourn(double stages, double gap)
{
    Gm1 params = {.arrival = GAP_E, .par = stages, .rho = 1 / gap};

    return 1 / (1 - gap_root(&params));
}

static void gm1_solve(TheoryCase *theory)
{
    const Gm1 *params = theory->params;
    const double ca2[] = {[GAP_D] = 0, [GAP_E] = 1 / params->par, [GAP_H2] = params->par};
    double spread = ca2[params->arrival], sigma, sojourn;

    if (params->arrival == GAP_E && params->par != floor(params->par)) {
        theory_refuse(theory, "par", "'par' of 'E' is a whole number of stages");
        return;
    }
    if (!theory_agrees(theory, "ca2", params->ca2, spread) ||
        !theory_is_stable(theory, params->rho, "the queue")) {
        return;
    }
    sigma = gap_root(params);
    sojourn = params->mean_service / (1 - sigma);
    theory_add(theory, sigma, "sigma");
    theory_add(theory, sojourn - params->mean_service, "Wq");
    theory_add(theory, sojourn, "W");
    theory_add(theory, params->rho / (1 - sigma), "L");
    theory_add(theory, -fixed_log(1 - 0.95) * sojourn, "W_p95");
    theory_add(theory, -fixed_log(1 - 0.99) * sojourn, "W_p99");
    theory_add(theory,
               params->rho * (spread / (params->rho * params->rho) + 1) / (2 * (1 - params->rho)) *
                   params->mean_service,
               "kingman_bound_Wq");
    theory_add(theory, (spread + 1) / 2 * params->rho / (1 - params->rho) * params->mean_service,
               "vut_approx_Wq");
}

const TheoryFamily gm1_family = {
    .name = "gm1",
    .help = "One server, arrivals of any spread (G/M/1), and Kingman's bound",
    .formula = "sigma is the root in (0, 1) of sigma = A(mu (1 - sigma)), A the transform of the "
               "gaps; W = 1 / (mu (1 - sigma)), exponential; the mean wait never exceeds "
               "kingman_bound_Wq; vut_approx_Wq is only near it",
    .assumes = "independent gaps, exponential work, first come first served, room for all",
    .source = "Kleinrock, Queueing Systems I, 1975; Kingman, 1962",
    .example = "arrival=E par=4 rho=0.8",
    .fields = gm1_fields,
    .size = sizeof(Gm1),
    .solve = gm1_solve,
};
