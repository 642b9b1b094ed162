/* client.c - who asks: the users and devices of one load entry in one region, what they do when
 * something fails, and what they felt. The only source of availability and latency. Left out:
 * content of pages and sub-resources, rendering, HTTP/2 multiplexing; they change bytes and think
 * time, not whether and when a request is answered. The retry budget is kept for a whole population
 * instead of each program, which is the same on average as long as many users share a fault. Nobody
 * is served late: each wait ends with the user's patience. */
#include "models/client/client_parts.h"

#define RETRY_WINDOW_S 10.0 /* over which a retry budget may be saved up */

static const char *const executor_words[] = {"constant-arrival-rate", "ramping-arrival-rate", NULL};
static const char *const arrivals_words[] = {"poisson", "uniform", "deterministic", NULL};
static const char *const fallback_words[] = {"none", "sequential", "fast", NULL};
static const char *const names_words[] = {"resolver", "servers", "registry", NULL};
static const char *const tls_words[] = {"none", "1.2", "1.3", "1.3-0rtt", NULL};

#define MIX_SHARE(index, text, what)                                                               \
    {                                                                                              \
        .name = text, .type = FIELD_TYPE_NUMBER, .offset = (index) * sizeof(double),               \
        .initial = "0", .lowest = "0",                                                             \
        .help = "Share of requests that " what ", relative to the other shares",                   \
        .source = "assumption: none"                                                               \
    }

static const Field mix_fields[] = {
    {.name = "read",
     .type = FIELD_TYPE_NUMBER,
     .offset = 0,
     .initial = "0.4",
     .lowest = "0",
     .help = "Share of requests that read, relative to the other shares",
     .source = "assumption: telemetry writes more than people read"},
    {.name = "write",
     .type = FIELD_TYPE_NUMBER,
     .offset = sizeof(double),
     .initial = "0.6",
     .lowest = "0",
     .help = "Share of requests that write, relative to the other shares",
     .source = "assumption: telemetry writes more than people read"},
    MIX_SHARE(2, "delete", "delete the datum"),
    MIX_SHARE(3, "cas", "write the datum only if it is still what was read just before (LWT)"),
    MIX_SHARE(4, "batch", "write several data, all or none (logged batch)"),
    MIX_SHARE(5, "counter", "add one to a counter"),
    MIX_SHARE(6, "update", "read the datum and write what they make of it, plainly"),
    FIELD_END,
};

