/* ledger.h - the books of one station, for the laws that hold at every one: who came is here or has
 * left (flow balance), the level over time is the time that all spent here (Little), busy servers
 * are the service given (utilisation law), nobody waits while a server is free (work conservation),
 * each leaves once. A kind declares its ledgers once, beside its metrics; the model says who comes
 * and goes; laws.c holds the books against the levels and counters that are published. Integer sums
 * only, so that a law is an identity and needs no tolerance.
 * Source: J. D. C. Little, "A proof for the queuing formula L = lambda W", 1961; P. J. Denning and
 * J. P. Buzen, "The operational analysis of queueing network models", 1978. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

/* `servers` of a station that serves all at once. */
#define LEDGER_NO_LIMIT UINT32_MAX

/* Zeroed is an empty station without servers. */
typedef struct Ledger {
    uint64_t entered;   /* since the run began */
    uint64_t spent_ns;  /* instants of leaving less instants of entering, modulo 2^64 */
    uint64_t marks;     /* of all that are here: 0 when nobody is */
    uint64_t work_ns;   /* service that was asked for, where a station knows it in advance */
    uint64_t waited_ns; /* as spent_ns, of the line */
    uint64_t dropped;   /* of those that left: without a counter of the kind */
    uint64_t idle_ns;   /* while one waited and a server was free */
    SimTime since;      /* up to which idle_ns tells, while anybody waits */
    uint32_t waiting, busy, servers, servers_most;
} Ledger;

static inline uint64_t ledger_left(const Ledger *ledger)
{
    return ledger->entered - ledger->waiting - ledger->busy;
}

/* Before the line or the servers change. */
static inline void ledger_look(Ledger *ledger, SimTime now)
{
    if (ledger->waiting > 0) {
        ledger->idle_ns +=
            ledger->busy < ledger->servers ? (uint64_t)(now - ledger->since) : (uint64_t)0;
        ledger->since = now;
    }
}

/* One comes and is served at once. `mark` is any number that is the same when it comes and when it
 * leaves. */
static inline void ledger_serve(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger_look(ledger, now);
    ledger->entered++;
    ledger->busy++;
    ledger->spent_ns -= (uint64_t)now;
    ledger->marks += mark;
}

/* One comes and waits; its service begins; one leaves that was served, or that waited. */
static inline void ledger_wait(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger_look(ledger, now);
    ledger->since = now;
    ledger->entered++;
    ledger->waiting++;
    ledger->spent_ns -= (uint64_t)now;
    ledger->waited_ns -= (uint64_t)now;
    ledger->marks += mark;
}

static inline void ledger_begin(Ledger *ledger, SimTime now)
{
    ledger_look(ledger, now);
    ledger->waiting--;
    ledger->busy++;
    ledger->waited_ns += (uint64_t)now;
}

static inline void ledger_end(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger_look(ledger, now);
    ledger->busy--;
    ledger->spent_ns += (uint64_t)now;
    ledger->marks -= mark;
}

static inline void ledger_quit(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger_begin(ledger, now);
    ledger_end(ledger, now, mark);
}

/* Out of service and back into the line: displaced by another. */
static inline void ledger_displace(Ledger *ledger, SimTime now)
{
    ledger_look(ledger, now);
    ledger->since = now;
    ledger->busy--;
    ledger->waiting++;
    ledger->waited_ns -= (uint64_t)now;
}

/* How many servers there are from now on: 0 while the station serves nobody new. */
static inline void ledger_open(Ledger *ledger, SimTime now, uint32_t servers)
{
    ledger_look(ledger, now);
    ledger->servers = servers;
    ledger->servers_most = servers > ledger->servers_most ? servers : ledger->servers_most;
}

/* A station without a line, which serves all at once: one comes, one goes. */
static inline void ledger_come(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger->entered++;
    ledger->busy++;
    ledger->spent_ns -= (uint64_t)now;
    ledger->marks += mark;
}

static inline void ledger_go(Ledger *ledger, SimTime now, uint64_t mark)
{
    ledger->busy--;
    ledger->spent_ns += (uint64_t)now;
    ledger->marks -= mark;
}

/* All that are here leave at once: the process died. */
static inline void ledger_drop_all(Ledger *ledger, SimTime now)
{
    ledger_look(ledger, now);
    ledger->dropped += ledger->waiting + ledger->busy;
    ledger->spent_ns += ((uint64_t)ledger->waiting + ledger->busy) * (uint64_t)now;
    ledger->waited_ns += ledger->waiting * (uint64_t)now;
    ledger->marks = 0;
    ledger->waiting = 0;
    ledger->busy = 0;
}

/* Where a station's service went, in nanoseconds of one server's work since the run began: given,
 * by how busy the servers were shown to be; still to be given; given up with those that left. */
typedef struct LedgerWork {
    double given_ns, left_ns, lost_ns;
} LedgerWork;

#define LEDGER_COUNTERS 8

/* One station of a kind. Offsets are those of members of the component's struct; 0 is none. */
typedef struct LedgerDef {
    const char *name; /* what messages say after the component's name: "workers" */
    size_t ledger;
    /* Gauges, as published: of all that are here, or of the line and of the busy servers. */
    size_t present, waiting, busy;
    bool has_line;      /* the ledger is told when service begins: wait, begin, end */
    bool busy_is_share; /* the gauge is busy servers divided by `servers` */
    /* Counters, as published: each ends with 0. Who came less who was turned away at the door
     * entered; who left for one of `ends` left. None: not held. */
    size_t came[LEDGER_COUNTERS], turned_away[LEDGER_COUNTERS], ends[LEDGER_COUNTERS];
    /* NULL: the service is not known in advance. */
    LedgerWork (*work)(const Ledger *ledger);
    SimSpan rounding; /* by how much the end of one may differ from the gauge's */
    bool is_of_users; /* its marks are instants of coming, and each end is one of the history's */
} LedgerDef;

#define LEDGER_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }
