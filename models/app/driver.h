/* driver.h - the Cassandra driver inside an application server: picks a coordinator of its own
 * site, round robin over those it believes alive, and tries another when one cannot be reached.
 * Source: DataStax Java driver 3.x: DCAwareRoundRobinPolicy, DefaultRetryPolicy,
 * ExponentialReconnectionPolicy, heartbeats, ConstantSpeculativeExecutionPolicy. Left out: token
 * awareness (costs one more hop inside the site), the cluster's events (DOWN is ignored while a
 * connection is open, UP would end a long wait for the next reconnection), and that a failed
 * heartbeat ends what is under way on its connection (it ends by its own timeout). */
#pragma once

#include "sim/world/call.h"
#include "sim/world/world.h"

/* How the driver is configured: part of the application server's own table. */
typedef struct DriverSettings {
    SimSpan read_timeout, connect_timeout, heartbeat, reconnect_first, reconnect_most;
    int64_t next_hosts; /* other coordinators that are tried when one fails */
    bool retry_writes;  /* statements may be repeated although they may have been done */
    SimSpan speculative_delay;
    int64_t speculative_executions; /* beside the first; 0: never */
    int read_consistency, write_consistency, serial_consistency;
    int timestamp_generator; /* who stamps writes */
} DriverSettings;

extern const Field driver_fields[];

/* What it measures: part of the application server's own measurements. */
typedef struct DriverStats {
    uint64_t retries; /* statements repeated on another coordinator */
    uint64_t extra;   /* executions begun because the earlier ones were slow */
    Gauge hosts_down; /* coordinators believed down */
} DriverStats;

typedef struct Driver Driver;

/* What a statement came to: `code` is STORE_OK, or why not; `reply` is NULL unless a coordinator
 * answered. */
typedef void DriverDone(Component *self, void *context, uint32_t code, const Message *reply);

/* The kind of store of an application without a database. */
#define DRIVER_NO_STORE "none"

/* The driver of `owner` over all components of `kind` in its site; none there, or more than 64, is
 * reported, unless the kind is DRIVER_NO_STORE. `settings` and `stats` are the owner's. */
Driver *driver_new(Component *owner, const char *kind, const DriverSettings *settings,
                   DriverStats *stats, DiagList *diags);
void driver_free(Driver *driver);

/* A process that starts knows nothing bad of anybody. */
void driver_reset(Driver *driver);

/* One statement. */
typedef struct DriverStatement {
    uint64_t key, request;
    uint64_t expected; /* of a CAS: the version that the row must still have */
    uint32_t flags;    /* of the message: STORE_DELETE ... */
    uint32_t count;    /* of a batch: data that it writes, from `key` on */
    bool is_write;
} DriverStatement;

/* Runs one statement; `done` is called exactly once unless the owner stops first. */
void driver_execute(Driver *driver, const DriverStatement *what, DriverDone *done, void *context);
