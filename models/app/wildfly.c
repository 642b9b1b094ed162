/* wildfly.c - WildFly 18: task threads in front of an unbounded queue, CPU and database statements
 * for each request, a slow start. Left out: garbage collection pauses, sessions, clustering
 * (joining it at boot too), transactions; I/O threads (their CPU is part of the request's); they
 * belong to the tail of latency on a quiet day, not to whether a site's survivors can carry its
 * load. Sources: WildFly 18.0.1 shipped configuration; boot and warm-up measured on a 2-vCPU VM
 * with OpenJDK 17 and scaled to an application of WildFly's size. */
#include "models/app/wildfly_parts.h"

#include "models/app/own_statement.h"
#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"
#include "sim/world/history.h"
#include "sim/world/host.h"

static void on_booted(void *self, void *subject, uint64_t detail);
static void on_deployed(void *self, void *subject, uint64_t detail);
static void on_ready(void *self, void *subject, uint64_t detail);
static void on_cpu_done(void *self, void *subject, uint64_t detail);
static void on_unblocked(void *self, void *subject, uint64_t detail);
static const EventType booted_event = {"wildfly.booted", on_booted};
static const EventType deployed_event = {"wildfly.deployed", on_deployed};
static const EventType ready_event = {"wildfly.ready", on_ready};
static const EventType cpu_event = {"wildfly.cpu", on_cpu_done};
static const EventType unblocked_event = {"wildfly.unblocked", on_unblocked};

static SimTime now_of(const Wildfly *server)
{
    return world_now(server->component.world);
}

/* --- boot and warm-up --- */

/* Boot is bound by the CPU: it runs as work of the host, beside whatever else runs there. */
static void boot_stage(Wildfly *server, SimSpan cpu, const EventType *type)
{
    server->boot_jobs = (uint32_t)server->boot_threads;
    for (uint32_t i = 0; i < server->boot_jobs; i++) {
        host_work(server->component.host, &server->component.owner, cpu, type, NULL, 0);
    }
}

static void on_booted(void *self, void *subject, uint64_t detail)
{
    Wildfly *server = self;

    (void)subject;
    (void)detail;
    if (--server->boot_jobs == 0) {
        server->state = SERVER_DEPLOYING;
        boot_stage(server, draw_span(server->deploy, &server->boot_rng), &deployed_event);
    }
}

static void on_deployed(void *self, void *subject, uint64_t detail)
{
    Wildfly *server = self;

    (void)subject;
    (void)detail;
    if (--server->boot_jobs == 0) {
        engine_after(world_engine(server->component.world),
                     draw_span(server->pools, &server->boot_rng), &server->component.owner,
                     &ready_event, NULL, 0);
    }
}

static void on_ready(void *self, void *subject, uint64_t detail)
{
    Wildfly *server = self;

    (void)subject;
    (void)detail;
    server->state = SERVER_RUNNING;
    history_note(world_history(server->component.world), "wildfly.running", &server->component,
                 NULL, NULL, NULL, NULL);
}

/* How much more a request costs now than in a warm process. */
static double warm_factor(Wildfly *server)
{
    if (!server->is_warming) {
        return 1.0;
    }
    double by_time = (double)(now_of(server) - server->warm_since) / (double)server->warm_span;
    double by_count = (double)server->warm_served / (double)server->warm_requests;
    double done = MIN(by_time, by_count);

    if (done > 12.0) { /* 6e-6 of the extra cost is left */
        server->is_warming = false;
    }
    return 1.0 + (server->warm_factor - 1.0) * fixed_exp(-done);
}

/* The first request finds classes unloaded and code interpreted: nothing completes for a while, and
 * the compiler takes a vCPU of its own until it has done its work. */
static void warm_begin(Wildfly *server)
{
    server->warm_since = now_of(server);
    ledger_open(&server->ledger, now_of(server), 0);
    host_spend(server->component.host, &server->component.owner, server->jit_cpu);
    engine_after(world_engine(server->component.world), server->warm_block,
                 &server->component.owner, &unblocked_event, NULL, 0);
}

