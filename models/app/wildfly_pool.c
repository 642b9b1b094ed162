/* wildfly_pool.c - a pool of connections that requests borrow and, by a fault, do not give back
 * (app.leak-connections). Without the fault there is none: the driver's connections carry many
 * requests at once. Source: WildFly 18 data sources: max-pool-size, blocking-timeout-wait-millis;
 * who waits is served in order of coming. */
#include "models/app/wildfly_parts.h"

#include "sim/world/history.h"

static void on_dry(void *self, void *subject, uint64_t detail);
static const EventType dry_event = {"wildfly.pool-timeout", on_dry};

static SimTime now_of(const Wildfly *server)
{
    return world_now(server->component.world);
}

static bool has_connection(const Wildfly *server)
{
    return server->borrowed + server->leaked < (uint64_t)server->component.condition.pool_size;
}

static void take_connection(Wildfly *server, Task *task)
{
    task->life = server->pool_life;
    server->borrowed++;
}

/* --- those that wait ----------------------------------------------------------------------------
 */

static void line_push(Wildfly *server, Task *task)
{
    task->next = NULL;
    *(server->dry_last != NULL ? &server->dry_last->next : &server->dry_first) = task;
    server->dry_last = task;
}

/* Takes `task` out, which nearly always is the first: all wait for the same time. */
static void line_remove(Wildfly *server, Task *task)
{
    Task **link = &server->dry_first;
    Task *before = NULL;

    while (*link != task) {
        before = *link;
        link = &before->next;
    }
    *link = task->next;
    if (server->dry_last == task) {
        server->dry_last = before;
    }
    task->next = NULL;
}

static void on_dry(void *self, void *subject, uint64_t detail)
{
    Wildfly *server = self;
    Task *task = subject;

    (void)detail;
    task->gives_up = EVENT_NONE;
    line_remove(server, task);
    wildfly_fail(task, server->component.condition.answer_code);
}

/* Whoever can go on does: with a connection, or without need of one. */
static void serve_line(Wildfly *server)
{
    while (server->dry_first != NULL && (server->pool_life == 0 || has_connection(server))) {
        Task *task = server->dry_first;

        engine_cancel(world_engine(server->component.world), task->gives_up);
        task->gives_up = EVENT_NONE;
        line_remove(server, task);
        if (server->pool_life != 0) {
            take_connection(server, task);
        }
        wildfly_go_on(task);
    }
}

bool wildfly_borrow(Wildfly *server, Task *task)
{
    const Effect *now = &server->component.condition;

    if (G_LIKELY(server->pool_life == 0)) {
        return true;
    }
    if (server->dry_first == NULL && has_connection(server)) {
        take_connection(server, task);
        return true;
    }
    if (server->dry_first == NULL) {
        history_note(world_history(server->component.world), "wildfly.pool-dry", &server->component,
                     NULL, NULL, NULL, NULL);
    }
    line_push(server, task);
    task->gives_up =
        engine_after(world_engine(server->component.world), now->spans[SPAN_APP_POOL_WAIT],
                     &server->component.owner, &dry_event, task, 0);
    return false;
}

/* --- what leaks ---------------------------------------------------------------------------------
 */

static SimSpan leak_period(const Effect *condition)
{
    return sim_span_from_s(1 / condition->pool_leak_per_s);
}

void wildfly_give_back(Wildfly *server, Task *task)
{
    if (task->life == 0 || task->life != server->pool_life) {
        return; /* it has none, or the pool was flushed in between */
    }
    task->life = 0;
    server->borrowed--;
    if (now_of(server) >= server->next_leak) { /* what was missed without requests is not made up */
        server->next_leak += leak_period(&server->component.condition);
        server->next_leak = MAX(server->next_leak, now_of(server));
        server->leaked++;
    } else {
        serve_line(server);
    }
}

/* --- faults and lives ---------------------------------------------------------------------------
 */

static void pool_begin(Wildfly *server)
{
    server->pool_life = ++server->pool_lives;
    server->borrowed = server->leaked = 0;
    server->next_leak = now_of(server) + leak_period(&server->component.condition);
}

void wildfly_pool_changed(Wildfly *server, const Effect *before)
{
    const Effect *now = &server->component.condition;

    if (before->pool_size == 0 && now->pool_size > 0) {
        pool_begin(server);
    } else if (before->pool_size > 0 && now->pool_size == 0) {
        server->pool_life = 0;
        serve_line(server);
    } else if (now->pool_size > 0) {
        server->next_leak = MIN(server->next_leak, now_of(server) + leak_period(now));
        serve_line(server);
    }
}

void wildfly_pool_reset(Wildfly *server)
{
    server->dry_first = server->dry_last = NULL;
    if (server->pool_life != 0) {
        pool_begin(server);
    }
}