static const Field client_fields[] = {
    FIELD_CHOICE(Client, executor, .initial = "constant-arrival-rate", .more = executor_words,
                 .help = "How arrivals are controlled; both are open models",
                 .source = "k6 executors of the same names"),
    FIELD_NUMBER(Client, rate, .flags = FIELD_REQUIRED, .lowest = "0",
                 .help = "Requests each timeUnit, of all regions together; ramping: at the start"),
    FIELD_ROW(Client, time_unit, "timeUnit", FIELD_TYPE_SPAN, SimSpan, .initial = "1s",
              .lowest = "1ms", .help = "What 'rate' counts in", .source = "k6 timeUnit"),
    FIELD_ROW(Client, start_time, "startTime", FIELD_TYPE_SPAN, SimSpan, .initial = "0s",
              .help = "When the load begins, counted from the start of the warm-up",
              .source = "k6 startTime"),
    FIELD_SPAN(Client, duration, .initial = "0s",
               .help = "How long the load lasts; 0s: until the end", .source = "k6 duration"),
    FIELD_JSON(Client, stages,
               .help =
                   "Targets of a ramping rate: [{\"target\", \"duration\"}]; the last one stays"),
    FIELD_CHOICE(Client, arrivals, .initial = "poisson", .more = arrivals_words,
                 .help = "Law of the gaps between arrivals",
                 .source = "assumption: many independent users"),
    FIELD_TEXT(Client, clients,
               .help = "Profile of 'system.clients' that this load takes its behaviour from"),
    FIELD_TABLE(Client, mix, mix_fields, .help = "What requests do"),
    FIELD_JSON(Client, regions, .help = "Shares of the load by client region"),
    FIELD_COUNT(
        Client, users, .initial = "20000", .lowest = "1", .highest = "10000000",
        .help = "Users or devices of this load in all regions together; each keeps its own caches",
        .source = "assumption: at 2,750/s one request in 7.3 s each, near sessions with a "
                  "think time of lognormal median 4 s, sigma 1 (mean 6.6 s)"),
    FIELD_COUNT(Client, keys, .initial = "100000", .lowest = "1", .highest = "100000000",
                .help = "Different data that all users together read and write",
                .source = "assumption"),
    FIELD_RATIO(Client, own_key, .initial = "0.9",
                .help =
                    "Share of requests that touch the user's own datum, not a random one; while "
                    "there are at least as many keys as users nobody else has the same",
                .source = "assumption"),
    FIELD_TEXT(Client, host_name, .initial = "app.", .help = "Name that is looked up",
               .source = "the seed's zone"),
    FIELD_CHOICE(Client, names, .initial = "resolver", .more = names_words,
                 .help = "Where addresses come from: looked up by name, a list of 'servers' that "
                         "stands in the program, or a list that a registry gives",
                 .source = "the seed: DNS"),
    FIELD_TEXTS(Client, servers,
                .help = "IPv4 addresses in the program, up to 8, for 'names' servers; each user "
                        "begins at a random one"),
    FIELD_SPAN(Client, list_refresh, .initial = "30s", .lowest = "1s",
               .help = "How often the registry's list is asked for again; meanwhile, and while no "
                       "registry answers, the old one is used",
               .source = "Eureka client registryFetchIntervalSeconds 30"),
    FIELD_COUNT(Client, port, .initial = "443", .lowest = "1", .highest = "65535",
                .help = "TCP port that is connected to", .source = "RFC 2818"),
    FIELD_JSON(Client, caches,
               .help = "Shares of look-up caches: honours (the time to live), browser (60 s), "
                       "browser-own (the longer of both), jvm (30 s), none, forever (until a "
                       "connection fails), windows (honours, and keeps that there is no answer "
                       "for up to 15 min); default all honours"),
    FIELD_JSON(Client, access,
               .help = "Shares of access networks: fibre, cable, adsl, wifi, lte, 5g, 3g, nb-iot, "
                       "lte-m; default: those of the region"),
    FIELD_SPAN(Client, connect_timeout, .initial = "10s", .lowest = "1ms", .flags = FIELD_TUNABLE,
               .help = "How long one address may take to connect",
               .source = "OkHttp 4 connectTimeout"),
    FIELD_SPAN(Client, read_timeout, .initial = "10s", .lowest = "0s", .flags = FIELD_TUNABLE,
               .help = "How long an answer may take once it was asked for; 0s: as long as the user "
                       "waits or the kernel does",
               .source = "OkHttp 4 readTimeout"),
    FIELD_CHOICE(Client, fallback, .initial = "sequential", .more = fallback_words,
                 .flags = FIELD_TUNABLE,
                 .help = "What happens when an address of several does not connect: give up, next "
                         "one after it failed, or next one in parallel after fallback_delay",
                 .source = "OkHttp 4: sequential; OkHttp 5 and browsers: fast (RFC 8305)"),
    FIELD_SPAN(Client, fallback_delay, .initial = "250ms", .lowest = "10ms",
               .help = "Head start of an address before the next one is tried as well",
               .source = "RFC 8305 connection attempt delay"),
    FIELD_SPAN(
        Client, failure_memory, .initial = "10min", .flags = FIELD_TUNABLE,
        .help = "How long an address that failed is tried last, unless it connects; 0s: never",
        .source = "OkHttp 4 RouteDatabase lives as long as the program (10 min: assumption)"),
    FIELD_SPAN(Client, keep_alive, .initial = "5min",
               .help =
                   "How long an idle connection is used again, when its server does not close it "
                   "before; 0s: each request opens one",
               .source = "OkHttp 4 ConnectionPool: 5 minutes"),
    FIELD_CHOICE(Client, tls, .initial = "1.3", .more = tls_words,
                 .help = "Version, which decides the round trips of a handshake; 1.3-0rtt sends "
                         "reads along with a resumed one",
                 .source = "RFC 5246, RFC 8446"),
    FIELD_CHOICE(Client, tcp_stack, .initial = "linux", .more = tcp_stack_words,
                 .help = "Whose kernel connects: when SYNs are sent again and when it gives up",
                 .source = "Linux before 6.5 and Android: 1, 3, 7, 15, 31, 63 s"),
    FIELD_TABLE(Client, keepalive, tcp_keepalive_fields,
                .help = "Signs that the kernel asks for while an answer is waited for"),
    FIELD_SPAN(Client, nat_idle, .initial = "0s",
               .help = "Idle time after which the access network forgets a connection without a "
                       "word, so that its next request is lost; 0s: never",
               .source = "assumption; mobile networks 30 s to 30 min, home routers 5 min to 2 h"),
    FIELD_RATIO(Client, ticket_ratio, .initial = "0.7",
                .help = "Share of users that can resume a TLS session at their first visit",
                .source = "assumption"),
    FIELD_SPAN(Client, dns_timeout, .initial = "5s", .lowest = "1ms",
               .help = "Wait for a resolver's answer", .source = "resolv.conf(5) timeout"),
    FIELD_COUNT(Client, dns_attempts, .initial = "2", .lowest = "1", .highest = "10",
                .help = "Look-ups before giving up", .source = "resolv.conf(5) attempts"),
    FIELD_COUNT(Client, retries, .initial = "2", .lowest = "0", .highest = "20",
                .flags = FIELD_TUNABLE, .help = "Attempts after the first that failed",
                .source = "assumption: usual mobile and IoT practice"),
    FIELD_ROW(Client, backoff_first, "backoff", FIELD_TYPE_SPAN, SimSpan, .initial = "1s",
              .lowest = "0s", .help = "Wait before the first retry; doubles each time",
              .source = "Brooker 2015"),
    FIELD_ROW(Client, backoff_most, "backoff_most", FIELD_TYPE_SPAN, SimSpan, .initial = "60s",
              .help = "Longest wait between retries", .source = "assumption"),
    FIELD_FLAG(Client, backoff_jitter, .initial = "true", .help = "Full jitter on the waits",
               .source = "Brooker 2015, full jitter"),
    FIELD_RATIO(Client, retry_budget, .initial = "1", .flags = FIELD_TUNABLE,
                .help = "Retries allowed for each request, on average over a population and the "
                        "last 10 s; 1: no budget",
                .source = "assumption: no budget; Finagle's RetryBudget 0.2 over 10 s"),
    FIELD_FLAG(Client, retry_on_connect, .initial = "true",
               .help = "Failed look-ups and connects are tried again",
               .source = "assumption: the apps' own retry"),
    FIELD_FLAG(Client, retry_on_timeout, .initial = "true",
               .help = "Requests without an answer in time are tried again",
               .source = "assumption: the apps' own retry; OkHttp alone does not"),
    FIELD_FLAG(Client, retry_on_reset, .initial = "true",
               .help = "Requests whose connection broke are tried again",
               .source = "assumption: the apps' own retry"),
    FIELD_FLAG(Client, retry_on_status, .initial = "true",
               .help = "Answers 500 and above are tried again",
               .source = "assumption: the apps' own retry; OkHttp alone does not"),
    FIELD_FLAG(Client, idempotent_writes, .initial = "true",
               .help = "Writes may be repeated although the first may have been done",
               .source = "assumption: samples carry their own key"),
    FIELD_DRAW(Client, patience, .initial = "constant(8s)",
               .help = "How long a user waits for one request with all its retries",
               .source = "web users abandon after 8 s, mobile after 15 s (assumption)"),
    FIELD_ROW(Client, request_size, "request_size", FIELD_TYPE_BYTES, int64_t, .initial = "1kB",
              .help = "Bytes of a request", .source = "assumption"),
    FIELD_END,
};