static bool is_blocked(const Wildfly *server)
{
    return server->is_warming && now_of(server) < server->warm_since + server->warm_block;
}

/* --- a task's life --- */

static void task_start(Task *task);

static void queue_push(Wildfly *server, Task *task)
{
    *(server->queue_last != NULL ? &server->queue_last->next : &server->queue_first) = task;
    server->queue_last = task;
    server->queued++;
    gauge_set(&server->queue, now_of(server), (double)server->queued);
}

static Task *queue_pop(Wildfly *server)
{
    Task *task = server->queue_first;

    server->queue_first = task->next;
    if (task->next == NULL) {
        server->queue_last = NULL;
    }
    task->next = NULL;
    server->queued--;
    gauge_set(&server->queue, now_of(server), (double)server->queued);
    return task;
}

/* A thread took the head of a request: "100 Continue", and the body follows. */
static void task_continue(Task *task)
{
    Wildfly *server = task->server;
    Message answer = {.op = MESSAGE_HTTP, .size_bytes = 25, .code = 100};

    ledger_quit(&server->ledger, now_of(server), task->request.request);
    call_reply(&server->component, &task->request.ticket, &answer);
    pool_give(server->tasks, task);
}

/* Nobody who waits finds a thread idle: those that a fault holds do not count. */
static void tell_threads(Wildfly *server)
{
    uint32_t threads = MAX(wildfly_threads(server), server->busy);

    ledger_open(&server->ledger, now_of(server), is_blocked(server) ? 0 : threads);
}

/* Threads take from the queue while there are both; the clients may have gone, the work is done
 * anyway. */
static void threads_take(Wildfly *server)
{
    while (server->queued > 0 && server->busy < wildfly_threads(server) && !is_blocked(server)) {
        Task *task = queue_pop(server);

        if ((task->request.flags & HTTP_EXPECT) != 0) {
            task_continue(task);
        } else {
            task_start(task);
        }
    }
}

static void on_unblocked(void *self, void *subject, uint64_t detail)
{
    Wildfly *server = self;

    (void)subject;
    (void)detail;
    tell_threads(server);
    threads_take(server);
}

static void task_end(Task *task)
{
    Wildfly *server = task->server;
    bool is_write = (task->request.flags & HTTP_WRITE) != 0;
    bool is_aborted = wildfly_aborts(server);
    Message answer = {
        .op = MESSAGE_HTTP,
        .size_bytes = (uint32_t)(is_write ? server->write_answer_size : server->read_answer_size),
        .code = task->code,
        .flags = task->is_refused ? HTTP_REFUSED : 0U,
        .key = task->request.key,
        .version = task->version,
        .detail = (uint64_t)task->base};

    server->errors_500 += task->code == 500 && !task->is_spoilt;
    server->warm_served++;
    if (is_aborted || task->is_spoilt) {
        wildfly_tell_spoilt(server);
    }
    if (is_aborted) {
        call_break(&server->component, &task->request.ticket);
    } else {
        call_reply(&server->component, &task->request.ticket, &answer);
    }
    ledger_end(&server->ledger, now_of(server), task->request.request);
    wildfly_give_back(server, task);
    pool_give(server->tasks, task);
    server->busy--;
    gauge_set(&server->threads_busy, now_of(server), (double)server->busy);
    if (server->busy >= wildfly_threads(server)) {
        tell_threads(server);
    }
    threads_take(server);
}

static void task_compute(Task *task, SimSpan cpu)
{
    Wildfly *server = task->server;

    host_work(server->component.host, &server->component.owner, cpu, &cpu_event, task, 0);
}

static void on_cpu_done(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)detail;
    wildfly_advance(subject);
}

static void on_statement(Component *self, void *context, uint32_t code, const Message *reply)
{
    Task *task = context;

    (void)self;
    if (code != STORE_OK) {
        task->code = 500;
        task->statements_left = 0;
    } else if (task->version < 0) { /* the request's own datum is asked for first */
        task->version = reply->version;
        task->base = reply->version;
        task->is_read = (task->request.flags & (HTTP_CAS | HTTP_UPDATE)) != 0;
    } else if (task->is_read) {
        task->version = reply->version;
        task->is_read = false;
        task->is_refused = (reply->flags & STORE_REFUSED) != 0;
    }
    wildfly_advance(task);
}

