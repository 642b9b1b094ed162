/* test_laws.c - a till that keeps its books holds every law; each way to cook them is caught. */
#include "sim/world/laws.h"

#include "sim/world/ledger.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

/* What a till does wrong in the third second. */
typedef enum Breach {
    BREACH_NONE,
    BREACH_LINE_SHOWN_LATE,    /* the gauge of the line is right again before anybody looks */
    BREACH_SERVICE_SHOWN_LATE, /* the same of the busy servers */
    BREACH_LOST,               /* one is gone and nobody noted its end */
    BREACH_IDLE,               /* the next is not called */
    BREACH_TOO_BUSY,           /* from then on one server more than there are */
    BREACH_COUNTED_TWICE,      /* the counter of ends */
    BREACH_ENDS_TWICE,         /* one leaves twice, another one never */
    BREACH_NEGATIVE_GAUGE,
    BREACH_COUNTER_FALLS,
    BREACH_SERVES_LONGER, /* than was asked for */
    BREACH_UNTOLD,        /* a user's request ends and the history does not hear of it */
} Breach;

typedef struct Visitor {
    struct Visitor *next;
    SimTime came, done_at;
} Visitor;

#define SERVICE (7 * SIM_MS)
#define SERVERS 2
#define VISITORS 4096
#define CLOSES_AT (4500 * SIM_MS) /* nobody comes any more */

/* Two servers, one line. */
typedef struct Till {
    Component component; /* first */
    uint64_t came, served;
    Gauge waiting, busy, balance;
    Ledger ledger;
    Rng rng;
    Breach breach;
    Visitor visitors[VISITORS];
    guint visitor_count;
    Visitor *first, *last;
    guint line, serving;
    guint servers;
} Till;

static void on_come(void *self, void *subject, uint64_t detail);
static void on_served(void *self, void *subject, uint64_t detail);
static void on_catch_up(void *self, void *subject, uint64_t detail);
static const EventType comes = {"till.comes", on_come};
static const EventType is_served = {"till.served", on_served};
static const EventType catches_up = {"till.catches-up", on_catch_up};

static SimTime now_of(const Till *till)
{
    return world_now(till->component.world);
}

static Engine *engine_of(const Till *till)
{
    return world_engine(till->component.world);
}

/* Whether the breach happens now; only once. */
static bool breaks(Till *till, Breach breach)
{
    bool is_now = till->breach == breach && now_of(till) > 2 * SIM_S;

    if (is_now) {
        till->breach = BREACH_NONE;
    }
    return is_now;
}

static void show(Till *till)
{
    gauge_set(&till->waiting, now_of(till), till->line);
    gauge_set(&till->busy, now_of(till), till->serving);
}

static void on_catch_up(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    (void)detail;
    show(self);
}

/* Shows what changed, or a while later. */
static void show_or_wait(Till *till, Breach breach)
{
    if (breaks(till, breach)) {
        engine_after(engine_of(till), SIM_MS / 2, &till->component.owner, &catches_up, NULL, 0);
    } else {
        show(till);
    }
}

static void serve(Till *till, Visitor *visitor)
{
    SimSpan service = SERVICE + (breaks(till, BREACH_SERVES_LONGER) ? SIM_US : 0);

    till->serving++;
    till->ledger.work_ns += SERVICE;
    visitor->done_at = now_of(till) + service;
    engine_after(engine_of(till), service, &till->component.owner, &is_served, visitor, 0);
}

static void call_next(Till *till)
{
    if (till->first != NULL) {
        Visitor *visitor = till->first;

        till->first = visitor->next;
        till->line--;
        ledger_begin(&till->ledger, now_of(till));
        serve(till, visitor);
    }
}

static void put_in_line(Till *till, Visitor *visitor)
{
    ledger_wait(&till->ledger, now_of(till), (uint64_t)visitor->came);
    if (till->first == NULL) {
        till->first = visitor;
    } else {
        till->last->next = visitor;
    }
    till->last = visitor;
    till->line++;
}

static void tell_history(Till *till, const Visitor *visitor)
{
    UserRequest felt = {.intended = visitor->came,
                        .ended = now_of(till),
                        .client = "till",
                        .region = till->component.site,
                        .is_ok = true,
                        .attempts = 1};

    if (!breaks(till, BREACH_UNTOLD)) {
        history_request(world_history(till->component.world), &felt);
    }
}

