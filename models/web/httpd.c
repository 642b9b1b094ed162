/* httpd.c - Apache httpd 2.4 with the event MPM as a balancer over the application servers of its
 * site. Left out: process spawning below MaxRequestWorkers (all threads are there from the start;
 * they are within seconds under this load), sticky sessions, sets and spares, load factors,
 * draining, WebSocket tunnels, a pool of backend connections for each process (one for all here);
 * connections beyond workers and backlog are counted by requests. None of these changes whom a
 * request reaches when members die. Source: httpd 2.4.62 manual and sources. */
#include <string.h>

#include "models/web/httpd_parts.h"

static const char *const method_words[] = {"byrequests", "bytraffic", "bybusyness", NULL};
static const char *const check_words[] = {"None", "TCP", "OPTIONS", "HEAD", "GET", NULL};
static const char *const member_words[] = {"site", "own-node", NULL};
enum { MEMBERS_SITE, MEMBERS_OWN_NODE };

typedef enum WorkStage { WORK_QUEUED, WORK_PARSING, WORK_CONNECTING, WORK_ASKED } WorkStage;

/* One request on its way through: from the accept queue to the answer. */
typedef struct Work {
    struct Work *next; /* in the queue */
    Httpd *httpd;
    Message request;
    uint32_t attempts; /* members tried */
    uint32_t member;
    WorkStage stage;
    bool is_pooled; /* on a backend connection that was used before */
} Work;

static void work_parse(Work *work);
static void work_choose(Work *work);
static void on_parsed(void *self, void *subject, uint64_t detail);
static const EventType parsed_event = {"httpd.parsed", on_parsed};

void httpd_note_member(Httpd *httpd, const char *event, uint32_t index)
{
    history_note(world_history(httpd->component.world), event, &httpd->component, "member",
                 httpd->backends[index].peer->name, NULL, NULL);
}

/* --- workers and queue --- */

static void worker_take(Httpd *httpd, Work *work)
{
    httpd->busy++;
    gauge_set(&httpd->workers_busy, world_now(httpd->component.world), (double)httpd->busy);
    work_parse(work);
}

static void queue_push(Httpd *httpd, Work *work)
{
    work->stage = WORK_QUEUED;
    if (httpd->queue_last != NULL) {
        httpd->queue_last->next = work;
    } else {
        httpd->queue_first = work;
    }
    httpd->queue_last = work;
    httpd->queued++;
    gauge_set(&httpd->waiting, world_now(httpd->component.world), (double)httpd->queued);
}

static Work *queue_pop(Httpd *httpd)
{
    Work *work = httpd->queue_first;

    if (work != NULL) {
        httpd->queue_first = work->next;
        if (work->next == NULL) {
            httpd->queue_last = NULL;
        }
        work->next = NULL;
        httpd->queued--;
        gauge_set(&httpd->waiting, world_now(httpd->component.world), (double)httpd->queued);
    }
    return work;
}

/* The worker takes the next request that waits, or is idle. */
static void work_free(Work *work)
{
    Httpd *httpd = work->httpd;
    Work *next = queue_pop(httpd);

    pool_give(httpd->works, work);
    httpd->busy--;
    if (next != NULL) {
        worker_take(httpd, next);
    } else {
        gauge_set(&httpd->workers_busy, world_now(httpd->component.world), (double)httpd->busy);
    }
}

/* --- answers --- */

static void work_answer(Work *work, uint32_t code, const Message *from_backend)
{
    Httpd *httpd = work->httpd;
    Message answer =
        from_backend != NULL ? *from_backend : (Message){.op = MESSAGE_HTTP, .size_bytes = 400};

    answer.code = code;
    answer.time_to_live = httpd->keep_alive_timeout;
    answer.count = (uint32_t)httpd->keep_alive_requests;
    if (httpd->queued > 0) { /* short of workers: the event MPM closes what is kept alive */
        answer.flags |= HTTP_CLOSE;
    }
    httpd->answers_ok += code < 500;
    httpd->answers_500 += code == 500;
    httpd->answers_502 += code == 502;
    httpd->answers_503 += code == 503;
    httpd->answers_504 += code == 504;
    call_reply(&httpd->component, &work->request.ticket, &answer);
    work_free(work);
}

/* The client's connection is closed without an answer. */
static void work_cut(Work *work)
{
    work->httpd->connections_cut++;
    call_break(&work->httpd->component, &work->request.ticket);
    work_free(work);
}

/* --- one attempt on a member --- */

/* The member is left out until `retry` is over. */
static void work_mark_error(Work *work)
{
    Httpd *httpd = work->httpd;

    balancer_mark_error(&httpd->balancer, work->member, world_now(httpd->component.world));
    httpd_note_member(httpd, "httpd.member-error", work->member);
}

