/* test_balancer_faults.c - faults of a balancer (fault catalogue, "Runtime, application,
 * balancer"): felt by who comes through it, by nobody who comes through the one beside it, and by
 * nobody any more when they are over. Each is lived through twice, once without it. */
#include <string.h>

#include "tests/support/fault_put.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define SECONDS 60
#define BEGIN 10
#define CALM 40 /* from then on nothing is left of any fault */

extern const Kind httpd_kind;

/* Two balancers before the same two members, and a client 10 ms away who asks both each second: on
 * a connection of its own, over one that it keeps, and in a session of the second member. */
typedef struct Twins {
    Rig *rig;
    Probe *client, *members[2];
    Component *balancers[2];
    const ProbeAsked *kept[2];
} Twins;

/* What one second brought through one balancer. */
typedef struct Second {
    Outcome fresh, again, session;
    uint32_t fresh_code, again_code, session_code;
    SimSpan took;      /* all three together */
    bool is_elsewhere; /* the session was served by the other member */
} Second;

typedef struct Record {
    Second seconds[2][SECONDS];
    uint64_t closed[2]; /* idle connections that the balancer closed */
} Record;

static const char *const names[] = {"httpd@DC01-web1", "httpd@DC01-web2"};
static const uint32_t addresses[] = {0xC000020Bu, 0xC000020Cu};

static Twins twins_new(void)
{
    static const char settings[] =
        "{ \"backend\": \"probe\", \"StartServers\": 1000, \"MaxSpareThreads\": 100000, "
        "\"forcerecovery\": false, \"retry\": \"10500ms\", \"nofailover\": true, "
        "\"stickysession\": \"JSESSIONID\", \"BalancerMember\": { \"app1\": { \"route\": \"one\" "
        "}, "
        "\"app2\": { \"route\": \"two\" } } }";
    static const char *const webs[] = {"DC01-web1", "DC01-web2"};
    static const char *const apps[] = {"DC01-app1", "DC01-app2"};
    Twins twins = {.rig = rig_new(61, &httpd_kind, NULL)};

    rig_site(twins.rig, "DC01");
    rig_site(twins.rig, "far");
    rig_host(twins.rig, webs[0], "192.0.2.11", "{ \"steal\": \"none\" }");
    rig_host(twins.rig, webs[1], "192.0.2.12", "{ \"steal\": \"none\" }");
    for (int i = 0; i < 2; i++) {
        rig_host(twins.rig, apps[i], NULL, "{ \"boot\": \"1s\" }");
    }
    twins.client = rig_probe(twins.rig, "far");
    for (int i = 0; i < 2; i++) {
        twins.members[i] = rig_probe(twins.rig, apps[i]);
        twins.members[i]->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    }
    for (int i = 0; i < 2; i++) {
        twins.balancers[i] = rig_add(twins.rig, "httpd", webs[i], settings);
    }
    rig_link_all(twins.rig, "20ms");
    rig_start(twins.rig);
    return twins;
}

static const ProbeAsked *ask(Twins *twins, int which, const char *route, uint32_t connection,
                             uint64_t session)
{
    Message request = {.op = MESSAGE_HTTP,
                       .size_bytes = 500,
                       .subject = route,
                       .detail = session,
                       .connection = connection};

    if (connection != 0) {
        request.peer_incarnation = component_life(twins->balancers[which]);
    }
    return probe_call(twins->client, twins->balancers[which], &request, 5 * SIM_S);
}