static void on_come(void *self, void *subject, uint64_t detail)
{
    Till *till = self;
    Visitor *visitor = &till->visitors[till->visitor_count++];

    (void)subject;
    (void)detail;
    ck_assert_uint_lt(till->visitor_count, VISITORS);
    visitor->came = now_of(till);
    till->came++;
    till->servers += breaks(till, BREACH_TOO_BUSY);
    if (till->serving < till->servers) {
        ledger_serve(&till->ledger, now_of(till), (uint64_t)visitor->came);
        serve(till, visitor);
    } else {
        put_in_line(till, visitor);
    }
    show_or_wait(till, till->line > 0 ? BREACH_LINE_SHOWN_LATE : BREACH_SERVICE_SHOWN_LATE);
    if (now_of(till) < CLOSES_AT) {
        engine_after(engine_of(till), draw_exponential_span(4 * SIM_MS, &till->rng),
                     &till->component.owner, &comes, NULL, 0);
    }
}

static void leave(Till *till, Visitor *visitor)
{
    if (breaks(till, BREACH_ENDS_TWICE)) {
        visitor = &till->visitors[0]; /* who left long ago, in place of the one who should */
    }
    if (!breaks(till, BREACH_LOST)) {
        ledger_end(&till->ledger, now_of(till), (uint64_t)visitor->came);
        tell_history(till, visitor);
    }
    till->served++;
    till->served += breaks(till, BREACH_COUNTED_TWICE);
}

static void on_served(void *self, void *subject, uint64_t detail)
{
    Till *till = self;

    (void)detail;
    till->serving--;
    leave(till, subject);
    if (!(till->line > 0 && breaks(till, BREACH_IDLE))) {
        call_next(till);
    }
    if (breaks(till, BREACH_NEGATIVE_GAUGE)) {
        gauge_set(&till->balance, now_of(till), -1);
    }
    if (breaks(till, BREACH_COUNTER_FALLS)) {
        till->served -= 500;
        till->ledger.dropped += 500;
    }
    show(till);
}

static LedgerWork till_work(const Ledger *ledger)
{
    const Till *till = (const void *)((const char *)ledger - offsetof(Till, ledger));
    SimTime now = now_of(till);
    LedgerWork work = {.given_ns =
                           till->busy.area + till->busy.value * (double)(now - till->busy.since)};

    for (guint i = 0; i < till->visitor_count; i++) {
        work.left_ns += (double)MAX(till->visitors[i].done_at - now, 0);
    }
    return work;
}

static void till_start(Component *self)
{
    Till *till = (Till *)self;

    till->servers = SERVERS;
    ledger_open(&till->ledger, 0, SERVERS);
    rng_init(&till->rng, 7, "till");
    engine_after(engine_of(till), SIM_MS, &self->owner, &comes, NULL, 0);
}

static const MetricDef till_metrics[] = {
    METRIC_COUNTER(Till, came, "Visitors"),
    METRIC_COUNTER(Till, served, "Visitors served"),
    METRIC_GAUGE(Till, waiting, "1", "Visitors in line"),
    METRIC_GAUGE(Till, busy, "1", "Visitors served now"),
    METRIC_GAUGE(Till, balance, "1", "Money"),
    METRIC_END,
};

static const LedgerDef till_ledgers[] = {
    {.name = "servers",
     .ledger = offsetof(Till, ledger),
     .waiting = offsetof(Till, waiting),
     .busy = offsetof(Till, busy),
     .has_line = true,
     .came = {offsetof(Till, came)},
     .ends = {offsetof(Till, served)},
     .work = till_work,
     .is_of_users = true},
    LEDGER_END,
};

static const Kind till_kind = {.name = "till",
                               .help = "Two servers and a line, for tests",
                               .size = sizeof(Till),
                               .scope = KIND_PER_LOAD,
                               .metrics = till_metrics,
                               .ledgers = till_ledgers,
                               .on_start = till_start};

/* Five windows of a second; what the laws said, or NULL. */
static char *open_for_five_seconds(Breach breach)
{
    g_autoptr(Rig) rig = rig_new(7, &till_kind, NULL);
    Till *till;
    char *broken = NULL;

    rig_site_of(rig, "Europe central", SITE_REGION);
    till = (Till *)rig_add(rig, "till", "users/Europe central", NULL);
    till->breach = breach;
    rig_start(rig);
    for (guint i = 0; broken == NULL && i < 5; i++) {
        engine_run(rig->engine, engine_now(rig->engine) + SIM_S);
        broken = laws_check(rig->laws);
    }
    if (breach == BREACH_NONE) {
        ck_assert_uint_gt(till->served, 1000);
        ck_assert_uint_eq(till->served, till->came);
        ck_assert_double_gt(till->waiting.area, 0);
        ck_assert_uint_eq(laws_count_windows(rig->laws), 5 * laws_count_stations(rig->laws));
    }
    return broken;
}