/* The request's own datum first; what else it needs (who asks, what for) are reads of other data.
 */
static void task_ask_store(Task *task)
{
    Wildfly *server = task->server;
    DriverStatement what;

    if (task->version < 0 || task->is_read) {
        what = own_statement(&task->request, task->is_read ? task->version : -1);
        what.column = own_column(what.key, &server->column);
        what.count = (what.flags & STORE_BATCH) != 0 ? (uint32_t)server->batch_statements : 0;
    } else {
        what = (DriverStatement){.key = rng_below(&task->draws, (uint64_t)server->keys)};
    }
    what.request = task->request.request;
    task->statements_left--;
    server->statements_sent++;
    driver_execute(server->driver, &what, on_statement, task);
}

/* The whole life of a request in WildFly: CPU, statements one after another, CPU, answer. */
void wildfly_advance(Task *task)
{
    switch (task->stage) {
    case TASK_QUEUED:
        task->stage = TASK_FIRST_CPU;
        task_compute(task, (SimSpan)((double)task->cpu_left * task->server->cpu_before));
        return;
    case TASK_FIRST_CPU:
        task->stage = TASK_STATEMENTS;
        task->cpu_left -= (SimSpan)((double)task->cpu_left * task->server->cpu_before);
        wildfly_advance(task);
        return;
    case TASK_STATEMENTS:
        if (task->statements_left > 0) {
            task_ask_store(task);
            return;
        }
        task->stage = TASK_LAST_CPU;
        task_compute(task, task->cpu_left);
        return;
    case TASK_LAST_CPU:
        task_end(task);
        return;
    }
    g_assert_not_reached();
}

static void task_start(Task *task)
{
    Wildfly *server = task->server;
    bool is_health = (task->request.flags & HTTP_HEALTH) != 0;
    SimSpan cpu = server->health_cpu;

    if (!is_health) {
        task->draws = wildfly_draws(server, &task->request);
        cpu = draw_span(server->cpu, &task->draws);
    }
    server->busy++;
    ledger_begin(&server->ledger, now_of(server));
    gauge_set(&server->threads_busy, now_of(server), (double)server->busy);
    task->code = 200;
    task->version = server->is_storeless ? now_of(server) : -1; /* elsewhere, always the newest */
    task->is_refused = task->is_read = task->is_spoilt = false;
    task->life = 0;
    task->cpu_left = (SimSpan)((double)cpu * warm_factor(server));
    task->statements_left = server->is_storeless ? 0 : 1; /* without a datum no answer */
    if (!is_health && !server->is_storeless) {
        double drawn = draw_number(server->statements, &task->draws);

        task->statements_left = (uint32_t)MAX(drawn, 1.0);
        task->statements_left += (task->request.flags & (HTTP_CAS | HTTP_UPDATE)) != 0 ? 1 : 0;
    }
    if (wildfly_spoil(server, task)) {
        wildfly_fail(task, task->code);
    } else if (wildfly_borrow(server, task)) {
        wildfly_go_on(task);
    }
}

void wildfly_fail(Task *task, uint32_t code)
{
    task->code = code;
    task->is_spoilt = true;
    task->stage = TASK_LAST_CPU;
    task_compute(task, task->server->health_cpu);
}

static void wildfly_message(Component *self, const Message *message)
{
    Wildfly *server = (Wildfly *)self;

    if (message->op == MESSAGE_NOTICE) {
        driver_notice(server->driver, message);
    }
    if (message->op != MESSAGE_HTTP) {
        return;
    }
    if ((message->flags & HTTP_PING) != 0) { /* CPONG: no thread is needed for it */
        call_reply(self, &message->ticket,
                   &(Message){.op = MESSAGE_HTTP, .size_bytes = 5, .code = 100});
        return;
    }
    if ((message->flags & HTTP_EXPECT) != 0) {
        server->heads++;
    } else {
        server->requests++;
        server->health_requests += (message->flags & HTTP_HEALTH) != 0 ? 1 : 0;
    }
    if (server->state != SERVER_RUNNING) {
        Message refusal = {.op = MESSAGE_HTTP, .size_bytes = 300, .code = 503};

        server->refused_booting++;
        call_reply(self, &message->ticket, &refusal);
        return;
    }
    Task *task = pool_take(server->tasks);

    task->server = server;
    task->request = *message;
    if (server->is_warming && server->warm_since == SIM_NEVER) {
        warm_begin(server);
    }
    ledger_wait(&server->ledger, now_of(server), message->request);
    queue_push(server, task);
    threads_take(server);
}

