/* schema_pull.c - how changes of the schema reach other nodes: pushed by who makes them, pulled by
 * who sees another version in gossip. Left out: the time that executing a change takes, and that a
 * node which starts waits for schemas it has heard of (30 s at most). */
#include "models/data/cassandra/schema.h"

#define PULL_DELAY (60 * SIM_S)  /* MigrationCoordinator.MIGRATION_DELAY_IN_MS */
#define PULL_PERIOD (60 * SIM_S) /* pullUnreceivedSchemaVersions */
/* A young process asks at once, and again at once while the other one is not up yet. */
#define PULL_SOON (100 * SIM_MS)
#define PULL_TIMEOUT (10 * SIM_S) /* request_timeout_in_ms */
#define SCHEMA_BYTES 16384        /* system_schema of a dozen tables */

static void on_pushed(void *self, void *subject, uint64_t detail);
static void on_pull_due(void *self, void *subject, uint64_t detail);
static void on_pull_asked(void *self, void *subject, uint64_t detail);
static void on_pulled(void *self, void *subject, uint64_t detail);
static void on_pull_expired(void *self, void *subject, uint64_t detail);
static void on_period(void *self, void *subject, uint64_t detail);
static const EventType pushed = {"cassandra.schema-pushed", on_pushed};
static const EventType pull_due = {"cassandra.schema-pull-due", on_pull_due};
static const EventType pull_asked = {"cassandra.schema-pull-asked", on_pull_asked};
static const EventType pulled = {"cassandra.schema-pulled", on_pulled};
static const EventType pull_expired = {"cassandra.schema-pull-expired", on_pull_expired};
static const EventType period = {"cassandra.schema-period", on_period};

/* --- versions that others have ------------------------------------------------------------------
 */

static SchemaVersion *find_version(SchemaNode *own, uint64_t version)
{
    for (guint i = 0; i < own->versions->len; i++) {
        SchemaVersion *info = g_ptr_array_index(own->versions, i);

        if (info->version == version) {
            return info;
        }
    }
    return NULL;
}

static SchemaVersion *version_of(SchemaNode *own, uint64_t version)
{
    SchemaVersion *info = find_version(own, version);

    if (info == NULL) {
        info = g_new0(SchemaVersion, 1);
        info->version = version;
        info->queue = g_array_new(FALSE, FALSE, sizeof(guint));
        g_ptr_array_add(own->versions, info);
    }
    return info;
}

static bool is_anybodys(const Cassandra *node, uint64_t version)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (i != node->rank && node->schema->reported[i] == version) {
            return true;
        }
    }
    return false;
}

/* Nobody has it any more: what is under way about it counts for nothing. */
static void forget_version(Cassandra *node, uint64_t version)
{
    SchemaVersion *info = find_version(node->schema, version);

    if (info != NULL && !is_anybodys(node, version)) {
        info->is_received = false;
        memset(info->pulls, 0, sizeof info->pulls);
        g_array_set_size(info->queue, 0);
    }
}

guint schema_count_versions(const Cassandra *node)
{
    const SchemaNode *own = node->schema;
    guint count = 1;

    for (guint i = 0; i < node->cluster->node_count; i++) {
        bool is_new = i != node->rank && node_sees(node, i) && own->heard[i] != SCHEMA_UNHEARD &&
                      own->heard[i] != own->version;

        for (guint k = 0; k < i && is_new; k++) {
            is_new = k == node->rank || !node_sees(node, k) || own->heard[k] != own->heard[i];
        }
        count += is_new;
    }
    return count;
}

static void show_versions(Cassandra *node)
{
    gauge_set(&node->schema_versions, node_now(node), schema_count_versions(node));
}

/* --- pulling ------------------------------------------------------------------------------------
 */

/* Where the version keeps the request `number`; NULL: nowhere. Number 0 finds a free place. */
static uint32_t *find_pull(SchemaVersion *info, uint32_t number)
{
    for (guint i = 0; i < SCHEMA_PULLS_MOST; i++) {
        if (info->pulls[i] == number) {
            return &info->pulls[i];
        }
    }
    return NULL;
}

