/* test_keepalived.c - who has the shared address when: RFC 5798's timers, priorities, the script.
 */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind keepalived_kind;

#define VIP 0xC0000264u /* 192.0.2.100 */
#define FIRST "DC01-lb1"
#define SECOND "DC01-lb2"

/* Two hosts with a web server (a probe) on port 443 each, a client 10 ms away. */
typedef struct Pair {
    Rig *rig;
    Probe *client, *one, *two;
} Pair;

static Probe *add_server(Rig *rig, const char *place, const char *address)
{
    Host *host = rig_host(rig, place, address, "{ \"steal\": \"none\", \"boot\": \"1s\" }");
    Probe *server = rig_probe(rig, place);

    server->answer = (Message){.op = MESSAGE_HTTP, .code = 200};
    host_listen(host, 443, &server->component);
    return server;
}

static Pair pair_new(uint64_t seed, const char *more)
{
    Pair pair = {.rig = rig_new(seed, &keepalived_kind, NULL)};
    g_autofree char *one = g_strdup_printf(
        "{ \"virtual_ipaddress\": \"192.0.2.100\", \"master\": true, \"priority\": 101%s }", more);
    g_autofree char *two = g_strdup_printf("{ \"virtual_ipaddress\": \"192.0.2.100\"%s }", more);

    rig_site(pair.rig, "DC01");
    rig_site_of(pair.rig, "EU", SITE_REGION);
    pair.one = add_server(pair.rig, FIRST, "192.0.2.11");
    pair.two = add_server(pair.rig, SECOND, "192.0.2.12");
    rig_add(pair.rig, "keepalived", FIRST, one);
    rig_add(pair.rig, "keepalived", SECOND, two);
    pair.client = rig_probe(pair.rig, "EU");
    rig_link_all(pair.rig, "10ms");
    rig_start(pair.rig);
    return pair;
}

static void pair_free(Pair *pair)
{
    rig_free(pair->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_free)

/* Who accepts a connection to the shared address now; NULL when nobody does within `patience`. */
static const Component *who_answers(Pair *pair, SimSpan patience)
{
    const ProbeAsked *asked = probe_connect(pair->client, VIP, 443, patience);

    rig_run(pair->rig, patience);
    return asked->connected == CONNECTED ? asked->peer : NULL;
}

START_TEST(the_configured_master_answers_first)
{
    g_auto(Pair) pair = pair_new(1, "");

    ck_assert_ptr_eq(who_answers(&pair, SIM_S), &pair.one->component);
    rig_run(pair.rig, 60 * SIM_S);
    ck_assert_ptr_eq(who_answers(&pair, SIM_S), &pair.one->component);
    ck_assert_uint_eq(rig_noted(pair.rig, "keepalived.master"), 0);
}
END_TEST

/* When the second host has the address after `what` was gone at `when`. */
static double taken_over_after_s(uint64_t seed, const char *settings, const char *what,
                                 SimTime when)
{
    g_auto(Pair) pair = pair_new(seed, settings);

    rig_run(pair.rig, when);
    rig_down(pair.rig, what, SIM_NEVER);
    for (guint steps = 0; steps < 500; steps++) {
        if (rig_gauge(pair.rig, "keepalived@" SECOND, "is_master") > 0) {
            return steps / 100.0;
        }
        rig_run(pair.rig, 10 * SIM_MS);
    }
    return 5;
}

/* Three adverts and the skew of priority 100: 3 + 156/256 = 3.609 s after the last advert, which
 * came anywhere up to 1 s before the end, though that was at a whole second of the run. */
START_TEST(a_dead_master_is_followed_after_three_adverts_and_the_skew)
{
    double sum = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        double after_s = taken_over_after_s(seed, "", "host@" FIRST, 10 * SIM_S);

        ck_assert_double_gt(after_s, 2.609 - 1e-9);
        ck_assert_double_lt(after_s, 3.625);
        sum += after_s;
    }
    ck_assert_double_eq_tol(sum / 100, 3.109 + 0.005, 3.5 * 0.2887 / 10); /* looked at each 10 ms */
}
END_TEST

