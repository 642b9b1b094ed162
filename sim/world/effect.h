/* effect.h - what faults do, as a value: added to a component and taken from it; a condition is the
 * fold of all effects that are on a component now. effect_both commutes and EFFECT_NONE is neutral;
 * a fold always starts anew from the list in order of begin, so that overlaps end in any order
 * without a remainder. */
#pragma once

#include <stdbool.h>

#include "sim/base/sim_time.h"
#include "sim/config/field.h"

/* Shares of what meets a component, from 0 to 1; two effects hit independently of each other. Who
 * reads one is named behind it. */
typedef enum EffectShare {
    SHARE_DNS_SERVFAIL,         /* resolver: questions answered with SERVFAIL */
    SHARE_DNS_DROP,             /* resolver: questions that it never hears */
    SHARE_DNS_NXDOMAIN,         /* resolver: answers from upstream that say "no such name" */
    SHARE_DNS_POISON,           /* resolver: answers from upstream that are `address` instead */
    SHARE_DNS_STALE,            /* resolver: caches that keep answers for SPAN_DNS_FLOOR at least */
    SHARE_DNS_SERVE_STALE,      /* resolver: caches that give old answers when upstream is silent */
    SHARE_DNS_MISLOCATE,        /* resolver: clients that seem to be on another continent */
    SHARE_DNS_EMPTY,            /* name server: answers about `about` without an address */
    SHARE_DNS_FROZEN,           /* name server: its control plane takes no change */
    SHARE_DNS_CHANGE,           /* name server: is given the change called `about`, once */
    SHARE_CHECKER_SAYS_GOOD,    /* checker: results about `about` that are good whatever it saw */
    SHARE_CHECKER_SAYS_BAD,     /* checker: results that are bad whatever it saw */
    SHARE_CHECKER_FLAPS,        /* checker: of each SPAN_FLAP_PERIOD in which it sees bad */
    SHARE_TCP_REFUSE,           /* network: connections to it that are refused */
    SHARE_TCP_SWALLOW_NEW,      /* network: connections to it whose SYNs vanish */
    SHARE_TCP_SWALLOW_OLD,      /* network: open connections to it that have fallen silent */
    SHARE_TCP_RESET,            /* network: requests to it that are answered by a reset */
    SHARE_TCP_RESET_OLD,        /* the same of those over a connection that was used before */
    SHARE_TCP_HALF_OPEN,        /* network: it has forgotten all connections, and says nothing */
    SHARE_TLS_EXPIRED,          /* client: its certificate is no longer valid */
    SHARE_BALANCER_ERRORS,      /* balancer: members that are put into error at the begin */
    SHARE_BALANCER_LOST_ROUTES, /* balancer: sessions whose route leads to nobody */
    SHARE_BALANCER_RELOAD,      /* balancer: connections that are dropped at the begin */
    SHARE_APP_ERRORS,           /* application: requests answered with `answer_code`, health too */
    SHARE_APP_GRAY,             /* application: the same of its work; its health page is well */
    SHARE_APP_ABORTS,  /* application: requests whose connection it closes in their place */
    SHARE_APP_THREADS, /* application: threads that something else holds */
    SHARE_LINK_LOSS,   /* link: packets lost as the next three and SPAN_LOSS_* say, each effect by
                          itself (component_effect) */
    SHARE_LOSS_REPEAT, /* link: correlation of a loss and the next packet's */
    SHARE_LOSS_FLOWS,  /* link: of the flows, or of the packets unless SHARE_LOSS_STICKS is 1 */
    SHARE_LOSS_STICKS,
    SHARE_JITTER_REPEAT, /* link: packets that keep the jitter of the one before */
    SHARE_LINK_HOLDS,    /* link: 1: holds all back until SPAN_LINK_HELD_UNTIL */
    SHARE_LINK_PACES,    /* link: 1: and releases it at `link_pace` */
    EFFECT_SHARES,
} EffectShare;

/* Spans that come with shares: of two effects the longer one counts. */
typedef enum EffectSpan {
    SPAN_DNS_NEGATIVE, /* how long a resolver keeps the "no such name" of a fault */
    SPAN_DNS_FLOOR,
    SPAN_DNS_POISON,         /* time to live of a poisoned answer */
    SPAN_DNS_CHANGE,         /* wait before a change is begun */
    SPAN_PROPAGATION_MEDIAN, /* name server: in place of its own propagation, lognormal */
    SPAN_PROPAGATION_P99,
    SPAN_FLAP_PERIOD,
    SPAN_TCP_HANDSHAKE, /* network: what accepting a connection takes longer */
    SPAN_TCP_CLOSE,     /* network: what its closing takes longer */
    SPAN_APP_LATENCY,   /* application: what a request takes longer, health too */
    SPAN_APP_GRAY,      /* application: what its work takes longer; its health page does not */
    SPAN_APP_POOL_WAIT, /* application: how long a request waits for one of `pool_size` */
    SPAN_LOSS_GOOD,     /* link: mean times between losses and of losses; 0: always */
    SPAN_LOSS_BAD,
    SPAN_LINK_HELD_UNTIL, /* link: an instant */
    EFFECT_SPANS,
} EffectSpan;

