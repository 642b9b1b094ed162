/* test_httpd_members.c - how members are configured, and what is repeated on another one: against
 * "request life cycle and fail-over", "what the handler returns", "sticky sessions" and
 * "mod_proxy_hcheck" of the reference of the front door. */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

extern const Kind httpd_kind;

/* One request now with these flags; a second later it has ended. */
static const ProbeAsked *ask_and_wait(Bed *bed, uint32_t flags)
{
    const ProbeAsked *asked = bed_ask(bed, flags);

    rig_run(bed->rig, SIM_S);
    return asked;
}

/* --- configuration ------------------------------------------------------------------------------
 */

START_TEST(load_factors_share_the_requests)
{
    g_auto(Bed) bed = bed_new(1, ", 'BalancerMember': { 'app2': { 'loadfactor': 3 } }");

    bed_stream(&bed, 40, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.a), 10);
    ck_assert_uint_eq(probe_count_heard(bed.b), 30);
}
END_TEST

START_TEST(members_are_named_by_node_rank_or_star)
{
    static const char *const names[] = {"app2", "DC01-app2", "*"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *settings =
            g_strdup_printf(", 'BalancerMember': { '%s': { 'status': '+D' } }", names[i]);
        g_auto(Bed) bed = bed_new(2, settings);

        bed_stream(&bed, 4, SIM_S);
        ck_assert_uint_eq(bed_count_code(&bed, 200), i < 2 ? 4 : 0);
        ck_assert_uint_eq(probe_count_heard(bed.b), 0);
    }
}
END_TEST

START_TEST(a_hot_standby_and_a_set_wait_for_the_first_member_to_fail)
{
    static const char *const settings[] = {
        ", 'BalancerMember': { 'app2': { 'status': '+H' } }",
        ", 'BalancerMember': { 'app2': { 'status': '+R' } }",
        ", 'BalancerMember': { 'app2': { 'lbset': 1 } }",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(Bed) bed = bed_new(3, settings[i]);

        bed_stream(&bed, 4, SIM_S);
        ck_assert_uint_eq(probe_count_heard(bed.b), 0);
        rig_down(bed.rig, A, SIM_NEVER);
        bed_stream(&bed, 4, SIM_S);
        ck_assert_uint_eq(probe_count_heard(bed.b), 4);
        ck_assert_uint_eq(bed_count_code(&bed, 200), 8);
    }
}
END_TEST

START_TEST(each_member_has_its_own_retry)
{
    g_auto(Bed) bed =
        bed_new(4, ", 'retry': '60s', 'BalancerMember': { 'app2': { 'retry': '5s' } }");

    rig_down(bed.rig, B, 2 * SIM_S);
    bed_stream(&bed, 4, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.b), 0);
    bed_stream(&bed, 6, SIM_S);
    ck_assert_uint_gt(probe_count_heard(bed.b), 0);
}
END_TEST

START_TEST(heartbeats_choose_the_member)
{
    g_auto(Bed) bed = bed_new(5, ", 'lbmethod': 'heartbeat'");
    Message beat = {.op = MESSAGE_HEARTBEAT, .count = 1, .detail = 7};

    ck_assert_uint_eq(bed_code(ask_and_wait(&bed, 0)), 503); /* no member ever sent one */
    probe_send(bed.b, bed.httpd, &beat);
    rig_run(bed.rig, SIM_S);
    bed_stream(&bed, 4, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.b), 4);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(bed_code(ask_and_wait(&bed, 0)), 503);
}
END_TEST

/* --- fail-over ----------------------------------------------------------------------------------
 */

/* "if usable(w) (status=I): done". */
START_TEST(requests_of_a_member_that_ignores_errors_do_not_fail_over)
{
    g_auto(Bed) bed = bed_new(10, ", 'BalancerMember': { 'app2': { 'status': '+I' } }");

    rig_down(bed.rig, B, SIM_NEVER);
    bed_stream(&bed, 10, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 5);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 5);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 0);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

