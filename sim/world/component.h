/* component.h - a thing in the world, and its kind: one constant struct that holds name, fields,
 * metrics and hooks. A new model is one new file with one `const Kind`; the generated list of kinds
 * finds it. */
#pragma once

#include <glib.h>

#include "sim/config/field.h"
#include "sim/engine/engine.h"
#include "sim/world/effect.h"
#include "sim/world/ledger.h"
#include "sim/world/metric.h"

typedef struct World World;
typedef struct Predictions Predictions;
typedef struct Host Host;
typedef struct Component Component;
typedef struct Message Message;
typedef struct History History;

/* A place that components stand at. The index is its rank in the order of declaration. */
typedef enum SiteType {
    SITE_DC,      /* a data centre of ours */
    SITE_REGION,  /* a region where clients and their resolvers are */
    SITE_CHECKER, /* a region from which health checkers probe */
} SiteType;

typedef struct Site {
    const char *name; /* "DC03", "Europe central", "eu-west-1" */
    SiteType type;
    uint32_t index;
    bool is_live;            /* of a data centre: takes traffic in normal times (not a backup) */
    const char *city;        /* "Nuremberg"; NULL when not a city */
    const char *country;     /* ISO 3166-1 alpha-2, or NULL */
    const char *continent;   /* AF AN AS EU NA OC SA, or NULL */
    const char *subdivision; /* second part of ISO 3166-2: "NY" of the US; or NULL */
    SimSpan lan_one_way;     /* between two hosts of this site */
} Site;

/* How components of a kind come into a world. */
typedef enum KindScope {
    KIND_ON_NODE,    /* on each node whose group names the kind in "runs" */
    KIND_ONE,        /* one, when the scenario's "system" has the kind's section */
    KIND_PER_REGION, /* one for each client region in use */
    KIND_PER_LOAD,   /* one for each entry of "load" and each region of it */
    KIND_PART,       /* made by the world or by another kind's on_make */
} KindScope;

/* What the kernel and a listening process answer to a SYN. */
typedef enum ConnectAnswer { CONNECT_ACCEPT, CONNECT_REFUSE, CONNECT_DROP } ConnectAnswer;

/* An event that components of a kind tell history: what "must-happen" and "when" may name. */
typedef struct NoteDef {
    const char *name, *help; /* "route53.health-changed" */
    const char *labels[2];   /* of its own, besides those of the component; NULL: none */
    const char *values[2];   /* what a label may be: words separated by '|', "dc" for the name of a
                                data centre, or NULL for anything */
} NoteDef;
#define NOTE_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }

typedef struct ViewDef ViewDef;

/* An order that the scenario will give to a component. */
typedef struct PlannedOrder {
    Order order;
    const char *about;  /* as in Effect */
    SimTime at;         /* scenario time; SIM_NEVER: when its condition comes true */
    const cJSON *place; /* the action, for messages */
    SimSpan lasts;      /* of the action; 0: not given */
} PlannedOrder;

typedef struct Kind {
    const char *name, *help;
    const char *leaves_out; /* what the model leaves out, and why that does not change the answers
                               it is used for */
    size_t size;            /* of a struct whose first member is Component */
    KindScope scope;
    const Field *fields;         /* configuration; may be NULL */
    const MetricDef *metrics;    /* measurements; may be NULL */
    const NoteDef *notes;        /* events it tells history; may be NULL */
    const struct LintDef *lints; /* what it warns of before a run (lint.h); may be NULL */
    const LedgerDef *ledgers;    /* stations that the laws of queues are held at; may be NULL */
    const ViewDef *views;        /* what it shows to its operators (view.h); may be NULL */
    /* Set-up, in this order, each once, over all components in order of id; then on_start at time
     * 0. */
    void (*on_make)(Component *self, World *world,
                    DiagList *diags); /* fields are filled: add parts to the world */
    /* Once for each order that the scenario will give it, before on_wire: reports what cannot be.
     * Needed where `orders` has more than ORDER_STOP. */
    void (*on_plan)(Component *self, const PlannedOrder *order, DiagList *diags);
    void (*on_wire)(Component *self, World *world,
                    DiagList *diags); /* all components exist: find peers, open streams */
    /* Life. A stopped component hears nothing; its pending events are void and its calls are ended
     * by the world. */
    void (*on_start)(Component *self); /* at birth and at each restart */
    void (*on_stop)(Component *self,
                    const Effect *why); /* crash or end of run: gives back what does not survive */
    void (*on_message)(Component *self,
                       const Message *message); /* valid until it returns; copy what is kept */
    void (*on_condition)(Component *self,
                         const Effect *before); /* condition changed, but not down */
    /* It is told to do something, while it is up. Without it ORDER_STOP ends the process at once.
     */
    void (*on_order)(Component *self, Order order, const char *about);
    guint orders; /* 1 << Order for each that it understands besides ORDER_STOP */
    /* A SYN arrived, NULL: accept; also while the process is frozen, for its kernel. One that keeps
     * account of its connections numbers them, from 1. */
    ConnectAnswer (*on_connect)(Component *self, uint32_t *connection);
    /* Why an effect that names something cannot be put on it, to be told before the run; NULL: it
     * can. Caller frees. May be NULL. */
    char *(*on_refuse)(const Component *self, const Effect *effect);
    void (*on_judge)(Component *self); /* after the last event: hand to history what is true now */
    /* Of a wired world that is not run: what closed forms say of its measurements; see
     * sim/theory/prediction.h. */
    void (*on_predict)(const Component *self, Predictions *predictions);
    void (*on_free)(Component *self); /* frees what survived stops; fields and histograms are freed
                                      by the world */
} Kind;

