/* balancer.h - how mod_proxy_balancer chooses a member, and what takes a member out and back in.
 * Knows neither network nor clock of its own: time comes in, decisions go out, so that it can be
 * held against the published sequences. Source: httpd 2.4.62, modules/proxy (mod_proxy_balancer.c,
 * proxy_util.c, mod_proxy_hcheck.c) and modules/proxy/balancers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

typedef enum BalancerMethod {
    BALANCER_BY_REQUESTS,
    BALANCER_BY_TRAFFIC,
    BALANCER_BY_BUSYNESS
} BalancerMethod;

/* One member ("worker" in httpd's words). The letters are those of its status flags. */
typedef struct BalancerMember {
    int factor;     /* lbfactor: 100 x loadfactor */
    int64_t status; /* lbstatus: the urgency to be chosen */
    uint64_t busy;  /* requests under way on it */
    uint64_t bytes_in, bytes_out;
    SimTime error_time;
    bool in_error;          /* E: a request failed on it */
    bool is_failed;         /* C: health checks failed */
    bool is_disabled;       /* D */
    uint32_t passes, fails; /* of health checks; an opposite result does not reset them, as coded */
} BalancerMember;

typedef struct Balancer {
    BalancerMember *members;
    uint32_t count;
    BalancerMethod method;
    SimSpan retry;       /* an errored member is tried again after this */
    bool force_recovery; /* all in error: clears the errors instead of giving up */
    uint32_t hcpasses, hcfails;
} Balancer;

/* Whether a member may be chosen now (after `retry`, an error is forgiven when it is looked at). */
bool balancer_is_usable(const BalancerMember *member);

/* The index of the member for a request, by the method; -1 when none is usable. Moves the
 * bookkeeping. */
int balancer_pick(Balancer *balancer, SimTime now);

/* Before each attempt: when every member is in error, forgives all of them, if so configured.
 * Members that only health checks took out count as without error, so that recovery is never forced
 * past health checks. */
void balancer_force_recovery(Balancer *balancer, SimTime now);

/* A request failed on the member in a way that takes it out. */
void balancer_mark_error(Balancer *balancer, uint32_t index, SimTime now);

/* A health check of the member ended. True when that took it out or put it back in. */
bool balancer_on_check(Balancer *balancer, uint32_t index, bool is_pass, SimTime now);
