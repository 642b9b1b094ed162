/* driver_fields.c - how the driver is configured, and what each of its lines ships. */
#include "models/app/driver_inside.h"

#include "sim/config/json_place.h"

/* In order of Consistency. */
#define LEVEL_WORDS                                                                                \
    "default", "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM",         \
        "EACH_QUORUM"
static const char *const write_words[] = {LEVEL_WORDS, NULL};
static const char *const read_words[] = {LEVEL_WORDS, "SERIAL", "LOCAL_SERIAL", NULL};
static const char *const serial_words[] = {"SERIAL", "LOCAL_SERIAL", NULL};
static const char *const generator_words[] = {"server-side", "monotonic", NULL};
static const char *const version_words[] = {"reduced", "3.x", "4.x", NULL};
static const char *const balance_words[] = {"DCAwareRoundRobinPolicy", "TokenAwarePolicy",
                                            "DefaultLoadBalancingPolicy", NULL};
static const char *const ordering_words[] = {"RANDOM", "TOPOLOGICAL", NULL};
static const char *const reconnection_words[] = {"ExponentialReconnectionPolicy",
                                                 "ConstantReconnectionPolicy", NULL};
static const char *const retry_words[] = {"DefaultRetryPolicy", "FallthroughRetryPolicy", NULL};

