/* planning.c - plain arithmetic of promises and growth: error budgets, lost sites, exhaustion. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

#define MINUTES_A_DAY 1440
#define SAFE_UTILISATION 0.8

typedef struct Budget {
    double slo, window_days, error_fraction, minutes;
} Budget;

static const Field error_budget_fields[] = {
    FIELD_RATIO(Budget, slo, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "0.999999999",
                .help = "Share of requests that must be good"),
    FIELD_POSITIVE(Budget, window_days, "Days over which it must hold"),
    FIELD_RATIO(Budget, error_fraction, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1",
                .help = "Share of requests that fail during the incident"),
    FIELD_NUMBER(Budget, minutes, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "How long the incident lasts, in minutes"),
    FIELD_END,
};

static void error_budget_solve(TheoryCase *theory)
{
    const Budget *params = theory->params;
    double allowed = 1 - params->slo, budget = allowed * params->window_days * MINUTES_A_DAY;

    theory_add(theory, budget, "budget_minutes");
    theory_add(theory, params->error_fraction * params->minutes, "used_minutes_equiv");
    theory_add(theory, params->error_fraction / allowed, "burn_rate");
    theory_add(theory, params->error_fraction * params->minutes / budget, "budget_used_fraction");
}

const TheoryFamily error_budget_family = {
    .name = "error-budget",
    .help = "What an incident takes of the error budget, and how fast it burns",
    .formula = "budget = (1 - SLO) x window; burn rate = error fraction / (1 - SLO)",
    .assumes = "an even load over the window",
    .source = "Beyer and others, The Site Reliability Workbook, 2018, chapter 5",
    .example = "slo=0.999 window_days=30 error_fraction=1 minutes=10",
    .fields = error_budget_fields,
    .size = sizeof(Budget),
    .solve = error_budget_solve,
};

typedef struct Headroom {
    int64_t sites, lost;
    double utilisation;
} Headroom;

static const Field headroom_fields[] = {
    FIELD_COUNT(Headroom, sites, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000000",
                .help = "Sites of one size that share the load"),
    FIELD_NUMBER(Headroom, utilisation, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1000",
                 .help = "Load of each over what it can serve, before"),
    FIELD_COUNT(Headroom, lost, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1000000",
                .help = "Sites that are lost"),
    FIELD_END,
};

static void headroom_solve(TheoryCase *theory)
{
    const Headroom *params = theory->params;
    double sites = (double)params->sites, left = (double)(params->sites - params->lost);

    if (left < 1) {
        theory_refuse(theory, "lost", "'lost' is %d: no site of %d is left", (int)params->lost,
                      (int)params->sites);
        return;
    }
    theory_add(theory, params->utilisation * sites / left, "utilisation_after");
    theory_add(theory, SAFE_UTILISATION * left / sites, "max_safe_utilisation_at_80pct");
    theory_add(theory, (double)params->lost / left, "extra_per_site");
}

const TheoryFamily headroom_family = {
    .name = "headroom",
    .help = "Load of the sites that are left when some are lost",
    .formula = "after = u n / (n - f); safe before: 0.8 (n - f) / n",
    .assumes = "sites of one size; the load of the lost ones is spread evenly and does not shrink",
    .source = "arithmetic",
    .example = "sites=5 utilisation=0.6 lost=1",
    .fields = headroom_fields,
    .size = sizeof(Headroom),
    .solve = headroom_solve,
};

typedef struct Exhaustion {
    double capacity, current, linear_per_month, compound_per_month;
} Exhaustion;

static const Field exhaustion_fields[] = {
    FIELD_POSITIVE(Exhaustion, capacity, "What there is room for"),
    FIELD_POSITIVE(Exhaustion, current, "What is used now"),
    FIELD_POSITIVE(Exhaustion, linear_per_month, "Growth by as much every month"),
    FIELD_NUMBER(Exhaustion, compound_per_month, .flags = FIELD_REQUIRED, .lowest = THEORY_LEAST,
                 .highest = "1000", .help = "Growth by this share every month"),
    FIELD_END,
};

static void exhaustion_solve(TheoryCase *theory)
{
    const Exhaustion *params = theory->params;

    if (params->current > params->capacity) {
        theory_refuse(theory, "current", "'current' is beyond 'capacity' already");
        return;
    }
    theory_add(theory, (params->capacity - params->current) / params->linear_per_month,
               "months_linear");
    theory_add(theory,
               fixed_log(params->capacity / params->current) /
                   solve_log1p(params->compound_per_month),
               "months_compound");
}

const TheoryFamily exhaustion_family = {
    .name = "exhaustion",
    .help = "Months until what there is room for is used up",
    .formula = "linear (C - c) / g; compound ln(C / c) / ln(1 + g)",
    .assumes = "growth that goes on as it is",
    .source = "arithmetic",
    .example = "capacity=2000 current=1200 linear_per_month=25 compound_per_month=0.03",
    .fields = exhaustion_fields,
    .size = sizeof(Exhaustion),
    .solve = exhaustion_solve,
};