static const MetricDef client_metrics[] = {
    METRIC_COUNTER(Client, attempts, "Attempts of requests, retries included"),
    METRIC_COUNTER(Client, first_tries, "Requests that turned to a server"),
    METRIC_COUNTER(Client, first_dark, "Of these, to one whose host was down"),
    METRIC_COUNTER(Client, lookups, "Look-ups asked of the resolver"),
    METRIC_COUNTER(Client, connects, "Connections dialled"),
    METRIC_COUNTER(Client, connects_refused, "Connections refused"),
    METRIC_COUNTER(Client, connects_timed_out, "Connections that met silence"),
    METRIC_COUNTER(Client, calls_failed, "Questions that ended without an answer"),
    METRIC_COUNTER(Client, budget_refusals, "Retries that the budget did not allow"),
    METRIC_COUNTER(Client, stale_connections, "Kept connections that turned out to be dead"),
    METRIC_GAUGE(Client, in_flight, "1", "Requests under way"),
    METRIC_END,
};

static const LedgerDef client_ledgers[] = {
    {.name = "requests",
     .ledger = offsetof(Client, ledger),
     .present = offsetof(Client, in_flight),
     .is_of_users = true},
    LEDGER_END,
};

/* The load entry's users stand in a row, region by region: each has a datum of his own. */
static void take_share_of_users(Client *client)
{
    double all = (double)client->users;
    int64_t first = (int64_t)(all * client->share_before + 0.5);
    int64_t end = (int64_t)(all * (client->share_before + client->share) + 0.5);

    client->first_datum = (uint64_t)first;
    client->users = MAX(end - first, 1);
}

