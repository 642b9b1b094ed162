/* test_call.c - every way that a call can end, each exactly once. */
#include "sim/world/inside.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static const Message question = {.op = MESSAGE_HTTP, .key = 7, .request = 1};

/* A caller and a callee, 90 ms of round trip apart. */
static Rig *pair_new(uint64_t seed, Probe **caller, Probe **callee)
{
    Rig *rig = rig_new(seed, NULL);

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    rig_host(rig, "DC01-app1", NULL, "{ \"steal\": \"none\" }");
    rig_host(rig, "DC02-app1", NULL, "{ \"steal\": \"none\" }");
    *caller = rig_probe(rig, "DC01-app1");
    *callee = rig_probe(rig, "DC02-app1");
    rig_link_all(rig, "90ms");
    rig_start(rig);
    return rig;
}

START_TEST(an_answer_comes_after_a_round_trip)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(1, &caller, &callee);
    const ProbeAsked *asked;

    callee->answer.code = 200;
    asked = probe_call(caller, &callee->component, &question, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_uint_eq(asked->reply.code, 200);
    ck_assert_uint_eq(asked->reply.key, 7);
    ck_assert_int_eq(asked->ended / SIM_MS, 90);
    ck_assert_uint_eq(engine_count_pending(rig->engine), 0);
    ck_assert_uint_eq(rig_counter(rig, "probe@DC01-app1", "calls_ok"), 1);
}
END_TEST

START_TEST(the_access_network_is_paid_both_ways)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(2, &caller, &callee);
    const ProbeAsked *asked;
    Message message = question;

    message.access_delay = 21 * SIM_MS;
    asked = probe_call(caller, &callee->component, &message, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->ended / SIM_MS, 132);
}
END_TEST

START_TEST(silence_ends_at_the_timeout)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(3, &caller, &callee);
    const ProbeAsked *asked;

    callee->manner = PROBE_KEEPS;
    asked = probe_call(caller, &callee->component, &question, 2 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(asked->ended, 2 * SIM_S);
}
END_TEST

/* There and back, and one look at the timeouts for all of them. */
START_TEST(a_call_costs_two_events)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(20, &caller, &callee);

    for (int i = 0; i < 1000; i++) {
        probe_call(caller, &callee->component, &question, SIM_S);
        rig_run(rig, SIM_MS);
    }
    ck_assert_uint_le(engine_count_run(rig->engine), 2001);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_le(engine_count_run(rig->engine), 2003);
    ck_assert_uint_eq(engine_count_pending(rig->engine), 0);
}
END_TEST

/* More different timeouts at once than there are queues for, in any order. */
START_TEST(each_call_ends_at_its_own_timeout)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(21, &caller, &callee);
    const ProbeAsked *asked[300];
    SimSpan timeouts[300];
    Rng rng;

    rng_init(&rng, 21, "test/timeouts");
    callee->manner = PROBE_KEEPS;
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
        timeouts[i] = rng_chance(&rng, 0.5) ? (SimSpan)rng_below(&rng, 5) * SIM_S
                                            : (SimSpan)rng_below(&rng, 5 * SIM_S);
        asked[i] = probe_call(caller, &callee->component, &question, timeouts[i]);
        rig_run(rig, (SimSpan)rng_below(&rng, 50 * SIM_MS));
    }
    rig_run(rig, SIM_MIN);
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
        ck_assert_uint_eq(asked[i]->ends, 1);
        ck_assert_int_eq(asked[i]->outcome, OUTCOME_TIMEOUT);
        ck_assert_int_eq(asked[i]->ended, asked[i]->begun + timeouts[i]);
    }
}
END_TEST

START_TEST(a_frozen_caller_reads_the_answer_before_he_looks_at_the_clock)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(22, &caller, &callee);
    const ProbeAsked *asked = probe_call(caller, &callee->component, &question, SIM_S);
    Effect paused = EFFECT_NONE;

    paused.paused = true;
    rig_effect(rig, "probe@DC01-app1", paused, 5 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_int_eq(asked->ended, 5 * SIM_S);
}
END_TEST

START_TEST(a_late_answer_is_dropped_and_counted)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(4, &caller, &callee);
    const ProbeAsked *asked;

    callee->answer_delay = 3 * SIM_S;
    asked = probe_call(caller, &callee->component, &question, 2 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(rig_counter(rig, "probe@DC01-app1", "answers_late"), 1);
    /* On its way when the caller gives up: dropped at his door. */
    callee->answer_delay = 1930 * SIM_MS;
    asked = probe_call(caller, &callee->component, &question, 2 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(rig_counter(rig, "probe@DC01-app1", "answers_late"), 2);
}
END_TEST

START_TEST(the_callee_can_see_that_nobody_waits)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(5, &caller, &callee);
    CallTicket ticket;

    callee->manner = PROBE_KEEPS;
    probe_call(caller, &callee->component, &question, SIM_S);
    rig_run(rig, SIM_S / 2);
    ticket = probe_heard(callee, 0)->message.ticket;
    ck_assert(call_is_waited_for(&ticket));
    rig_run(rig, SIM_S);
    ck_assert(!call_is_waited_for(&ticket));
    ck_assert(!call_is_waited_for(&(CallTicket){0}));
}
END_TEST

