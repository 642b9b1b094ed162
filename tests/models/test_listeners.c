/* test_listeners.c - what a node tells the drivers that listen to it (Cassandra reference 6.4, 10):
 * UP once another one takes statements again, DOWN once it is believed down. */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static void listen(CassandraRig *rig, guint node)
{
    probe_send(rig->drivers[node / 4], rig->nodes[node],
               &(Message){.op = MESSAGE_NOTICE, .size_bytes = 80});
}

/* When it heard that `about` is up (1) or down (0); SIM_NEVER: never. */
static SimTime told_at(const CassandraRig *rig, guint driver, guint about, uint32_t code)
{
    for (guint i = 0; i < probe_count_heard(rig->drivers[driver]); i++) {
        const ProbeHeard *heard = probe_heard(rig->drivers[driver], i);

        if (heard->message.op == MESSAGE_NOTICE && heard->message.code == code &&
            heard->message.subject == rig->nodes[about]) {
            return heard->time;
        }
    }
    return SIM_NEVER;
}

/* Convicted after about 21 s of silence; UP not with the first heartbeat but once port 9042 is
 * open, 8 s later, so that a driver that believes it finds it open. */
START_TEST(a_listener_hears_down_and_up)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        1, "\"jvm_start\": \"5s\", \"commitlog_replay\": \"2s\", \"settle\": \"8s\"");
    SimTime fell, down, up;

    rig_run(rig->rig, 5 * SIM_MIN);
    listen(rig, 0);
    rig_run(rig->rig, SIM_S);
    fell = rig_now(rig->rig);
    rig_down(rig->rig, cassandra_rig_host(1), 30 * SIM_S);
    rig_run(rig->rig, 90 * SIM_S);
    down = told_at(rig, 0, 1, 0);
    up = told_at(rig, 0, 1, 1);
    ck_assert_int_gt(down, fell + 18 * SIM_S);
    ck_assert_int_lt(down, fell + 26 * SIM_S);
    ck_assert_int_gt(up, fell + (30 + 10 + 5 + 2 + 8) * SIM_S); /* host, JVM, replay, settling */
    ck_assert_int_lt(up, fell + (30 + 10 + 5 + 2 + 8 + 3) * SIM_S);
    ck_assert_int_eq(told_at(rig, 0, 2, 0), SIM_NEVER);
}
END_TEST

START_TEST(who_did_not_ask_hears_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, NULL);

    rig_run(rig->rig, SIM_S);
    rig_down(rig->rig, cassandra_rig_host(1), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(probe_count_heard(rig->drivers[0]), 0);
}
END_TEST

/* A second REGISTER of the same driver changes nothing; a node that was killed has forgotten. */
START_TEST(each_event_is_told_once_and_not_by_who_was_restarted)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);

    rig_run(rig->rig, SIM_S);
    listen(rig, 0);
    listen(rig, 0);
    listen(rig, 4);
    rig_run(rig->rig, SIM_S);
    rig_down(rig->rig, cassandra_rig_name(4), SIM_S);
    rig_run(rig->rig, 2 * SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(17), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_int_ne(told_at(rig, 0, 17, 0), SIM_NEVER);
    ck_assert_int_eq(told_at(rig, 1, 17, 0), SIM_NEVER);
    ck_assert_uint_eq(probe_count_heard(rig->drivers[1]), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("listeners");
    TCase *tests = tcase_create("listeners");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_listener_hears_down_and_up);
    tcase_add_test(tests, who_did_not_ask_hears_nothing);
    tcase_add_test(tests, each_event_is_told_once_and_not_by_who_was_restarted);
    suite_add_tcase(suite, tests);
    return suite;
}
