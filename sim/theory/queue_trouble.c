/* queue_trouble.c - queues whose servers fail or pause, and whose customers give up, stay away or
 * come back. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

/* --- servers that fail or pause ------------------------------------------------------------- */

static const char *const resume_model[] = {"preemptive-resume", NULL};

typedef struct Breakdowns {
    double lam, mean_service, scv_service, failure_rate, mean_repair, scv_repair;
    int discipline;
} Breakdowns;

static const Field breakdown_fields[] = {
    FIELD_POSITIVE(Breakdowns, lam, "Arrivals in a unit of time"),
    FIELD_MEAN_SERVICE(Breakdowns),
    FIELD_NUMBER(Breakdowns, scv_service, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1e6",
                 .help = "Squared coefficient of variation of the work: 0 equal, 1 exponential"),
    FIELD_POSITIVE(Breakdowns, failure_rate, "Failures in a unit of time that the server is up"),
    FIELD_POSITIVE(Breakdowns, mean_repair, "Mean time from a failure to its repair"),
    FIELD_NUMBER(Breakdowns, scv_repair, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1e6",
                 .help = "Squared coefficient of variation of the repair"),
    FIELD_MODEL(Breakdowns, discipline, resume_model),
    FIELD_END,
};

static void breakdown_solve(TheoryCase *theory)
{
    const Breakdowns *params = theory->params;
    double lam = params->lam, mean = params->mean_service;
    double slowdown = 1 + params->failure_rate * params->mean_repair;
    double repair2 = params->mean_repair * params->mean_repair * (1 + params->scv_repair);
    double done2 = mean * mean * (1 + params->scv_service) * slowdown * slowdown +
                   mean * params->failure_rate * repair2;
    double load = lam * mean * slowdown, busy_only, any_time;

    if (!theory_is_stable(theory, load, "the server, repairs included,")) {
        return;
    }
    busy_only = load + lam * lam * done2 / (2 * (1 - load));
    any_time = busy_only + lam * params->failure_rate * repair2 / (2 * slowdown);
    theory_add(theory, load, "rho_effective");
    theory_add(theory, 1 / slowdown, "availability");
    theory_add(theory, any_time, "L_fail_any_time");
    theory_add(theory, any_time / lam, "W_fail_any_time");
    theory_add(theory, busy_only, "L_fail_only_busy");
    theory_add(theory, busy_only / lam, "W_fail_only_busy");
}

const TheoryFamily breakdown_family = {
    .name = "breakdown",
    .help = "One server that fails now and then, or stops to collect garbage",
    .formula = "completion time C: E[C] = E[S](1 + f E[D]), E[C^2] = E[S^2](1 + f E[D])^2 + E[S] f "
               "E[D^2]; failing only while busy: M/G/1 with C; at any time: lam f E[D^2] / (2 (1 + "
               "f E[D])) more in the system",
    .assumes = "Poisson arrivals and failures; work goes on after a repair where it was",
    .source = "Avi-Itzhak and Naor, 1963",
    .example = "lam=0.5 scv_service=1 failure_rate=0.05 mean_repair=5 scv_repair=1",
    .fields = breakdown_fields,
    .size = sizeof(Breakdowns),
    .solve = breakdown_solve,
};

static const char *const vacation_model[] = {"multiple, taken when idle", NULL};

typedef struct Vacations {
    double lam, mean_service, second_moment_service, mean_vacation, scv_vacation;
    int kind;
} Vacations;

static const Field vacation_fields[] = {
    FIELD_POSITIVE(Vacations, lam, "Arrivals in a unit of time"),
    FIELD_MEAN_SERVICE(Vacations),
    FIELD_POSITIVE(Vacations, second_moment_service,
                   "E[S^2] of the work; 2 E[S]^2 when it is exponential"),
    FIELD_POSITIVE(Vacations, mean_vacation, "Mean length of a pause"),
    FIELD_NUMBER(Vacations, scv_vacation, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1e6",
                 .help = "Squared coefficient of variation of the pauses"),
    FIELD_MODEL(Vacations, kind, vacation_model),
    FIELD_END,
};