START_TEST(a_dead_process_on_a_live_host_refuses)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(6, &caller, &callee);
    const ProbeAsked *asked;

    rig_down(rig, "probe@DC02-app1", SIM_NEVER);
    asked = probe_call(caller, &callee->component, &question, 2 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_REFUSED);
    ck_assert_int_eq(asked->ended / SIM_MS, 90);
}
END_TEST

START_TEST(a_dark_host_is_silent)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(7, &caller, &callee);
    const ProbeAsked *asked;

    rig_down(rig, "host@DC02-app1", SIM_NEVER);
    asked = probe_call(caller, &callee->component, &question, 2 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(asked->ended, 2 * SIM_S);
}
END_TEST

START_TEST(a_process_that_dies_breaks_its_connections)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(8, &caller, &callee);
    const ProbeAsked *asked;

    callee->manner = PROBE_KEEPS;
    asked = probe_call(caller, &callee->component, &question, SIM_MIN);
    rig_run(rig, SIM_S);
    rig_down(rig, "probe@DC02-app1", SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_int_eq(asked->ended / SIM_MS, 1045);
}
END_TEST

START_TEST(a_host_that_falls_breaks_nothing_and_says_nothing)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(9, &caller, &callee);
    const ProbeAsked *asked;

    callee->manner = PROBE_KEEPS;
    asked = probe_call(caller, &callee->component, &question, 20 * SIM_S);
    rig_run(rig, SIM_S);
    rig_down(rig, "host@DC02-app1", SIM_NEVER);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(asked->ended, 20 * SIM_S);
}
END_TEST

/* An answer that was given before the death still arrives, and nothing after it. */
START_TEST(an_answer_under_way_outlives_who_gave_it)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(10, &caller, &callee);
    const ProbeAsked *asked = probe_call(caller, &callee->component, &question, SIM_S);

    rig_run(rig, 50 * SIM_MS);
    rig_down(rig, "probe@DC02-app1", SIM_NEVER);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
}
END_TEST

START_TEST(an_old_connection_is_refused_by_a_new_life)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(11, &caller, &callee);
    Message message = question;
    const ProbeAsked *asked;

    message.peer_incarnation = callee->component.owner.incarnation;
    rig_down(rig, "probe@DC02-app1", SIM_S);
    rig_run(rig, 2 * SIM_S);
    asked = probe_call(caller, &callee->component, &message, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_REFUSED);
    ck_assert_int_eq((asked->ended - asked->begun) / SIM_MS, 90);
    ck_assert_uint_eq(probe_count_heard(callee), 0);
}
END_TEST

START_TEST(where_no_link_goes_is_unreachable)
{
    g_autoptr(Rig) rig = rig_new(12, NULL);
    const ProbeAsked *asked;
    Probe *caller, *callee;

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    caller = rig_probe(rig, "DC01");
    callee = rig_probe(rig, "DC02");
    rig_start(rig);
    asked = probe_call(caller, &callee->component, &question, SIM_S);
    ck_assert_uint_eq(asked->ends, 0);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_UNREACHABLE);
    ck_assert_int_eq(asked->ended, 0);
}
END_TEST

START_TEST(a_broken_call_fails_after_the_way_back)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(13, &caller, &callee);
    const ProbeAsked *asked;

    callee->manner = PROBE_BREAKS;
    asked = probe_call(caller, &callee->component, &question, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_int_eq(asked->ended / SIM_MS, 90);
}
END_TEST

START_TEST(who_stops_hears_no_more_of_his_calls)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(14, &caller, &callee);
    const ProbeAsked *asked = probe_call(caller, &callee->component, &question, SIM_S);

    rig_down(rig, "probe@DC01-app1", 10 * SIM_MS);
    rig_run(rig, SIM_MIN);
    ck_assert(caller->component.is_up);
    ck_assert_uint_eq(asked->ends, 0);
    ck_assert_uint_eq(probe_count_heard(callee), 1);
    ck_assert_uint_eq(rig_counter(rig, "probe@DC01-app1", "answers_late"), 1);
}
END_TEST

START_TEST(a_lost_answer_comes_again)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(15, &caller, &callee);
    const ProbeAsked *asked;

    rig_down(rig, "link@DC02-DC01", 100 * SIM_MS);
    asked = probe_call(caller, &callee->component, &question, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_int_eq(asked->ended / SIM_MS, 45 + 290 + 45); /* sent again after 290 ms */
    ck_assert_uint_eq(probe_count_heard(callee), 1);
}
END_TEST