/* A refused connection: "yes, all methods, the body was not sent". */
START_TEST(a_write_that_was_not_sent_fails_over_too)
{
    g_auto(Bed) bed = bed_new(11, "");

    rig_down(bed.rig, A, SIM_NEVER);
    ck_assert_uint_eq(bed_code(ask_and_wait(&bed, HTTP_WRITE)), 200);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
}
END_TEST

/* "httpd never repeats a request that may have reached the application over HTTP." */
START_TEST(nothing_that_was_sent_over_http_is_repeated)
{
    static const uint32_t kinds[] = {0, HTTP_WRITE};
    static const ProbeManner manners[] = {PROBE_BREAKS, PROBE_KEEPS};

    for (size_t i = 0; i < 4; i++) {
        g_auto(Bed) bed = bed_new(12, ", 'timeout': '500ms'");

        bed.a->manner = manners[i / 2];
        ck_assert_uint_eq(bed_code(ask_and_wait(&bed, kinds[i % 2])), 502);
        ck_assert_uint_eq(probe_count_heard(bed.b), 0);
    }
}
END_TEST

/* mod_proxy_ajp: idempotent 503 and fail-over, otherwise 500 and the member is in error. */
START_TEST(ajp_repeats_what_is_idempotent)
{
    static const ProbeManner manners[] = {PROBE_BREAKS, PROBE_KEEPS};

    for (size_t i = 0; i < G_N_ELEMENTS(manners); i++) {
        g_auto(Bed) reads = bed_new(13, ", 'scheme': 'ajp', 'timeout': '500ms'");
        g_auto(Bed) writes = bed_new(13, ", 'scheme': 'ajp', 'timeout': '500ms'");

        reads.a->manner = manners[i];
        writes.a->manner = manners[i];
        ck_assert_uint_eq(bed_code(ask_and_wait(&reads, 0)), 200);
        ck_assert_uint_eq(rig_counter(reads.rig, HTTPD, "failovers"), 1);
        ck_assert_uint_eq(bed_code(ask_and_wait(&writes, HTTP_WRITE)), 500);
        ck_assert_uint_eq(probe_count_heard(writes.b), 0);
        ck_assert_uint_eq(rig_noted(reads.rig, "httpd.member-error"), 1);
        ck_assert_uint_eq(rig_noted(writes.rig, "httpd.member-error"), 1);
    }
}
END_TEST

/* Answers pings as long as it lives, and requests after a second. */
static void hear_slowly(Probe *self, const Message *message)
{
    if ((message->flags & (HTTP_PING | HTTP_EXPECT)) != 0) {
        call_reply(&self->component, &message->ticket,
                   &(Message){.op = MESSAGE_HTTP, .size_bytes = 5, .code = 100});
    }
}

/* "with ping configured a pure read timeout gives 504". */
START_TEST(ajp_with_ping_answers_504_to_a_slow_member)
{
    g_auto(Bed) bed = bed_new(14, ", 'scheme': 'ajp', 'timeout': '500ms', 'ping': '100ms'");

    bed.a->hear = hear_slowly;
    ck_assert_uint_eq(bed_code(ask_and_wait(&bed, 0)), 504);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

/* --- ping ---------------------------------------------------------------------------------------
 */

static void hear_well(Probe *self, const Message *message)
{
    bool is_ping = (message->flags & (HTTP_PING | HTTP_EXPECT)) != 0;

    call_reply(&self->component, &message->ticket,
               &(Message){.op = MESSAGE_HTTP, .size_bytes = 5, .code = is_ping ? 100 : 200});
}

/* "one retry on a fresh connection to the same member, then 503", fail-over, worker in error. */
START_TEST(a_member_that_does_not_answer_a_ping_loses_nothing)
{
    g_auto(Bed) bed = bed_new(15, ", 'ping': '100ms'");
    const ProbeAsked *asked;

    bed.a->manner = PROBE_KEEPS;
    bed.b->hear = hear_well;
    asked = ask_and_wait(&bed, HTTP_WRITE);
    ck_assert_uint_eq(bed_code(asked), 200);
    ck_assert_int_ge(bed_latency(asked), 220 * SIM_MS);
    ck_assert_int_le(bed_latency(asked), 225 * SIM_MS);
    ck_assert_uint_eq(probe_count_heard(bed.a), 2); /* pings only */
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
}
END_TEST

START_TEST(over_http_only_requests_with_a_body_ping)
{
    g_auto(Bed) bed = bed_new(16, ", 'ping': '100ms', 'maxattempts': 0");

    bed.a->hear = hear_well;
    bed.b->hear = hear_well;
    bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.a), 1);
    bed_ask(&bed, HTTP_WRITE);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.b), 2);
}
END_TEST