/* What an operator tells a process to do. ORDER_STOP and ORDER_DRAIN last: when they are lifted the
 * process is started again. The others are said once; lifting them takes nothing back. */
typedef enum Order {
    ORDER_NONE,
    ORDER_REPAIR,  /* bring its replicas together with the others'; `order_about` says how */
    ORDER_ALTER,   /* change the schema as `order_about` says */
    ORDER_STOP,    /* SIGTERM: end in good order; any process can */
    ORDER_DRAIN,   /* take no more work and write all down, but live on */
    ORDER_JOIN,    /* become a member of the cluster; until then it stands outside */
    ORDER_REPLACE, /* the same, in the place of a dead member: `order_about` */
    ORDER_LEAVE,   /* hand over what it holds and leave the cluster */
} Order;

/* How jitter_added is drawn: from 0 to it; as deviation of a normal law around 0; as mean. */
typedef enum JitterLaw {
    JITTER_UNIFORM,
    JITTER_NORMAL,
    JITTER_EXPONENTIAL,
    JITTER_PARETO, /* shape 3, from 0 on */
} JitterLaw;

typedef struct Effect {
    bool down;            /* off: power lost, killed, cut */
    bool unsynced_lost;   /* with down: what was not on stable storage at the fall is gone */
    bool caches_cold;     /* with down: starts again with a cold page cache */
    bool paused;          /* frozen: nothing runs, what arrives waits */
    double slowdown;      /* work takes this many times as long (at least 1) */
    double steal_ratio;   /* share of the CPU that other guests take (0 to 1) */
    double loss_ratio;    /* share of packets lost (0 to 1) */
    double load_factor;   /* arrivals come this many times as fast */
    SimSpan delay_added;  /* one way, to each packet */
    SimSpan jitter_added; /* one way, uniform from 0 to this, to each packet */
    JitterLaw jitter_law; /* of links, in place of uniform; of two the later one in the list */
    double link_rate_limit, link_pace; /* bytes a second; 0: as the link can; of two the smaller */
    int64_t link_queue_bytes; /* with link_rate_limit; 0: as long as the link says; likewise */
    int64_t link_burst_bytes; /* likewise */
    SimSpan clock_ahead;      /* wall clock minus true time; may be negative */
    /* The disk: a share of the reads and of the flushes takes so much longer. */
    SimSpan disk_read_added, disk_flush_added;
    SimSpan disk_jitter_added; /* uniform from 0 to this, to those as well */
    double disk_slow_ratio;    /* the share (0 to 1) */
    double disk_filled_ratio;  /* of its space, the share that is in use at least: others' files */
    double disk_rate_limit;    /* bytes a second at most; 0: as the disk can */
    double disk_ops_limit;     /* operations a second at most; 0: as the disk can */
    double shares[EFFECT_SHARES];
    SimSpan spans[EFFECT_SPANS];
    int64_t answer_limit_bytes; /* longer answers break off; 0: none do; of two the smaller one */
    int64_t pool_size;      /* connections that an application's requests share; 0: any number; of
                               two the smaller one */
    double pool_leak_per_s; /* of these, those that requests never give back */
    uint32_t address;       /* host byte order; of two the larger one */
    uint32_t answer_code;   /* HTTP status of spoilt answers; of two the larger one */
    uint64_t about_mark; /* sum over the effects of what they are about: set by effect_set_about */
    const char *about;   /* interned; of one effect only, see component_effect; NULL: everything */
    Order order;         /* of several the one that stands last in the list above */
    const char *order_about; /* whom it is about; NULL: nobody. Outlives the effect */
} Effect;

/* Says what the effect is about. `text` may be NULL. */
void effect_set_about(Effect *effect, const char *text);

/* Whether it changes what becomes of packets and connections: for the network. */
bool effect_is_on_packets(const Effect *effect);

extern const Effect EFFECT_NONE;

/* Both at once: down if either is, products of factors, sums of spans, shares as independent; of
 * two shares of slow disk operations or of filled space the larger one, of two limits the smaller
 * one. */
Effect effect_both(Effect a, Effect b);

/* `share` (0 to 1) of the effect's strength: of what it adds, of its shares, of the way of its
 * factors from 1. What is either on or off stays as it is. */
Effect effect_scale(Effect effect, double share);

/* Whether effect_scale changes it, and it is neither down, paused nor an order: it can come on
 * slowly. */
bool effect_is_gradual(Effect effect);

/* Exact equality of all members. */
bool effect_is_same(Effect a, Effect b);

/* The rows of an effect written out in a scenario: "effect": { "slowdown": 20 }. */
extern const Field effect_fields[];
