/* responses.c - see responses.h. */
#include "models/data/cassandra/responses.h"

#include "models/data/cassandra/read_list.h"

#define TIMEOUT (10 * SIM_S) /* request_timeout_in_ms */
#define IS_READ (UINT64_C(1) << 16)

static void on_response_arrived(void *self, void *subject, uint64_t detail);
static void on_response_done(void *self, void *subject, uint64_t detail);
static const EventType response_arrived = {"cassandra.response-arrived", on_response_arrived};
static const EventType response_done = {"cassandra.response-done", on_response_done};

void responses_to_write(Write *write, guint index, SimTime at)
{
    Cassandra *node = write->node;

    write->answering |= 1u << index;
    write->way.is_excused = true; /* how long it waits there is the stage's */
    engine_at(node->engine, at, &node->component.owner, &response_arrived, write, index);
}

void responses_to_read(Read *read, guint index, ReadRound round, SimTime at)
{
    Cassandra *node = read->node;

    read->answering[round] |= 1u << index;
    engine_at(node->engine, at, &node->component.owner, &response_arrived, read,
              IS_READ | (uint64_t)round << 8 | index);
}

static void work_on(Cassandra *node, const Task *task)
{
    node_work(node, node->answer_cpu, &response_done, task->subject, task->detail);
}

static void on_response_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Task task = {.subject = subject, .detail = detail, .arrived = node_now(node)};

    if (stage_enter(&node->response_stage, task)) {
        work_on(node, &task);
    }
}

static void drop(Cassandra *node, const Task *task)
{
    stage_leave(&node->response_stage, node_now(node));
    node->responses_dropped++;
    if ((task->detail & IS_READ) != 0) {
        Read *read = task->subject;

        read->answering[task->detail >> 8 & 0xff] &= ~(1u << (task->detail & 0xff));
        read_settle(read);
    } else {
        Write *write = task->subject;

        write->answering &= ~(1u << task->detail);
        write_dropped(write, (guint)task->detail);
    }
}

static void on_response_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    guint index = detail & 0xff;
    Task task;

    stage_leave(&node->response_stage, node_now(node));
    node->responses_taken++;
    if ((detail & IS_READ) != 0) {
        read_answered(subject, index, (ReadRound)(detail >> 8 & 0xff));
    } else {
        write_answered(subject, index);
    }
    while (stage_next(&node->response_stage, node_now(node), &task)) {
        if (node_now(node) - task.arrived > TIMEOUT) {
            drop(node, &task);
        } else {
            work_on(node, &task);
        }
    }
}