/* What each message meets stands in the first two cache lines (a component begins at one). */
struct Component {
    EventOwner owner; /* first: events happen to a component; owner.id is the rank in the world */
    EventOwner door;  /* what arrives from the network happens to the door, which has one life only:
                         the kernel answers for a process that is gone */
    const Kind *kind;
    Site *site;
    Host *host; /* NULL for what runs on no VPS of ours (clients, resolvers, Route 53, links) */
    World *world;
    uint32_t site_rank; /* index of its site; UINT32_MAX: it has none */
    bool is_up;         /* started and not stopped */
    bool is_impaired;   /* the condition cuts off, loses or delays packets: for network.c */
    bool is_slowed;     /* the condition slows work down: for host.c */
    struct CallQueue *calls_out; /* for call.c: calls it waits for */
    struct Call *calls_in;       /* for call.c: calls it owes an answer to */
    /* What every component measures, as component_metrics names it. */
    uint64_t messages_in, messages_out;
    uint64_t calls_ok, calls_failed, calls_timed_out, calls_refused, calls_unreachable;
    uint64_t answers_late; /* came when it waited no longer: wasted work of the callee */
    Effect condition; /* fold of the effects on it and of its host's power, pause and network */
    GArray *effects;  /* of EffectEntry, in order of begin */
    const char *name; /* "wildfly@DC01-app1" */
    const char *role; /* node group, "db" or "app"; or the kind's name */
    const cJSON *settings; /* the section it was read from, or NULL */
    uint64_t starts;       /* lives so far */
    uint32_t forgets;      /* how often it lost its connections without a word */
    Gauge down, impaired;  /* 1 while down; 1 while up under any effect */
};

/* The effect number `index` that is on it now, in order of begin, or NULL; `fault` (may be NULL) is
 * set to its number. For what a fold cannot say: `about`. */
const Effect *component_effect(const Component *component, guint index, uint64_t *fault);

/* Whether any effect is on it. */
static inline bool component_is_affected(const Component *component)
{
    return component->effects != NULL && component->effects->len > 0;
}

/* Which life its connections belong to: a new one with each start, and after it forgot them. */
static inline uint32_t component_life(const Component *component)
{
    return component->owner.incarnation + component->forgets;
}

/* The measurements that all kinds share, unless a kind has one of the same name; offsets from the
 * Component. */
extern const MetricDef component_metrics[];

/* What is counted but not sampled: a row for each component and second of what kinds tell better
 * themselves. */
extern const MetricDef component_totals[];

/* Set in the number of what is no fault but happens by itself (a host that freezes, a collection of
 * garbage): healing leaves it. */
#define EFFECT_OF_WORLD ((uint64_t)1 << 62)

/* Adds `effect` under `fault`, a number unique to one application of one fault, folds and applies
 * the new condition. True when the condition changed: the fault bit. */
bool component_add_effect(Component *component, uint64_t fault, Effect effect);

/* Puts `effect` in the place of the one that is on it under `fault`: a fault that grows. Harmless
 * when there is none. */
void component_change_effect(Component *component, uint64_t fault, Effect effect);

/* Takes the effect of `fault` away; harmless when there is none. True when the condition changed.
 */
bool component_remove_effect(Component *component, uint64_t fault);

/* Starts or stops it now, as its supervisor, host or maintenance does. Stopping one that is down
 * does nothing. */
void component_start(Component *component);
void component_stop(Component *component, const Effect *why);

/* The VPS that it is or runs on ("DC01-app1"), or NULL; and its name without the kind. */
const char *component_node(const Component *component);
const char *component_place(const Component *component);

/* Its clock on the wall, in nanoseconds since the run began: true time plus the host's offset and
 * faults. */
SimTime component_wall_clock(const Component *component);

static inline uint32_t component_id(const Component *component)
{
    return component->owner.id;
}