/* The handler said 503: the member is in error and another one may be tried. */
static void work_fail_over(Work *work)
{
    Httpd *httpd = work->httpd;

    work_mark_error(work);
    if (work->attempts <= (uint32_t)httpd->max_attempts) {
        httpd->failovers++;
        work_choose(work);
    } else {
        work_answer(work, 503, NULL);
    }
}

/* Broken after the question was sent, before an answer came: what the client sees depends on whose
 * connections were used before (mod_proxy_http.c, ap_proxy_http_process_response). */
static void work_broken(Work *work)
{
    bool is_first_of_client = work->request.peer_incarnation == 0;

    if (is_first_of_client) {
        work_answer(work, 502, NULL);
        return;
    }
    if (!work->is_pooled) {
        work_mark_error(work);
    }
    work_cut(work);
}

static void work_timed_out(Work *work)
{
    if (work->httpd->fail_on_timeout) {
        work_mark_error(work);
    }
    work_answer(work, 502, NULL);
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer);

static void work_connect(Work *work)
{
    Httpd *httpd = work->httpd;

    work->stage = WORK_CONNECTING;
    work->is_pooled = false;
    network_connect_to(&httpd->component, httpd->backends[work->member].peer,
                       httpd_connection_timeout(httpd), on_connected, work);
}

static uint32_t host_life(const Backend *backend)
{
    return backend->peer->host != NULL ? host_component(backend->peer->host)->owner.incarnation : 0;
}

/* A pooled connection turned out to be dead. The kernel of a process that ended closed it, so a new
 * one to the same member takes its place before anything is sent; a host that lost its power closed
 * nothing, and answers what was sent to it before its fall with a reset. */
static void work_found_dead(Work *work)
{
    Httpd *httpd = work->httpd;
    Backend *backend = &httpd->backends[work->member];

    if (work->is_pooled && backend->host_life == host_life(backend)) {
        backend->idle = 0;
        httpd->balancer.members[work->member].busy++;
        work_connect(work);
    } else {
        work_broken(work);
    }
}

static void work_answered(Work *work, const Message *reply)
{
    const Httpd *httpd = work->httpd;

    for (uint32_t i = 0; i < httpd->fail_codes_count; i++) {
        if (httpd->fail_codes[i] == reply->code) {
            work_mark_error(work);
        }
    }
    work_answer(work, reply->code, reply);
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Work *work = context;
    Httpd *httpd = (Httpd *)self;
    Backend *backend = &httpd->backends[work->member];
    BalancerMember *member = &httpd->balancer.members[work->member];

    member->busy--;
    switch (outcome) {
    case OUTCOME_OK:
        backend->idle++;
        member->bytes_in += reply->size_bytes;
        work_answered(work, reply);
        return;
    case OUTCOME_REFUSED:
        work_found_dead(work);
        return;
    case OUTCOME_UNREACHABLE:
        work_fail_over(work);
        return;
    case OUTCOME_FAILED:
        work_broken(work);
        return;
    case OUTCOME_TIMEOUT:
        work_timed_out(work);
        return;
    }
}

static void work_ask(Work *work)
{
    Httpd *httpd = work->httpd;
    Backend *backend = &httpd->backends[work->member];
    Message question = work->request;

    work->stage = WORK_ASKED;
    question.ticket = (CallTicket){0};
    question.access_delay = 0;
    question.access_loss = 0.0;
    question.peer_incarnation = backend->peer_incarnation;
    httpd->balancer.members[work->member].bytes_out += question.size_bytes;
    call_send(&httpd->component, backend->peer, &question, httpd->proxy_timeout, on_answer, work);
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer)
{
    Work *work = context;
    Httpd *httpd = (Httpd *)self;
    Backend *backend = &httpd->backends[work->member];

    if (outcome != CONNECTED) {
        httpd->balancer.members[work->member].busy--;
        work_fail_over(work);
        return;
    }
    if (backend->peer_incarnation != peer->owner.incarnation) {
        backend->peer_incarnation = peer->owner.incarnation;
        backend->host_life = host_life(backend);
        backend->idle = 0;
    }
    work_ask(work);
}

static void work_choose(Work *work)
{
    Httpd *httpd = work->httpd;
    SimTime now = world_now(httpd->component.world);

    balancer_force_recovery(&httpd->balancer, now);
    int member = balancer_pick(&httpd->balancer, now);

    if (member < 0) {
        work_answer(work, 503, NULL);
        return;
    }
    Backend *backend = &httpd->backends[member];

    work->member = (uint32_t)member;
    work->attempts++;
    httpd->balancer.members[member].busy++;
    if (backend->idle > 0) {
        backend->idle--;
        work->is_pooled = true;
        work_ask(work);
    } else {
        work_connect(work);
    }
}

