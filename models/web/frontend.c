/* frontend.c - a server of a tier whose members keep a thread for each other member, as the
 * front end of Amazon Kinesis did: a new member tells the others that it is there, each of them
 * learns of it some time later and opens a thread. Where the process then has more threads than the
 * operating system allows, the map that tells who serves what cannot be built: the process lives,
 * is healthy and answers 503 until it is started anew with fewer members around it. Source: AWS,
 * Summary of the Amazon Kinesis Event in the Northern Virginia Region, November 25, 2020. */
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/world.h"

typedef struct Peer {
    Component *server;
    bool is_known; /* there is a thread for it while it lives */
} Peer;

/* A request that is computed. */
typedef struct Job {
    CallTicket ticket;
} Job;

typedef struct Frontend {
    Component component; /* first */
    /* configuration */
    int64_t own_threads, thread_limit, port;
    Draw cpu, learn;
    SimSpan map_cpu;
    /* measurement */
    uint64_t requests, refused, threads_refused;
    Gauge threads, maps;
    /* state */
    Peer *peers;
    guint peer_count;
    bool has_map;
    Pool *jobs;
    Rng cpu_rng, learn_rng;
} Frontend;

#define NOTICE_BYTES 200
#define ANSWER_BYTES 1000

static void on_learnt(void *self, void *subject, uint64_t detail);
static void on_map(void *self, void *subject, uint64_t detail);
static void on_computed(void *self, void *subject, uint64_t detail);
static const EventType learnt_event = {"frontend.learnt", on_learnt};
static const EventType map_event = {"frontend.map", on_map};
static const EventType computed_event = {"frontend.computed", on_computed};

static SimTime now_of(const Frontend *server)
{
    return world_now(server->component.world);
}

/* --- threads and the map --- */

static void set_map(Frontend *server, bool has_map)
{
    server->has_map = has_map;
    gauge_set(&server->maps, now_of(server), has_map ? 1 : 0);
}

static guint count_peers(const Frontend *server)
{
    guint count = 0;

    for (guint i = 0; i < server->peer_count; i++) {
        count += server->peers[i].is_known && server->peers[i].server->is_up ? 1 : 0;
    }
    return count;
}

/* Whether the process may have all the threads that it needs; if not, its map is lost. */
static bool open_threads(Frontend *server)
{
    int64_t wanted = server->own_threads + count_peers(server);

    gauge_set(&server->threads, now_of(server), (double)MIN(wanted, server->thread_limit));
    if (wanted <= server->thread_limit) {
        return true;
    }
    server->threads_refused++;
    set_map(server, false);
    history_note(world_history(server->component.world), "frontend.threads-refused",
                 &server->component, NULL, NULL, NULL, NULL);
    return false;
}

static void on_learnt(void *self, void *subject, uint64_t detail)
{
    Peer *peer = subject;

    (void)detail;
    peer->is_known = true;
    open_threads(self);
}

static void on_map(void *self, void *subject, uint64_t detail)
{
    Frontend *server = self;

    (void)subject;
    (void)detail;
    if (open_threads(server)) {
        set_map(server, true);
        history_note(world_history(server->component.world), "frontend.map-built",
                     &server->component, NULL, NULL, NULL, NULL);
    }
}

/* --- messages --- */

/* A peer has started: the thread for its former life has ended. */
static void hear_of(Frontend *server, const Component *who)
{
    for (guint i = 0; i < server->peer_count; i++) {
        Peer *peer = &server->peers[i];

        if (peer->server == who) {
            peer->is_known = false;
            engine_after(world_engine(server->component.world),
                         draw_span(server->learn, &server->learn_rng), &server->component.owner,
                         &learnt_event, peer, 0);
        }
    }
}

static void on_computed(void *self, void *subject, uint64_t detail)
{
    Frontend *server = self;
    Job *job = subject;
    Message answer = {.op = MESSAGE_HTTP,
                      .size_bytes = ANSWER_BYTES,
                      .code = server->has_map ? 200 : 503,
                      .version = now_of(server)};

    (void)detail;
    server->refused += server->has_map ? 0 : 1;
    call_reply(&server->component, &job->ticket, &answer);
    pool_give(server->jobs, job);
}

static void frontend_message(Component *self, const Message *message)
{
    Frontend *server = (Frontend *)self;

    if (message->op == MESSAGE_NOTICE) {
        hear_of(server, message->from);
    } else if (message->op == MESSAGE_HTTP && (message->flags & (HTTP_HEALTH | HTTP_PING)) != 0) {
        call_reply(self, &message->ticket,
                   &(Message){.op = MESSAGE_HTTP, .size_bytes = NOTICE_BYTES, .code = 200});
    } else if (message->op == MESSAGE_HTTP) {
        Job *job = pool_take(server->jobs);

        server->requests++;
        job->ticket = message->ticket;
        host_work(self->host, &self->owner, draw_span(server->cpu, &server->cpu_rng),
                  &computed_event, job, 0);
    }
}

/* --- life --- */