/* --- the pool of connections to a member --------------------------------------------------------
 */

#define ONE_CHILD ", 'ThreadsPerChild': 8, 'ServerLimit': 1, 'MaxRequestWorkers': 8"

/* "acquire: wait for a free slot, then 503": worker in error, fail-over. */
START_TEST(a_request_waits_for_a_connection_and_then_fails_over)
{
    g_auto(Bed) bed = bed_new(17, ONE_CHILD ", 'max': 1, 'acquire': '100ms'");
    const ProbeAsked *third;

    bed.a->manner = PROBE_KEEPS;
    bed_ask(&bed, 0);
    bed_ask(&bed, 0);
    rig_run(bed.rig, 50 * SIM_MS);
    third = ask_and_wait(&bed, 0);
    ck_assert_uint_eq(bed_code(third), 200);
    ck_assert_int_ge(bed_latency(third), 120 * SIM_MS);
    ck_assert_uint_eq(probe_count_heard(bed.a), 1);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 1);
}
END_TEST

START_TEST(without_acquire_a_request_waits_until_one_is_free)
{
    g_auto(Bed) bed = bed_new(18, ONE_CHILD ", 'max': 1, 'BalancerMember': "
                                            "{ 'app2': { 'status': '+D' } }");

    bed.a->answer_delay = SIM_S;
    for (int i = 0; i < 4; i++) {
        bed_ask(&bed, 0);
    }
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(bed_latency(bed_asked(&bed, (guint)i)) / SIM_S, i + 1);
    }
}
END_TEST

/* --- waiting for a member -----------------------------------------------------------------------
 */

START_TEST(a_request_may_wait_for_a_usable_member)
{
    g_auto(Bed) bed = bed_new(19, ", 'forcerecovery': false, 'retry': '3s', "
                                  "'ProxySet timeout': '10s'");
    const ProbeAsked *asked;

    rig_down(bed.rig, A, SIM_S);
    rig_down(bed.rig, B, SIM_S);
    asked = bed_ask(&bed, 0); /* both are in error now; at 3 s the first error is forgiven */
    rig_run(bed.rig, 20 * SIM_S);
    ck_assert_uint_eq(bed_code(asked), 503); /* its attempts are used up */
    rig_down(bed.rig, A, SIM_S);
    rig_down(bed.rig, B, SIM_S);
    ask_and_wait(&bed, 0);
    asked = bed_ask(&bed, 0);
    rig_run(bed.rig, 20 * SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
    ck_assert_int_ge(bed_latency(asked), SIM_S);
    ck_assert_int_le(bed_latency(asked), 3200 * SIM_MS);
}
END_TEST

/* --- sessions -----------------------------------------------------------------------------------
 */

#define ROUTES                                                                                     \
    ", 'stickysession': 'JSESSIONID', 'BalancerMember': { 'app1': { 'route': 'one' }, "            \
    "'app2': { 'route': 'two' } }"

static const ProbeAsked *ask_in_session(Bed *bed, const char *route)
{
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .subject = route};
    const ProbeAsked *asked = probe_call(bed->client, bed->httpd, &request, SIM_MIN);

    rig_run(bed->rig, SIM_S);
    return asked;
}

START_TEST(sessions_stay_with_their_member_until_it_fails)
{
    g_auto(Bed) bed = bed_new(20, ROUTES);

    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(ask_in_session(&bed, "two")->reply.subject, "two");
    }
    ck_assert_uint_eq(probe_count_heard(bed.b), 3);
    rig_down(bed.rig, B, SIM_NEVER);
    ck_assert_str_eq(ask_in_session(&bed, "two")->reply.subject, "one"); /* "route changed" */
    ck_assert_uint_eq(bed_count_code(&bed, 200), 4);
}
END_TEST

