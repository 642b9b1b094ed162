/* wildfly_parts.h - what the parts of the WildFly model share. */
#pragma once

#include "models/app/own_statement.h"
#include "sim/base/pool.h"
#include "sim/world/ledger.h"

/* What the server is doing as a whole. */
typedef enum ServerState {
    SERVER_BOOTING,   /* the JVM starts: the port is closed */
    SERVER_DEPLOYING, /* the port is open, every request is answered 503 */
    SERVER_RUNNING,
} ServerState;

typedef enum TaskStage { TASK_QUEUED, TASK_FIRST_CPU, TASK_STATEMENTS, TASK_LAST_CPU } TaskStage;

typedef struct Wildfly Wildfly;

/* One request from the queue to its answer; it holds a thread all the time but in the queue. */
typedef struct Task {
    struct Task *next;
    Wildfly *server;
    Message request;
    SimSpan cpu_left;
    uint32_t statements_left;
    uint32_t code;
    int64_t version;  /* of its datum; -1: not asked for yet */
    int64_t base;     /* that its first statement found */
    bool is_refused;  /* a CAS whose datum had changed */
    bool is_read;     /* a CAS or an update: the datum was read and is still to be written */
    bool is_spoilt;   /* a fault decides how it ends */
    uint32_t life;    /* of the pool that it has a connection of; 0: it has none */
    EventId gives_up; /* waiting for one */
    TaskStage stage;
    Rng draws; /* its own: what it costs does not depend on where and after whom it is served */
} Task;

struct Wildfly {
    Component component; /* first */
    /* configuration */
    int64_t task_max_threads, boot_threads;
    Draw cpu, boot, deploy, pools, statements;
    double cold_boot_factor, cpu_before;
    SimSpan health_cpu, jit_cpu, warm_block, warm_span;
    double warm_factor;
    int64_t warm_requests, keys, batch_statements, read_answer_size, write_answer_size, port;
    DriverSettings driver_settings;
    char *store_kind;
    OwnColumn column;
    /* measurement */
    uint64_t requests, health_requests, heads, refused_booting, errors_500, answers_spoilt,
        statements_sent;
    Gauge threads_busy, queue;
    Ledger ledger;
    DriverStats driver_stats;
    /* state */
    Rng request_rng, nobody_rng, boot_rng, fault_rng;
    Driver *driver;
    Pool *tasks;
    Task *queue_first, *queue_last;
    uint32_t busy, queued;
    Task *dry_first, *dry_last; /* they have a thread and wait for a connection */
    uint32_t pool_life;         /* 0: no fault limits connections */
    uint32_t pool_lives;        /* so far */
    uint32_t borrowed, leaked;  /* connections */
    SimTime next_leak;          /* not before, by the next request that ends */
    ServerState state;
    bool is_storeless;
    uint32_t boot_jobs;
    SimTime warm_since; /* first request of this process; SIM_NEVER before it; warm when 0 */
    uint64_t warm_served;
    bool is_warming;
};

/* What a request draws: the same for each try of a user's, wherever it is served; one after the
 * other for requests that belong to nobody. */
static inline Rng wildfly_draws(Wildfly *server, const Message *request)
{
    uint64_t number = request->request != 0 ? message_luck(request) : rng_next(&server->nobody_rng);

    return rng_of_one(&server->request_rng, number);
}

/* --- wildfly_predict.c --- */

/* on_predict of the kind. */
void wildfly_predict(const Component *self, Predictions *predictions);

/* --- wildfly_faults.c --- */

/* Whether a fault spoils this request, which then has its code and nothing else to do. */
bool wildfly_spoil(Wildfly *server, Task *task);

/* Whether a fault lets the server close the connection in place of the answer. */
bool wildfly_aborts(Wildfly *server);

/* Counts and tells an answer that a fault spoilt. */
void wildfly_tell_spoilt(Wildfly *server);

/* --- wildfly_pool.c --- */

/* Takes a connection for the request, if a fault says that it needs one. False: there is none; the
 * request waits with its thread and goes on, or fails, by itself. */
bool wildfly_borrow(Wildfly *server, Task *task);

/* The request has ended: its connection goes back, or leaks. */
void wildfly_give_back(Wildfly *server, Task *task);

/* A fault came or went; the condition is the new one. */
void wildfly_pool_changed(Wildfly *server, const Effect *before);

/* The process is gone, or starts: with all its connections. */
void wildfly_pool_reset(Wildfly *server);

/* --- wildfly.c --- */

/* The next stage of a request. */
void wildfly_advance(Task *task);

/* An error page: it costs what a health page does. */
void wildfly_fail(Task *task, uint32_t code);

/* --- wildfly_faults.c --- */

/* A request that has all it needs begins its work. */
void wildfly_go_on(Task *task);

/* Threads that no fault holds: at least one. */
uint32_t wildfly_threads(const Wildfly *server);
