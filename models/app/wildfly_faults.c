/* wildfly_faults.c - what faults of an application do to it: wrong answers, slow ones, broken
 * connections, threads that are gone. The rest of its life goes on as ever. Source: Chaos Mesh
 * HTTPChaos (abort, delay, replace). */
#include "models/app/wildfly_parts.h"

#include "sim/world/history.h"

static void on_late(void *self, void *subject, uint64_t detail);
static const EventType late_event = {"wildfly.late", on_late};

static bool is_hit(Wildfly *server, double share)
{
    return share > 0 && rng_chance(&server->fault_rng, share);
}

static bool is_health(const Task *task)
{
    return (task->request.flags & HTTP_HEALTH) != 0;
}

bool wildfly_spoil(Wildfly *server, Task *task)
{
    const Effect *now = &server->component.condition;

    if (is_hit(server, now->shares[SHARE_APP_ERRORS]) ||
        (!is_health(task) && is_hit(server, now->shares[SHARE_APP_GRAY]))) {
        task->code = now->answer_code;
        task->is_spoilt = true;
    }
    return task->is_spoilt;
}

/* What a fault makes this request take longer, with its thread. */
static SimSpan added(const Wildfly *server, const Task *task)
{
    const Effect *now = &server->component.condition;

    return now->spans[SPAN_APP_LATENCY] + (is_health(task) ? 0 : now->spans[SPAN_APP_GRAY]);
}

static void on_late(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)detail;
    wildfly_advance(subject);
}

void wildfly_go_on(Task *task)
{
    Wildfly *server = task->server;
    SimSpan late = added(server, task);

    if (late > 0) {
        engine_after(world_engine(server->component.world), late, &server->component.owner,
                     &late_event, task, 0);
    } else {
        wildfly_advance(task);
    }
}

bool wildfly_aborts(Wildfly *server)
{
    return is_hit(server, server->component.condition.shares[SHARE_APP_ABORTS]);
}

void wildfly_tell_spoilt(Wildfly *server)
{
    server->answers_spoilt++;
    history_note(world_history(server->component.world), "wildfly.answer-spoilt",
                 &server->component, NULL, NULL, NULL, NULL);
}

uint32_t wildfly_threads(const Wildfly *server)
{
    double share = server->component.condition.shares[SHARE_APP_THREADS];
    uint32_t all = (uint32_t)server->task_max_threads;
    uint32_t held = share > 0 ? (uint32_t)((double)all * share + 0.5) : 0;

    return held < all ? all - held : 1;
}
