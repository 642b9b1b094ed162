/* test_cluster.c - what is wrong with a keyspace is said with its place in mind; racks and factors.
 */
#include "models/data/cassandra/node.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind cassandra_kind;

/* Two sites, DC01 with three nodes and DC02 with none; returns what wiring reports. */
static char *report_on(const char *settings)
{
    g_autoptr(Rig) rig = rig_new(1, &cassandra_kind, NULL);
    static const char *const places[] = {"DC01-db1", "DC01-db2", "DC01-db3"};

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        rig_host(rig, places[i], NULL, NULL);
        rig_add(rig, "cassandra", places[i], settings);
    }
    rig_link_all(rig, "10ms");
    world_wire(rig->world, rig->diags);
    return diag_list_to_text(rig->diags);
}

static void check_report(const char *replication, const char *expected)
{
    g_autofree char *settings =
        g_strdup_printf("{\"keyspaces\": {\"iot\": {\"replication\": %s}}}", replication);
    g_autofree char *text = report_on(settings);

    if (*expected == '\0') {
        ck_assert_str_eq(text, "");
    } else {
        ck_assert_msg(strstr(text, expected) != NULL, "%s", text);
    }
}

START_TEST(a_right_keyspace_is_taken)
{
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": 3}", "");
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": \"3\", \"DC02\": 0}", "");
}
END_TEST

START_TEST(an_unknown_site_gets_a_suggestion)
{
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC1\": 3}",
                 "error: there is no data centre 'DC1'; did you mean 'DC01'?");
}
END_TEST

START_TEST(replicas_where_no_node_is_are_refused)
{
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": 3, \"DC02\": 1}",
                 "error: 'DC02' is to hold replicas but runs no Cassandra node");
}
END_TEST

START_TEST(more_replicas_than_nodes_are_refused)
{
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": 4}",
                 "error: 'DC01' is to hold 4 replicas but has 3 nodes in the ring");
}
END_TEST

START_TEST(other_strategies_and_factors_are_refused)
{
    check_report("{\"class\": \"SimpleStrategy\", \"replication_factor\": 3}",
                 "error: 'class' must be 'NetworkTopologyStrategy'");
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": 1.5}",
                 "error: the replication factor of 'DC01' must be a whole number from 0 to 24");
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": \"many\"}",
                 "error: the replication factor of 'DC01' must be a whole number from 0 to 24");
    check_report("{\"class\": \"NetworkTopologyStrategy\", \"DC01\": 0}",
                 "error: the replication factors must sum to 1 to 24");
    check_report("[]", "error: 'keyspaces' must name one keyspace with its 'replication'");
}
END_TEST

START_TEST(speculative_retry_is_read_as_cql_has_it)
{
    static const struct {
        const char *text;
        bool is_right;
    } rows[] = {
        {"NONE", true}, {"ALWAYS", true}, {"99PERCENTILE", true}, {"99.9percentile", true},
        {"99p", true},  {"50ms", true},   {"99", false},          {"sometimes", false},
        {"0p", false},  {"101p", false},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Rig) rig = rig_new(1, &cassandra_kind, NULL);
        g_autofree char *settings =
            g_strdup_printf("{\"keyspaces\": {}, \"speculative_retry\": \"%s\"}", rows[i].text);
        g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
        cJSON *tree = cJSON_Parse(settings);

        world_add(rig->world, &cassandra_kind, "DC01-db1", "db", rig_site(rig, "DC01"), NULL, tree,
                  diags);
        ck_assert_msg((diag_count_errors(diags) == 0) == rows[i].is_right, "%s", rows[i].text);
        world_free(g_steal_pointer(&rig->world));
        cJSON_Delete(tree);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tests = tcase_create("keyspaces");

    tcase_add_test(tests, a_right_keyspace_is_taken);
    tcase_add_test(tests, an_unknown_site_gets_a_suggestion);
    tcase_add_test(tests, replicas_where_no_node_is_are_refused);
    tcase_add_test(tests, more_replicas_than_nodes_are_refused);
    tcase_add_test(tests, other_strategies_and_factors_are_refused);
    tcase_add_test(tests, speculative_retry_is_read_as_cql_has_it);
    suite_add_tcase(suite, tests);
    return suite;
}
