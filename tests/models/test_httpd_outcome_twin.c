/* test_httpd_outcome_twin.c - httpd and naive transcriptions of the reference of the front door:
 * front-door 3.6, what the handler returns in each case, over all combinations of it with methods,
 * connections and settings; and front-door 3.7, when a member is checked and what the checks make
 * of it. Rows of 3.6 that httpd's `leaves_out` names are not here. */
#include "sim/base/rng.h"
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* --- front-door 3.6 -----------------------------------------------------------------------------
 */

typedef enum Event {
    POOL_EMPTY,  /* no connection within `acquire` */
    REFUSED,     /* the process is gone, its host says RST */
    DARK,        /* its host is silent */
    CLOSED_IDLE, /* a pooled connection was closed before it was used */
    PING_SILENT, /* 100-continue is not answered within `ping` */
    SILENT,      /* no status line within `timeout` */
    BREAKS,      /* closed before the status line */
    OWN_503,     /* the backend answers 503 by itself */
    EVENTS,
} Event;

/* One combination. */
typedef struct Case {
    Event event;
    bool is_ajp, is_write;
    bool is_kept;   /* the client's connection carried a request before */
    bool is_pooled; /* there is an idle connection to the member */
    bool failontimeout, failonstatus, maxattempts;
} Case;

/* What the client sees, and what becomes of the member. */
typedef struct Result {
    uint32_t code; /* 0: the connection is closed without an answer */
    bool error, failover;
    SimSpan wait; /* before it is known */
} Result;

#define TIMEOUT (3 * SIM_S)
#define CONNECT (2 * SIM_S)
#define PING (100 * SIM_MS)
#define ACQUIRE (50 * SIM_MS)

/* mod_proxy_ajp: nothing of the body was sent and the method is idempotent: 503; otherwise 500. */
static uint32_t ajp_failed(const Case *c)
{
    return c->is_write ? 500 : 503;
}

/* The table: what the handler returns (0: it closes the client's connection), and after how long.
 * `marks`: the result behind a closed connection is a 500. */
static uint32_t handler(const Case *c, SimSpan *wait, bool *marks)
{
    *wait = 0;
    *marks = false;
    switch (c->event) {
    case POOL_EMPTY:
        *wait = ACQUIRE;
        return 503;
    case REFUSED:
        return 503;
    case DARK:
        *wait = c->is_pooled ? TIMEOUT : CONNECT; /* nothing closed the pooled one */
        return !c->is_pooled ? 503 : c->is_ajp ? ajp_failed(c) : 502;
    case CLOSED_IDLE:
        return 200;
    case PING_SILENT:
        *wait = 2 * PING; /* once more on a fresh connection */
        return 503;
    case SILENT:
        *wait = TIMEOUT;
        return c->is_ajp ? ajp_failed(c) : 502;
    case BREAKS:
        if (c->is_ajp) {
            return ajp_failed(c);
        }
        *marks = c->is_kept && !c->is_pooled;
        return c->is_kept ? 0 : 502;
    case OWN_503:
    case EVENTS:
        break;
    }
    return 1503; /* OK for the handler: an answer of the backend */
}

/* front-door 3.5 over it, with another member that is well. */
static Result naive(const Case *c)
{
    Result result = {0};
    bool marks;
    uint32_t status = handler(c, &result.wait, &marks);
    bool timed_out = result.wait == TIMEOUT;

    result.error = status == 500 || status == 503 || marks || (status == 1503 && c->failonstatus) ||
                   (status == 502 && timed_out && c->failontimeout);
    result.failover = status == 503 && c->maxattempts;
    result.code = result.failover ? 200 : status == 1503 ? 503 : status;
    return result;
}

static const ProbeAsked *send(Bed *bed, const Case *c)
{
    Message request = {.op = MESSAGE_HTTP,
                       .size_bytes = 500,
                       .flags = c->is_write ? HTTP_WRITE : 0,
                       .peer_incarnation = c->is_kept ? bed->httpd->owner.incarnation : 0};

    return probe_call(bed->client, bed->httpd, &request, 60 * SIM_S);
}

/* "100 Continue" for heads, and else what is asked for. */
static void hear_well(Probe *self, const Message *message)
{
    bool is_head = (message->flags & (HTTP_PING | HTTP_EXPECT)) != 0;

    call_reply(&self->component, &message->ticket,
               &(Message){.op = MESSAGE_HTTP, .size_bytes = 5, .code = is_head ? 100 : 200});
}

