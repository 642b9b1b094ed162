/* schema.c - what nodes know of columns, and what they do with messages about those that they do
 * not know. */
#include "models/data/cassandra/schema.h"

#include "sim/world/history_store.h"
#include "sim/world/version.h"

/* --- plans --------------------------------------------------------------------------------------
 */

void schema_plan(Cassandra *node, const PlannedOrder *order, DiagList *diags)
{
    if (order->about[0] == '\0') {
        diag_add(diags, DIAG_ERROR, order->place, DIAG_VALUE,
                 "a change of the schema needs one of 'adds' and 'drops', the name of a column");
        return;
    }
    if (node->schema_plans == NULL) {
        node->schema_plans = g_array_new(FALSE, FALSE, sizeof(PlannedOrder));
    }
    g_array_append_vals(node->schema_plans, order, 1);
}

static guint find_column(const Schema *schema, const char *name)
{
    for (guint i = 0; i < schema->columns->len; i++) {
        if (g_ptr_array_index(schema->columns, i) == name) {
            return i;
        }
    }
    return schema->columns->len;
}

static bool is_earlier(const PlannedOrder *one, const PlannedOrder *other)
{
    return other == NULL || one->at < other->at;
}

/* The earliest plan about `column` (of those at one instant the one of the lowest rank), or NULL.
 */
static const PlannedOrder *first_plan(const Cluster *cluster, const char *column)
{
    const PlannedOrder *first = NULL;

    for (guint i = 0; i < cluster->node_count; i++) {
        const GArray *plans = cluster->nodes[i]->schema_plans;

        for (guint k = 0; plans != NULL && k < plans->len; k++) {
            const PlannedOrder *plan = &g_array_index(plans, PlannedOrder, k);

            if (g_intern_string(plan->about + 1) == column && is_earlier(plan, first)) {
                first = plan;
            }
        }
    }
    return first;
}

static void take_plans(Cluster *cluster, const GArray *plans, DiagList *diags)
{
    Schema *schema = cluster->schema;

    for (guint i = 0; plans != NULL && i < plans->len; i++) {
        const PlannedOrder *plan = &g_array_index(plans, PlannedOrder, i);
        const char *name = g_intern_string(plan->about + 1);

        if (find_column(schema, name) < schema->columns->len) {
            continue;
        }
        if (schema->columns->len == SCHEMA_CHANGES_MOST) {
            diag_add(diags, DIAG_ERROR, plan->place, DIAG_VALUE,
                     "'%s' is one column too many: a run can change %d", name, SCHEMA_CHANGES_MOST);
            return;
        }
        if (first_plan(cluster, name)->about[0] != SCHEMA_ADDS) {
            schema->columns_first |= UINT64_C(1) << schema->columns->len;
        }
        g_ptr_array_add(schema->columns, (gpointer)name);
    }
}

/* A column that a change adds first is not there at the begin, one that is dropped first is. */
void schema_make(Cluster *cluster, DiagList *diags)
{
    bool has_plans = false;

    for (guint i = 0; i < cluster->node_count; i++) {
        has_plans |= cluster->nodes[i]->schema_plans != NULL;
    }
    if (!has_plans) {
        return;
    }
    cluster->schema = g_new0(Schema, 1);
    cluster->schema->columns = g_ptr_array_new();
    cluster->schema->changes = g_array_new(FALSE, FALSE, sizeof(SchemaChange));
    cluster->schema->of_key = g_byte_array_new();
    for (guint i = 0; i < cluster->node_count; i++) {
        take_plans(cluster, cluster->nodes[i]->schema_plans, diags);
    }
}

static void version_free(gpointer data)
{
    SchemaVersion *version = data;

    g_array_free(version->queue, TRUE);
    g_free(version);
}

void schema_make_node(Cassandra *node)
{
    const Cluster *cluster = node->cluster;

    if (cluster->schema == NULL) {
        return;
    }
    node->schema = g_new0(SchemaNode, 1);
    node->schema->columns = cluster->schema->columns_first;
    node->schema->dropped_at = g_new0(int64_t, cluster->schema->columns->len);
    node->schema->heard = g_new0(uint64_t, cluster->node_count);
    node->schema->reported = g_new0(uint64_t, cluster->node_count);
    node->schema->versions = g_ptr_array_new_with_free_func(version_free);
}