/* The port is closed until the JVM has opened it. */
static ConnectAnswer wildfly_connect(Component *self, uint32_t *connection)
{
    (void)connection;
    return ((const Wildfly *)self)->state == SERVER_BOOTING ? CONNECT_REFUSE : CONNECT_ACCEPT;
}

/* --- life --- */

static void wildfly_wire(Component *self, World *world, DiagList *diags)
{
    Wildfly *server = (Wildfly *)self;
    const struct {
        Rng *rng;
        const char *use;
    } streams[] = {{&server->nobody_rng, "nobody"},
                   {&server->boot_rng, "boot"},
                   {&server->fault_rng, "fault"}};

    for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
        g_autofree char *name = g_strdup_printf("%s/%s", self->name, streams[i].use);

        engine_open_stream(world_engine(world), streams[i].rng, name);
    }
    engine_share_stream(world_engine(world), &server->request_rng, "wildfly/requests");
    if (server->task_max_threads == 0) {
        server->task_max_threads = 16 * (int64_t)host_count_vcpus(self->host);
    }
    if (server->port > 0) {
        host_listen(self->host, (uint16_t)server->port, self);
    }
    server->is_storeless = g_str_equal(server->store_kind, DRIVER_NO_STORE);
    server->tasks = pool_new("wildfly.tasks", sizeof(Task));
    driver_apply_version(&server->driver_settings, json_member(self->settings, "driver"));
    server->driver = driver_new(self, server->store_kind, &server->driver_settings,
                                &server->driver_stats, diags);
}

/* A run begins with servers that have been up for long; every later start is a boot. */
static void wildfly_start(Component *self)
{
    Wildfly *server = (Wildfly *)self;
    bool is_first = world_now(self->world) == 0;

    driver_reset(server->driver);
    wildfly_pool_reset(server);
    ledger_open(&server->ledger, now_of(server), (uint32_t)server->task_max_threads);
    server->is_warming = !is_first;
    server->warm_since = SIM_NEVER;
    server->warm_served = 0;
    server->state = is_first ? SERVER_RUNNING : SERVER_BOOTING;
    if (!is_first) {
        double factor = host_is_cold(self->host) ? server->cold_boot_factor : 1.0;
        SimSpan cpu = (SimSpan)((double)draw_span(server->boot, &server->boot_rng) * factor);

        boot_stage(server, cpu, &booted_event);
    }
}

static void wildfly_stop(Component *self, const Effect *why)
{
    Wildfly *server = (Wildfly *)self;

    (void)why;
    pool_free(server->tasks);
    server->tasks = pool_new("wildfly.tasks", sizeof(Task));
    server->queue_first = NULL;
    server->queue_last = NULL;
    wildfly_pool_reset(server);
    server->busy = 0;
    server->queued = 0;
    ledger_drop_all(&server->ledger, now_of(server));
    gauge_set(&server->threads_busy, now_of(server), 0.0);
    gauge_set(&server->queue, now_of(server), 0.0);
}

/* A fault came or went. */
static void wildfly_condition(Component *self, const Effect *before)
{
    Wildfly *server = (Wildfly *)self;

    wildfly_pool_changed(server, before);
    if (before->shares[SHARE_APP_THREADS] > 0 || self->condition.shares[SHARE_APP_THREADS] > 0) {
        tell_threads(server);
        threads_take(server);
    }
}

static void wildfly_free(Component *self)
{
    Wildfly *server = (Wildfly *)self;

    pool_free(server->tasks);
    driver_free(server->driver);
}