static void vacation_solve(TheoryCase *theory)
{
    const Vacations *params = theory->params;
    double mean = params->mean_service, load = params->lam * mean, wait;

    if (params->second_moment_service < mean * mean * (1 - 1e-12)) {
        theory_refuse(theory, "second_moment_service",
                      "'second_moment_service' cannot be below the square of 'mean_service', %g",
                      mean * mean);
        return;
    }
    if (!theory_is_stable(theory, load, "the queue")) {
        return;
    }
    wait = params->lam * params->second_moment_service / (2 * (1 - load)) +
           params->mean_vacation * (1 + params->scv_vacation) / 2;
    theory_add(theory, wait, "Wq");
    theory_add(theory, wait + mean, "W");
}

const TheoryFamily vacation_family = {
    .name = "vacation",
    .help = "One server that pauses whenever it is idle: polling, batching, background work",
    .formula = "Wq = lam E[S^2] / (2 (1 - rho)) + E[V^2] / (2 E[V])",
    .assumes = "Poisson arrivals; a pause is taken whenever nobody waits, and another after it",
    .source = "Fuhrmann and Cooper, 1985",
    .example = "lam=0.6 second_moment_service=2 mean_vacation=2 scv_vacation=0",
    .fields = vacation_fields,
    .size = sizeof(Vacations),
    .solve = vacation_solve,
};

/* --- customers that come back --------------------------------------------------------------- */

static const char *const retrial_model[] = {"M/M/1/1 with orbit, exponential back-off", NULL};

typedef struct Retrial {
    double lam, mu, retry_rate;
    int model;
} Retrial;

static const Field retrial_fields[] = {
    FIELD_POSITIVE(Retrial, lam, "New customers in a unit of time"),
    FIELD_POSITIVE(Retrial, mu, "What the server can serve in a unit of time"),
    FIELD_POSITIVE(Retrial, retry_rate, "Tries in a unit of time of one who was turned away"),
    FIELD_MODEL(Retrial, model, retrial_model),
    FIELD_END,
};

static void retrial_solve(TheoryCase *theory)
{
    const Retrial *params = theory->params;
    double load = params->lam / params->mu, orbit;

    if (!theory_is_stable(theory, load, "the server")) {
        return;
    }
    orbit = load * (params->lam + load * params->retry_rate) / (params->retry_rate * (1 - load));
    theory_add(theory, load, "rho");
    theory_add(theory, orbit, "orbit");
    theory_add(theory, orbit / params->lam, "W_orbit");
    theory_add(theory, orbit + load, "L");
    theory_add(theory, (orbit + load) / params->lam, "W");
}

const TheoryFamily retrial_family = {
    .name = "retrial",
    .help = "No line: who finds the server busy tries again later, for ever",
    .formula = "mean orbit = rho (lam + rho nu) / (nu (1 - rho))",
    .assumes = "Poisson arrivals, exponential work and back-off, nobody gives up",
    .source = "Falin and Templeton, Retrial Queues, 1997",
    .example = "lam=0.5 mu=1 retry_rate=0.3",
    .fields = retrial_fields,
    .size = sizeof(Retrial),
    .solve = retrial_solve,
};

typedef struct Retries {
    double p_fail;
    int64_t max_retries;
} Retries;

static const Field retry_amplification_fields[] = {
    FIELD_RATIO(Retries, p_fail, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1",
                .help = "Probability that one try fails"),
    FIELD_COUNT(Retries, max_retries, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1000",
                .help = "Tries after the first"),
    FIELD_END,
};

static void retry_amplification_solve(TheoryCase *theory)
{
    const Retries *params = theory->params;
    double failed = 1, tries = 0;

    for (gint64 i = 0; i <= params->max_retries; i++) {
        tries += failed;
        failed *= params->p_fail;
    }
    theory_add(theory, tries, "mean_attempts");
    theory_add(theory, failed, "p_final_fail");
}

