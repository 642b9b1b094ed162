/* theory_case.h - what a family's solver sees: its parameters, and where figures and mistakes go.
 */
#pragma once

#include "sim/theory/theory.h"

struct TheoryCase {
    const void *params; /* the family's struct, within the limits of its fields */
    const cJSON *tree;  /* as they were given */
    GArray *answer;     /* of TheoryValue */
    DiagList *diags;
};

/* Adds a figure; `format` as printf makes its name ("lambda_%d"). A value that is not finite is a
 * mistake of the parameters, which are then too large or too small to be computed with. */
void theory_add(TheoryCase *theory, double value, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A mistake in parameter `name` (NULL: in all of them together). */
void theory_refuse(TheoryCase *theory, const char *name, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Whether a queue that is offered `load` times what it can serve comes to rest; a mistake
 * otherwise. `what` names it: "the queue", "station 1". */
bool theory_is_stable(TheoryCase *theory, double load, const char *what);

/* A parameter that follows from others and may be left out: 0 or, within 1e-6, `value`. A mistake
 * otherwise. */
bool theory_agrees(TheoryCase *theory, const char *name, double given, double value);

/* The members of parameter `name`, an array of numbers from `lowest` to `highest`, `count` of
 * them (0: sets it). NULL after a mistake. Caller frees. */
double *theory_numbers(TheoryCase *theory, const char *name, const cJSON *array, guint *count,
                       double lowest, double highest);

/* The families, each in the file of its subject. */
extern const TheoryFamily mm1_family, mmc_family, mmck_family, slo_capacity_family;
extern const TheoryFamily mg1_family, ps_family, gm1_family;
extern const TheoryFamily jackson_family, mva_family, closed_multiserver_family;
extern const TheoryFamily kth_of_n_family, quorum_mix_family, each_quorum_family,
    fork_join_2_family, hedge_exp_family, fan_out_family;
extern const TheoryFamily availability_family, machine_repair_family;
extern const TheoryFamily dns_failover_family, dns_checkers_family, dns_on_demand_family,
    dns_caches_family;
extern const TheoryFamily breakdown_family, vacation_family, retrial_family;
extern const TheoryFamily impatience_exp_family, timeout_fixed_family, balking_family,
    retry_amplification_family;
extern const TheoryFamily balancer_2_family, balancer_rr_family, supermarket_family,
    power_of_d_finite_family;
extern const TheoryFamily priority_np_family, mmpp2_m1_family, bulk_geometric_family,
    rare_event_family;
extern const TheoryFamily error_budget_family, headroom_family, exhaustion_family;

/* Fields that many families share. */
#define THEORY_LEAST "1e-12"
#define THEORY_MOST "1e12"
#define FIELD_POSITIVE(Struct, member, text)                                                       \
    FIELD_NUMBER(Struct, member, .flags = FIELD_REQUIRED, .lowest = THEORY_LEAST,                  \
                 .highest = THEORY_MOST, .help = text)
#define FIELD_MEAN_SERVICE(Struct)                                                                 \
    FIELD_NUMBER(Struct, mean_service, .initial = "1", .lowest = THEORY_LEAST,                     \
                 .highest = THEORY_MOST, .help = "Mean work of one customer, in units of time",    \
                 .source = "unit of time")
#define FIELD_RHO(Struct)                                                                          \
    FIELD_NUMBER(Struct, rho, .flags = FIELD_REQUIRED, .lowest = THEORY_LEAST, .highest = "1e6",   \
                 .help =                                                                           \
                     "Offered load of each server: arrival rate times mean work over servers; "    \
                     "below 1 for a queue that comes to rest")
/* A word that the question may carry to say which model is meant; it can only be this one. */
#define FIELD_MODEL(Struct, member, words)                                                         \
    FIELD_CHOICE(Struct, member, .more = words, .help = "The model meant, the only one here")