static void assert_caught_in(Breach breach, const char *law, const char *window)
{
    g_autofree char *broken = open_for_five_seconds(breach);

    ck_assert_msg(broken != NULL, "breach %d is not caught", breach);
    ck_assert_msg(strstr(broken, law) != NULL, "'%s' is not in: %s", law, broken);
    ck_assert_msg(strstr(broken, window) != NULL, "'%s' is not in: %s", window, broken);
    ck_assert_msg(strstr(broken, "till@users/Europe central") != NULL ||
                      strstr(broken, "the users' tier") != NULL,
                  "no station in: %s", broken);
}

static void assert_caught(Breach breach, const char *law)
{
    assert_caught_in(breach, law, "from time 2s to 3s: ");
}

START_TEST(a_till_that_keeps_its_books_holds_all_laws)
{
    g_autofree char *broken = open_for_five_seconds(BREACH_NONE);

    ck_assert_msg(broken == NULL, "%s", broken);
}
END_TEST

START_TEST(a_line_that_is_shown_half_a_millisecond_late_breaks_littles_law)
{
    assert_caught(BREACH_LINE_SHOWN_LATE, "Little's law");
}
END_TEST

START_TEST(a_server_that_is_shown_busy_late_breaks_littles_law)
{
    assert_caught(BREACH_SERVICE_SHOWN_LATE, "Little's law");
}
END_TEST

START_TEST(a_microsecond_of_service_that_nobody_asked_for_breaks_the_utilisation_law)
{
    assert_caught(BREACH_SERVES_LONGER, "the utilisation law");
}
END_TEST

START_TEST(one_server_more_than_there_are_breaks_work_conservation)
{
    assert_caught(BREACH_TOO_BUSY, "work conservation");
}
END_TEST

/* The count is right all the time; the marks tell when the till is empty. */
START_TEST(one_who_leaves_twice_while_another_never_does_is_caught)
{
    assert_caught_in(BREACH_ENDS_TWICE, "'each ends exactly once'", "from time 4s to 5s: ");
}
END_TEST

START_TEST(one_who_is_gone_without_an_end_breaks_flow_balance)
{
    assert_caught(BREACH_LOST, "flow balance");
}
END_TEST

START_TEST(a_free_server_beside_a_line_breaks_work_conservation)
{
    assert_caught(BREACH_IDLE, "work conservation");
}
END_TEST

START_TEST(an_end_that_is_counted_twice_is_caught)
{
    assert_caught(BREACH_COUNTED_TWICE, "'each ends exactly once'");
}
END_TEST

START_TEST(a_negative_gauge_is_caught)
{
    assert_caught(BREACH_NEGATIVE_GAUGE, "'nothing is negative'");
}
END_TEST

START_TEST(a_counter_that_falls_is_caught)
{
    assert_caught(BREACH_COUNTER_FALLS, "'nothing is negative'");
}
END_TEST

START_TEST(a_users_request_that_the_history_never_heard_of_is_caught)
{
    assert_caught(BREACH_UNTOLD, "flow balance");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("laws");
    TCase *tests = tcase_create("laws");

    tcase_add_test(tests, a_till_that_keeps_its_books_holds_all_laws);
    tcase_add_test(tests, a_line_that_is_shown_half_a_millisecond_late_breaks_littles_law);
    tcase_add_test(tests, a_server_that_is_shown_busy_late_breaks_littles_law);
    tcase_add_test(tests,
                   a_microsecond_of_service_that_nobody_asked_for_breaks_the_utilisation_law);
    tcase_add_test(tests, one_server_more_than_there_are_breaks_work_conservation);
    tcase_add_test(tests, one_who_leaves_twice_while_another_never_does_is_caught);
    tcase_add_test(tests, one_who_is_gone_without_an_end_breaks_flow_balance);
    tcase_add_test(tests, a_free_server_beside_a_line_breaks_work_conservation);
    tcase_add_test(tests, an_end_that_is_counted_twice_is_caught);
    tcase_add_test(tests, a_negative_gauge_is_caught);
    tcase_add_test(tests, a_counter_that_falls_is_caught);
    tcase_add_test(tests, a_users_request_that_the_history_never_heard_of_is_caught);
    suite_add_tcase(suite, tests);
    return suite;
}