static const Field wildfly_fields[] = {
    FIELD_ROW(Wildfly, task_max_threads, "task-max-threads", FIELD_TYPE_COUNT, int64_t,
              .initial = "0", .lowest = "0", .highest = "10000",
              .help = "Worker threads; requests beyond them wait in a queue without end; 0: 16 for "
                      "each vCPU of the host",
              .source = "WildFly 18.0.1: task-max-threads = cpus x 16"),
    FIELD_DRAW(
        Wildfly, cpu, .initial = "lognormal(mean=1.6ms, sigma=0.6)",
        .help = "CPU of one request on one vCPU; 1.6 ms is the budget at which 3,000 requests/s "
                "fit with one live site lost",
        .source = "budget 2 vCPU x 60 % / 375 requests/s; typical business requests take 1.5 to "
                  "4 ms (assumption)"),
    FIELD_RATIO(Wildfly, cpu_before, .initial = "0.6",
                .help = "Share of a request's CPU before its statements", .source = "assumption"),
    FIELD_DRAW_NUMBER(
        Wildfly, statements,
        .initial =
            "mixture(0.5: constant(1), 0.3: constant(2), 0.15: constant(3), 0.05: constant(4))",
        .help =
            "Database statements of one request, one after another; the first is on its own datum",
        .source = "assumption: telemetry needs one, people's requests two to four"),
    FIELD_COUNT(Wildfly, keys, .initial = "100000", .lowest = "1", .highest = "100000000",
                .help = "Data that the further statements read at random", .source = "assumption"),
    FIELD_COUNT(Wildfly, batch_statements, .initial = "4", .lowest = "2", .highest = "64",
                .help = "Data that a request writes together in a logged batch",
                .source = "assumption"),
    FIELD_TABLE(Wildfly, column, own_column_fields, .help = "A column of requests' own data"),
    FIELD_BYTES(Wildfly, read_answer_size, .initial = "4kB", .help = "Bytes of an answer to a read",
                .source = "mobile REST: 2 to 8 kB (assumption)"),
    FIELD_BYTES(Wildfly, write_answer_size, .initial = "200B",
                .help = "Bytes of an answer to a write",
                .source = "telemetry over REST: 200 B (assumption)"),
    FIELD_SPAN(Wildfly, health_cpu, .initial = "200us", .help = "CPU of a health request",
               .source = "JAX-RS answer without business logic: 0.15 to 0.4 ms (assumption)"),
    FIELD_DRAW(Wildfly, boot, .initial = "lognormal(median=9s, sigma=0.25)",
               .help = "CPU seconds on each boot thread until the port opens",
               .source = "JVM and full-ha profile on 2 shared vCPU (assumption)"),
    FIELD_DRAW(Wildfly, deploy, .initial = "lognormal(median=12s, sigma=0.4)",
               .help = "CPU seconds on each boot thread until requests are served; 503 until then",
               .source = "class scan, JAX-RS, clients on 2 shared vCPU (assumption)"),
    FIELD_DRAW(Wildfly, pools, .initial = "uniform(1s, 3s)",
               .help = "Until the database driver has its connections; 503 until then",
               .source = "Cassandra driver pools: 1 to 3 s (assumption)"),
    FIELD_COUNT(Wildfly, boot_threads, .initial = "2", .lowest = "1", .highest = "64",
                .help = "vCPUs that a boot can use",
                .source = "CPU during boot: 1.5 to 2.0 of 2 vCPU"),
    FIELD_NUMBER(Wildfly, cold_boot_factor, .initial = "2", .lowest = "1",
                 .help = "A boot from a cold page cache takes this many times as long",
                 .source = "assumption"),
    FIELD_SPAN(Wildfly, jit_cpu, .initial = "40s", .lowest = "0s",
               .help = "CPU that compiling takes after a start",
               .source = "own measurement of 10 CPU seconds, times 4 for WildFly (assumption)"),
    FIELD_SPAN(Wildfly, warm_block, .initial = "2s", .lowest = "0s",
               .help = "Nothing completes for so long after the first request of a process",
               .source = "own measurement of 0.5 s, times 4 for WildFly (assumption)"),
    FIELD_NUMBER(Wildfly, warm_factor, .initial = "9", .lowest = "1",
                 .help = "How many times as much CPU the first requests take",
                 .source = "own measurement"),
    FIELD_SPAN(Wildfly, warm_span, .initial = "10s", .lowest = "1ms",
               .help = "Time constant of the warm-up",
               .source = "own measurement, times 4 (assumption)"),
    FIELD_COUNT(Wildfly, warm_requests, .initial = "1000", .lowest = "1", .highest = "10000000",
                .help = "Requests of the warm-up's time constant",
                .source = "own measurement, times 4 (assumption)"),
    FIELD_ROW(Wildfly, store_kind, "store", FIELD_TYPE_TEXT, char *, .initial = "cassandra",
              .help = "Kind of the database nodes in its site, or none", .source = "the seed"),
    FIELD_ROW(Wildfly, port, "Listen", FIELD_TYPE_COUNT, int64_t, .initial = "0", .lowest = "0",
              .highest = "65535", .help = "TCP port for clients without a web server; 0: none",
              .source = "the seed: httpd stands in front"),
    FIELD_ROW(Wildfly, driver_settings, "driver", FIELD_TYPE_TABLE, DriverSettings,
              .more = driver_fields, .help = "The database driver"),
    FIELD_END,
};