/* --- a request comes in --- */

static void on_parsed(void *self, void *subject, uint64_t detail)
{
    Work *work = subject;

    (void)self;
    (void)detail;
    if ((work->request.flags & HTTP_SHALLOW) != 0) {
        work_answer(work, 200, NULL);
    } else {
        work_choose(work);
    }
}

static void work_parse(Work *work)
{
    Httpd *httpd = work->httpd;
    SimSpan cpu = httpd->proxy_cpu;

    if ((work->request.flags & HTTP_TLS_FULL) != 0) {
        cpu += httpd->tls_full_cpu;
    } else if ((work->request.flags & HTTP_TLS_RESUMED) != 0) {
        cpu += httpd->tls_resumed_cpu;
    }
    work->stage = WORK_PARSING;
    host_work(httpd->component.host, &httpd->component.owner, cpu, &parsed_event, work, 0);
}

static void httpd_message(Component *self, const Message *message)
{
    Httpd *httpd = (Httpd *)self;

    if (message->op != MESSAGE_HTTP) {
        return;
    }
    Work *work = pool_take(httpd->works);

    work->httpd = httpd;
    work->request = *message;
    httpd->requests++;
    if (httpd->busy < (uint32_t)httpd->max_request_workers) {
        worker_take(httpd, work);
    } else {
        queue_push(httpd, work);
    }
}

/* The kernel accepts into the backlog while it has room; after that a SYN meets silence. */
static ConnectAnswer httpd_connect(Component *self)
{
    Httpd *httpd = (Httpd *)self;

    if (httpd->queued >= (uint32_t)httpd->listen_backlog) {
        httpd->syns_dropped++;
        return CONNECT_DROP;
    }
    return CONNECT_ACCEPT;
}

/* --- life --- */

static void find_members(Httpd *httpd, World *world, DiagList *diags)
{
    const GPtrArray *all = world_of_kind(world, httpd->backend_kind);

    httpd->backends = g_new0(Backend, all->len + 1);
    httpd->balancer.members = g_new0(BalancerMember, all->len + 1);
    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);
        bool is_ours = httpd->members == MEMBERS_SITE ? peer->site == httpd->component.site
                                                      : peer->host == httpd->component.host;

        if (is_ours) {
            httpd->backends[httpd->balancer.count] =
                (Backend){.httpd = httpd, .peer = peer, .index = httpd->balancer.count};
            httpd->balancer.count++;
        }
    }
    if (httpd->balancer.count == 0) {
        diag_add(diags, DIAG_ERROR, httpd->component.settings, DIAG_KEY,
                 "'%s' has no '%s' in its site to balance over", httpd->component.name,
                 httpd->backend_kind);
    }
    if (httpd->max_attempts < 0) { /* the stock value: one less than there are members */
        httpd->max_attempts = MAX((int64_t)httpd->balancer.count - 1, 0);
    }
}

static void read_fail_codes(Httpd *httpd, DiagList *diags)
{
    for (char **text = httpd->fail_on_status; text != NULL && *text != NULL; text++) {
        guint64 code = g_ascii_strtoull(*text, NULL, 10);

        if (code < 100 || code > 599 || httpd->fail_codes_count == HTTPD_FAIL_CODES) {
            diag_add(diags, DIAG_ERROR, httpd->component.settings, DIAG_KEY,
                     "'failonstatus' takes up to %d HTTP statuses like \"503\", not '%s'",
                     HTTPD_FAIL_CODES, *text);
            return;
        }
        httpd->fail_codes[httpd->fail_codes_count++] = (uint32_t)code;
    }
}

static void httpd_wire(Component *self, World *world, DiagList *diags)
{
    Httpd *httpd = (Httpd *)self;
    g_autofree char *stream = g_strdup_printf("%s/check", self->name);

    engine_open_stream(world_engine(world), &httpd->check_rng, stream);
    read_fail_codes(httpd, diags);

    httpd->works = pool_new("httpd.works", sizeof(Work));
    find_members(httpd, world, diags);
    httpd->balancer.method = (BalancerMethod)httpd->method;
    httpd->balancer.retry = httpd->retry;
    httpd->balancer.force_recovery = httpd->force_recovery;
    httpd->balancer.hcpasses = (uint32_t)httpd->hc_passes;
    httpd->balancer.hcfails = (uint32_t)httpd->hc_fails;
    host_listen(self->host, (uint16_t)httpd->port, self);
}