START_TEST(nofailover_answers_503_for_a_member_that_is_out)
{
    g_auto(Bed) bed = bed_new(21, ROUTES ", 'nofailover': true");

    rig_down(bed.rig, B, SIM_NEVER);
    ask_in_session(&bed, "two"); /* puts it in error; the loop then refuses the second attempt */
    ck_assert_uint_eq(bed_code(ask_in_session(&bed, "two")), 503);
    ck_assert_uint_eq(bed_code(ask_in_session(&bed, "nobody's")), 200);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 2);
}
END_TEST

START_TEST(without_stickysession_routes_mean_nothing)
{
    g_auto(Bed) bed = bed_new(22, ", 'BalancerMember': { 'app2': { 'route': 'two' } }");

    ck_assert_ptr_null(ask_in_session(&bed, "two")->reply.subject);
    ck_assert_uint_eq(probe_count_heard(bed.a), 1);
}
END_TEST

/* --- health checks ------------------------------------------------------------------------------
 */

START_TEST(a_stopped_member_is_not_checked)
{
    g_auto(Bed) bed = bed_new(30, ", 'hcmethod': 'GET', 'hcinterval': '1s', "
                                  "'BalancerMember': { 'app2': { 'status': '+S' } }");

    rig_run(bed.rig, 20 * SIM_S);
    ck_assert_uint_ge(probe_count_heard(bed.a), 15);
    ck_assert_uint_eq(probe_count_heard(bed.b), 0);
}
END_TEST

