/* balancer.h - how mod_proxy_balancer chooses a member, and what takes a member out and back in.
 * Knows neither network nor clock of its own: time comes in, decisions go out, so that it can be
 * held against the published sequences. Source: httpd 2.4.62, modules/proxy (mod_proxy_balancer.c,
 * proxy_util.c, mod_proxy_hcheck.c) and modules/proxy/balancers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/sim_time.h"

typedef enum BalancerMethod {
    BALANCER_BY_REQUESTS,
    BALANCER_BY_TRAFFIC,
    BALANCER_BY_BUSYNESS,
    BALANCER_BY_HEARTBEAT,
} BalancerMethod;

/* What the status flags D, S, I, N, H and R of a member say; E and C are told apart below. */
typedef struct MemberFlags {
    bool is_disabled;    /* D: takes nothing */
    bool is_stopped;     /* S: takes nothing, is not checked, and its errors are not forgiven */
    bool ignores_errors; /* I: is never in error */
    bool is_draining;    /* N: takes only the sessions that belong to it */
    bool is_standby;     /* H: takes requests only when nobody else of its set can */
    bool is_spare;       /* R: takes the place of one member of its set that cannot */
} MemberFlags;

/* One member ("worker" in httpd's words). The letters are those of its status flags. */
typedef struct BalancerMember {
    int factor;           /* lbfactor: 100 x loadfactor, cut */
    uint32_t set;         /* lbset: higher sets are only used when lower ones have nobody */
    const char *route;    /* sessions that name it belong here; NULL: none */
    const char *redirect; /* route of who takes its sessions when it cannot; NULL: nobody */
    SimSpan retry;        /* its error is forgiven after this */
    MemberFlags flags;
    int64_t status; /* lbstatus: the urgency to be chosen */
    uint64_t busy;  /* requests under way on it */
    uint64_t bytes_in, bytes_out;
    SimTime error_time;
    SimTime heard; /* last heartbeat; below 0: none */
    uint32_t slots_busy, slots_ready;
    bool in_error;          /* E: a request failed on it */
    bool is_failed;         /* C: health checks failed */
    uint32_t passes, fails; /* of health checks; an opposite result does not reset them, as coded */
} BalancerMember;

typedef struct Balancer {
    BalancerMember *members;
    uint32_t count;
    BalancerMethod method;
    bool force_recovery; /* all in error: clears the errors instead of giving up */
    bool no_failover;    /* a session whose member cannot take it gets nobody */
    uint32_t hcpasses, hcfails;
    Rng *rng; /* for heartbeats; may be NULL with other methods */
} Balancer;

#define BALANCER_NOBODY (-1)
#define BALANCER_NO_FAILOVER (-2) /* the session's member is out and nobody else may take it */

/* Whether a member may be chosen now: none of D, S, E and C. One that drains is hidden from the
 * choice, not from its sessions. */
bool balancer_is_usable(const BalancerMember *member);

/* The index of the member for a request: the one that its session belongs to (`route`, NULL: no
 * session), or by the method. Moves the bookkeeping and forgives errors that are due. */
int balancer_choose(Balancer *balancer, const char *route, SimTime now);

/* The same for a request without a session. */
int balancer_pick(Balancer *balancer, SimTime now);

/* Before each attempt: when every member is in error, forgives all of them, if so configured.
 * Members that only health checks took out count as without error, so that recovery is never forced
 * past health checks. */
void balancer_force_recovery(Balancer *balancer, SimTime now);

/* A request failed on the member in a way that takes it out. False when its errors are ignored. */
bool balancer_mark_error(Balancer *balancer, uint32_t index, SimTime now);

/* A health check of the member ended. True when that took it out or put it back in. */
bool balancer_on_check(Balancer *balancer, uint32_t index, bool is_pass, SimTime now);

/* A member told how many of its slots work and wait (mod_heartmonitor). */
void balancer_on_heartbeat(Balancer *balancer, uint32_t index, uint32_t busy, uint32_t ready,
                           SimTime now);

/* Reads status letters over `flags`: "D", "+H", "-D", "+I-N" as in `status=`. False for a letter
 * that cannot be set by hand. */
bool balancer_read_flags(const char *text, MemberFlags *flags);