const TheoryFamily retry_amplification_family = {
    .name = "retry-amplification",
    .help = "Immediate retries: load on what fails, and failures that remain",
    .formula = "attempts = 1 + p + ... + p^r = (1 - p^(r+1)) / (1 - p); p^(r+1) fail for good",
    .assumes = "tries that fail independently of each other and of the load they make",
    .source = "geometric series",
    .example = "p_fail=0.1 max_retries=3",
    .fields = retry_amplification_fields,
    .size = sizeof(Retries),
    .solve = retry_amplification_solve,
};

/* --- customers that give up or stay away ---------------------------------------------------- */

typedef struct Impatience {
    double lam, mu, patience_rate;
    int64_t servers;
} Impatience;

static const Field impatience_exp_fields[] = {
    FIELD_POSITIVE(Impatience, lam, "Arrivals in a unit of time"),
    FIELD_POSITIVE(Impatience, mu, "What one server can serve in a unit of time"),
    FIELD_ROW(Impatience, servers, "c", FIELD_TYPE_COUNT, int64_t, .flags = FIELD_REQUIRED,
              .lowest = "1", .highest = "100000", .help = "Servers at one line"),
    FIELD_POSITIVE(Impatience, patience_rate, "1 over the mean time until one gives up waiting"),
    FIELD_END,
};

static double impatience_up(double n, const void *context)
{
    (void)n;
    return ((const Impatience *)context)->lam;
}

static double impatience_down(double n, const void *context)
{
    const Impatience *params = context;
    double servers = (double)params->servers;

    return fmin(n, servers) * params->mu + fmax(n - servers, 0) * params->patience_rate;
}

/* From which number on the probabilities are too small to matter; 0: none within reason. */
static guint impatience_last(const Impatience *params)
{
    const guint most = 10000000;
    double weight = 0, peak = 0;

    for (guint n = 1; n <= most; n++) {
        weight += fixed_log(params->lam / impatience_down(n, params));
        peak = fmax(peak, weight);
        if (weight < peak - 60) {
            return n;
        }
    }
    return 0;
}

static void impatience_exp_solve(TheoryCase *theory)
{
    const Impatience *params = theory->params;
    double servers = (double)params->servers;
    double waiting = 0, there = 0, all_busy = 0, given_up, done;
    guint last = impatience_last(params);
    g_autofree double *p = NULL;

    if (last == 0) {
        theory_refuse(theory, "patience_rate",
                      "'patience_rate' is too small: more than 10,000,000 may wait");
        return;
    }
    p = solve_birth_death(impatience_up, impatience_down, params, last);
    for (guint n = 0; n <= last; n++) {
        there += n * p[n];
        waiting += fmax(n - servers, 0) * p[n];
        all_busy += n >= servers ? p[n] : 0;
    }
    given_up = params->patience_rate * waiting / params->lam;
    done = params->lam * (1 - given_up);
    theory_add(theory, given_up, "p_abandon");
    theory_add(theory, waiting, "Lq");
    theory_add(theory, there, "L");
    theory_add(theory, waiting / params->lam, "Wq_all");
    theory_add(theory, all_busy, "p_wait");
    theory_add(theory, done, "throughput");
    theory_add(theory, done / params->mu / servers, "utilisation");
}

const TheoryFamily impatience_exp_family = {
    .name = "impatience-exp",
    .help = "Several servers, customers that give up waiting (Erlang A)",
    .formula =
        "birth and death, down with min(n, c) mu + max(0, n - c) theta; p_abandon = theta Lq "
        "/ lam; Wq_all is of those who give up, too",
    .assumes = "Poisson arrivals, exponential work and patience, first come first served",
    .source = "Palm, 1957; Garnett, Mandelbaum and Reiman, 2002",
    .example = "lam=9 mu=1 c=10 patience_rate=0.5",
    .fields = impatience_exp_fields,
    .size = sizeof(Impatience),
    .solve = impatience_exp_solve,
};

