/* httpd_parts.h - what the parts of the httpd model share. */
#pragma once

#include "models/web/balancer.h"
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/world.h"

typedef struct Httpd Httpd;

/* How a health check asks. */
typedef enum CheckMethod {
    CHECK_NONE,
    CHECK_TCP,
    CHECK_OPTIONS,
    CHECK_HEAD,
    CHECK_GET,
    CHECK_CPING,
    CHECK_OPTIONS_11,
    CHECK_HEAD_11,
    CHECK_GET_11,
} CheckMethod;

enum { MEMBERS_SITE, MEMBERS_OWN_NODE, MEMBERS_EVERYWHERE };
enum { SCHEME_HTTP, SCHEME_AJP };

/* What one process keeps open to one member. */
typedef struct Link {
    uint32_t idle;             /* connections that nobody uses */
    uint32_t peer_incarnation; /* life of the peer that they lead to, and of its host */
    uint32_t host_life;
} Link;

/* One child of the event MPM. */
typedef struct Process {
    struct Work *queue_first, *queue_last; /* on its connections, without a worker */
    Link *links;                           /* in step with the balancer's members */
    SimTime started;
    uint32_t busy, queued;
    uint32_t open, kept; /* its connections, and those that wait for another request */
    bool is_alive;
    bool is_leaving; /* accepts nothing more, and ends when its workers are idle */
} Process;

/* One member, in step with the balancer's members. */
typedef struct Backend {
    Httpd *httpd;
    Component *peer;
    uint32_t index;
    struct Work *waiting; /* for one of `max` connections, in order */
    uint32_t in_use;
    struct Backend *next; /* that waits for its check */
} Backend;

typedef enum WorkStage {
    WORK_QUEUED,
    WORK_PARSING,
    WORK_CHOOSING,
    WORK_ACQUIRING,
    WORK_CONNECTING,
    WORK_ASKED,
} WorkStage;

#define WORK_BUSY 8

/* One request on its way through: from its arrival to the answer. */
typedef struct Work {
    struct Work *next; /* in the queue */
    Httpd *httpd;
    Message request;
    uint32_t attempts; /* members tried */
    uint32_t member;
    uint32_t process;
    uint32_t waits;                /* looks for a usable member so far */
    uint16_t busy_with[WORK_BUSY]; /* members that count it as under way until its end */
    uint8_t busy_count;
    uint32_t connection; /* number of the client's; 0: one that nobody counts */
    WorkStage stage;
    bool is_pooled;  /* on a backend connection that was used before */
    bool is_pinged;  /* that the member is there */
    bool is_renewed; /* on a second connection to the member because a ping failed on the first */
    bool is_holding; /* one of the member's `max` connections */
    EventId timer;
} Work;

/* Where a client's connection is. The first ones are in a list, in order of `until`. */
typedef enum SlotState {
    SLOT_QUEUED, /* in the kernel's queue, not accepted */
    SLOT_FRESH,  /* accepted, no request yet; closed at `until` */
    SLOT_KEPT,   /* between two requests; closed at `until` */
    SLOT_LISTS,
    SLOT_BUSY = SLOT_LISTS, /* a request waits for a worker or has one */
    SLOT_FREE,
} SlotState;

/* One connection of a client. Its number is its index with a generation above. */
typedef struct Slot {
    uint32_t next, before; /* in the list of its state, or among the free ones; 0: none */
    uint32_t generation;
    uint32_t served;  /* requests */
    uint32_t process; /* that accepted it */
    SlotState state;
    bool is_gone; /* its client closed it */
    float access_loss;
    SimTime until;
    SimSpan access_delay, client_keeps;
    Work *work; /* that came while it was in the kernel's queue */
    Component *client;
    uint64_t session;
} Slot;

typedef struct SlotList {
    uint32_t first, last, count;
} SlotList;

#define HTTPD_FAIL_CODES 8
#define HTTPD_CODES 600

struct Httpd {
    Component component; /* first */
    /* configuration: directives and worker parameters by httpd's own names */
    int64_t max_request_workers, listen_backlog, keep_alive_requests, port, max_attempts;
    int64_t server_limit, threads_per_child, start_servers, min_spare_threads, max_spare_threads;
    double async_factor;
    SimSpan worker_wait, ping, acquire;
    int64_t max, hc_threads;
    const cJSON *member_settings;
    char *sticky_session, *hc_expr;
    int scheme;
    bool no_failover;
    int64_t start_after_checks;
    SimSpan connection_timeout, proxy_timeout, retry, hc_interval, keep_alive_timeout,
        request_read_timeout;
    int64_t hc_passes, hc_fails;
    int method, hc_method, members;
    bool fail_on_timeout, force_recovery;
    SimSpan proxy_cpu, tls_full_cpu, tls_resumed_cpu;
    char *backend_kind, **fail_on_status;
    /* measurement */
    uint64_t requests, answers_ok, answers_500, answers_502, answers_503, answers_504, answers_5xx,
        failovers, connections_cut, connections_closed_early, syns_dropped, checks_failed;
    uint64_t processes_started, handshakes_full, handshakes_resumed;
    Gauge processes_alive, workers_busy, waiting, connections, connections_waiting;
    Ledger ledger;
    /* state */
    Rng check_rng, choice_rng, fault_rng;
    bool hc_codes[HTTPD_CODES]; /* statuses that pass a check */
    BalancerMember *initial;    /* as configured */
    Backend *checks_first;      /* that wait for a thread */
    uint32_t checks_running;
    SimTime check_pause_until;
    uint32_t fail_codes[HTTPD_FAIL_CODES], fail_codes_count;
    Balancer balancer;
    Backend *backends;
    Backend *held_for;                /* whose answer the start waits for */
    bool is_held;                     /* the unit is not started yet */
    uint32_t held_looks, held_passes; /* in this start; in a row */
    Pool *works;
    Process *processes; /* as many as there may be */
    uint32_t process_room, spawn_rate, busy, queued;
    uint32_t check_process; /* whose watchdog checks the members */
    Rng accept_rng;
    int64_t async_factor_16; /* sixteenths, as event.c counts */
    Slot *slots;             /* from 1 */
    uint32_t slots_count, slots_room, slots_free;
    SlotList lists[SLOT_LISTS];
    uint32_t open; /* accepted connections */
    EventId expiry;
};

