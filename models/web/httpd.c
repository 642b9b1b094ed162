/* httpd.c - Apache httpd 2.4 with the event MPM as a balancer over the application servers of its
 * site, or of all sites. Left out: WebSocket tunnels, answers that break in the middle, TLS and
 * name look-ups towards members. None of these changes whom a request reaches when members die.
 * Source: httpd 2.4.62 manual and sources. */
#include <string.h>

#include "models/web/httpd_parts.h"

static const char *const method_words[] = {"byrequests", "bytraffic", "bybusyness", "heartbeat",
                                           NULL};
static const char *const check_words[] = {"None",  "TCP",       "OPTIONS", "HEAD",  "GET",
                                          "CPING", "OPTIONS11", "HEAD11",  "GET11", NULL};
static const char *const scheme_words[] = {"http", "ajp", NULL};
static const char *const member_words[] = {"site", "own-node", "everywhere", NULL};

void httpd_note_member(Httpd *httpd, const char *event, uint32_t index)
{
    history_note(world_history(httpd->component.world), event, &httpd->component, "member",
                 httpd->backends[index].peer->name, NULL, NULL);
}

/* mod_heartmonitor: `count` slots are busy, `detail` are ready. */
static void hear_heartbeat(Httpd *httpd, const Message *message)
{
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        if (httpd->backends[i].peer == message->from) {
            balancer_on_heartbeat(&httpd->balancer, i, message->count, (uint32_t)message->detail,
                                  world_now(httpd->component.world));
        }
    }
}

static void httpd_message(Component *self, const Message *message)
{
    Httpd *httpd = (Httpd *)self;

    if (message->op == MESSAGE_HTTP) {
        work_arrive(httpd, message);
    } else if (message->op == MESSAGE_CLOSE) {
        connection_closed(httpd, message->connection);
    } else if (message->op == MESSAGE_HEARTBEAT) {
        hear_heartbeat(httpd, message);
    }
}

/* --- life --- */

static void httpd_wire(Component *self, World *world, DiagList *diags)
{
    Httpd *httpd = (Httpd *)self;
    g_autofree char *stream = g_strdup_printf("%s/check", self->name);
    g_autofree char *accept_stream = g_strdup_printf("%s/accept", self->name);
    g_autofree char *fault_stream = g_strdup_printf("%s/fault", self->name);
    g_autofree char *choice_stream = g_strdup_printf("%s/choice", self->name);

    engine_open_stream(world_engine(world), &httpd->check_rng, stream);
    engine_open_stream(world_engine(world), &httpd->choice_rng, choice_stream);
    engine_open_stream(world_engine(world), &httpd->fault_rng, fault_stream);
    engine_open_stream(world_engine(world), &httpd->accept_rng, accept_stream);
    mpm_read(httpd, diags);
    httpd->works = pool_new("httpd.works", sizeof(Work));
    httpd_read_members(httpd, diags);
    host_listen(self->host, (uint16_t)httpd->port, self);
}

static void httpd_start(Component *self)
{
    Httpd *httpd = (Httpd *)self;

    ledger_open(&httpd->ledger, world_now(self->world), (uint32_t)httpd->max_request_workers);
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        httpd->balancer.members[i] = httpd->initial[i];
        httpd->backends[i].in_use = 0;
        httpd->backends[i].waiting = NULL;
    }
    if (!httpd_hold(httpd)) {
        mpm_start(httpd);
        httpd_check_start(httpd);
    }
}

/* A fault came or went. Thawed: what the kernel took meanwhile is accepted. */
static void httpd_condition(Component *self, const Effect *before)
{
    httpd_suffer((Httpd *)self, before);
    if (!((Httpd *)self)->is_held) {
        connections_accept((Httpd *)self);
    }
}

static void httpd_stop(Component *self, const Effect *why)
{
    Httpd *httpd = (Httpd *)self;

    (void)why;
    pool_free(httpd->works); /* whatever was under way is gone with the process */
    httpd->works = pool_new("httpd.works", sizeof(Work));
    ledger_drop_all(&httpd->ledger, world_now(self->world));
    connections_clear(httpd);
    mpm_stop(httpd);
    gauge_set(&httpd->workers_busy, world_now(self->world), 0.0);
    gauge_set(&httpd->waiting, world_now(self->world), 0.0);
}

static void httpd_free(Component *self)
{
    Httpd *httpd = (Httpd *)self;

    pool_free(httpd->works);
    mpm_free(httpd);
    g_free(httpd->slots);
    g_free(httpd->backends);
    g_free(httpd->balancer.members);
    g_free(httpd->initial);
}

/* --- tables --- */

#define HTTPD_COUNT(member, text, ...)                                                             \
    FIELD_ROW(Httpd, member, text, FIELD_TYPE_COUNT, int64_t, __VA_ARGS__)