const Field driver_fields[] = {
    FIELD_CHOICE(DriverSettings, version, .initial = "reduced", .more = version_words,
                 .help = "Settings that are not given are those that this line ships: 3.x asks "
                         "replicas first and hears of the cluster's events, 4.x also avoids slow "
                         "replicas, gives up after 2 s in all and reconnects at least each minute; "
                         "reduced: 3.x with turns in place of replicas and without events, whose "
                         "statements take one more hop inside the site",
                 .source = "DataStax Java driver 3.x and 4.x (reference.conf); reduced: what the "
                           "shipped scenarios were measured with"),
    FIELD_SPAN(DriverSettings, read_timeout, .initial = "12s", .lowest = "1ms",
               .help = "How long a coordinator's answer may take",
               .source = "DataStax Java driver 3.x SocketOptions readTimeoutMillis 12000"),
    FIELD_SPAN(DriverSettings, request_timeout, .initial = "0s",
               .help = "How long a statement may take in all, whoever is asked; it is not repeated "
                       "afterwards; 0s: only read_timeout holds, for each coordinator anew",
               .source = "DataStax Java driver 4.x basic.request.timeout 2 seconds; 3.x has none"),
    FIELD_SPAN(DriverSettings, connect_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long a connection to a coordinator may take",
               .source = "DataStax Java driver 3.x connectTimeoutMillis 5000"),
    FIELD_SPAN(DriverSettings, heartbeat, .initial = "30s", .lowest = "1s",
               .help =
                   "A coordinator silent for so long is asked for a sign, and is down when none "
                   "comes within read_timeout",
               .source = "DataStax Java driver 3.x PoolingOptions heartbeatIntervalSeconds 30"),
    FIELD_SPAN(DriverSettings, heartbeat_timeout, .initial = "0s",
               .help = "How long the sign may take; 0s: read_timeout",
               .source = "DataStax Java driver 4.x advanced.heartbeat.timeout 5 s; 3.x: the "
                         "read timeout"),
    FIELD_CHOICE(DriverSettings, reconnection_policy, .initial = "ExponentialReconnectionPolicy",
                 .more = reconnection_words,
                 .help = "Whether waits before reconnections double or stay reconnect_first",
                 .source = "DataStax Java driver 3.x and 4.x: exponential"),
    FIELD_SPAN(DriverSettings, reconnect_first, .initial = "1s", .lowest = "1ms",
               .help = "Wait before the first reconnection; doubles each time",
               .source = "DataStax Java driver 3.x ExponentialReconnectionPolicy(1s, 10min)"),
    FIELD_SPAN(DriverSettings, reconnect_most, .initial = "10min",
               .help = "Longest wait between reconnections",
               .source = "DataStax Java driver 3.x ExponentialReconnectionPolicy(1s, 10min); 4.x "
                         "60 s"),
    FIELD_RATIO(DriverSettings, reconnect_jitter, .initial = "0",
                .help = "Each wait is so much longer or shorter at most",
                .source = "DataStax Java driver 3.x: none; 4.x: 15 %"),
    FIELD_CHOICE(DriverSettings, load_balancing, .initial = "DCAwareRoundRobinPolicy",
                 .more = balance_words,
                 .help = "Whom statements go to: the site's coordinators in turns; or the local "
                         "replicas of their datum first; or these with the slow ones last",
                 .source = "DataStax Java driver 3.x: TokenAwarePolicy over "
                           "DCAwareRoundRobinPolicy; 4.x: DefaultLoadBalancingPolicy"),
    FIELD_CHOICE(DriverSettings, replica_ordering, .initial = "RANDOM", .more = ordering_words,
                 .help = "Order of the replicas of TokenAwarePolicy",
                 .source = "DataStax Java driver 3.x TokenAwarePolicy.ReplicaOrdering"),
    FIELD_FLAG(DriverSettings, slow_replica_avoidance, .initial = "true",
               .help = "Whether DefaultLoadBalancingPolicy asks replicas last that have 10 "
                       "requests in flight and answered less than twice in 200 ms, and most of "
                       "the time one that came up less than 60 s ago, and of two the one with "
                       "fewer in flight first",
               .source = "DataStax Java driver 4.x "
                         "basic.load-balancing-policy.slow-replica-avoidance"),
    FIELD_ROW(DriverSettings, remote_hosts, "used_hosts_per_remote_dc", FIELD_TYPE_COUNT, int64_t,
              .initial = "0", .lowest = "0", .highest = "20",
              .help = "Coordinators of each other data centre that are asked when none is left "
                      "in the own one",
              .source = "DataStax Java driver 3.x usedHostsPerRemoteDc 0; 4.x "
                        "max-nodes-per-remote-dc 0"),
    FIELD_ROW(DriverSettings, remote_for_local, "allow_remote_dcs_for_local_consistency_level",
              FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "Whether that holds for LOCAL_* levels too, and for 'default'",
              .source = "DataStax Java driver 3.x allowRemoteDCsForLocalConsistencyLevel; 4.x "
                        "allow-for-local-consistency-levels"),
    FIELD_ROW(DriverSettings, requests_per_connection, "max_requests_per_connection",
              FIELD_TYPE_COUNT, int64_t, .initial = "1024", .lowest = "1", .highest = "32768",
              .help = "Requests in flight on the one connection to a coordinator of the own site",
              .source = "DataStax Java driver 3.x maxRequestsPerConnection(LOCAL) 1024, protocol "
                        "v3 allows 32768; 4.x max-requests-per-connection 1024"),
    FIELD_ROW(DriverSettings, requests_per_remote, "max_requests_per_remote_connection",
              FIELD_TYPE_COUNT, int64_t, .initial = "256", .lowest = "1", .highest = "32768",
              .help = "The same to one of another site",
              .source = "DataStax Java driver 3.x maxRequestsPerConnection(REMOTE) 256; 4.x 1024"),
    FIELD_ROW(DriverSettings, queue_most, "max_queue_size", FIELD_TYPE_COUNT, int64_t,
              .initial = "256", .lowest = "0", .highest = "1000000",
              .help = "Requests that wait for a place on a full connection; others go to the next "
                      "coordinator",
              .source = "DataStax Java driver 3.x PoolingOptions maxQueueSize 256; 4.x has none"),
    FIELD_SPAN(DriverSettings, pool_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long they wait before they go to the next one",
               .source = "DataStax Java driver 3.x PoolingOptions poolTimeoutMillis 5000"),
    FIELD_FLAG(DriverSettings, cluster_events, .initial = "false",
               .help = "Whether a control connection to one coordinator tells that another is up "
                       "again, which ends the wait for the next reconnection a second later",
               .source = "DataStax Java driver 3.x and 4.x: always"),
    FIELD_COUNT(DriverSettings, next_hosts, .initial = "3", .lowest = "0", .highest = "100",
                .help = "Other coordinators that are tried when one cannot be reached",
                .source = "DataStax Java driver 3.x: the whole query plan; four nodes a site"),
    FIELD_CHOICE(DriverSettings, retry_policy, .initial = "DefaultRetryPolicy", .more = retry_words,
                 .help = "Default: a read with enough answers but no data once on the same "
                         "coordinator, a batch whose log was not written likewise, Unavailable "
                         "once on the next one; Fallthrough: nothing that a coordinator answered",
                 .source = "DataStax Java driver 3.x DefaultRetryPolicy, FallthroughRetryPolicy"),
    FIELD_FLAG(DriverSettings, retry_writes, .initial = "true",
               .help = "Statements are repeated elsewhere although they may have been done",
               .source = "assumption: statements are marked idempotent (samples carry their key)"),
    FIELD_SPAN(DriverSettings, speculative_delay, .initial = "500ms", .lowest = "1ms",
               .help = "Silence after which one more coordinator is asked beside the others; the "
                       "first answer counts",
               .source = "DataStax Java driver 3.x ConstantSpeculativeExecutionPolicy, example of "
                         "its manual"),
    FIELD_COUNT(DriverSettings, speculative_executions, .initial = "0", .lowest = "0",
                .highest = "3",
                .help = "Most executions of a statement that may be repeated beside its first",
                .source = "DataStax Java driver 3.x and 4.x: NoSpeculativeExecutionPolicy"),
    FIELD_CHOICE(DriverSettings, read_consistency, .initial = "default", .more = read_words,
                 .help = "Level of reads; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_CHOICE(DriverSettings, write_consistency, .initial = "default", .more = write_words,
                 .help = "Level of writes; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_CHOICE(DriverSettings, serial_consistency, .initial = "SERIAL", .more = serial_words,
                 .help = "Level at which the condition of a CAS holds",
                 .source = "DataStax Java driver 3.x QueryOptions: SERIAL"),
    FIELD_CHOICE(DriverSettings, timestamp_generator, .initial = "server-side",
                 .more = generator_words,
                 .help = "Who stamps writes: the coordinator, or this process with microseconds of "
                         "its host's clock that never go back",
                 .source = "assumption: server-side; DataStax Java driver 3.x and 4.x ship "
                           "AtomicMonotonicTimestampGenerator, which is 'monotonic'"),
    FIELD_END,
};