static const char *const timeout_model[] = {
    "M/M/1, customer leaves if its wait would exceed the timeout", NULL};

typedef struct Timeout {
    double lam, mu, timeout;
    int model;
} Timeout;

static const Field timeout_fixed_fields[] = {
    FIELD_POSITIVE(Timeout, lam, "Arrivals in a unit of time"),
    FIELD_POSITIVE(Timeout, mu, "What the server can serve in a unit of time"),
    FIELD_POSITIVE(Timeout, timeout, "Longest wait that a customer accepts"),
    FIELD_MODEL(Timeout, model, timeout_model),
    FIELD_END,
};

/* With x = (mu - lam) tau, the wait's density is lam P0 exp(-(mu - lam) w) up to tau. */
static void timeout_fixed_solve(TheoryCase *theory)
{
    const Timeout *params = theory->params;
    double lam = params->lam, mu = params->mu, tau = params->timeout;
    double x = (mu - lam) * tau, late = fixed_exp(-x);
    double idle = 1 / (1 + lam * tau * solve_mean_decay(x) + lam * late / mu);
    double lost = lam * idle * late / mu;

    if (!isfinite(late) || !isfinite(solve_second_decay(x))) {
        theory_refuse(theory, "timeout",
                      "'timeout' is too long: nearly all who are served wait "
                      "exactly that long");
        return;
    }
    theory_add(theory, lost, "p_timeout");
    theory_add(theory, lam * (1 - lost), "throughput");
    theory_add(theory, idle, "p0");
    theory_add(theory, lam * idle * tau * tau * solve_second_decay(x) / (1 - lost), "Wq_served");
}

const TheoryFamily timeout_fixed_family = {
    .name = "timeout-fixed",
    .help = "One server, customers that leave when they would wait longer than a timeout",
    .formula = "P0 = 1 / (1 + lam (1 - e) / (mu - lam) + lam e / mu), e = exp(-(mu - lam) tau); "
               "p_timeout = lam P0 e / mu; stable at any load",
    .assumes = "Poisson arrivals, exponential work; who leaves does not come back",
    .source = "Barrer, Queuing with impatient customers, 1957",
    .example = "lam=1.5 mu=1 timeout=2",
    .fields = timeout_fixed_fields,
    .size = sizeof(Timeout),
    .solve = timeout_fixed_solve,
};

static const char *const balking_model[] = {"M/M/1, join with probability 1/(n+1)", NULL};

typedef struct Balking {
    double offered;
    int model;
} Balking;

static const Field balking_fields[] = {
    FIELD_NUMBER(Balking, offered, .flags = FIELD_REQUIRED, .lowest = THEORY_LEAST,
                 .highest = "700", .help = "Arrivals over what the server can serve"),
    FIELD_MODEL(Balking, model, balking_model),
    FIELD_END,
};

static void balking_solve(TheoryCase *theory)
{
    const Balking *params = theory->params;
    double offered = params->offered, busy = -solve_expm1(-offered);

    theory_add(theory, offered, "L");
    theory_add(theory, fixed_exp(-offered), "p0");
    theory_add(theory, busy, "throughput_over_mu");
    theory_add(theory, offered / busy, "W_times_mu");
    theory_add(theory, busy / offered, "p_join");
}

const TheoryFamily balking_family = {
    .name = "balking",
    .help = "Customers that stay away the more, the longer the line is: 1/(n+1) join",
    .formula = "the number there is Poisson with mean lam / mu",
    .assumes = "Poisson arrivals, exponential work; n counts the one in service",
    .source = "Haight, Queueing with balking, 1957",
    .example = "offered=2",
    .fields = balking_fields,
    .size = sizeof(Balking),
    .solve = balking_solve,
};