#define HTTPD_SPAN(member, text, ...)                                                              \
    FIELD_ROW(Httpd, member, text, FIELD_TYPE_SPAN, SimSpan, __VA_ARGS__)

static const Field httpd_fields[] = {
    HTTPD_COUNT(threads_per_child, "ThreadsPerChild", .initial = "25", .lowest = "1",
                .highest = "20000", .help = "Workers of one process",
                .source = "httpd 2.4 event MPM"),
    HTTPD_COUNT(server_limit, "ServerLimit", .initial = "16", .lowest = "1", .highest = "20000",
                .help = "Most processes", .source = "httpd 2.4 event MPM"),
    HTTPD_COUNT(max_request_workers, "MaxRequestWorkers", .initial = "400", .lowest = "1",
                .highest = "100000",
                .help = "Requests served at once; a multiple of ThreadsPerChild, at most "
                        "ServerLimit times that",
                .source = "httpd 2.4 event MPM: 16 x 25"),
    HTTPD_COUNT(start_servers, "StartServers", .initial = "3", .lowest = "1", .highest = "20000",
                .help = "Processes at the start", .source = "httpd 2.4 event MPM"),
    HTTPD_COUNT(min_spare_threads, "MinSpareThreads", .initial = "75", .lowest = "1",
                .highest = "100000",
                .help = "Fewer idle workers start processes: 1, 2, 4 ... 32 each second",
                .source = "httpd 2.4 event MPM"),
    HTTPD_COUNT(max_spare_threads, "MaxSpareThreads", .initial = "250", .lowest = "1",
                .highest = "100000", .help = "More idle workers let a process leave each second",
                .source = "httpd 2.4 event MPM"),
    FIELD_ROW(Httpd, async_factor, "AsyncRequestWorkerFactor", FIELD_TYPE_NUMBER, double,
              .initial = "2", .lowest = "0", .highest = "1000",
              .help = "Open connections are accepted up to MaxRequestWorkers plus this many for "
                      "each idle worker, those kept alive included: 1200 when all are idle",
              .source = "httpd 2.4 event MPM"),
    HTTPD_COUNT(
        listen_backlog, "ListenBacklog", .initial = "511", .lowest = "1", .highest = "65535",
        .help = "Connections that wait in the kernel to be accepted before SYNs are dropped; the "
                "kernel cuts it to net.core.somaxconn",
        .source = "httpd 2.4 ListenBacklog"),
    HTTPD_SPAN(request_read_timeout, "RequestReadTimeout", .initial = "20s", .lowest = "1ms",
               .help = "How long an accepted connection may be without its first request",
               .source = "mod_reqtimeout header=20-40"),
    HTTPD_SPAN(keep_alive_timeout, "KeepAliveTimeout", .initial = "5s", .lowest = "1ms",
               .help = "How long an idle connection of a client is kept",
               .source = "httpd 2.4 KeepAliveTimeout 5"),
    HTTPD_COUNT(keep_alive_requests, "MaxKeepAliveRequests", .initial = "100", .highest = "1000000",
                .help = "Requests on one connection of a client; 0: without limit",
                .source = "httpd 2.4 MaxKeepAliveRequests 100"),
    HTTPD_COUNT(start_after_checks, "start_after_checks", .initial = "0", .highest = "1000",
                .help = "After a boot or a crash httpd is started only when the application server "
                        "of its own node has passed so many checks in a row, one a second, each "
                        "of which reads another datum; until then connections are refused",
                .source = "systemd After= with an ExecStartPre= that polls; packages ship without"),
    HTTPD_COUNT(port, "Listen", .initial = "443", .lowest = "1", .highest = "65535",
                .help = "TCP port", .source = "RFC 2818"),
    FIELD_CHOICE(Httpd, members, .initial = "site", .more = member_words,
                 .help =
                     "Balances over all application servers of its site, only over its node's, or "
                     "over those of all sites",
                 .source = "the seed: each httpd over both WildFlys"),
    FIELD_ROW(Httpd, backend_kind, "backend", FIELD_TYPE_TEXT, char *, .initial = "wildfly",
              .help = "Kind of the application servers", .source = "the seed"),
    FIELD_ROW(Httpd, method, "lbmethod", FIELD_TYPE_CHOICE, int, .initial = "byrequests",
              .more = method_words,
              .help = "How a member is chosen; heartbeat needs members that send heartbeats "
                      "(mod_heartbeat), which WildFly does not: nobody is chosen then",
              .source = "mod_proxy_balancer lbmethod"),
    FIELD_ROW(Httpd, scheme, "scheme", FIELD_TYPE_CHOICE, int, .initial = "http",
              .more = scheme_words,
              .help = "Protocol of the members' URLs; ajp repeats reads that got no answer on "
                      "another member, http nothing that was sent",
              .source = "mod_proxy_http, mod_proxy_ajp"),
    FIELD_ROW(Httpd, member_settings, "BalancerMember", FIELD_TYPE_JSON, const cJSON *,
              .help = "Parameters of single members by the name of their node, \"app1\", "
                      "\"DC01-app1\" or \"*\": loadfactor, lbset, route, redirect, status, retry",
              .source = "mod_proxy BalancerMember"),
    FIELD_ROW(Httpd, sticky_session, "stickysession", FIELD_TYPE_TEXT, char *,
              .help = "Name of the cookie that keeps a session at the member with its route; the "
                      "application server is taken to put the member's route there",
              .source = "mod_proxy_balancer stickysession: none"),
    FIELD_ROW(Httpd, no_failover, "nofailover", FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "Sessions whose member is out get 503",
              .source = "mod_proxy_balancer nofailover Off"),
    FIELD_ROW(Httpd, worker_wait, "ProxySet timeout", FIELD_TYPE_SPAN, SimSpan, .initial = "0s",
              .help = "How long a request waits for a member that can be used",
              .source = "mod_proxy_balancer timeout 0"),
    FIELD_ROW(Httpd, ping, "ping", FIELD_TYPE_SPAN, SimSpan, .initial = "0s",
              .help = "How long a member may take to say that it is there, asked before each "
                      "request with a body (http) or each request (ajp); 0s: not asked",
              .source = "mod_proxy ping: off"),
    HTTPD_COUNT(max, "max", .initial = "0", .lowest = "0", .highest = "20000",
                .help = "Connections of one process to one member; 0: as many as it has workers",
                .source = "mod_proxy max = ThreadsPerChild"),
    HTTPD_SPAN(acquire, "acquire", .initial = "0s",
               .help = "How long a request waits for one of 'max' connections; 0s: without limit",
               .source = "mod_proxy acquire: not set"),
    HTTPD_COUNT(max_attempts, "maxattempts", .initial = "-1", .lowest = "-1", .highest = "100",
                .help = "Members tried after the first failed; -1: one less than there are members",
                .source = "mod_proxy_balancer maxattempts"),
    HTTPD_SPAN(retry, "retry", .initial = "60s", .lowest = "0s",
               .help = "How long a member in error is left out", .source = "mod_proxy retry=60"),
    HTTPD_SPAN(connection_timeout, "connectiontimeout", .initial = "0s",
               .help = "Longest connect to a member; 0s: as 'timeout'",
               .source = "mod_proxy connectiontimeout = timeout"),
    HTTPD_SPAN(proxy_timeout, "timeout", .initial = "60s", .lowest = "1ms",
               .help = "Longest wait for a member's answer",
               .source = "mod_proxy timeout = ProxyTimeout = Timeout 60"),
    FIELD_ROW(Httpd, fail_on_timeout, "failontimeout", FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "A member that does not answer in time is in error",
              .source = "mod_proxy_balancer failontimeout Off"),
    FIELD_ROW(Httpd, fail_on_status, "failonstatus", FIELD_TYPE_TEXTS, char **,
              .help = "A member that answers one of these statuses is in error",
              .source = "mod_proxy_balancer failonstatus"),
    FIELD_ROW(Httpd, force_recovery, "forcerecovery", FIELD_TYPE_FLAG, bool, .initial = "true",
              .help = "When all members are in error they are all tried at once",
              .source = "mod_proxy_balancer forcerecovery On"),
    FIELD_ROW(Httpd, hc_method, "hcmethod", FIELD_TYPE_CHOICE, int, .initial = "None",
              .more = check_words, .help = "How members are checked",
              .source = "mod_proxy_hcheck hcmethod None"),
    HTTPD_SPAN(hc_interval, "hcinterval", .initial = "30s", .lowest = "100ms",
               .help = "From the end of a check to the next",
               .source = "mod_proxy_hcheck hcinterval"),
    FIELD_ROW(Httpd, hc_expr, "hcexpr", FIELD_TYPE_TEXT, char *,
              .help = "What passes a check, like \"%{REQUEST_STATUS} =~ /^[234]/\"; default: "
                      "statuses 200 to 399",
              .source = "mod_proxy_hcheck hcexpr"),
    HTTPD_COUNT(hc_threads, "ProxyHCTPsize", .initial = "16", .lowest = "0", .highest = "1000",
                .help = "Checks under way at once; 0: one after the other",
                .source = "mod_proxy_hcheck ProxyHCTPsize 16"),
    HTTPD_COUNT(hc_passes, "hcpasses", .initial = "1", .lowest = "1", .highest = "1000",
                .help = "Checks passed before a member is back", .source = "mod_proxy_hcheck"),
    HTTPD_COUNT(hc_fails, "hcfails", .initial = "1", .lowest = "1", .highest = "1000",
                .help = "Checks failed before a member is out", .source = "mod_proxy_hcheck"),
    HTTPD_SPAN(proxy_cpu, "proxy_cpu", .initial = "90us", .lowest = "0s",
               .help = "CPU of one proxied request, keep-alive on both sides",
               .source = "assumption: 0.06 to 0.12 ms on one vCPU of a cheap VPS"),
    HTTPD_SPAN(tls_full_cpu, "tls_full_cpu", .initial = "350us", .lowest = "0s",
               .help = "CPU of a full TLS handshake",
               .source = "OpenSSL, ECDSA P-256 certificate, older shared vCPU"),
    HTTPD_SPAN(tls_resumed_cpu, "tls_resumed_cpu", .initial = "120us", .lowest = "0s",
               .help = "CPU of a resumed TLS handshake", .source = "OpenSSL, older shared vCPU"),
    FIELD_END,
};

