/* test_frontend.c - servers that keep a thread for each other: what adding one too many does, and
 * what brings the tier back. After AWS's summary of the Kinesis event of 25 November 2020. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind frontend_kind;

#define SERVERS 4 /* and a fifth that comes later */

typedef struct Tier {
    Rig *rig;
    Probe *client;
} Tier;

static char *name_of(int server)
{
    return g_strdup_printf("frontend@DC01-fe%d", server);
}

/* `limit` threads, of which ten are the process's own. All learn of a new one within 100 s. */
static Tier tier_new(uint64_t seed, int limit)
{
    Tier tier = {.rig = rig_new(seed, &frontend_kind, NULL)};
    g_autofree char *settings =
        g_strdup_printf("{ \"own_threads\": 10, \"thread_limit\": %d, \"map_cpu\": \"1s\", "
                        "\"learn\": \"uniform(0s, 100s)\", \"cpu\": \"1ms\" }",
                        limit);

    rig_site(tier.rig, "DC01");
    for (int i = 1; i <= SERVERS + 1; i++) {
        g_autofree char *place = g_strdup_printf("DC01-fe%d", i);

        rig_host(tier.rig, place, NULL, "{ \"steal\": \"none\", \"boot\": \"1s\" }");
        rig_add(tier.rig, "frontend", place, settings);
    }
    tier.client = rig_probe(tier.rig, "DC01");
    rig_link_all(tier.rig, "1ms");
    rig_start(tier.rig);
    g_autofree char *last = name_of(SERVERS + 1);

    rig_down(tier.rig, last, 200 * SIM_S);
    return tier;
}

static uint32_t ask(Tier *tier, int server, uint32_t flags)
{
    g_autofree char *name = name_of(server);
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .flags = flags};
    const ProbeAsked *asked =
        probe_call(tier->client, rig_find(tier->rig, name), &request, 5 * SIM_S);

    rig_run(tier->rig, 100 * SIM_MS);
    ck_assert_uint_eq(asked->ends, 1);
    return asked->outcome == OUTCOME_OK ? asked->reply.code : 0;
}

static int count_serving(Tier *tier)
{
    int count = 0;

    for (int i = 1; i <= SERVERS; i++) {
        count += ask(tier, i, 0) == 200 ? 1 : 0;
    }
    return count;
}

static void restart(Tier *tier, int server)
{
    g_autofree char *name = name_of(server);

    rig_down(tier->rig, name, SIM_S);
    rig_run(tier->rig, 10 * SIM_S);
}

START_TEST(a_tier_below_its_limit_takes_a_new_member)
{
    Tier tier = tier_new(1, 10 + SERVERS);

    rig_run(tier.rig, 320 * SIM_S);
    ck_assert_int_eq(count_serving(&tier), SERVERS);
    ck_assert_uint_eq(ask(&tier, SERVERS + 1, 0), 200);
    ck_assert_double_eq(rig_gauge(tier.rig, "frontend@DC01-fe1", "threads"), 10 + SERVERS);
    ck_assert_uint_eq(rig_noted(tier.rig, "frontend.threads-refused"), 0);
    rig_free(tier.rig);
}
END_TEST

START_TEST(one_member_too_many_breaks_each_when_it_learns_of_it)
{
    Tier tier = tier_new(2, 10 + SERVERS - 1);
    int before, midway;

    rig_run(tier.rig, 190 * SIM_S);
    before = count_serving(&tier);
    rig_run(tier.rig, 60 * SIM_S);
    midway = count_serving(&tier);
    rig_run(tier.rig, 60 * SIM_S);
    ck_assert_int_eq(before, SERVERS);
    ck_assert(midway > 0 && midway < SERVERS);
    ck_assert_int_eq(count_serving(&tier), 0);
    ck_assert_uint_eq(rig_noted(tier.rig, "frontend.threads-refused"), SERVERS + 1);
    rig_free(tier.rig);
}
END_TEST

START_TEST(a_broken_member_looks_healthy)
{
    Tier tier = tier_new(3, 10 + SERVERS - 1);

    rig_run(tier.rig, 320 * SIM_S);
    ck_assert_uint_eq(ask(&tier, 1, 0), 503);
    ck_assert_uint_eq(ask(&tier, 1, HTTP_HEALTH), 200);
    rig_free(tier.rig);
}
END_TEST

START_TEST(a_restart_helps_only_after_the_capacity_is_taken_away)
{
    Tier tier = tier_new(4, 10 + SERVERS - 1);
    g_autofree char *last = name_of(SERVERS + 1);

    rig_run(tier.rig, 320 * SIM_S);
    restart(&tier, 1);
    ck_assert_uint_eq(ask(&tier, 1, 0), 503);
    rig_down(tier.rig, last, SIM_NEVER);
    rig_run(tier.rig, 200 * SIM_S);
    ck_assert_int_eq(count_serving(&tier), 0); /* nobody comes back by itself */
    for (int i = 1; i <= SERVERS; i++) {
        restart(&tier, i);
        ck_assert_int_eq(count_serving(&tier), i);
    }
    rig_run(tier.rig, 200 * SIM_S); /* all have learnt of all restarts */
    ck_assert_int_eq(count_serving(&tier), SERVERS);
    rig_free(tier.rig);
}
END_TEST

START_TEST(a_start_takes_the_cpu_of_the_map)
{
    Tier tier = tier_new(5, 100);

    rig_run(tier.rig, 100 * SIM_S);
    rig_down(tier.rig, "frontend@DC01-fe1", SIM_S);
    rig_run(tier.rig, SIM_S + 2900 * SIM_MS); /* three peers: 3 s */
    ck_assert_double_eq(rig_gauge(tier.rig, "frontend@DC01-fe1", "maps"), 0);
    rig_run(tier.rig, 200 * SIM_MS);
    ck_assert_double_eq(rig_gauge(tier.rig, "frontend@DC01-fe1", "maps"), 1);
    rig_free(tier.rig);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("frontend");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, a_tier_below_its_limit_takes_a_new_member);
    tcase_add_test(tests, one_member_too_many_breaks_each_when_it_learns_of_it);
    tcase_add_test(tests, a_broken_member_looks_healthy);
    tcase_add_test(tests, a_restart_helps_only_after_the_capacity_is_taken_away);
    tcase_add_test(tests, a_start_takes_the_cpu_of_the_map);
    suite_add_tcase(suite, tests);
    return suite;
}