START_TEST(a_syn_that_was_lost_finds_the_new_holder)
{
    g_auto(Pair) pair = pair_new(3, "");

    rig_run(pair.rig, 10 * SIM_S);
    rig_down(pair.rig, "host@" FIRST, SIM_NEVER);
    ck_assert_ptr_eq(who_answers(&pair, 10 * SIM_S), &pair.two->component);
    ck_assert_uint_eq(pair.client->asked->len, 1);
}
END_TEST

START_TEST(the_higher_priority_takes_the_address_back_unless_told_not_to)
{
    static const char *const settings[] = {"", ", \"nopreempt\": true"};

    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(Pair) pair = pair_new(4, settings[i]);

        rig_run(pair.rig, 10 * SIM_S);
        rig_down(pair.rig, "host@" FIRST, 20 * SIM_S);
        rig_run(pair.rig, 60 * SIM_S);
        ck_assert_ptr_eq(who_answers(&pair, SIM_S),
                         i == 0 ? &pair.one->component : &pair.two->component);
    }
}
END_TEST

START_TEST(without_a_script_a_dead_process_keeps_the_address)
{
    g_auto(Pair) pair = pair_new(5, "");

    rig_down(pair.rig, "probe@" FIRST, SIM_NEVER);
    rig_run(pair.rig, 60 * SIM_S);
    ck_assert_ptr_null(who_answers(&pair, SIM_S));
}
END_TEST

/* Within the script's second, and the skew of priority 100 after the word of the master: from 0.609
 * to 1.609 s. */
START_TEST(with_a_script_the_address_leaves_a_dead_process)
{
    double sum = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        double after_s =
            taken_over_after_s(seed, ", \"track_process\": \"probe\"", "probe@" FIRST, 10 * SIM_S);

        ck_assert_double_gt(after_s, 0.609 - 1e-9);
        ck_assert_double_lt(after_s, 1.625);
        sum += after_s;
    }
    ck_assert_double_eq_tol(sum / 100, 1.109 + 0.005, 3.5 * 0.2887 / 10);
}
END_TEST

START_TEST(with_a_script_the_address_returns_with_the_process)
{
    g_auto(Pair) pair = pair_new(6, ", \"track_process\": \"probe\"");

    rig_run(pair.rig, 10 * SIM_S + 10 * SIM_MS);
    rig_down(pair.rig, "probe@" FIRST, 30 * SIM_S);
    rig_run(pair.rig, 1700 * SIM_MS);
    ck_assert_ptr_eq(who_answers(&pair, SIM_S), &pair.two->component);
    rig_run(pair.rig, 60 * SIM_S);
    ck_assert_ptr_eq(who_answers(&pair, SIM_S), &pair.one->component);
}
END_TEST

START_TEST(cut_from_each_other_both_believe_to_be_master)
{
    g_auto(Pair) pair = pair_new(7, "");

    rig_down(pair.rig, "link@DC01-DC01", 30 * SIM_S);
    rig_run(pair.rig, 10 * SIM_S);
    ck_assert(rig_gauge(pair.rig, "keepalived@" FIRST, "is_master") == 1.0);
    ck_assert(rig_gauge(pair.rig, "keepalived@" SECOND, "is_master") == 1.0);
    rig_run(pair.rig, 40 * SIM_S);
    ck_assert(rig_gauge(pair.rig, "keepalived@" SECOND, "is_master") == 0.0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("keepalived");
    TCase *tests = tcase_create("vrrp");

    tcase_add_test(tests, the_configured_master_answers_first);
    tcase_add_test(tests, a_dead_master_is_followed_after_three_adverts_and_the_skew);
    tcase_add_test(tests, a_syn_that_was_lost_finds_the_new_holder);
    tcase_add_test(tests, the_higher_priority_takes_the_address_back_unless_told_not_to);
    tcase_add_test(tests, without_a_script_a_dead_process_keeps_the_address);
    tcase_add_test(tests, with_a_script_the_address_leaves_a_dead_process);
    tcase_add_test(tests, with_a_script_the_address_returns_with_the_process);
    tcase_add_test(tests, cut_from_each_other_both_believe_to_be_master);
    suite_add_tcase(suite, tests);
    return suite;
}