static const MetricDef httpd_metrics[] = {
    METRIC_COUNTER(Httpd, requests, "Requests received"),
    METRIC_COUNTER(Httpd, answers_ok, "Answers below 500"),
    METRIC_COUNTER(Httpd, answers_500, "Answers 500"),
    METRIC_COUNTER(Httpd, answers_502, "Answers 502"),
    METRIC_COUNTER(Httpd, answers_503, "Answers 503"),
    METRIC_COUNTER(Httpd, answers_504, "Answers 504"),
    METRIC_COUNTER(Httpd, answers_5xx, "Other answers of 500 and above"),
    METRIC_COUNTER(Httpd, failovers, "Requests repeated on another member"),
    METRIC_COUNTER(Httpd, connections_cut, "Client connections closed without an answer"),
    METRIC_COUNTER(Httpd, connections_closed_early,
                   "Kept connections closed because all workers were busy"),
    METRIC_COUNTER(Httpd, syns_dropped, "Connections not taken because the backlog was full"),
    METRIC_COUNTER(Httpd, checks_failed, "Health checks of members that failed"),
    METRIC_COUNTER(Httpd, handshakes_full, "TLS handshakes, full"),
    METRIC_COUNTER(Httpd, handshakes_resumed, "TLS handshakes, resumed"),
    METRIC_COUNTER(Httpd, processes_started, "Processes started"),
    METRIC_GAUGE(Httpd, processes_alive, "1", "Processes"),
    METRIC_GAUGE(Httpd, workers_busy, "1", "Workers that serve a request"),
    METRIC_GAUGE(Httpd, waiting, "1", "Requests on accepted connections that wait for a worker"),
    METRIC_GAUGE(Httpd, connections, "1", "Accepted connections, those kept alive included"),
    METRIC_GAUGE(Httpd, connections_waiting, "1", "Connections in the kernel, not accepted"),
    METRIC_END,
};