/* What a line ships, where it is not what the rows above say. */
typedef struct Shipped {
    const char *name;
    size_t offset;
    double three, four; /* of a span: seconds */
} Shipped;

#define SHIPPED(text, member, ...)                                                                 \
    {                                                                                              \
        text, offsetof(DriverSettings, member), __VA_ARGS__                                        \
    }

static const Shipped shipped_spans[] = {
    SHIPPED("request_timeout", request_timeout, 0, 2),
    SHIPPED("heartbeat_timeout", heartbeat_timeout, 0, 5),
    SHIPPED("reconnect_most", reconnect_most, 600, 60),
};

static const Shipped shipped_words[] = {
    SHIPPED("load_balancing", load_balancing, BALANCE_TOKEN_AWARE, BALANCE_DEFAULT),
    SHIPPED("timestamp_generator", timestamp_generator, STAMP_BY_DRIVER, STAMP_BY_DRIVER),
};

static const Shipped shipped_counts[] = {
    SHIPPED("max_queue_size", queue_most, 256, 0),
    SHIPPED("max_requests_per_remote_connection", requests_per_remote, 256, 1024),
};

static void *place_in(DriverSettings *settings, const Shipped *row)
{
    return (char *)settings + row->offset;
}

void driver_apply_version(DriverSettings *settings, const cJSON *given)
{
    bool is_four = settings->version == VERSION_4;

    if (settings->version == VERSION_REDUCED) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(shipped_spans); i++) {
        const Shipped *row = &shipped_spans[i];

        if (json_member(given, row->name) == NULL) {
            *(SimSpan *)place_in(settings, row) =
                (SimSpan)(is_four ? row->four : row->three) * SIM_S;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(shipped_words); i++) {
        const Shipped *row = &shipped_words[i];

        if (json_member(given, row->name) == NULL) {
            *(int *)place_in(settings, row) = (int)(is_four ? row->four : row->three);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(shipped_counts); i++) {
        const Shipped *row = &shipped_counts[i];

        if (json_member(given, row->name) == NULL) {
            *(int64_t *)place_in(settings, row) = (int64_t)(is_four ? row->four : row->three);
        }
    }
    if (json_member(given, "cluster_events") == NULL) {
        settings->cluster_events = true;
    }
    if (is_four && json_member(given, "reconnect_jitter") == NULL) {
        settings->reconnect_jitter = 0.15;
    }
}
