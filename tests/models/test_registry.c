/* test_registry.c - lists of servers in the client: from the program and from a registry; who
 * leaves the registry's list and when; what a client does when no registry answers. Against
 * "five topologies to compare" (T3, T4) of the reference of the front door. */
#include "tests/support/client_bed.h"
#include "tests/support/suite.h"

extern const Kind client_kind, registry_kind, registrar_kind;

#define REGISTRY_ONE "registry@DC01-reg1"
#define REGISTRY_TWO "registry@DC02-reg1"

/* One server in each of two sites, a registry in each, one user in EU who asks once a second. */
typedef struct Town {
    Rig *rig;
    Component *client;
    Probe *one, *two;
} Town;

static Probe *add_server(Rig *rig, const char *place, const char *address)
{
    Host *host = rig_host(rig, place, address, "{ \"steal\": \"none\", \"boot\": \"1s\" }");
    Probe *server = rig_probe(rig, place);

    server->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000, .version = 7};
    host_listen(host, 443, &server->component);
    rig_add(rig, "registrar", place, "{ \"process\": \"probe\", \"heartbeat\": \"10s\" }");
    return server;
}

static void add_registry(Rig *rig, const char *place)
{
    rig_host(rig, place, NULL, "{ \"steal\": \"none\", \"boot\": \"1s\" }");
    rig_add(rig, "registry", place, "{ \"expiry\": \"30s\" }");
}

static Town town_new(uint64_t seed, const char *settings)
{
    Town town = {.rig = rig_new(seed, &client_kind, &registry_kind, &registrar_kind, NULL)};
    g_autofree char *json = g_strdup_printf(
        "{ 'rate': 1, 'arrivals': 'deterministic', 'users': 1, 'tls': 'none', 'regions': "
        "{ 'EU': 1 }, 'access': { 'fibre': 1 }, 'mix': { 'read': 1, 'write': 0 }, "
        "'keep_alive': '0s', 'connect_timeout': '1s'%s }",
        settings);
    char *quoted = g_strdelimit(json, "'", '"');

    rig_site(town.rig, "DC01");
    rig_site(town.rig, "DC02");
    rig_site_of(town.rig, "EU", SITE_REGION);
    town.one = add_server(town.rig, "DC01-web1", "192.0.2.11");
    town.two = add_server(town.rig, "DC02-web1", "192.0.2.21");
    add_registry(town.rig, "DC01-reg1");
    add_registry(town.rig, "DC02-reg1");
    town.client = rig_add(town.rig, "client", "web/EU", quoted);
    rig_link_all(town.rig, "20ms");
    rig_start(town.rig);
    return town;
}