static const NoteDef httpd_notes[] = {
    {.name = "httpd.member-error",
     .help = "A request found a member of the balancer broken",
     .labels = {"member"}},
    {.name = "httpd.member-out", .help = "Health checks took a member out", .labels = {"member"}},
    {.name = "httpd.member-back",
     .help = "Health checks took a member in again",
     .labels = {"member"}},
    NOTE_END,
};

static const LedgerDef httpd_ledgers[] = {
    {.name = "workers",
     .ledger = offsetof(Httpd, ledger),
     .waiting = offsetof(Httpd, waiting),
     .busy = offsetof(Httpd, workers_busy),
     .has_line = true,
     .ends = {offsetof(Httpd, answers_ok), offsetof(Httpd, answers_500),
              offsetof(Httpd, answers_502), offsetof(Httpd, answers_503),
              offsetof(Httpd, answers_504), offsetof(Httpd, answers_5xx),
              offsetof(Httpd, connections_cut)}},
    LEDGER_END,
};

const Kind httpd_kind = {
    .name = "httpd",
    .help = "Apache httpd 2.4, event MPM, mod_proxy_balancer and mod_proxy_hcheck",
    .leaves_out =
        "WebSocket tunnels; answers that break in the middle (they end as those that break before "
        "their status line) or are no HTTP; errors while the body of a request is sent; TLS and "
        "name look-ups towards members, which have no names here; bodies in hcexpr: they do not "
        "change whom a request reaches when members die",
    .size = sizeof(Httpd),
    .scope = KIND_ON_NODE,
    .fields = httpd_fields,
    .metrics = httpd_metrics,
    .ledgers = httpd_ledgers,
    .notes = httpd_notes,
    .on_wire = httpd_wire,
    .on_start = httpd_start,
    .on_message = httpd_message,
    .on_connect = httpd_connect,
    .on_condition = httpd_condition,
    .on_stop = httpd_stop,
    .on_predict = httpd_predict,
    .on_free = httpd_free,
};