static const MetricDef wildfly_metrics[] = {
    METRIC_COUNTER(Wildfly, requests, "Requests received"),
    METRIC_COUNTER(Wildfly, health_requests, "Of them, for its health"),
    METRIC_COUNTER(Wildfly, heads, "Heads that asked for a thread before their requests"),
    METRIC_COUNTER(Wildfly, refused_booting, "Requests answered 503 during a start"),
    METRIC_COUNTER(Wildfly, errors_500, "Requests that failed for want of the database"),
    METRIC_COUNTER(Wildfly, answers_spoilt, "Answers that a fault made wrong or broke off"),
    METRIC_COUNTER(Wildfly, statements_sent, "Database statements"),
    DRIVER_METRICS(Wildfly, driver_stats),
    METRIC_GAUGE(Wildfly, threads_busy, "1", "Task threads that serve a request"),
    METRIC_GAUGE(Wildfly, queue, "1", "Requests that wait for a thread"),
    METRIC_END,
};

static const NoteDef wildfly_notes[] = {
    {.name = "wildfly.running", .help = "An application server has booted and takes requests"},
    {.name = "wildfly.pool-dry",
     .help = "No connection is left in an application server's pool, and the first request waits"},
    {.name = "wildfly.answer-spoilt", .help = "A fault made an answer wrong or broke it off"},
    NOTE_END,
};

static const LedgerDef wildfly_ledgers[] = {
    {.name = "threads",
     .ledger = offsetof(Wildfly, ledger),
     .waiting = offsetof(Wildfly, queue),
     .has_line = true,
     .busy = offsetof(Wildfly, threads_busy),
     .came = {offsetof(Wildfly, requests), offsetof(Wildfly, heads)},
     .turned_away = {offsetof(Wildfly, refused_booting)}},
    LEDGER_END,
};

const Kind wildfly_kind = {
    .name = "wildfly",
    .help = "WildFly 18 application server with a Cassandra driver",
    .leaves_out =
        "Garbage collection, sessions, clustering and transactions: they shape the tail of "
        "latency on a quiet day, not whether survivors can carry a lost site's load",
    .size = sizeof(Wildfly),
    .scope = KIND_ON_NODE,
    .fields = wildfly_fields,
    .metrics = wildfly_metrics,
    .notes = wildfly_notes,
    .ledgers = wildfly_ledgers,
    .on_wire = wildfly_wire,
    .on_start = wildfly_start,
    .on_message = wildfly_message,
    .on_connect = wildfly_connect,
    .on_condition = wildfly_condition,
    .on_stop = wildfly_stop,
    .on_predict = wildfly_predict,
    .on_free = wildfly_free,
};
