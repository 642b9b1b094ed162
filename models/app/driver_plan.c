/* driver_plan.c - whom a statement asks, and in what order. Source: DataStax Java driver 3.x
 * DCAwareRoundRobinPolicy and TokenAwarePolicy, 4.x DefaultLoadBalancingPolicy. */
#include "models/app/driver_inside.h"

/* DefaultLoadBalancingPolicy: MAX_IN_FLIGHT_THRESHOLD, RESPONSE_COUNT_RESET_INTERVAL_NANOS,
 * NEWLY_UP_INTERVAL_NANOS. */
#define BUSY_IN_FLIGHT 10
#define ANSWERS_WITHIN (200 * SIM_MS)
#define NEWLY_UP (60 * SIM_S)

static SimTime now_of(const Driver *driver)
{
    return world_now(driver->owner->world);
}

/* --- replicas first --- */

/* Those of the own site stand in the order of their numbers in the world. */
static Node *node_of_peer(const Driver *driver, const Component *peer)
{
    uint32_t first = 0, end = driver->local_count;

    while (first < end) {
        uint32_t middle = first + (end - first) / 2;

        if (driver->nodes[middle].peer->owner.id < peer->owner.id) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first < driver->local_count && driver->nodes[first].peer == peer ? &driver->nodes[first]
                                                                            : NULL;
}

/* The replicas of its datum in the own site, as the ring has them. */
static void find_replicas(Statement *statement)
{
    const Driver *driver = statement->driver;
    Component *found[64];
    guint count;

    if (driver->tokens->find == NULL) {
        return;
    }
    count = driver->tokens->find(driver->tokens->context, statement->what.key, found,
                                 G_N_ELEMENTS(found));
    for (guint i = 0; i < count && statement->replica_count < REPLICAS_MOST; i++) {
        const Node *node = node_of_peer(driver, found[i]);

        if (node != NULL && !node->is_down) {
            statement->replicas[statement->replica_count++] = node->index;
        }
    }
}

static void shuffle(Statement *statement)
{
    for (uint32_t left = statement->replica_count; left > 1; left--) {
        uint32_t other = (uint32_t)rng_below(&statement->driver->rng, left);
        uint32_t kept = statement->replicas[left - 1];

        statement->replicas[left - 1] = statement->replicas[other];
        statement->replicas[other] = kept;
    }
}

static void send_to_back(Statement *statement, uint32_t place)
{
    uint32_t kept = statement->replicas[place];

    for (; place + 1 < statement->replica_count; place++) {
        statement->replicas[place] = statement->replicas[place + 1];
    }
    statement->replicas[place] = kept;
}

static const Node *replica(const Statement *statement, uint32_t place)
{
    return &statement->driver->nodes[statement->replicas[place]];
}

/* Many requests in flight and hardly an answer of late. */
static bool is_slow(const Node *node)
{
    return node->in_flight >= BUSY_IN_FLIGHT &&
           node->heard_before < now_of(node->driver) - ANSWERS_WITHIN;
}

/* The replica that came up last, if that was not long ago; its place, -1: none. */
static int newest_up(const Statement *statement)
{
    SimTime newest = now_of(statement->driver) - NEWLY_UP;
    int place = -1;

    for (uint32_t i = 0; i < statement->replica_count; i++) {
        SimTime since = replica(statement, i)->up_since;

        if (since != 0 && since > newest) {
            newest = since;
            place = (int)i;
        }
    }
    return place;
}

static void put_slow_last(Statement *statement)
{
    bool slow[REPLICAS_MOST];
    uint32_t count = 0, moved = 0;

    for (uint32_t i = 0; i < statement->replica_count; i++) {
        slow[i] = is_slow(replica(statement, i));
        count += slow[i] ? 1 : 0;
    }
    if (count == 0 || 2 * count >= statement->replica_count) {
        return;
    }
    for (uint32_t i = 0; i < statement->replica_count; i++) {
        if (slow[i]) {
            send_to_back(statement, i - moved);
            moved++;
        }
    }
}

static void avoid_slow(Statement *statement)
{
    int newest = newest_up(statement);

    if (newest < 0) {
        put_slow_last(statement);
    } else if (newest <= 1 && rng_below(&statement->driver->rng, 4) != 0) {
        send_to_back(statement, (uint32_t)newest);
    }
    if (replica(statement, 0)->in_flight > replica(statement, 1)->in_flight) {
        uint32_t kept = statement->replicas[0];

        statement->replicas[0] = statement->replicas[1];
        statement->replicas[1] = kept;
    }
}

void plan_begin(Statement *statement)
{
    const DriverSettings *settings = statement->driver->settings;

    statement->start = statement->driver->next++;
    if (settings->load_balancing == BALANCE_ROUND_ROBIN) {
        return;
    }
    find_replicas(statement);
    if (settings->load_balancing == BALANCE_DEFAULT ||
        settings->replica_ordering == ORDERING_RANDOM) {
        shuffle(statement);
    }
    if (settings->load_balancing == BALANCE_DEFAULT && settings->slow_replica_avoidance &&
        statement->replica_count > 2) {
        avoid_slow(statement);
    }
    statement->driver->stats->not_replicas +=
        statement->driver->tokens->find != NULL && statement->replica_count == 0 ? 1 : 0;
}

/* --- then all others --- */

static bool take(Statement *statement, const Node *node)
{
    uint64_t *word = &statement->tried[node->index / WORD_NODES];
    uint64_t bit = (uint64_t)1 << node->index % WORD_NODES;

    if (node->is_down || (*word & bit) != 0) {
        return false;
    }
    *word |= bit;
    return true;
}

/* "default" is what the cluster is configured with, LOCAL_QUORUM as shipped. */
static bool is_local(const Statement *statement)
{
    const DriverSettings *settings = statement->driver->settings;
    int level = statement->what.is_write ? settings->write_consistency : settings->read_consistency;

    return level == CONSISTENCY_DEFAULT || level == CONSISTENCY_LOCAL_ONE ||
           level == CONSISTENCY_LOCAL_QUORUM || level == CONSISTENCY_LOCAL_SERIAL;
}

/* Hosts of other data centres, which a level of the own one does not use unless allowed. */
static Node *next_remote(Statement *statement)
{
    Driver *driver = statement->driver;
    uint32_t remote = driver->count - driver->local_count;

    if (remote == 0 || (is_local(statement) && !driver->settings->remote_for_local)) {
        return NULL;
    }
    for (uint32_t i = 0; i < remote; i++) {
        Node *node = &driver->nodes[driver->local_count + (statement->start + i) % remote];

        if (take(statement, node)) {
            return node;
        }
    }
    return NULL;
}

Node *plan_next(Statement *statement)
{
    Driver *driver = statement->driver;

    for (uint32_t i = 0; i < statement->replica_count; i++) {
        Node *node = &driver->nodes[statement->replicas[i]];

        if (take(statement, node)) {
            return node;
        }
    }
    for (uint32_t i = 0; i < driver->alive_count; i++) {
        Node *node = driver->alive[(statement->start + i) % driver->alive_count];

        if (take(statement, node)) {
            return node;
        }
    }
    return next_remote(statement);
}