/* A tenth of a second each; the other balancer is asked in the second half of the second. */
static void live_second(Twins *twins, int which, int second, Record *record)
{
    Second *now = &record->seconds[which][second];
    const ProbeAsked *fresh, *again = NULL, *session;
    guint before;

    if (twins->kept[which] == NULL) {
        twins->kept[which] = probe_connect(twins->client, addresses[which], 443, SIM_S);
    }
    fresh = ask(twins, which, NULL, 0, 0);
    rig_run(twins->rig, 100 * SIM_MS);
    if (twins->kept[which]->connected == CONNECTED) {
        again = ask(twins, which, NULL, twins->kept[which]->connection, 0);
    }
    rig_run(twins->rig, 100 * SIM_MS);
    before = probe_count_heard(twins->members[1]);
    session = ask(twins, which, "two", 0, (uint64_t)second + 1);
    rig_run(twins->rig, 300 * SIM_MS);
    ck_assert_uint_eq(fresh->ends + session->ends, 2);
    *now = (Second){.fresh = fresh->outcome,
                    .session = session->outcome,
                    .fresh_code = fresh->reply.code,
                    .session_code = session->reply.code,
                    .took = fresh->ended - fresh->begun + session->ended - session->begun,
                    .is_elsewhere = probe_count_heard(twins->members[1]) == before};
    if (again != NULL) {
        ck_assert_uint_eq(again->ends, 1);
        now->again = again->outcome;
        now->again_code = again->reply.code;
        now->took += again->ended - again->begun;
    }
    if (again == NULL || again->outcome != OUTCOME_OK) {
        twins->kept[which] = NULL;
    }
}

static void live(const char *func, const char *arguments, SimSpan span, Record *record)
{
    Twins twins = twins_new();

    memset(record, 0, sizeof *record);
    for (int second = 0; second < SECONDS; second++) {
        if (second == BEGIN && func != NULL) {
            fault_put(twins.rig, names[0], func, arguments, span);
        }
        for (int which = 0; which < 2; which++) {
            live_second(&twins, which, second, record);
        }
    }
    for (int which = 0; which < 2; which++) {
        record->closed[which] = rig_counter(twins.rig, names[which], "connections_closed_early");
    }
    rig_free(twins.rig);
}

static bool is_same(const Second *one, const Second *other)
{
    return one->fresh == other->fresh && one->again == other->again &&
           one->session == other->session && one->fresh_code == other->fresh_code &&
           one->again_code == other->again_code && one->session_code == other->session_code &&
           one->is_elsewhere == other->is_elsewhere;
}

/* Seconds from `from` to before `to` in which what came through a balancer was not the same. */
static int count_changed(const Record *with, const Record *without, int which, int from, int to)
{
    int changed = 0;

    for (int second = from; second < to; second++) {
        changed += !is_same(&with->seconds[which][second], &without->seconds[which][second]);
    }
    return changed;
}

static const struct {
    const char *func, *arguments;
    SimSpan span;
    int least, most; /* seconds in which it is felt */
} faults[] = {
    {"lb.mark-error", "{}", SIM_S, 9, 12},                    /* until retry is over */
    {"lb.sticky-dead", "{\"share\":0.5}", 20 * SIM_S, 4, 16}, /* by half of the sessions */
    {"lb.reload", "{}", SIM_S, 1, 2},                         /* by who keeps one open */
    {"lb.vip-split", "{\"share\":1}", 20 * SIM_S, 10, 20},    /* the same, again and again */
};

START_TEST(a_fault_of_a_balancer_is_felt_there_and_then_only)
{
    Record with, without;
    int felt;

    live(faults[_i].func, faults[_i].arguments, faults[_i].span, &with);
    live(NULL, NULL, 0, &without);
    felt = count_changed(&with, &without, 0, BEGIN, CALM);
    ck_assert_msg(felt >= faults[_i].least && felt <= faults[_i].most, "%s: felt for %d s",
                  faults[_i].func, felt);
    /* not before, and nothing stays */
    ck_assert_int_eq(count_changed(&with, &without, 0, 0, BEGIN), 0);
    ck_assert_int_eq(count_changed(&with, &without, 0, CALM, SECONDS), 0);
    /* the neighbour: the same answers, and as fast to the nanosecond */
    ck_assert_int_eq(count_changed(&with, &without, 1, 0, SECONDS), 0);
    ck_assert_uint_eq(with.closed[1], without.closed[1]);
    for (int second = 0; second < SECONDS; second++) {
        ck_assert_int_eq(with.seconds[1][second].took, without.seconds[1][second].took);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("balancer_faults");
    TCase *tcase = tcase_create("all");

    tcase_add_loop_test(tcase, a_fault_of_a_balancer_is_felt_there_and_then_only, 0,
                        G_N_ELEMENTS(faults));
    suite_add_tcase(suite, tcase);
    return suite;
}
