/* test_schema.c - schema disagreement (Cassandra reference 12.3): how a change spreads, and what
 * happens while nodes know different columns. */
#include "models/data/cassandra/schema.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define FAULT 78
#define OPERATOR 0 /* DC01-db1 */
#define OTHER 5    /* DC02-db2 */
#define KEYS 40

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static void alter(CassandraRig *rig, guint node, const char *about)
{
    Effect effect = EFFECT_NONE;

    effect.order = ORDER_ALTER;
    effect.order_about = about;
    component_add_effect(rig->nodes[node], FAULT, effect);
    component_remove_effect(rig->nodes[node], FAULT);
}

/* A cluster in which `about` will be changed, five seconds old. */
static CassandraRig *make(const char *about)
{
    const CassandraPlan plans[] = {{OPERATOR, ORDER_ALTER, about}};
    CassandraRig *rig = cassandra_rig_new_plans(9,
                                                "\"speculative_retry\": \"NONE\", "
                                                "\"dclocal_read_repair_chance\": 0",
                                                plans, 1);

    rig_run(rig->rig, 5 * SIM_S);
    return rig;
}

static guint count_who_know(const CassandraRig *rig)
{
    guint count = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        count += node_at(rig, i)->schema->columns == 1;
    }
    return count;
}

static void cut_off(CassandraRig *rig, guint site, SimSpan span)
{
    for (guint i = 0; i < GOLDEN_SITES; i++) {
        if (i != site) {
            cassandra_rig_cut(rig, site, i, span);
        }
    }
}

static const ProbeAsked *ask(CassandraRig *rig, guint node, MessageOp op, uint64_t key)
{
    return cassandra_rig_ask(rig, node,
                             (Message){.op = op,
                                       .key = key,
                                       .consistency = CONSISTENCY_LOCAL_QUORUM,
                                       .subject = g_intern_string("humidity")});
}

START_TEST(a_change_is_pushed_to_all_live_nodes)
{
    g_autoptr(CassandraRig) rig = make("+humidity");

    ck_assert_uint_eq(count_who_know(rig), 0);
    alter(rig, OPERATOR, "+humidity");
    ck_assert_uint_eq(count_who_know(rig), 1);
    rig_run(rig->rig, 200 * SIM_MS);
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES);
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "schema_pulls"), 0);
    ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.schema-changed"), GOLDEN_NODES);
}
END_TEST

/* 60 s after gossip has told of it, and three requests at most. */
START_TEST(who_was_cut_off_pulls_a_minute_after_gossip_told)
{
    g_autoptr(CassandraRig) rig = make("+humidity");

    cut_off(rig, DC02, 5 * SIM_S);
    rig_run(rig->rig, SIM_S);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, 54 * SIM_S);
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES - 4);
    ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(OTHER), "schema_versions"), 2);
    rig_run(rig->rig, 20 * SIM_S);
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES);
    for (guint i = 4; i < 8; i++) {
        uint64_t pulls = cassandra_rig_counter(rig, i, "schema_pulls");

        ck_assert_uint_ge(pulls, 1);
        ck_assert_uint_le(pulls, SCHEMA_PULLS_MOST);
    }
    rig_run(rig->rig, 10 * SIM_S);
    ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(OTHER), "schema_versions"), 1);
}
END_TEST

START_TEST(a_process_in_its_first_minute_pulls_at_once)
{
    g_autoptr(CassandraRig) rig = make("+humidity");

    rig_down(rig->rig, cassandra_rig_name(OTHER), 10 * SIM_S);
    rig_run(rig->rig, SIM_S);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, 8 * SIM_S);
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES - 1);
    rig_run(rig->rig, 36 * SIM_S); /* a start takes 30 s at most, gossip two more */
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES);
}
END_TEST

START_TEST(a_coordinator_refuses_a_column_that_it_does_not_know)
{
    g_autoptr(CassandraRig) rig = make("+humidity");
    const ProbeAsked *write = ask(rig, OTHER, MESSAGE_WRITE, 1);
    const ProbeAsked *read = ask(rig, OTHER, MESSAGE_READ, 1);
    const ProbeAsked *plain = cassandra_rig_write(rig, OTHER, 1, CONSISTENCY_LOCAL_QUORUM);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(write), STORE_INVALID);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_INVALID);
    ck_assert_uint_eq(cassandra_rig_code(plain), STORE_OK);
    ck_assert_uint_eq(cassandra_rig_counter(rig, OTHER, "statements_invalid"), 2);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, SIM_S);
    write = ask(rig, OTHER, MESSAGE_WRITE, 1);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(write), STORE_OK);
}
END_TEST

static guint count_missing(const CassandraRig *rig)
{
    guint missing = 0;

    for (uint64_t key = 1; key <= KEYS; key++) {
        for (guint i = 0; i < 11; i++) {
            missing += cassandra_rig_stored(rig, i, key) == 0;
        }
    }
    return missing;
}

/* Miami heals without the column: what is written there meanwhile is lost on arrival, becomes a
 * hint, and the hint waits until the schemas agree. */