static void httpd_start(Component *self)
{
    Httpd *httpd = (Httpd *)self;

    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        httpd->balancer.members[i] = (BalancerMember){.factor = 100};
        httpd->backends[i].idle = 0;
        httpd->backends[i].peer_incarnation = 0;
    }
    httpd_check_start(httpd);
}

static void httpd_stop(Component *self, const Effect *why)
{
    Httpd *httpd = (Httpd *)self;

    (void)why;
    pool_free(httpd->works); /* whatever was under way is gone with the process */
    httpd->works = pool_new("httpd.works", sizeof(Work));
    httpd->queue_first = NULL;
    httpd->queue_last = NULL;
    httpd->busy = 0;
    httpd->queued = 0;
    gauge_set(&httpd->workers_busy, world_now(self->world), 0.0);
    gauge_set(&httpd->waiting, world_now(self->world), 0.0);
}

static void httpd_free(Component *self)
{
    Httpd *httpd = (Httpd *)self;

    pool_free(httpd->works);
    g_free(httpd->backends);
    g_free(httpd->balancer.members);
}

/* --- tables --- */

#define HTTPD_COUNT(member, text, ...)                                                             \
    FIELD_ROW(Httpd, member, text, FIELD_TYPE_COUNT, int64_t, __VA_ARGS__)
#define HTTPD_SPAN(member, text, ...)                                                              \
    FIELD_ROW(Httpd, member, text, FIELD_TYPE_SPAN, SimSpan, __VA_ARGS__)

static const Field httpd_fields[] = {
    HTTPD_COUNT(max_request_workers, "MaxRequestWorkers", .initial = "400", .lowest = "1",
                .highest = "100000", .help = "Requests served at once",
                .source = "httpd 2.4 event MPM: 16 x 25"),
    HTTPD_COUNT(
        listen_backlog, "ListenBacklog", .initial = "511", .lowest = "1", .highest = "65535",
        .help = "Requests that wait for a worker before SYNs are dropped; the kernel cuts it "
                "to net.core.somaxconn",
        .source = "httpd 2.4 ListenBacklog"),
    HTTPD_SPAN(keep_alive_timeout, "KeepAliveTimeout", .initial = "5s", .lowest = "1ms",
               .help = "How long an idle connection of a client is kept",
               .source = "httpd 2.4 KeepAliveTimeout 5"),
    HTTPD_COUNT(keep_alive_requests, "MaxKeepAliveRequests", .initial = "100", .highest = "1000000",
                .help = "Requests on one connection of a client; 0: without limit",
                .source = "httpd 2.4 MaxKeepAliveRequests 100"),
    HTTPD_COUNT(port, "Listen", .initial = "443", .lowest = "1", .highest = "65535",
                .help = "TCP port", .source = "RFC 2818"),
    FIELD_CHOICE(Httpd, members, .initial = "site", .more = member_words,
                 .help =
                     "Balances over all application servers of its site or only over its node's",
                 .source = "the seed: each httpd over both WildFlys"),
    FIELD_ROW(Httpd, backend_kind, "backend", FIELD_TYPE_TEXT, char *, .initial = "wildfly",
              .help = "Kind of the application servers", .source = "the seed"),
    FIELD_ROW(Httpd, method, "lbmethod", FIELD_TYPE_CHOICE, int, .initial = "byrequests",
              .more = method_words, .help = "How a member is chosen",
              .source = "mod_proxy_balancer lbmethod"),
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
    METRIC_COUNTER(Httpd, failovers, "Requests repeated on another member"),
    METRIC_COUNTER(Httpd, connections_cut, "Client connections closed without an answer"),
    METRIC_COUNTER(Httpd, syns_dropped, "Connections not taken because the backlog was full"),
    METRIC_COUNTER(Httpd, checks_failed, "Health checks of members that failed"),
    METRIC_GAUGE(Httpd, workers_busy, "1", "Workers that serve a request"),
    METRIC_GAUGE(Httpd, waiting, "1", "Requests that wait for a worker"),
    METRIC_END,
};

const Kind httpd_kind = {
    .name = "httpd",
    .help = "Apache httpd 2.4, event MPM, mod_proxy_balancer and mod_proxy_hcheck",
    .leaves_out =
        "Spawning of processes, sticky sessions, sets and spares, load factors, draining, "
        "WebSocket tunnels, hcexpr: they do not change whom a request reaches when members die",
    .size = sizeof(Httpd),
    .scope = KIND_ON_NODE,
    .fields = httpd_fields,
    .metrics = httpd_metrics,
    .on_wire = httpd_wire,
    .on_start = httpd_start,
    .on_message = httpd_message,
    .on_connect = httpd_connect,
    .on_stop = httpd_stop,
    .on_free = httpd_free,
};