START_TEST(a_call_without_timeout_waits_out_a_partition)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(16, &caller, &callee);
    const ProbeAsked *asked;

    rig_down(rig, "link@DC01-DC02", 5 * SIM_MIN);
    asked = probe_call(caller, &callee->component, &question, SIM_NEVER);
    rig_run(rig, SIM_HOUR);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_int_gt(asked->ended, 5 * SIM_MIN);
    ck_assert_int_lt(asked->ended, 8 * SIM_MIN);
}
END_TEST

START_TEST(the_kernel_gives_up_after_fifteen_retransmissions)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(17, &caller, &callee);
    const ProbeAsked *asked;

    rig_down(rig, "link@DC01-DC02", SIM_NEVER);
    asked = probe_call(caller, &callee->component, &question, SIM_NEVER);
    rig_run(rig, SIM_HOUR);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(asked->ended, 924600 * SIM_MS);
}
END_TEST

START_TEST(a_host_that_comes_back_resets_who_waited_without_timeout)
{
    Probe *caller, *callee;
    g_autoptr(Rig) rig = pair_new(18, &caller, &callee);
    const ProbeAsked *asked;

    asked = probe_call(caller, &callee->component, &question, SIM_NEVER);
    rig_down(rig, "host@DC02-app1", 20 * SIM_S);
    rig_run(rig, SIM_HOUR);
    ck_assert(callee->component.is_up);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(probe_count_heard(callee), 0);
}
END_TEST

/* --- exactly once, whatever happens --------------------------------------------------------------
 */

#define STORM_PROBES 4
#define STORM_CALLS 250

typedef struct StormCall {
    const ProbeAsked *asked;
    Component *caller;
    uint32_t life;
    SimSpan timeout;
} StormCall;

typedef struct Storm {
    Rig *rig;
    Rng rng;
    Probe *probes[STORM_PROBES];
    StormCall calls[STORM_CALLS];
    guint count;
} Storm;

static void storm_init(Storm *storm, uint64_t seed)
{
    static const char *const places[STORM_PROBES] = {"DC01-app1", "DC01-app2", "DC02-app1", "web"};

    *storm = (Storm){.rig = rig_new(seed, NULL)};
    rng_init(&storm->rng, seed, "test/storm");
    rig_site(storm->rig, "DC01");
    rig_site(storm->rig, "DC02");
    rig_site_of(storm->rig, "web", SITE_REGION);
    for (int i = 0; i < STORM_PROBES; i++) {
        if (i < STORM_PROBES - 1) {
            rig_host(storm->rig, places[i], NULL,
                     "{ \"steal\": \"none\", \"boot\": \"constant(2s)\" }");
        }
        storm->probes[i] = rig_probe(storm->rig, places[i]);
    }
    rig_link_all(storm->rig, "90ms");
    rig_start(storm->rig);
}

static void storm_break_something(Storm *storm)
{
    guint victim = (guint)rng_below(&storm->rng, world_count(storm->rig->world));
    Effect effect = EFFECT_NONE;

    switch (rng_below(&storm->rng, 4)) {
    case 0:
        effect.paused = true;
        break;
    case 1:
        effect.loss_ratio = rng_uniform(&storm->rng);
        break;
    default:
        effect.down = true;
        break;
    }
    rig_effect(storm->rig, world_component(storm->rig->world, victim)->name, effect,
               (SimSpan)rng_below(&storm->rng, 4 * SIM_S));
}

static void storm_call(Storm *storm)
{
    Probe *caller = storm->probes[rng_below(&storm->rng, STORM_PROBES)];
    Probe *callee = storm->probes[rng_below(&storm->rng, STORM_PROBES)];
    StormCall *call = &storm->calls[storm->count];
    Message message = question;

    if (!caller->component.is_up || caller->component.owner.is_held) {
        return;
    }
    message.request = ++storm->count;
    message.transport = rng_chance(&storm->rng, 0.3) ? TRANSPORT_UDP : TRANSPORT_TCP;
    message.peer_incarnation =
        rng_chance(&storm->rng, 0.5) ? callee->component.owner.incarnation : 0;
    callee->manner = (ProbeManner)rng_below(&storm->rng, 3);
    callee->answer_delay = (SimSpan)rng_below(&storm->rng, 500 * SIM_MS);
    call->timeout = message.transport == TRANSPORT_TCP && rng_chance(&storm->rng, 0.1)
                        ? SIM_NEVER
                        : (SimSpan)rng_below(&storm->rng, 3 * SIM_S) + 1;
    call->caller = &caller->component;
    call->life = caller->component.owner.incarnation;
    call->asked = probe_call(caller, &callee->component, &message, call->timeout);
}

