/* driver_inside.h - what the rooms of the driver share. Private to driver*.c. */
#pragma once

#include "models/app/driver.h"
#include "sim/base/pool.h"
#include "sim/world/token_map.h"

#define WORD_NODES 64     /* coordinators in a word of a set of them */
#define EXECUTIONS_MOST 4 /* the first and speculative ones */
#define REPLICAS_MOST 8   /* of one datum in one site that a plan begins with */

/* Index into the names of the fields. */
enum { VERSION_REDUCED, VERSION_3, VERSION_4 };
enum { BALANCE_ROUND_ROBIN, BALANCE_TOKEN_AWARE, BALANCE_DEFAULT };
enum { ORDERING_RANDOM, ORDERING_TOPOLOGICAL };
enum { RECONNECT_EXPONENTIAL, RECONNECT_CONSTANT };
enum { RETRY_DEFAULT, RETRY_FALLTHROUGH };
enum { SERIAL_EVERYWHERE, SERIAL_LOCAL };
enum { STAMP_BY_COORDINATOR, STAMP_BY_DRIVER };

typedef struct Statement Statement;
typedef struct Execution Execution;

/* One coordinator as this driver sees it. */
typedef struct Node {
    Driver *driver;
    Component *peer;
    uint32_t index;
    bool is_remote;
    bool is_down;
    bool is_doubted;      /* a heartbeat will tell */
    bool is_reconnecting; /* a connection is being tried now */
    SimTime heard_at;     /* its last answer */
    SimTime heard_before; /* the one before it */
    SimTime up_since;     /* when it was last believed up anew; 0: always was */
    SimSpan wait;         /* before the next try to reconnect */
    EventId reconnection; /* the next try, EVENT_NONE: none is planned */
    uint32_t life;        /* of its connection */
    uint32_t in_flight;   /* on it, those whose answer nobody waits for any more included */
    Execution *waiting_first, *waiting_last; /* for a place on it */
    uint32_t waiting;
} Node;

/* One of the courses of a statement: it asks one coordinator after another. */
struct Execution {
    Statement *statement;
    Node *node;     /* NULL: it has ended */
    uint32_t life;  /* of the connection that it was sent on */
    bool is_queued; /* for a place on it */
    Execution *queue_before, *queue_after;
    EventId gives_up; /* waiting */
    bool was_unavailable, was_repeated;
};

/* One statement on its way. It has ended when its owner was told; it is given back when its last
 * execution has ended too. */
struct Statement {
    Driver *driver;
    Statement *before, *after; /* among those that may get one more execution, by `due` */
    SimTime due;
    Statement *late_before, *late_after; /* among those with a deadline, by `deadline` */
    SimTime deadline;
    DriverStatement what;
    int64_t version;  /* its stamp; 0: the coordinator's */
    DriverDone *done; /* NULL: the owner was told */
    void *context;
    uint32_t start;  /* where its round begins among those alive */
    uint32_t others; /* coordinators tried after the first */
    uint32_t begun, under_way;
    bool is_due, has_deadline;
    uint32_t replicas[REPLICAS_MOST]; /* asked before all others */
    uint8_t replica_count;
    Execution executions[EXECUTIONS_MOST];
    uint64_t tried[]; /* bit i: node i was asked */
};

struct Driver {
    Component *owner;
    const DriverSettings *settings;
    DriverStats *stats;
    Node *nodes, **alive;
    uint32_t count, alive_count, next; /* `count`: remote ones included, which stand last */
    uint32_t local_count;
    uint32_t words;   /* of a set of nodes */
    uint32_t writer;  /* rank of the owner among its kind: part of its stamps */
    int64_t clock_us; /* the stamp given last */
    Pool *statements;
    Statement *due_first, *due_last;
    bool is_watching; /* an event will look at `due_first` */
    Statement *late_first, *late_last;
    bool is_waiting; /* an event will look at `late_first` */
    const TokenMap *tokens;
    Rng rng;
    Node *control;     /* that its control connection leads to; NULL: none */
    uint64_t *came_up; /* bit i: an event said so of node i and is not looked at yet */
    uint32_t events;   /* of them */
    EventId settled;   /* when they are looked at */
};

/* --- driver_plan.c: whom a statement asks --- */

/* Begins the statement's plan. */
void plan_begin(Statement *statement);

/* The next of it that is believed up and was not asked; NULL when all were. */
Node *plan_next(Statement *statement);

/* --- driver_nodes.c: what the driver believes of coordinators --- */

void nodes_list_alive(Driver *driver);
void node_mark_down(Node *node);

/* A statement got no answer in time: a heartbeat will tell. */
void node_doubt(Node *node);

/* Something came from it. */
void node_heard(Node *node);

/* Connects to a coordinator that tells what becomes of the others, if settings want that. */
void nodes_choose_control(Driver *driver);
void nodes_reset(Driver *driver);

/* --- driver.c --- */

/* Sends what `execution` asks to its node; the connection has a place. */
void execution_send(Execution *execution);

/* No place came free in time: the next coordinator. */
void execution_skip(Execution *execution);

/* --- driver_pool.c: places on connections --- */

/* True: it may be sent now, and has a place. False: it waits, or goes on elsewhere. */
bool pool_enter(Execution *execution);

/* Its answer has come, or never will. */
void pool_leave(Execution *execution, Node *node);

/* Nobody waits for it any more: it leaves the queue. True when it was in one. */
bool pool_forget(Execution *execution);