/* What a request's events carry: whom it asks, and its number. */
static uint64_t ticket_of(guint rank, uint32_t number)
{
    return (uint64_t)number << 32 | rank;
}

/* The version that a ticket is about; NULL: it counts for nothing any more. */
static SchemaVersion *version_on(const SchemaNode *own, uint64_t ticket)
{
    for (guint i = 0; i < own->versions->len; i++) {
        SchemaVersion *info = g_ptr_array_index(own->versions, i);

        if (find_pull(info, (uint32_t)(ticket >> 32)) != NULL) {
            return info;
        }
    }
    return NULL;
}

/* The process is young, or the request waits for 60 s (scheduleSchemaPull). */
static void schedule_pull(Cassandra *node, SchemaVersion *info, guint rank)
{
    SimSpan uptime = node_now(node) - node->schema->booted_at;

    *find_pull(info, 0) = ++node->schema->pulls;
    engine_after(node->engine, uptime < PULL_DELAY ? PULL_SOON : PULL_DELAY, &node->component.owner,
                 &pull_due, NULL, ticket_of(rank, node->schema->pulls));
}

/* MigrationCoordinator.maybePullSchema: from the next in the queue that still has the version. */
static void maybe_pull(Cassandra *node, SchemaVersion *info)
{
    if (info->is_received || info->version == node->schema->version || find_pull(info, 0) == NULL) {
        return;
    }
    while (info->queue->len > 0) {
        guint rank = g_array_index(info->queue, guint, 0);

        g_array_remove_index(info->queue, 0);
        if (node->schema->reported[rank] == info->version) {
            schedule_pull(node, info, rank);
            return;
        }
    }
}

/* A request has ended (pullComplete). */
static void complete(Cassandra *node, SchemaVersion *info, uint64_t ticket, bool is_good)
{
    guint rank = (guint)(ticket & UINT32_MAX);

    info->is_received |= is_good;
    *find_pull(info, (uint32_t)(ticket >> 32)) = 0;
    g_array_append_val(info->queue, rank);
    maybe_pull(node, info);
}

static void on_pull_due(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    SchemaVersion *info = version_on(node->schema, detail);
    guint rank = (guint)(detail & UINT32_MAX);

    (void)subject;
    if (info == NULL) {
        return;
    }
    if (!node_sees(node, rank)) {
        complete(node, info, detail, false);
        return;
    }
    node->schema_pulls++;
    node_send(node, node->cluster->nodes[rank], MESSAGE_HEAD_BYTES, &pull_asked, node, detail);
    engine_after(node->engine, PULL_TIMEOUT, &node->component.owner, &pull_expired, NULL, detail);
}

static void on_pull_asked(void *self, void *subject, uint64_t detail)
{
    if (node_serves_peers(self)) {
        node_send(self, subject, SCHEMA_BYTES, &pulled, NULL, detail);
    }
}

static void merged(Cassandra *node, const char *by)
{
    node->schema->heard[node->rank] = node->schema->version;
    show_versions(node);
    history_note(world_history(node->component.world), "cassandra.schema-changed", &node->component,
                 "by", by, NULL, NULL);
}

static void take_over(Cassandra *node, uint64_t changes, const char *by)
{
    if (schema_merge(node, changes)) {
        merged(node, by);
    }
}

/* As in gossip.c, what the answer carries is read from its sender when it arrives. */
static void on_pulled(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    SchemaVersion *info = version_on(node->schema, detail);
    guint rank = (guint)(detail & UINT32_MAX);

    (void)subject;
    if (info == NULL) {
        return;
    }
    if (!info->is_received && info->version != node->schema->version) {
        take_over(node, node->cluster->nodes[rank]->schema->known, "pull");
    }
    complete(node, info, detail, true);
}

static void on_pull_expired(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    SchemaVersion *info = version_on(node->schema, detail);

    (void)subject;
    if (info != NULL) {
        complete(node, info, detail, false);
    }
}

static bool has_pulls(const SchemaVersion *info)
{
    for (guint i = 0; i < SCHEMA_PULLS_MOST; i++) {
        if (info->pulls[i] != 0) {
            return true;
        }
    }
    return false;
}