static guint storm_count_heard(const Storm *storm, uint64_t request)
{
    guint count = 0;

    for (int i = 0; i < STORM_PROBES; i++) {
        for (guint j = 0; j < probe_count_heard(storm->probes[i]); j++) {
            count += probe_heard(storm->probes[i], j)->message.request == request ? 1 : 0;
        }
    }
    return count;
}

static void storm_judge(const Storm *storm, uint64_t seed)
{
    for (guint i = 0; i < storm->count; i++) {
        const StormCall *call = &storm->calls[i];
        const ProbeAsked *asked = call->asked;
        guint heard = storm_count_heard(storm, i + 1);
        bool is_silent = asked->ends == 0;

        ck_assert_msg(asked->ends <= 1, "seed %u, call %u ended %u times", (unsigned)seed, i,
                      asked->ends);
        ck_assert_msg(!is_silent || call->caller->owner.incarnation != call->life ||
                          call->timeout == SIM_NEVER,
                      "seed %u, call %u never ended", (unsigned)seed, i);
        ck_assert_msg(heard <= 1, "seed %u, call %u was heard twice", (unsigned)seed, i);
        if (!is_silent && asked->outcome == OUTCOME_OK) {
            ck_assert_msg(heard == 1, "seed %u, call %u answered by nobody", (unsigned)seed, i);
        }
        if (!is_silent && asked->outcome == OUTCOME_REFUSED) {
            ck_assert_msg(heard == 0, "seed %u, call %u refused and done", (unsigned)seed, i);
        }
        if (!is_silent && call->timeout != SIM_NEVER && asked->outcome == OUTCOME_TIMEOUT) {
            ck_assert_int_ge(asked->ended, asked->begun + call->timeout);
        }
    }
}

START_TEST(every_call_ends_once_under_random_crashes_and_partitions)
{
    guint outcomes[OUTCOME_UNREACHABLE + 1] = {0};

    for (uint64_t seed = 1; seed <= 200; seed++) {
        Storm storm;

        storm_init(&storm, seed);
        for (int step = 0; step < STORM_CALLS; step++) {
            if (rng_chance(&storm.rng, 0.1)) {
                storm_break_something(&storm);
            }
            storm_call(&storm);
            rig_run(storm.rig, (SimSpan)rng_below(&storm.rng, 200 * SIM_MS));
        }
        rig_heal(storm.rig);
        rig_run(storm.rig, SIM_HOUR);
        storm_judge(&storm, seed);
        for (guint i = 0; i < storm.count; i++) {
            outcomes[storm.calls[i].asked->outcome] += storm.calls[i].asked->ends;
        }
        ck_assert_uint_eq(pool_count_out(world_network(storm.rig->world)->flights), 0);
        rig_free(storm.rig);
    }
    for (int i = OUTCOME_OK; i < OUTCOME_UNREACHABLE; i++) {
        ck_assert_msg(outcomes[i] > 500, "%d: %u", i, outcomes[i]);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("call");
    TCase *cases = tcase_create("outcomes");

    tcase_add_test(cases, an_answer_comes_after_a_round_trip);
    tcase_add_test(cases, the_access_network_is_paid_both_ways);
    tcase_add_test(cases, silence_ends_at_the_timeout);
    tcase_add_test(cases, a_call_costs_two_events);
    tcase_add_test(cases, each_call_ends_at_its_own_timeout);
    tcase_add_test(cases, a_frozen_caller_reads_the_answer_before_he_looks_at_the_clock);
    tcase_add_test(cases, a_late_answer_is_dropped_and_counted);
    tcase_add_test(cases, the_callee_can_see_that_nobody_waits);
    tcase_add_test(cases, a_dead_process_on_a_live_host_refuses);
    tcase_add_test(cases, a_dark_host_is_silent);
    tcase_add_test(cases, a_process_that_dies_breaks_its_connections);
    tcase_add_test(cases, a_host_that_falls_breaks_nothing_and_says_nothing);
    tcase_add_test(cases, an_answer_under_way_outlives_who_gave_it);
    tcase_add_test(cases, an_old_connection_is_refused_by_a_new_life);
    tcase_add_test(cases, where_no_link_goes_is_unreachable);
    tcase_add_test(cases, a_broken_call_fails_after_the_way_back);
    tcase_add_test(cases, who_stops_hears_no_more_of_his_calls);
    tcase_add_test(cases, a_lost_answer_comes_again);
    tcase_add_test(cases, a_call_without_timeout_waits_out_a_partition);
    tcase_add_test(cases, the_kernel_gives_up_after_fifteen_retransmissions);
    tcase_add_test(cases, a_host_that_comes_back_resets_who_waited_without_timeout);
    suite_add_tcase(suite, cases);
    cases = tcase_create("storm");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_call_ends_once_under_random_crashes_and_partitions);
    suite_add_tcase(suite, cases);
    return suite;
}
