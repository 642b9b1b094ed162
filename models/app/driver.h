/* driver.h - the Cassandra driver inside an application server: plans which coordinators a
 * statement may ask, sends it over a connection with a free place, and tries again where that is
 * allowed. Source: DataStax Java driver 3.x: DCAwareRoundRobinPolicy, TokenAwarePolicy,
 * DefaultRetryPolicy, ExponentialReconnectionPolicy, ConstantReconnectionPolicy, PoolingOptions,
 * heartbeats, ConstantSpeculativeExecutionPolicy, ControlConnection; 4.x:
 * DefaultLoadBalancingPolicy, reference.conf. Left out: that a failed heartbeat ends what is under
 * way on its connection (it ends by its own timeout), pools that grow (one connection a host is
 * what both lines ship), and the cluster's DOWN, which both lines ignore while a connection is
 * open: here one is open as long as a host is believed up. */
#pragma once

#include "sim/world/call.h"
#include "sim/world/world.h"

/* How the driver is configured: part of the application server's own table. */
typedef struct DriverSettings {
    int version; /* index into the names of `version` */
    SimSpan read_timeout, request_timeout, connect_timeout, heartbeat, heartbeat_timeout;
    int reconnection_policy;
    SimSpan reconnect_first, reconnect_most;
    double reconnect_jitter;
    int load_balancing, replica_ordering;
    bool slow_replica_avoidance;
    int64_t remote_hosts; /* of each other data centre */
    bool remote_for_local;
    int64_t requests_per_connection, requests_per_remote; /* in flight, on the one connection */
    int64_t queue_most;
    SimSpan pool_timeout;
    bool cluster_events;
    int64_t next_hosts; /* other coordinators that are tried when one fails */
    int retry_policy;
    bool retry_writes; /* statements may be repeated although they may have been done */
    SimSpan speculative_delay;
    int64_t speculative_executions; /* beside the first; 0: never */
    int read_consistency, write_consistency, serial_consistency;
    int timestamp_generator; /* who stamps writes */
} DriverSettings;

extern const Field driver_fields[];

/* Gives what `given` (may be NULL) does not name the defaults of the version (driver_fields.c). */
void driver_apply_version(DriverSettings *settings, const cJSON *given);

/* What it measures: part of the application server's own measurements. */
typedef struct DriverStats {
    uint64_t retries;       /* statements repeated on another coordinator */
    uint64_t same_host;     /* statements repeated on the same coordinator */
    uint64_t extra;         /* executions begun because the earlier ones were slow */
    uint64_t reconnections; /* connections tried to coordinators believed down */
    uint64_t not_replicas;  /* statements whose first coordinator holds no copy, with a token map */
    uint64_t waited;        /* executions that waited for a place on a connection */
    uint64_t reads, writes; /* plain ones that were done, or refused for want of replicas */
    uint64_t reads_unavailable, writes_unavailable; /* of them, those refused */
    Gauge hosts_down;                               /* coordinators believed down */
} DriverStats;

/* The rows of the owner's measurements. */
#define DRIVER_COUNTER(S, text, member, help)                                                      \
    {                                                                                              \
        text, METRIC_TYPE_COUNTER, METRIC_AT(S, member, uint64_t), "1", help                       \
    }
/* clang-format off */
#define DRIVER_METRICS(S, stats)                                                                   \
    DRIVER_COUNTER(S, "statements_retried", stats.retries,                                         \
                   "Statements repeated on another coordinator"),                                  \
    DRIVER_COUNTER(S, "statements_repeated", stats.same_host,                                      \
                   "Statements repeated on the same coordinator"),                                 \
    DRIVER_COUNTER(S, "statements_speculated", stats.extra,                                        \
                   "Statements sent to one more coordinator because the answer was late"),         \
    DRIVER_COUNTER(S, "statements_astray", stats.not_replicas,                                     \
                   "Statements of a token-aware driver that believes no replica of its site up"),  \
    DRIVER_COUNTER(S, "statements_held", stats.waited,                                             \
                   "Statements that waited for a place on a connection"),                          \
    DRIVER_COUNTER(S, "store_reads", stats.reads,                                                  \
                   "Plain reads that were done or ended as Unavailable"),                          \
    DRIVER_COUNTER(S, "store_reads_unavailable", stats.reads_unavailable,                          \
                   "Of them, those for which too few replicas lived"),                             \
    DRIVER_COUNTER(S, "store_writes", stats.writes,                                                \
                   "Writes that were done or ended as Unavailable; neither LWT nor counters nor "  \
                   "batches"),                                                                     \
    DRIVER_COUNTER(S, "store_writes_unavailable", stats.writes_unavailable,                        \
                   "Of them, those for which too few replicas lived"),                             \
    DRIVER_COUNTER(S, "reconnections", stats.reconnections,                                        \
                   "Connections tried to coordinators believed down"),                             \
    {"coordinators_down", METRIC_TYPE_GAUGE, METRIC_AT(S, stats.hosts_down, Gauge), "1",           \
     "Coordinators that the driver believes down"}
/* clang-format on */

typedef struct Driver Driver;

/* What a statement came to: `code` is STORE_OK, or why not; `reply` is NULL unless a coordinator
 * answered. */
typedef void DriverDone(Component *self, void *context, uint32_t code, const Message *reply);

/* The kind of store of an application without a database. */
#define DRIVER_NO_STORE "none"

/* The driver of `owner` over the components of `kind` in its site, and in others when settings ask
 * for them; none in its site is reported, unless the kind is DRIVER_NO_STORE.
 * `settings` and `stats` are the owner's. */
Driver *driver_new(Component *owner, const char *kind, const DriverSettings *settings,
                   DriverStats *stats, DiagList *diags);
void driver_free(Driver *driver);

/* A process that starts knows nothing bad of anybody. */
void driver_reset(Driver *driver);

/* The owner was sent a MESSAGE_NOTICE: a coordinator tells what became of another. */
void driver_notice(Driver *driver, const Message *notice);

/* One statement. */
typedef struct DriverStatement {
    uint64_t key, request;
    uint64_t expected;  /* of a CAS: the version that the row must still have */
    uint32_t flags;     /* of the message: STORE_DELETE ... */
    uint32_t count;     /* of a batch: data that it writes, from `key` on */
    const char *column; /* that it names, interned; NULL: none */
    bool is_write;
} DriverStatement;

/* Runs one statement; `done` is called exactly once unless the owner stops first. */
void driver_execute(Driver *driver, const DriverStatement *what, DriverDone *done, void *context);