static void town_free(Town *town)
{
    rig_free(town->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Town, town_free)

/* Requests that were answered in seconds first to below end; attempts of all that began there. */
static uint64_t count_ok(const Town *town, uint32_t first, uint32_t end, uint64_t *attempts)
{
    History *history = world_history(town->rig->world);
    uint64_t ok = 0;

    *attempts = 0;
    for (guint i = 0; i < history_count_cells(history); i++) {
        const HistoryCell *cell = history_cell(history, i);

        if (cell->second >= first && cell->second < end) {
            ok += cell->ok;
            *attempts += cell->attempts;
        }
    }
    return ok;
}

#define LIST ", 'names': 'servers', 'servers': ['192.0.2.11', '192.0.2.21']"
#define REGISTRY ", 'names': 'registry'"

START_TEST(a_list_in_the_program_needs_nobody_else)
{
    g_auto(Town) town = town_new(1, LIST);
    uint64_t attempts;

    rig_run(town.rig, 30 * SIM_S + 500 * SIM_MS);
    ck_assert_uint_eq(count_ok(&town, 1, 30, &attempts), 29);
    ck_assert_uint_eq(attempts, 29);
    ck_assert_uint_eq(rig_counter(town.rig, CLIENT, "lookups"), 0);
}
END_TEST

START_TEST(users_begin_at_random_servers_of_the_list)
{
    g_auto(Town) town = town_new(2, LIST ", 'users': 400, 'rate': 100");

    rig_run(town.rig, 20 * SIM_S);
    guint one = probe_count_heard(town.one), all = one + probe_count_heard(town.two);

    ck_assert_uint_gt(all, 1900);
    ck_assert_uint_gt(one, all * 2 / 5); /* 400 users: 20 +- 10 % of them would be 8 sigma */
    ck_assert_uint_lt(one, all * 3 / 5);
}
END_TEST

START_TEST(each_client_finds_a_dead_server_by_itself_and_remembers)
{
    g_auto(Town) town = town_new(3, LIST ", 'users': 40, 'rate': 10");
    uint64_t before, after;

    rig_run(town.rig, 5 * SIM_S);
    rig_down(town.rig, HOST_ONE, SIM_NEVER);
    rig_run(town.rig, 55 * SIM_S);
    ck_assert_uint_ge(count_ok(&town, 5, 55, &before), 495);
    before = rig_counter(town.rig, CLIENT, "connects_timed_out");
    ck_assert_uint_gt(before, 10); /* about half of 40 users, once each */
    ck_assert_uint_le(before, 40);
    rig_run(town.rig, 60 * SIM_S);
    after = rig_counter(town.rig, CLIENT, "connects_timed_out");
    ck_assert_uint_eq(after, before);
}
END_TEST

START_TEST(a_dead_server_leaves_the_registrys_list_after_three_heartbeats)
{
    g_auto(Town) town = town_new(4, REGISTRY);

    rig_run(town.rig, 100 * SIM_S);
    ck_assert(rig_gauge(town.rig, REGISTRY_ONE, "servers") == 2.0);
    rig_down(town.rig, HOST_ONE, SIM_NEVER);
    rig_run(town.rig, 100 * SIM_S);
    ck_assert(rig_gauge(town.rig, REGISTRY_ONE, "servers") == 1.0);
    uint64_t dark = rig_counter(town.rig, CLIENT, "first_dark");

    ck_assert_uint_gt(dark, 0);

    rig_run(town.rig, 700 * SIM_S); /* longer than any memory of failures */
    ck_assert_uint_eq(rig_counter(town.rig, CLIENT, "first_dark"), dark);
}
END_TEST

START_TEST(a_frozen_server_sends_no_heartbeat_and_a_hanging_one_does)
{
    g_auto(Town) town = town_new(5, REGISTRY);
    Effect frozen = EFFECT_NONE;

    town.two->manner = PROBE_KEEPS;
    rig_run(town.rig, 100 * SIM_S);
    ck_assert(rig_gauge(town.rig, REGISTRY_ONE, "servers") == 2.0);
    frozen.paused = true;
    ck_assert(rig_effect(town.rig, SERVER_ONE, frozen, SIM_NEVER));
    rig_run(town.rig, 100 * SIM_S);
    ck_assert(rig_gauge(town.rig, REGISTRY_ONE, "servers") == 1.0);
}
END_TEST

START_TEST(with_all_registries_dead_the_old_list_serves_without_a_wait)
{
    g_auto(Town) town = town_new(6, REGISTRY);
    uint64_t attempts;

    rig_run(town.rig, 20 * SIM_S);
    rig_down(town.rig, "host@DC01-reg1", SIM_NEVER);
    rig_down(town.rig, "host@DC02-reg1", SIM_NEVER);
    rig_run(town.rig, 300 * SIM_S + 500 * SIM_MS);
    ck_assert_uint_eq(count_ok(&town, 20, 320, &attempts), 300);
    ck_assert_uint_eq(attempts, 300);
}
END_TEST

START_TEST(a_new_client_without_a_registry_has_no_servers)
{
    g_auto(Town) town = town_new(7, REGISTRY ", 'startTime': '10s'");
    uint64_t attempts;

    rig_down(town.rig, "host@DC01-reg1", 40 * SIM_S);
    rig_down(town.rig, "host@DC02-reg1", 40 * SIM_S);
    rig_run(town.rig, 100 * SIM_S);
    ck_assert_uint_eq(count_ok(&town, 10, 30, &attempts), 0);
    ck_assert_uint_gt(count_ok(&town, 60, 99, &attempts), 35);
}
END_TEST

START_TEST(the_other_registry_answers_for_a_dead_one)
{
    g_auto(Town) town = town_new(8, REGISTRY ", 'startTime': '10s', 'dns_timeout': '1s'");
    uint64_t attempts;

    rig_down(town.rig, "host@DC01-reg1", SIM_NEVER);
    rig_run(town.rig, 60 * SIM_S + 500 * SIM_MS);
    ck_assert_uint_ge(count_ok(&town, 10, 60, &attempts), 48);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("registry");
    TCase *tests = tcase_create("lists of servers");

    tcase_add_test(tests, a_list_in_the_program_needs_nobody_else);
    tcase_add_test(tests, users_begin_at_random_servers_of_the_list);
    tcase_add_test(tests, each_client_finds_a_dead_server_by_itself_and_remembers);
    tcase_add_test(tests, a_dead_server_leaves_the_registrys_list_after_three_heartbeats);
    tcase_add_test(tests, a_frozen_server_sends_no_heartbeat_and_a_hanging_one_does);
    tcase_add_test(tests, with_all_registries_dead_the_old_list_serves_without_a_wait);
    tcase_add_test(tests, a_new_client_without_a_registry_has_no_servers);
    tcase_add_test(tests, the_other_registry_answers_for_a_dead_one);
    suite_add_tcase(suite, tests);
    return suite;
}