START_TEST(hints_wait_until_the_schemas_agree)
{
    g_autoptr(CassandraRig) rig = make("+humidity");
    uint64_t undecoded, replayed;

    cut_off(rig, DC02, 5 * SIM_S);
    rig_run(rig->rig, SIM_S);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, 10 * SIM_S);
    for (uint64_t key = 1; key <= KEYS; key++) {
        ask(rig, OPERATOR, MESSAGE_WRITE, key);
        rig_run(rig->rig, 200 * SIM_MS);
    }
    rig_run(rig->rig, 5 * SIM_S);
    undecoded = cassandra_rig_sum(rig, "messages_undecoded");
    replayed = cassandra_rig_sum(rig, "hints_replayed");
    ck_assert_uint_ge(undecoded, KEYS); /* at the relay; others of the site never hear of it */
    ck_assert_uint_ge(cassandra_rig_sum(rig, "connections_reset"), KEYS);
    ck_assert_uint_eq(count_missing(rig), 3 * KEYS);
    rig_run(rig->rig, 30 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_replayed"), replayed);
    ck_assert_uint_eq(count_missing(rig), 3 * KEYS);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_uint_eq(count_missing(rig), 0);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "hints_replayed"), 3 * KEYS);
}
END_TEST

/* What was under way on the connection is lost as well, though all know its table. */
START_TEST(an_unknown_column_takes_its_connection_with_it)
{
    g_autoptr(CassandraRig) rig = make("+humidity");

    cut_off(rig, DC02, 5 * SIM_S);
    rig_run(rig->rig, SIM_S);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, 10 * SIM_S);
    for (uint64_t key = 1; key <= KEYS; key++) {
        ask(rig, OPERATOR, MESSAGE_WRITE, key);
        cassandra_rig_write(rig, OPERATOR, KEYS + key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 200 * SIM_MS);
    }
    ck_assert_uint_gt(cassandra_rig_sum(rig, "messages_undecoded"),
                      cassandra_rig_sum(rig, "connections_reset"));
}
END_TEST

/* Dropped in one half, then added again in the other: the drop is older everywhere in the end. */
START_TEST(of_two_changes_the_newer_one_wins_everywhere)
{
    const CassandraPlan plans[] = {{OPERATOR, ORDER_ALTER, "-humidity"},
                                   {OTHER, ORDER_ALTER, "-humidity"},
                                   {OTHER, ORDER_ALTER, "+humidity"}};
    g_autoptr(CassandraRig) rig = cassandra_rig_new_plans(9, NULL, plans, 3);

    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(count_who_know(rig), GOLDEN_NODES); /* dropped first: it was there */
    cut_off(rig, DC02, 20 * SIM_S);
    rig_run(rig->rig, SIM_S);
    alter(rig, OTHER, "-humidity");
    rig_run(rig->rig, SIM_S);
    alter(rig, OTHER, "+humidity");
    rig_run(rig->rig, SIM_S);
    alter(rig, OPERATOR, "-humidity");
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(count_who_know(rig), 4);
    rig_run(rig->rig, 3 * SIM_MIN);
    ck_assert_uint_eq(count_who_know(rig), 0);
    ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(OTHER), "schema_versions"), 1);
}
END_TEST

/* Added again later it is there again, without what was in it. */
START_TEST(a_dropped_column_takes_its_data_with_it)
{
    const CassandraPlan plans[] = {{OPERATOR, ORDER_ALTER, "-humidity"},
                                   {OPERATOR, ORDER_ALTER, "+humidity"}};
    g_autoptr(CassandraRig) rig = cassandra_rig_new_plans(9, NULL, plans, 2);
    const ProbeAsked *read, *other;

    rig_run(rig->rig, 5 * SIM_S);
    ask(rig, OPERATOR, MESSAGE_WRITE, 1);
    cassandra_rig_write(rig, OPERATOR, 2, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_int_gt(cassandra_rig_stored(rig, 0, 1), 0);
    alter(rig, OPERATOR, "-humidity");
    rig_run(rig->rig, 5 * SIM_S);
    alter(rig, OPERATOR, "+humidity");
    rig_run(rig->rig, 5 * SIM_S);
    read = ask(rig, OPERATOR, MESSAGE_READ, 1);
    other = cassandra_rig_read(rig, OPERATOR, 2, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
    ck_assert_int_eq(read->reply.version, 0);
    ck_assert_int_gt(other->reply.version, 0);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_eq(cassandra_rig_stored(rig, i, 1), 0);
    }
    ask(rig, OPERATOR, MESSAGE_WRITE, 1);
    rig_run(rig->rig, SIM_S);
    ck_assert_int_gt(cassandra_rig_stored(rig, 0, 1), 0);
}
END_TEST

START_TEST(what_is_not_in_order_is_refused)
{
    g_autoptr(CassandraRig) rig = make("+humidity");

    alter(rig, OPERATOR, "-humidity"); /* it is not there */
    ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.schema-changed"), 1);
    ck_assert_uint_eq(node_at(rig, OPERATOR)->cluster->schema->changes->len, 0);
    alter(rig, OPERATOR, "+humidity");
    alter(rig, OPERATOR, "+humidity");
    ck_assert_uint_eq(node_at(rig, OPERATOR)->cluster->schema->changes->len, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *tests = tcase_create("schema");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_change_is_pushed_to_all_live_nodes);
    tcase_add_test(tests, who_was_cut_off_pulls_a_minute_after_gossip_told);
    tcase_add_test(tests, a_process_in_its_first_minute_pulls_at_once);
    tcase_add_test(tests, a_coordinator_refuses_a_column_that_it_does_not_know);
    tcase_add_test(tests, hints_wait_until_the_schemas_agree);
    tcase_add_test(tests, an_unknown_column_takes_its_connection_with_it);
    tcase_add_test(tests, of_two_changes_the_newer_one_wins_everywhere);
    tcase_add_test(tests, a_dropped_column_takes_its_data_with_it);
    tcase_add_test(tests, what_is_not_in_order_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