static void frontend_wire(Component *self, World *world, DiagList *diags)
{
    Frontend *server = (Frontend *)self;
    const GPtrArray *all = world_of_kind(world, self->kind->name);
    g_autofree char *cpu = g_strdup_printf("%s/cpu", self->name);
    g_autofree char *learn = g_strdup_printf("%s/learn", self->name);

    engine_open_stream(world_engine(world), &server->cpu_rng, cpu);
    engine_open_stream(world_engine(world), &server->learn_rng, learn);
    server->jobs = pool_new("frontend.jobs", sizeof(Job));
    server->peers = g_new0(Peer, all->len);
    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);

        if (peer != self) {
            server->peers[server->peer_count++] = (Peer){.server = peer};
        }
    }
    if (server->own_threads >= server->thread_limit) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' may have %" G_GINT64_FORMAT " threads and needs %" G_GINT64_FORMAT
                 " for itself",
                 self->name, server->thread_limit, server->own_threads);
    }
    if (server->port > 0) {
        host_listen(self->host, (uint16_t)server->port, self);
    }
}

/* A run begins with servers that have been up for long. Every later start asks who is there, builds
 * the map, and tells the others. */
static void frontend_start(Component *self)
{
    Frontend *server = (Frontend *)self;
    Message notice = {.op = MESSAGE_NOTICE, .size_bytes = NOTICE_BYTES};

    for (guint i = 0; i < server->peer_count; i++) {
        Peer *peer = &server->peers[i];

        peer->is_known = peer->server->is_up || world_now(self->world) == 0;
        if (world_now(self->world) > 0 && peer->is_known) {
            network_send(self, peer->server, &notice);
        }
    }
    if (world_now(self->world) == 0) {
        set_map(server, true);
        return;
    }
    set_map(server, false);
    host_work(self->host, &self->owner, server->map_cpu * (SimSpan)count_peers(server), &map_event,
              NULL, 0);
}

static void frontend_stop(Component *self, const Effect *why)
{
    Frontend *server = (Frontend *)self;

    (void)why;
    pool_free(server->jobs);
    server->jobs = pool_new("frontend.jobs", sizeof(Job));
    gauge_set(&server->threads, now_of(server), 0);
    set_map(server, false);
}

static void frontend_free(Component *self)
{
    Frontend *server = (Frontend *)self;

    if (server->jobs != NULL) {
        pool_free(server->jobs);
    }
    g_free(server->peers);
}

#define KINESIS "AWS, summary of the Kinesis event of 25 November 2020"

static const Field frontend_fields[] = {
    FIELD_COUNT(Frontend, own_threads, .initial = "200", .lowest = "1", .highest = "1000000",
                .help = "Threads of the process besides those for its peers",
                .source = "assumption"),
    FIELD_COUNT(Frontend, thread_limit, .initial = "4915", .lowest = "2", .highest = "10000000",
                .help = "Threads that the operating system allows the process",
                .source = "systemd DefaultTasksMax: 15 % of kernel.pid_max 32,768; the limit of "
                          "AWS was not published"),
    FIELD_DRAW(Frontend, learn, .initial = "uniform(0s, 1h)", .lowest = "0s",
               .help = "Until a member learns of a new one", .source = KINESIS ": up to an hour"),
    FIELD_SPAN(Frontend, map_cpu, .initial = "1s", .lowest = "0s",
               .help = "CPU for each peer to build the map after a start", .source = "assumption"),
    FIELD_DRAW(Frontend, cpu, .initial = "lognormal(mean=1ms, sigma=0.6)", .lowest = "0s",
               .help = "CPU of a request", .source = "assumption"),
    FIELD_ROW(Frontend, port, "Listen", FIELD_TYPE_COUNT, int64_t, .initial = "0", .lowest = "0",
              .highest = "65535", .help = "TCP port for clients without a web server; 0: none",
              .source = "a balancer stands in front"),
    FIELD_END,
};

static const MetricDef frontend_metrics[] = {
    METRIC_COUNTER(Frontend, requests, "Requests received"),
    METRIC_COUNTER(Frontend, refused, "Of them, answered 503 for want of a map"),
    METRIC_COUNTER(Frontend, threads_refused, "Times that a thread could not be made"),
    METRIC_GAUGE(Frontend, threads, "1", "Threads, when they were counted last"),
    METRIC_GAUGE(Frontend, maps, "1", "Whether there is a map to answer by"),
    METRIC_END,
};

static const NoteDef frontend_notes[] = {
    {.name = "frontend.threads-refused",
     .help = "A member of the tier could not make a thread for another one, and lost its map"},
    {.name = "frontend.map-built", .help = "A member of the tier has started and built its map"},
    NOTE_END,
};

const Kind frontend_kind = {
    .name = "frontend",
    .help = "A server of a tier whose members keep a thread for each other member",
    .leaves_out = "what the map says and the servers behind it, and services that depend on the "
                  "tier: what is asked about is when the tier breaks and what brings it back. A "
                  "thread that could not be made is not tried for again before a restart",
    .size = sizeof(Frontend),
    .scope = KIND_ON_NODE,
    .fields = frontend_fields,
    .metrics = frontend_metrics,
    .notes = frontend_notes,
    .on_wire = frontend_wire,
    .on_start = frontend_start,
    .on_message = frontend_message,
    .on_stop = frontend_stop,
    .on_free = frontend_free,
};
