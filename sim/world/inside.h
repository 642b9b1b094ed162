/* inside.h - what the files of sim/world share among themselves and nobody else needs: the
 * network's insides, links as structs, and the steps of a call that the network takes. */
#pragma once

#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

static inline Engine *world_head_engine(const World *world)
{
    return ((const struct WorldHead *)world)->engine;
}

static inline Network *world_head_network(const World *world)
{
    return ((const struct WorldHead *)world)->network;
}

/* The laws of this run, of which none stands twice. */
DrawBook *world_laws(World *world);

/* --- component.c ------------------------------------------------------------------------------ */

/* Reasons for a stop that come from outside of the component, as one fold with its own effects:
 * folds and applies again. For heal_all. */
void component_drop_effects(Component *component);

/* At the end of the run: on_stop without a word to peers. */
void component_end(Component *component);

/* --- network_link.c --------------------------------------------------------------------------- */

/* How well a path goes for minutes or hours. */
typedef enum PathState { PATH_CALM, PATH_BUSY, PATH_BAD, PATH_STATES } PathState;

typedef enum LinkJitter { LINK_JITTER_NONE, LINK_JITTER_CALM, LINK_JITTER_STATES } LinkJitter;

/* How likely a packet is lost, as it was worked out for this loss and state. Zeroed: no loss. */
typedef struct LinkChances {
    double loss;
    PathState state;
    double alone;            /* long after the last one */
    double in_burst, beside; /* soon after one that was lost, or was not */
} LinkChances;

#define LOSS_STATES 2

/* Where a loss in bursts stands. */
typedef struct LossState {
    uint64_t fault; /* whose it is */
    SimTime until;  /* with good and bad times: the end of this one */
    bool is_bad, was_lost;
} LossState;

/* What packets leave behind on a link under a fault. */
typedef struct LinkAfterFaults {
    LossState losses[LOSS_STATES];
    SimTime shaped_at, paced_at;
    SimSpan jitter, drawn; /* what was drawn last, and for which law */
    JitterLaw law;
} LinkAfterFaults;

typedef struct Link {
    Component component;
    SimSpan rtt; /* configuration */
    /* what each message meets */
    Rng packets;
    SimSpan one_way; /* derived, as ns_per_byte */
    double loss;     /* configuration, as queue and jitter */
    LinkChances chances;
    SimTime passed_at; /* when the last packet was drawn for */
    double ns_per_byte;
    SimTime free_at; /* when the line has sent what it was given */
    SimSpan queue;
    SimTime state_until;
    PathState state;
    int jitter;
    bool is_in_burst;         /* the packet of passed_at was lost */
    uint64_t messages, bytes; /* measurement */
    /* configuration */
    double asymmetry, rate;
    SimSpan neighbour_timeout;
    /* derived */
    const Site *to;
    /* state */
    Rng states, faults;
    LinkAfterFaults after_faults;
    /* measurement */
    uint64_t lost, cut;
} Link;

/* As passed_at: the next packet is the first one. */
#define LINK_NOT_PASSED (-SIM_HOUR)

/* Quantiles of exp(sigma z) at the middles of equal steps of probability, for all links. */
typedef struct JitterTable JitterTable;
JitterTable *jitter_table_new(void);
void jitter_table_free(JitterTable *table);

#define JITTER_STEPS 512

struct JitterTable {
    double at[PATH_STATES][JITTER_STEPS + 1]; /* quantile at i / JITTER_STEPS, ends unused */
};

/* --- network.c -------------------------------------------------------------------------------- */

typedef struct CallStore CallStore;

struct Network {
    World *world;
    Engine *engine;
    EventOwner owner; /* of retransmissions: one life */
    Pool *flights, *connects;
    JitterTable *jitter;
    Link **links; /* [from * stride + to] */
    guint stride;
    Rng packets; /* of what goes over no link, and of effects on components */
    Rng access;  /* only looked at: what users' access networks lose, by the packet's luck */
    Rng connection_faults;
    CallStore *calls;
    NetworkWatch *watch; /* NULL: nobody */
    void *watch_context;
};

Network *network_new(World *world);
void network_free(Network *network);

void network_put_link(Network *network, Link *link);

typedef enum FlightKind {
    FLIGHT_ONE_WAY, /* a message without a call */
    FLIGHT_REQUEST, /* of a call */
    FLIGHT_ANSWER,  /* of a call */
    FLIGHT_END,     /* a call's end without an answer: RST or FIN; `code` is the Outcome */
} FlightKind;

/* Launches a copy of `message` with `ticket` (NULL: none) over `transport`; what goes back to a
 * caller crosses the access network that the ticket tells. `luck` numbers the message among all
 * that cross access networks, so that its losses do not depend on what others send; 0: nobody's. */
void network_launch(Component *from, Component *to, const Message *message,
                    const CallTicket *ticket, FlightKind kind, Transport transport, uint64_t luck);

/* One packet train. */
typedef struct Train {
    uint32_t size_bytes;
    double access_loss;     /* may be 0 */
    uint64_t luck;          /* the try's own; 0: none */
    SimSpan later;          /* it leaves so long from now */
    const Message *message; /* what it carries; NULL: nothing that is told */
    const Component
        *client; /* opens a connection to `server`, who stands behind one of the ends; */
    const Component *server; /* NULL: it opens none */
    uint32_t connection;     /* this one by the server's number; 0: not known yet */
} Train;

/* One try of a train from one component to another: its delay without access networks, or SIM_NEVER
 * when it is lost or the way is cut. */
SimSpan network_pass(Network *network, const Component *from, const Component *to,
                     const Train *train);

/* Whether the way to `to` loses the connection that this train opens and that has a number by now.
 */
bool network_loses_connection(Network *network, const Component *from, const Component *to,
                              const Train *train);

/* --- network_faults.c: asked only of components that are impaired --- */

/* What becomes of a message that has arrived at a process. */
typedef enum FaultFate { FATE_ARRIVES, FATE_SWALLOWED, FATE_RESET } FaultFate;

/* The answer to a SYN, which would be `answer`; what becomes of a message; whether an answer breaks
 * off before its end. */
ConnectAnswer network_fault_on_syn(Network *network, const Component *to, ConnectAnswer answer);
FaultFate network_fault_on_message(Network *network, const Component *to, const Message *message);
bool network_fault_cuts(const Component *from, const Message *message);

/* --- network.c again --- */

/* Whether there is a way at all, up or down. */
bool network_has_way(const Network *network, const Component *from, const Component *to);

/* Whether the kernel under `component` is gone or gives no sign; what runs on no host takes its
 * kernel along. */
bool network_is_dark(const Component *component);

/* --- network_connect.c ------------------------------------------------------------------------ */

Pool *connect_pool_new(void);

/* --- call.c ----------------------------------------------------------------------------------- */

CallStore *call_store_new(void);
void call_store_free(CallStore *store);

/* A request came to `callee`, which owes the answer from now on. */
void call_arrived(const CallTicket *ticket, Component *callee);

/* The caller hears: an answer, or how else it ended. Late ones are counted. */
void call_answered(const CallTicket *ticket, const Message *answer);
void call_ended(const CallTicket *ticket, Outcome outcome);

/* The same as an event of the caller, now. */
void call_end_soon(const CallTicket *ticket, Outcome outcome);

/* Whether its caller waits for more than `span` from now. */
bool call_waits_beyond(const CallTicket *ticket, SimSpan span);