void schema_free(Cassandra *node)
{
    if (node->schema_plans != NULL) {
        g_array_free(node->schema_plans, TRUE);
    }
    if (node->schema != NULL) {
        g_free(node->schema->dropped_at);
        g_free(node->schema->heard);
        g_free(node->schema->reported);
        g_free(node->schema->closed);
        g_ptr_array_unref(node->schema->versions);
        g_free(node->schema);
    }
}

void schema_free_shared(Cluster *cluster)
{
    if (cluster->schema != NULL) {
        g_ptr_array_unref(cluster->schema->columns);
        g_array_free(cluster->schema->changes, TRUE);
        g_byte_array_unref(cluster->schema->of_key);
        g_clear_pointer(&cluster->schema, g_free);
    }
}

/* --- merging ------------------------------------------------------------------------------------
 */

static const SchemaChange *change_at(const Schema *schema, guint index)
{
    return &g_array_index(schema->changes, SchemaChange, index);
}

/* The data of a column on one node: what is older than the drop is gone, from the log as well. */
static void drop_data(Cassandra *node, uint8_t column)
{
    Cluster *cluster = node->cluster;
    const GByteArray *of_key = cluster->schema->of_key;
    History *history = world_history(node->component.world);

    for (uint32_t index = 0; index < of_key->len; index++) {
        const RingRange *range;
        uint64_t key;

        if (of_key->data[index] != column + 1) {
            continue;
        }
        key = cluster->keys.keys[index];
        range = ring_range(cluster->ring, key_table_find(&cluster->keys, key)->range);
        for (guint i = 0; i < range->count; i++) {
            uint32_t slot = index * cluster->slots_per_key + i;
            int64_t version = store_get(&cluster->store, slot);

            if (range->replicas[i] == node->rank && version > 0 &&
                schema_hides(node, slot, version)) {
                store_restore(&cluster->store, slot, 0);
                history_copy(history, COPY_DROPPED, key, version, &node->component);
            }
        }
    }
    for (size_t i = 0; i < node->log.count; i++) { /* a loss of power does not bring it back */
        CommitLogEntry *entry = &node->log.entries[i];

        entry->before = schema_hides(node, entry->slot, entry->before) ? 0 : entry->before;
    }
}

/* The newest of the known changes about `column`; -1: none. */
static int find_winner(const Cassandra *node, uint8_t column)
{
    const Schema *schema = node->cluster->schema;
    int winner = -1;

    for (uint64_t left = node->schema->known; left != 0; left &= left - 1) {
        int index = __builtin_ctzll(left);
        const SchemaChange *change = change_at(schema, (guint)index);

        if (change->column == column &&
            (winner < 0 || change->stamp > change_at(schema, (guint)winner)->stamp)) {
            winner = index;
        }
    }
    return winner;
}

static void settle_column(Cassandra *node, uint8_t column, uint64_t *version)
{
    const Schema *schema = node->cluster->schema;
    uint64_t bit = UINT64_C(1) << column;
    int winner = find_winner(node, column);

    if (winner < 0) {
        return;
    }
    *version |= UINT64_C(1) << winner;
    node->schema->columns &= ~bit;
    node->schema->columns |= change_at(schema, (guint)winner)->is_drop ? 0 : bit;
}

bool schema_merge(Cassandra *node, uint64_t changes)
{
    SchemaNode *own = node->schema;
    const Schema *schema = node->cluster->schema;
    uint64_t before = own->version, added = changes & ~own->known, version = 0;

    own->known |= changes;
    for (uint8_t i = 0; i < schema->columns->len; i++) {
        settle_column(node, i, &version);
    }
    own->version = version;
    for (; added != 0; added &= added - 1) {
        const SchemaChange *change = change_at(schema, (guint)__builtin_ctzll(added));

        if (change->is_drop && change->stamp > own->dropped_at[change->column]) {
            own->dropped_at[change->column] = change->stamp;
            drop_data(node, change->column);
        }
    }
    return own->version != before;
}

/* --- statements and messages --------------------------------------------------------------------
 */