/* What no request is under way for is asked for again (pullUnreceivedSchemaVersions). */
static void on_period(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    for (guint i = 0; i < node->schema->versions->len; i++) {
        SchemaVersion *info = g_ptr_array_index(node->schema->versions, i);

        if (!has_pulls(info) && is_anybodys(node, info->version)) {
            maybe_pull(node, info);
        }
    }
    engine_after(node->engine, PULL_PERIOD, &node->component.owner, &period, NULL, 0);
}

/* --- gossip -------------------------------------------------------------------------------------
 */

static void report(Cassandra *node, guint rank, uint64_t version)
{
    SchemaNode *own = node->schema;
    uint64_t before = own->reported[rank];
    SchemaVersion *info;

    if (before == version) {
        return;
    }
    own->reported[rank] = version;
    info = version_of(own, version);
    info->is_received |= version == own->version;
    g_array_prepend_val(info->queue, rank);
    forget_version(node, before);
    maybe_pull(node, info);
}

void schema_heard(Cassandra *node, const Cassandra *from, guint rank)
{
    uint64_t version = rank == from->rank ? from->schema->version : from->schema->heard[rank];

    if (version == SCHEMA_UNHEARD || version == node->schema->heard[rank]) {
        return;
    }
    node->schema->heard[rank] = version;
    show_versions(node);
    report(node, rank, version);
}

bool schema_differs(const Cassandra *node, guint rank)
{
    return node->schema != NULL && node->schema->heard[rank] != node->schema->version;
}

/* --- the operator -------------------------------------------------------------------------------
 */

/* Pushed: the change and all that its sender knew before. */
static void on_pushed(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_serves_peers(node)) {
        take_over(node, detail, "push");
    }
}

static void refuse(Cassandra *node)
{
    history_note(world_history(node->component.world), "cassandra.schema-changed", &node->component,
                 "by", "refused", NULL, NULL);
}

/* InvalidRequestException: the column is there already, or is not there. */
static bool is_in_order(const Cassandra *node, uint8_t column, bool is_drop)
{
    bool exists = (node->schema->columns >> column & 1) != 0;

    return node->phase == NODE_READY && exists == is_drop &&
           node->cluster->schema->changes->len < SCHEMA_CHANGES_MOST;
}

void schema_alter(Cassandra *node, const char *about)
{
    Schema *schema = node->cluster->schema;
    SchemaChange change = {.is_drop = about[0] != SCHEMA_ADDS};

    change.column = (uint8_t)(schema_number(node->cluster, g_intern_string(about + 1)) - 1);
    if (!is_in_order(node, change.column, change.is_drop)) {
        refuse(node);
        return;
    }
    change.stamp = node_timestamp(node);
    g_array_append_val(schema->changes, change);
    schema_merge(node, UINT64_C(1) << (schema->changes->len - 1));
    merged(node, "operator");
    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (i != node->rank && node_sees(node, i)) {
            node_send(node, node->cluster->nodes[i], MESSAGE_HEAD_BYTES, &pushed, NULL,
                      UINT64_C(1) << (schema->changes->len - 1));
        }
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

void schema_boot(Cassandra *node, bool is_first)
{
    if (node->schema != NULL) {
        node->schema->booted_at = is_first ? -PULL_DELAY : node_now(node);
    }
}

void schema_start(Cassandra *node)
{
    if (node->schema == NULL) {
        return;
    }
    show_versions(node);
    engine_after(node->engine, PULL_PERIOD, &node->component.owner, &period, NULL, 0);
}

/* What it has heard is forgotten with the process, what it has executed is not. */
void schema_stop(Cassandra *node)
{
    SchemaNode *own = node->schema;

    if (own == NULL) {
        return;
    }
    g_ptr_array_set_size(own->versions, 0);
    for (guint i = 0; i < node->cluster->node_count; i++) {
        own->heard[i] = own->reported[i] = i == node->rank ? own->version : SCHEMA_UNHEARD;
    }
    g_clear_pointer(&own->closed, g_free);
}
