/* route53.h - what the parts of this folder ask of Route 53: answers for resolvers, and what health
 * checkers probe and report. */
#pragma once

#include "models/dns/route53_answer.h"
#include "sim/world/world.h"

extern const Kind route53_kind;

/* A resolver's question. */
typedef struct Route53Query {
    const char *name;     /* lower case, with trailing dot; outlives the call only */
    DnsPlace place;       /* where it seems to come from */
    const Site *region;   /* whose latencies count for the latency policy; NULL: none */
    bool is_before_start; /* as an answer given before the run began: all as it was then */
    Rng *luck; /* what weights, chance and order are drawn from; NULL: Route 53's own stream */
} Route53Query;

/* The answer of the data plane as it stands now. `self` must be up. */
void route53_ask(Component *self, const Route53Query *query, Answer *answer);

/* All checks; and whether checker number `checker` (0 to HEALTH_CHECKERS-1, two for each of
 * health_regions) probes check number `check`: only those that a record or a calculated check names
 * are probed. */
const HealthChecks *route53_checks(Component *self);
bool route53_is_probed_by(Component *self, guint check, guint checker);

/* The data centre that a check is of, or its id when it is of none. */
const char *route53_check_dc(Component *self, guint check);

/* Whether the probe asks the application (deep) or what the web server answers by itself. */
bool route53_is_deep(Component *self, guint check);

/* Why a fault cannot be about records of this name: there are none; NULL when there are. Caller
 * frees. */
char *route53_refuse_name(const Component *self, const char *name);

/* Checker `checker` has seen check `check` and thinks that it is bad. */
void route53_report(Component *self, guint check, guint checker, bool is_bad);

/* Checker `checker` is gone: when its reports have become too old they are not counted. */
void route53_lose_checker(Component *self, guint checker);