static void client_wire(Component *self, World *world, DiagList *diags)
{
    Client *client = (Client *)self;
    const struct {
        Rng *rng;
        const char *use;
    } streams[] = {{&client->arrival_rng, "arrival"},
                   {&client->user_rng, "user"},
                   {&client->mix_rng, "mix"},
                   {&client->retry_rng, "retry"}};

    for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
        g_autofree char *name = g_strdup_printf("%s/%s", self->name, streams[i].use);

        engine_open_stream(world_engine(world), streams[i].rng, name);
    }
    names_wire(client, diags);
    if (client->mix.read + client_changes(client) <= 0.0) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "the shares of 'mix' must not all be 0");
    }
    if (client->mix.update + client->mix.cas > 0.0) {
        history_follow_updates(world_history(world));
    }
    client->first_user = rng_hash(self->name);
    client->requests = pool_new("client.requests", sizeof(Request));
    client->dials = pool_new("client.dials", sizeof(Dial));
    client->ramp = g_array_new(false, false, sizeof(Stage));
    if (arrivals_read(client, diags)) {
        take_share_of_users(client);
        if (users_make(client, diags) && client->names == NAMES_SERVERS) {
            names_give_list(client);
        }
    }
}

static void client_start(Component *self)
{
    Client *client = (Client *)self;

    client->retry_tokens_most =
        MAX(10.0, client->retry_budget * client->top_rate_per_s * RETRY_WINDOW_S);
    client->retry_tokens = 10.0;
    arrivals_schedule(client);
}

static void client_condition(Component *self, const Effect *before)
{
    if (before->load_factor != self->condition.load_factor) {
        arrivals_change_speed((Client *)self);
    }
}

static void client_message(Component *self, const Message *message)
{
    if (message->op == MESSAGE_CLOSE) {
        request_hear_close((Client *)self, message);
    }
}

static void client_judge(Component *self)
{
    Client *client = (Client *)self;

    while (client->first != NULL) {
        request_abandon(client->first);
    }
}

/* A program that was killed takes its users' requests and connections along. */
static void client_stop(Component *self, const Effect *why)
{
    Client *client = (Client *)self;

    (void)why;
    while (client->first != NULL) {
        request_abandon(client->first);
    }
    pool_free(client->dials); /* their ends will never be heard */
    client->dials = pool_new("client.dials", sizeof(Dial));
    for (int64_t i = 0; i < client->users && client->population != NULL; i++) {
        client->population[i].peer = NULL;
        client->population[i].is_busy = false;
    }
}

static void client_free(Component *self)
{
    Client *client = (Client *)self;

    g_clear_pointer(&client->addresses, g_array_unref); /* none yet after a mistake */
    g_clear_pointer(&client->ramp, g_array_unref);

    pool_free(client->requests);
    pool_free(client->dials);
    g_free(client->population);
}

static const NoteDef client_notes[] = {
    {.name = "client.rerouted",
     .help = "A user was served by another data centre than the time before",
     .labels = {"from", "to"},
     .values = {"dc", "dc"}},
    NOTE_END,
};

const Kind client_kind = {
    .name = "client",
    .help = "Users or devices of one load entry in one region",
    .leaves_out =
        "Page content, sub-resources and HTTP/2 multiplexing: they change bytes and think "
        "time, not whether and when a request is answered. Sessions and reloads by users who gave "
        "up: demand here does not depend on answers, so a load that collapses under its own "
        "reloads shows as failures only. The 2 s that java.net on Android keeps an answer beyond "
        "its time to live, and the stale answers that Java 21 may give (off unless configured): "
        "they change who still goes to an old address by 2 s, and nobody's stay. What MQTT and "
        "WebSocket say over a connection: it is one that lives as long as 'keep_alive'",
    .size = sizeof(Client),
    .scope = KIND_PER_LOAD,
    .fields = client_fields,
    .metrics = client_metrics,
    .notes = client_notes,
    .ledgers = client_ledgers,
    .on_wire = client_wire,
    .on_start = client_start,
    .on_message = client_message,
    .on_condition = client_condition,
    .on_stop = client_stop,
    .on_judge = client_judge,
    .on_free = client_free,
};