/* Lets the event be what the next request to A meets. */
static void arrange(Bed *bed, const Case *c)
{
    const Case plain = {.event = EVENTS};

    switch (c->event) {
    case POOL_EMPTY:
        bed->a->manner = PROBE_KEEPS;
        send(bed, &plain); /* A's only connection; the next one goes to B */
        send(bed, &plain);
        rig_run(bed->rig, 100 * SIM_MS);
        break;
    case REFUSED:
        rig_down(bed->rig, A, SIM_NEVER);
        break;
    case DARK:
        rig_down(bed->rig, "host@DC01-app1", SIM_NEVER);
        break;
    case CLOSED_IDLE:
        rig_down(bed->rig, A, SIM_S);
        rig_run(bed->rig, 2 * SIM_S);
        break;
    case PING_SILENT:
    case SILENT:
        bed->a->manner = PROBE_KEEPS;
        break;
    case BREAKS:
        bed->a->manner = PROBE_BREAKS;
        break;
    case OWN_503:
        bed->a->answer.code = 503;
        break;
    case EVENTS:
        break;
    }
}

static Bed bed_of(const Case *c)
{
    g_autofree char *settings = g_strdup_printf(
        ONE_PROCESS ", 'timeout': '3s', 'connectiontimeout': '2s', 'maxattempts': %d%s%s%s%s%s",
        c->maxattempts, c->is_ajp ? ", 'scheme': 'ajp'" : "",
        c->failontimeout ? ", 'failontimeout': true" : "",
        c->failonstatus ? ", 'failonstatus': '503'" : "",
        c->event == PING_SILENT ? ", 'ping': '100ms'" : "",
        c->event == POOL_EMPTY ? ", 'max': 1, 'acquire': '50ms'" : "");

    return bed_new(60, settings);
}

/* Combinations that cannot be, or where a setting says nothing. */
static bool is_nonsense(const Case *c)
{
    return (c->event == PING_SILENT && (c->is_ajp || !c->is_write)) ||
           (c->event == CLOSED_IDLE && !c->is_pooled) ||
           (c->failontimeout && c->event != SILENT && c->event != DARK) ||
           (c->failonstatus && c->event != OWN_503);
}

