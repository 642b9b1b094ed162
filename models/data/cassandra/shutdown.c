/* shutdown.c - how a node ends in good order: SIGTERM, or `nodetool drain` after which the process
 * lives on. Clients are cut off, peers are told, what is in memory goes to disk.
 * Source: Cassandra 3.11 StorageService.drain (native transport, gossip with its announcement, then
 * messaging, flush, commit log), Gossiper.stop (shutdown_announce_in_ms 2000). Left out: the time
 * of the last flush. */
#include "models/data/cassandra/shutdown.h"

#include "models/data/cassandra/batch.h"
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/storage.h"

#define ANNOUNCE (2 * SIM_S)

enum { ENDS, IS_DRAINED }; /* detail */

void shutdown_rest(Cassandra *node)
{
    node->component.owner.incarnation++;
    host_forget(node->component.host, &node->component.owner);
    node_end(node, false);
    node->phase = NODE_DRAINED;
}

static void on_announced(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    hints_flush(node);
    if (detail == ENDS) {
        component_stop(&node->component, NULL);
    } else {
        shutdown_rest(node);
    }
    commit_log_flush(&node->log, node_now(node)); /* no sync is under way any more */
    node->is_clean = true;
}

static const EventType announced = {"cassandra.shutdown-announced", on_announced};

/* Its clients' connections are closed: whoever waits for an answer gets none. What was begun goes
 * on until the process ends. */
static void break_statements(Cassandra *node)
{
    for (Write *write = node->writes.first; write != NULL; write = write->next) {
        if (!write->is_decided) {
            node_break(node, &write->ticket);
        }
    }
    for (Read *read = node->reads.first; read != NULL; read = read->next) {
        node_break(node, &read->ticket);
    }
    paxos_break(node);
    batch_break(node);
    counter_break(node);
}

void shutdown_transports(Cassandra *node)
{
    if (!node_gossips(node)) {
        return;
    }
    node->phase = NODE_STOPPING;
    stage_reset(&node->requests, node_now(node));
    break_statements(node);
    gossip_announce_shutdown(node);
}

void shutdown_begin(Cassandra *node, bool is_drain)
{
    if (node->phase == NODE_DRAINED || node->phase == NODE_BOOTING) { /* nobody knows of it */
        if (!is_drain) {
            component_stop(&node->component, NULL);
        }
        return;
    }
    if (node->phase == NODE_STOPPING) {
        if (node->storage != NULL && node->storage->is_stopped && !is_drain) {
            component_stop(&node->component, NULL); /* by a disk policy: it ends for good now */
        }
        return;
    }
    shutdown_transports(node);
    engine_after(node->engine, ANNOUNCE, &node->component.owner, &announced, NULL,
                 is_drain ? IS_DRAINED : ENDS);
}
