/* node.c - what the rooms of a node share: messages, whom it sees, its clock, its threads. */
#include "models/data/cassandra/node.h"

#include "models/data/cassandra/batch.h"
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/native_transport.h"
#include "models/data/cassandra/paxos.h"
#include "sim/world/version.h"

bool node_send(Cassandra *from, Cassandra *to, int64_t size_bytes, const EventType *type,
               void *subject, uint64_t detail)
{
    SimTime arrival = from == to
                          ? node_now(from)
                          : connections_arrival(from, to, (uint32_t)MIN(size_bytes, UINT32_MAX),
                                                CONNECTION_SMALL);

    if (arrival == SIM_NEVER) {
        return false;
    }
    engine_at(from->engine, arrival, &to->component.owner, type, subject, detail);
    return true;
}

SimSpan node_age_of(const Cassandra *node, const Cassandra *from, SimTime made, SimTime arrived)
{
    if (!node->cross_node_timeout || from == node) {
        return node_now(node) - arrived;
    }
    return node_now(node) - made + component_wall_clock(&node->component) -
           component_wall_clock(&from->component);
}

uint32_t node_live_replicas(const Cassandra *node, const RingRange *range)
{
    return node_live_of(node, range, range->mask);
}

uint32_t node_live_of(const Cassandra *node, const RingRange *range, uint32_t mask)
{
    uint32_t live = mask;

    for (guint i = 0; node->gossip.dead_count > 0 && i < range->count; i++) {
        live &= node_sees(node, range->replicas[i]) ? UINT32_MAX : ~(1u << i);
    }
    return live;
}

int64_t node_timestamp(Cassandra *node)
{
    int64_t clock_us = component_wall_clock(&node->component) / SIM_US;

    node->clock_us = MAX(clock_us, node->clock_us + 1);
    node->clock_us += node->clock_us == node->ballot_us ? 1 : 0;
    return version_make(node->clock_us, node->rank, false);
}

static void begin_request(Cassandra *node, const Task *task)
{
    if (task->detail == NODE_REQUEST_WRITE) {
        write_begin(node, task->subject);
    } else if (task->detail == NODE_REQUEST_PAXOS) {
        paxos_begin(node, task->subject);
    } else if (task->detail == NODE_REQUEST_BATCH) {
        batch_begin(node, task->subject);
    } else if (task->detail == NODE_REQUEST_COUNTER) {
        counter_begin(node, task->subject);
    } else {
        read_begin(node, task->subject);
    }
}

void node_request_enter(Cassandra *node, void *request, uint64_t type)
{
    Task task = {.subject = request, .detail = type, .arrived = node_now(node)};

    if (stage_enter(&node->requests, task)) {
        begin_request(node, &task);
    }
}

void node_answer(Cassandra *node, const CallTicket *ticket, const Message *reply)
{
    call_reply(&node->component, ticket, reply);
    native_transport_left(node, ticket);
}

void node_break(Cassandra *node, CallTicket *ticket)
{
    call_break(&node->component, ticket);
    *ticket = (CallTicket){0};
}

void node_request_done(Cassandra *node)
{
    Task task;

    if (node->phase == NODE_STOPPING) { /* its threads are gone */
        return;
    }
    stage_leave(&node->requests, node_now(node));
    if (stage_next(&node->requests, node_now(node), &task)) {
        begin_request(node, &task);
    }
}