static void compare(const Case *c)
{
    g_auto(Bed) bed = bed_of(c);
    const Case plain = {.event = EVENTS};
    Result wanted = naive(c);
    const ProbeAsked *asked;
    guint heard;
    uint32_t code;

    for (int i = 0; c->is_pooled && i < 2; i++) { /* one to each member; A is next again */
        send(&bed, &plain);
        rig_run(bed.rig, SIM_S);
    }
    arrange(&bed, c);
    bed.b->hear = hear_well;
    heard = probe_count_heard(bed.b);
    asked = send(&bed, c);
    rig_run(bed.rig, wanted.wait + SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    code = asked->outcome == OUTCOME_OK ? asked->reply.code : 0;
    ck_assert_msg(
        code == wanted.code && asked->ended - asked->begun >= wanted.wait &&
            asked->ended - asked->begun < wanted.wait + 30 * SIM_MS &&
            (rig_noted(bed.rig, "httpd.member-error") > 0) == wanted.error &&
            (probe_count_heard(bed.b) > heard) == wanted.failover,
        "event %d ajp %d write %d kept %d pooled %d fot %d fos %d max %d: %u after %.3f s, "
        "wanted %u after %.3f s, error %d, fail-over %d",
        (int)c->event, c->is_ajp, c->is_write, c->is_kept, c->is_pooled, c->failontimeout,
        c->failonstatus, c->maxattempts, code, sim_span_to_s(asked->ended - asked->begun),
        wanted.code, sim_span_to_s(wanted.wait), wanted.error, wanted.failover);
}

START_TEST(front_door_3_6_each_event_ends_as_the_table_says)
{
    guint bits = 7;

    for (guint i = 0; i < 1U << bits; i++) {
        Case c = {.event = (Event)_i,
                  .is_ajp = (i & 1) != 0,
                  .is_write = (i & 2) != 0,
                  .is_kept = (i & 4) != 0,
                  .is_pooled = (i & 8) != 0,
                  .failontimeout = (i & 16) != 0,
                  .failonstatus = (i & 32) != 0,
                  .maxattempts = (i & 64) != 0};

        if (!is_nonsense(&c)) {
            compare(&c);
        }
    }
}
END_TEST

/* --- front-door 3.7 -----------------------------------------------------------------------------
 */

#define SCAN_MS 100 /* of the watchdog */

typedef enum Manner { GOOD, GOOD_LATE, BAD, BAD_LATE, HANGS, MANNERS } Manner;

static const struct {
    SimSpan delay;
    uint32_t code;
    ProbeManner manner;
} manners[MANNERS] = {{0, 200, PROBE_ANSWERS},
                      {170 * SIM_MS, 302, PROBE_ANSWERS},
                      {0, 404, PROBE_ANSWERS},
                      {450 * SIM_MS, 503, PROBE_ANSWERS},
                      {0, 0, PROBE_KEEPS}};

/* A member as the watchdog has it; milliseconds. */
typedef struct Checked {
    int64_t updated; /* 0: a check runs */
    int64_t ends;
    bool passes, C;
    unsigned pcount, fcount, checks, outs, backs;
} Checked;

typedef struct Watchdog {
    int64_t interval, timeout;
    unsigned hcpasses, hcfails;
} Watchdog;

static void naive_result(const Watchdog *w, Checked *m)
{
    if (m->C) {
        if (m->passes && ++m->pcount >= w->hcpasses) {
            m->C = false;
            m->pcount = 0;
            m->backs++;
        }
    } else if (!m->passes && ++m->fcount >= w->hcfails) {
        m->C = true;
        m->fcount = 0;
        m->outs++;
    }
}

/* A scan at `now`: checks that have ended are counted at their end, those that are due begin. */
static void naive_scan(const Watchdog *w, Checked *m, Manner manner, int64_t now)
{
    if (m->updated == 0 && now > m->ends) {
        m->updated = m->ends;
        naive_result(w, m);
    }
    if (m->updated != 0 && now > m->updated + w->interval) {
        bool hangs = manner == HANGS;

        /* the ways there and back are a part of a millisecond */
        m->ends = now + 1 + (hangs ? w->timeout : manners[manner].delay / SIM_MS);
        m->passes = !hangs && manners[manner].code >= 200 && manners[manner].code < 400;
        m->updated = 0;
        m->checks++;
    }
}

static void behave(Probe *member, Manner manner)
{
    member->answer.code = manners[manner].code;
    member->answer_delay = manners[manner].delay;
    member->manner = manners[manner].manner;
}

/* Check after check of two members that now answer well, now badly, now late, now never. */
START_TEST(front_door_3_7_members_are_checked_when_and_counted_as_the_pseudocode_says)
{
    Watchdog w = {.interval = 1000, .timeout = 700};
    Checked m[2] = {{0}};
    Manner next[2] = {GOOD, GOOD};
    bool is_known[2] = {false, false}, is_asked[2] = {false, false};
    Rng rng;

    rng_init(&rng, 77 + (uint64_t)_i, "check-twin");
    w.hcpasses = 1 + (unsigned)rng_below(&rng, 3);
    w.hcfails = 1 + (unsigned)rng_below(&rng, 3);
    g_autofree char *settings = g_strdup_printf(
        ", 'hcmethod': 'GET', 'hcinterval': '1s', 'timeout': '700ms', 'hcpasses': %u, "
        "'hcfails': %u",
        w.hcpasses, w.hcfails);
    g_auto(Bed) bed = bed_new(90 + (uint64_t)_i, settings);
    Probe *members[2] = {bed.a, bed.b};

    rig_run(bed.rig, 50 * SIM_MS); /* between two scans */
    for (int64_t now = SCAN_MS; now < 120000; now += SCAN_MS) {
        guint before[2] = {probe_count_heard(bed.a), probe_count_heard(bed.b)};

        behave(bed.a, next[0]);
        behave(bed.b, next[1]);
        rig_run(bed.rig, SCAN_MS * SIM_MS);
        for (int i = 0; i < 2; i++) {
            bool is_checked = probe_count_heard(members[i]) > before[i];

            if (!is_known[i]) { /* the first check comes at any time */
                m[i].updated = is_checked ? now - w.interval - 1 : INT64_MAX / 2;
                is_known[i] = is_checked;
            }
            naive_scan(&w, &m[i], next[i], now);
            ck_assert_msg(!is_known[i] || m[i].checks == probe_count_heard(members[i]),
                          "member %d at %d ms: %u checks", i, (int)now, m[i].checks);
            if (m[i].updated != 0 && is_asked[i]) { /* its answer is out */
                next[i] = (Manner)rng_below(&rng, MANNERS);
            }
            is_asked[i] = m[i].updated == 0;
        }
    }
    ck_assert_uint_ge(m[0].outs + m[1].outs, 5); /* otherwise the twins agree about nothing */
    rig_run(bed.rig, 10 * SIM_MS);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-out"), m[0].outs + m[1].outs);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-back"), m[0].backs + m[1].backs);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_outcome_twin");
    TCase *tcase = tcase_create("all");

    tcase_add_loop_test(tcase, front_door_3_6_each_event_ends_as_the_table_says, 0, EVENTS);
    tcase_add_loop_test(
        tcase, front_door_3_7_members_are_checked_when_and_counted_as_the_pseudocode_says, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