/* Status of the answer, the expression, and whether such a check passes. */
START_TEST(hcexpr_says_which_statuses_pass)
{
    static const struct {
        uint32_t code;
        const char *expression;
        bool is_pass;
    } cases[] = {
        {204, NULL, true},
        {404, NULL, false},
        {404, "%{REQUEST_STATUS} =~ /^[234]/", true},
        {503, "%{REQUEST_STATUS} =~ /^[234]/", false},
        {503, "%{REQUEST_STATUS} !~ /^4/", true},
        {404, "%{REQUEST_STATUS} !~ /^4/", false},
        {404, "hc(\\'body\\') !~ /Under maintenance/", false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *expression = cases[i].expression != NULL
                                          ? g_strdup_printf(", 'hcexpr': '%s'", cases[i].expression)
                                          : g_strdup("");
        g_autofree char *settings =
            g_strdup_printf(", 'hcmethod': 'GET', 'hcinterval': '1s'%s", expression);
        g_auto(Bed) bed = bed_new(31, settings);

        bed.a->answer.code = cases[i].code;
        rig_run(bed.rig, 5 * SIM_S);
        ck_assert_msg((rig_noted(bed.rig, "httpd.member-out") == 0) == cases[i].is_pass, "case %zu",
                      i);
    }
}
END_TEST

START_TEST(cping_asks_the_container_and_not_the_application)
{
    g_auto(Bed) bed = bed_new(32, ", 'hcmethod': 'CPING', 'hcinterval': '1s'");

    bed.a->hear = hear_slowly; /* the application hangs */
    bed.b->manner = PROBE_KEEPS;
    rig_run(bed.rig, 70 * SIM_S);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-out"), 1);
}
END_TEST

/* ProxyHCTPsize 0: a check that hangs keeps the others waiting. */
START_TEST(checks_one_after_the_other_wait_for_each_other)
{
    static const char *const pools[] = {"", ", 'ProxyHCTPsize': 0"};
    guint heard[2];

    for (int i = 0; i < 2; i++) {
        g_autofree char *settings = g_strdup_printf(
            ", 'hcmethod': 'GET', 'hcinterval': '1s', 'timeout': '10s'%s", pools[i]);
        g_auto(Bed) bed = bed_new(33, settings);

        bed.a->manner = PROBE_KEEPS;
        rig_run(bed.rig, 30 * SIM_S);
        heard[i] = probe_count_heard(bed.b);
    }
    ck_assert_uint_ge(heard[0], 25);
    ck_assert_uint_le(heard[1], 4);
    ck_assert_uint_ge(heard[1], 2);
}
END_TEST

/* Members of other sites are members like others: asked over the link, out when it is cut. */
START_TEST(a_balancer_may_have_members_in_every_site)
{
    g_autoptr(Rig) rig = rig_new(31, &httpd_kind, NULL);

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    rig_site(rig, "far");
    rig_host(rig, "DC01-web1", "192.0.2.11", "{ \"steal\": \"none\" }");
    rig_host(rig, "DC02-app1", NULL, "{ \"steal\": \"none\" }");
    Probe *asker = rig_probe(rig, "far");
    Probe *there = rig_probe(rig, "DC02-app1");
    Component *httpd = rig_add(rig, "httpd", "DC01-web1",
                               "{ \"backend\": \"probe\", \"members\": \"everywhere\", "
                               "\"connectiontimeout\": \"2s\", \"BalancerMember\": { \"far\": "
                               "{ \"status\": \"+D\" } } }");

    there->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    rig_link_all(rig, "20ms");
    rig_start(rig);
    const ProbeAsked *good = probe_call(asker, httpd, &(Message){.op = MESSAGE_HTTP}, 30 * SIM_S);

    rig_run(rig, SIM_S);
    ck_assert_int_eq(good->outcome, OUTCOME_OK);
    ck_assert_uint_eq(good->reply.code, 200);
    ck_assert_int_ge(good->ended - good->begun, 60 * SIM_MS); /* here, and connect and ask there */
    rig_down(rig, "link@DC01-DC02", SIM_NEVER);
    rig_down(rig, "link@DC02-DC01", SIM_NEVER);
    rig_down(rig, "probe@DC02-app1", SIM_MS); /* no pooled connection */
    const ProbeAsked *bad = probe_call(asker, httpd, &(Message){.op = MESSAGE_HTTP}, 30 * SIM_S);

    rig_run(rig, 30 * SIM_S);
    ck_assert_uint_eq(bad->reply.code, 503);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_members");
    TCase *tests = tcase_create("members");

    tcase_add_test(tests, load_factors_share_the_requests);
    tcase_add_test(tests, members_are_named_by_node_rank_or_star);
    tcase_add_test(tests, a_hot_standby_and_a_set_wait_for_the_first_member_to_fail);
    tcase_add_test(tests, each_member_has_its_own_retry);
    tcase_add_test(tests, heartbeats_choose_the_member);
    tcase_add_test(tests, requests_of_a_member_that_ignores_errors_do_not_fail_over);
    tcase_add_test(tests, a_write_that_was_not_sent_fails_over_too);
    tcase_add_test(tests, nothing_that_was_sent_over_http_is_repeated);
    tcase_add_test(tests, ajp_repeats_what_is_idempotent);
    tcase_add_test(tests, ajp_with_ping_answers_504_to_a_slow_member);
    tcase_add_test(tests, a_member_that_does_not_answer_a_ping_loses_nothing);
    tcase_add_test(tests, over_http_only_requests_with_a_body_ping);
    tcase_add_test(tests, a_request_waits_for_a_connection_and_then_fails_over);
    tcase_add_test(tests, without_acquire_a_request_waits_until_one_is_free);
    tcase_add_test(tests, a_request_may_wait_for_a_usable_member);
    tcase_add_test(tests, sessions_stay_with_their_member_until_it_fails);
    tcase_add_test(tests, nofailover_answers_503_for_a_member_that_is_out);
    tcase_add_test(tests, without_stickysession_routes_mean_nothing);
    tcase_add_test(tests, a_stopped_member_is_not_checked);
    tcase_add_test(tests, hcexpr_says_which_statuses_pass);
    tcase_add_test(tests, cping_asks_the_container_and_not_the_application);
    tcase_add_test(tests, a_balancer_may_have_members_in_every_site);
    tcase_add_test(tests, checks_one_after_the_other_wait_for_each_other);
    suite_add_tcase(suite, tests);
    return suite;
}