uint8_t schema_number(const Cluster *cluster, const char *column)
{
    guint index;

    if (column == NULL || cluster->schema == NULL) {
        return 0;
    }
    index = find_column(cluster->schema, column);
    return index < cluster->schema->columns->len ? (uint8_t)(index + 1) : 0;
}

static bool is_known(const Cassandra *node, uint8_t column)
{
    return column == 0 || (node->schema->columns >> (column - 1) & 1) != 0;
}

static void note_unknown(const Cassandra *node, const char *as)
{
    history_note(world_history(node->component.world), "cassandra.unknown-column", &node->component,
                 "as", as, NULL, NULL);
}

/* InvalidRequestException: "Undefined column name humidity". */
bool schema_refuses(Cassandra *node, const Message *message)
{
    Message reply = {.op = message->op,
                     .size_bytes = MESSAGE_HEAD_BYTES,
                     .code = STORE_INVALID,
                     .request = message->request,
                     .key = message->key};

    if (node->schema == NULL || is_known(node, schema_number(node->cluster, message->subject))) {
        return false;
    }
    node->statements_invalid++;
    note_unknown(node, "refused");
    call_reply(&node->component, &message->ticket, &reply);
    return true;
}

void schema_note_key(Cluster *cluster, uint32_t index, uint8_t column)
{
    GByteArray *of_key = cluster->schema->of_key;
    guint before = of_key->len;

    if (index >= before) {
        g_byte_array_set_size(of_key, index + 1);
        memset(of_key->data + before, 0, index + 1 - before);
    }
    of_key->data[index] = column;
}

/* Its side of the connection is closed: what the peer has sent by then, and sends until it hears of
 * that, is lost. */
static void close_connection(Cassandra *node, const Cassandra *from)
{
    SchemaNode *own = node->schema;
    const World *world = node->component.world;
    SimSpan way = network_base_delay(world, node->component.site, from->component.site);
    SimSpan back = network_base_delay(world, from->component.site, node->component.site);

    if (own->closed == NULL) {
        own->closed = g_new0(SimTime, node->cluster->node_count);
    }
    own->closed[from->rank] = node_now(node) + way + back;
    node->connections_reset++;
}

bool schema_reads(Cassandra *node, const Cassandra *from, uint8_t column)
{
    if (node->schema == NULL || from == node) {
        return true;
    }
    if (node->schema->closed != NULL && node_now(node) < node->schema->closed[from->rank]) {
        node->messages_undecoded++;
        return false;
    }
    /* A dropped column is remembered as one, so that messages under way can be read. */
    if (is_known(node, column) || node->schema->dropped_at[column - 1] > 0) {
        return true;
    }
    node->messages_undecoded++;
    note_unknown(node, "lost");
    close_connection(node, from);
    return false;
}

bool schema_may_lose(const Cassandra *node, const Cassandra *from, uint8_t column, SimSpan later)
{
    return node->schema != NULL && from != node &&
           (!is_known(node, column) || (node->schema->closed != NULL &&
                                        node_now(node) + later < node->schema->closed[from->rank]));
}

static uint8_t column_of(const Cluster *cluster, uint32_t slot)
{
    uint32_t index = slot / cluster->slots_per_key;
    const GByteArray *of_key = cluster->schema->of_key;

    return index < of_key->len ? of_key->data[index] : 0;
}

bool schema_hides(const Cassandra *node, uint32_t slot, int64_t version)
{
    uint8_t column = column_of(node->cluster, slot);

    return column != 0 &&
           version_clock_us(version) <= version_clock_us(node->schema->dropped_at[column - 1]) &&
           node->schema->dropped_at[column - 1] > 0;
}

bool schema_takes_hint(const Cassandra *node, uint32_t slot)
{
    uint8_t column;

    if (node->schema == NULL) {
        return true;
    }
    column = column_of(node->cluster, slot);
    return is_known(node, column) || node->schema->dropped_at[column - 1] > 0;
}

bool schema_has_dropped(const Cluster *cluster)
{
    for (guint i = 0; cluster->schema != NULL && i < cluster->schema->changes->len; i++) {
        if (change_at(cluster->schema, i)->is_drop) {
            return true;
        }
    }
    return false;
}