/* Longest connect to a member. */
static inline SimSpan httpd_connection_timeout(const Httpd *httpd)
{
    return httpd->connection_timeout > 0 ? httpd->connection_timeout : httpd->proxy_timeout;
}

static inline Process *httpd_process(const Httpd *httpd, uint32_t index)
{
    return &httpd->processes[index];
}

static inline bool process_has_worker(const Httpd *httpd, const Process *process)
{
    return process->busy < (uint32_t)httpd->threads_per_child;
}

/* --- httpd_hold.c: a start that waits for the application server --- */

/* Whether the start must wait; then the processes and the checks start when it may. */
bool httpd_hold(Httpd *httpd);

/* --- httpd_mpm.c: processes --- */

/* As the directives say, with a warning where httpd changes them. */
void mpm_read(Httpd *httpd, DiagList *diags);

/* The parent starts its children; the parent and all of them are gone. */
void mpm_start(Httpd *httpd);
void mpm_stop(Httpd *httpd);
void mpm_free(Httpd *httpd);

/* A process that takes another connection now, drawn from all that do; -1: none does. */
int mpm_accepting_process(Httpd *httpd);

/* Whether no process has an idle worker. */
bool mpm_is_busy(const Httpd *httpd);

/* A process has become idler: one that leaves may end. */
void mpm_process_idler(Httpd *httpd, Process *process);

/* --- httpd_workers.c: workers and who waits for them --- */

/* Its connection is accepted: it takes a worker, or waits for one. */
void work_begin(Work *work);

/* It is over: its worker takes the next request that waits, or is idle. */
void work_free(Work *work, bool is_kept);

/* --- httpd_work.c: the life of a request --- */

/* It has a worker, which reads it. */
void work_parse(Work *work);

/* One came in, over whatever connection. */
void work_arrive(Httpd *httpd, const Message *message);

/* Its client closed the connection before it was accepted. */
void work_forget(Work *work);

/* --- httpd_connections.c: the connections of clients --- */

/* A SYN: accepted, left in the kernel's queue, or dropped when that is full. */
ConnectAnswer httpd_connect(Component *self, uint32_t *connection);

/* A request came over one. False when it was closed before. */
bool connection_ask(Httpd *httpd, Work *work);

/* Whether the answer leaves the connection open: it was not the last of MaxKeepAliveRequests, and
 * nobody waits for its worker. */
bool connection_keeps(const Httpd *httpd, const Work *work);

/* The answer has left. */
void connection_answered(Httpd *httpd, const Work *work, bool is_kept);

/* The client closed one. */
void connection_closed(Httpd *httpd, uint32_t number);

/* Room may have become free: accepts what waits. */
void connections_accept(Httpd *httpd);

/* A process had no idle worker for a request, or leaves: its idle connections are closed, to go to
 * another process. */
void connections_close_kept(Httpd *httpd, Process *process);

/* Closes a share of those that are idle between two requests, and tells their clients. */
void connections_drop(Httpd *httpd, double share, Rng *rng);

/* Closes what is idle for too long: clients count the same time. */
void connections_expire(Httpd *httpd);

/* The process ended. */
void connections_clear(Httpd *httpd);

/* --- httpd_members.c --- */

/* Finds the members and reads what is configured of them. */
void httpd_read_members(Httpd *httpd, DiagList *diags);

/* --- httpd_check.c --- */

/* The process that checked ended: another one goes on when it notices. */
void httpd_check_hand_over(Httpd *httpd, uint32_t process);

/* Starts the health checks of all members; called at each start. */
void httpd_check_start(Httpd *httpd);

/* Tells what became of a member: "httpd.member-error", "httpd.member-out", "httpd.member-back". */
void httpd_note_member(Httpd *httpd, const char *event, uint32_t index);

/* --- httpd_predict.c --- */

/* on_predict of the kind. */
void httpd_predict(const Component *self, Predictions *predictions);

/* --- httpd_faults.c --- */

/* The condition changed from `before`. */
void httpd_suffer(Httpd *httpd, const Effect *before);

/* Whether a fault has bound this session to a route that leads to nobody. */
bool httpd_is_session_lost(const Httpd *httpd, uint64_t session);
