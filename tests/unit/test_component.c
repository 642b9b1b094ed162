/* test_component.c - a component's life under effects, and what its host's life means for it. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static Effect effect_down(void)
{
    Effect effect = EFFECT_NONE;

    effect.down = true;
    return effect;
}

static Effect effect_paused(void)
{
    Effect effect = EFFECT_NONE;

    effect.paused = true;
    return effect;
}

/* Two hosts of one site with a probe on each. */
static Rig *pair_new(uint64_t seed, Probe **one, Probe **other)
{
    Rig *rig = rig_new(seed, NULL);

    rig_site(rig, "DC01");
    rig_host(rig, "DC01-app1", NULL, "{ \"steal\": \"none\" }");
    rig_host(rig, "DC01-app2", NULL, "{ \"steal\": \"none\" }");
    *one = rig_probe(rig, "DC01-app1");
    *other = rig_probe(rig, "DC01-app2");
    rig_link_all(rig, "90ms");
    rig_start(rig);
    return rig;
}

START_TEST(a_fault_bites_when_the_condition_changes)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(1, &one, &other);
    Component *component = rig_find(rig, "probe@DC01-app1");

    ck_assert_ptr_eq(component, &one->component);
    ck_assert(component_add_effect(component, 1, effect_down()));
    ck_assert(!component_add_effect(component, 2, effect_down()));
    ck_assert(!component_remove_effect(component, 1));
    ck_assert(!component->is_up);
    ck_assert(component_remove_effect(component, 2));
    ck_assert(component->is_up);
    ck_assert(!component_remove_effect(component, 2));
    ck_assert_uint_eq(component->starts, 2);
    ck_assert_uint_eq(one->stops, 1);
}
END_TEST

START_TEST(each_life_has_another_incarnation)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(2, &one, &other);
    uint32_t life = one->component.owner.incarnation;

    ck_assert_uint_gt(life, 0);
    rig_down(rig, "probe@DC01-app1", SIM_S);
    ck_assert_uint_ne(one->component.owner.incarnation, life);
    life = one->component.owner.incarnation;
    rig_run(rig, 2 * SIM_S);
    ck_assert(one->component.is_up);
    component_stop(&one->component, NULL);
    ck_assert_uint_ne(one->component.owner.incarnation, life);
    ck_assert(effect_is_same(one->stopped_by, EFFECT_NONE));
}
END_TEST

START_TEST(a_supervisor_cannot_start_what_a_fault_holds_down)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(3, &one, &other);

    rig_down(rig, "probe@DC01-app1", SIM_S);
    component_start(&one->component);
    ck_assert(!one->component.is_up);
    rig_run(rig, SIM_S);
    ck_assert(one->component.is_up);
}
END_TEST

START_TEST(all_on_a_host_falls_with_it_and_comes_after_its_boot)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(4, &one, &other);
    Effect power = effect_down();

    power.unsynced_lost = true;
    rig_effect(rig, "host@DC01-app1", power, 10 * SIM_S);
    ck_assert(!one->component.is_up);
    ck_assert(one->component.condition.down);
    ck_assert(one->stopped_by.unsynced_lost);
    ck_assert(other->component.is_up);
    ck_assert_uint_eq(one->stops, 1);
    rig_run(rig, 10 * SIM_S);
    ck_assert(!one->component.condition.down);
    ck_assert(!one->component.is_up);
    rig_run(rig, 5 * SIM_MIN);
    ck_assert(one->component.is_up);
    ck_assert_uint_eq(one->component.starts, 2);
}
END_TEST

START_TEST(a_killed_process_stays_down_through_a_boot_of_its_host)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(5, &one, &other);

    rig_down(rig, "probe@DC01-app1", 10 * SIM_MIN);
    rig_down(rig, "host@DC01-app1", 10 * SIM_S);
    rig_run(rig, 5 * SIM_MIN);
    ck_assert(host_is_up(one->component.host));
    ck_assert(!one->component.is_up);
    rig_run(rig, 5 * SIM_MIN);
    ck_assert(one->component.is_up);
    ck_assert_uint_eq(one->stops, 1);
}
END_TEST

START_TEST(what_ends_while_the_host_is_dark_waits_for_the_boot)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(6, &one, &other);

    rig_down(rig, "host@DC01-app1", 10 * SIM_S);
    rig_down(rig, "probe@DC01-app1", 5 * SIM_S);
    rig_run(rig, 6 * SIM_S);
    ck_assert(!one->component.is_up);
    rig_run(rig, 5 * SIM_MIN);
    ck_assert(one->component.is_up);
}
END_TEST

START_TEST(a_frozen_component_hears_everything_after_the_thaw)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(7, &one, &other);
    Message message = {.op = MESSAGE_NOTICE};

    rig_effect(rig, "probe@DC01-app2", effect_paused(), 3 * SIM_S);
    for (uint64_t i = 1; i <= 3; i++) {
        message.key = i;
        probe_send(one, &other->component, &message);
        rig_run(rig, SIM_MS);
    }
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(other), 0);
    rig_run(rig, 3 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(other), 3);
    for (guint i = 0; i < 3; i++) {
        ck_assert_uint_eq(probe_heard(other, i)->message.key, i + 1);
        ck_assert_int_eq(probe_heard(other, i)->time, 3 * SIM_S);
    }
    ck_assert_uint_eq(other->stops, 0);
    ck_assert_uint_eq(other->component.starts, 1);
}
END_TEST

START_TEST(a_frozen_host_freezes_all_on_it)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(8, &one, &other);
    Message message = {.op = MESSAGE_NOTICE};

    rig_effect(rig, "host@DC01-app2", effect_paused(), 3 * SIM_S);
    probe_send(one, &other->component, &message);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(other), 0);
    rig_run(rig, 3 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(other), 1);
}
END_TEST

START_TEST(a_kind_is_told_of_changes_that_do_not_stop_it)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(9, &one, &other);
    Effect slow = EFFECT_NONE;

    slow.slowdown = 20;
    rig_effect(rig, "probe@DC01-app1", slow, SIM_S);
    ck_assert_uint_eq(one->conditions, 1);
    ck_assert_double_eq(one->component.condition.slowdown, 20);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(one->conditions, 2);
    ck_assert(effect_is_same(one->component.condition, EFFECT_NONE));
}
END_TEST

START_TEST(time_down_is_measured)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(10, &one, &other);
    Gauge *down = &one->component.down;

    rig_run(rig, 4 * SIM_S);
    rig_down(rig, "probe@DC01-app1", 3 * SIM_S);
    rig_run(rig, 6 * SIM_S);
    gauge_set(down, rig_now(rig), down->value);
    ck_assert_double_eq_tol(down->area / 1e9, 3, 1e-9);
}
END_TEST

START_TEST(the_wall_clock_has_the_hosts_offset_and_the_faults)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(11, &one, &other);
    Effect skew = EFFECT_NONE;
    SimTime before;

    rig_run(rig, SIM_S);
    before = component_wall_clock(&one->component);
    ck_assert_int_eq(before, SIM_S + host_clock_ahead(one->component.host));
    skew.clock_ahead = -5 * SIM_S;
    rig_effect(rig, "host@DC01-app1", skew, SIM_NEVER);
    ck_assert_int_eq(component_wall_clock(&one->component), before - 5 * SIM_S);
    skew.clock_ahead = 2 * SIM_S;
    rig_effect(rig, "probe@DC01-app1", skew, SIM_NEVER);
    ck_assert_int_eq(component_wall_clock(&one->component), before - 3 * SIM_S);
}
END_TEST

static Effect effect_drawn(Rng *rng)
{
    Effect effect = EFFECT_NONE;

    effect.down = rng_chance(rng, 0.3);
    effect.paused = rng_chance(rng, 0.3);
    effect.slowdown = 1 + 9 * rng_uniform(rng);
    effect.loss_ratio = rng_uniform(rng);
    effect.delay_added = (SimSpan)rng_below(rng, SIM_S);
    return effect;
}

/* Whatever overlapped in whatever order: when all faults ended, nothing is left of them. */
START_TEST(overlapping_faults_leave_no_remainder)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(12, &one, &other);
    const char *const names[] = {"host@DC01-app1", "probe@DC01-app1", "host@DC01-app2",
                                 "link@DC01-DC01"};
    Rng rng;

    rng_init(&rng, 12, "test/overlap");
    for (int i = 0; i < 300; i++) {
        rig_effect(rig, names[rng_below(&rng, G_N_ELEMENTS(names))], effect_drawn(&rng),
                   (SimSpan)rng_below(&rng, 60 * SIM_S));
        rig_run(rig, (SimSpan)rng_below(&rng, 10 * SIM_S));
    }
    rig_run(rig, 10 * SIM_MIN);
    for (guint i = 0; i < world_count(rig->world); i++) {
        const Component *component = world_component(rig->world, i);

        ck_assert_msg(effect_is_same(component->condition, EFFECT_NONE), "%s", component->name);
        ck_assert_msg(component->is_up, "%s", component->name);
        ck_assert(!component->owner.is_held);
        ck_assert(!component->door.is_held);
    }
}
END_TEST

START_TEST(heal_all_ends_every_fault)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(13, &one, &other);

    rig_down(rig, "host@DC01-app1", SIM_NEVER);
    rig_down(rig, "link@DC01-DC01", SIM_NEVER);
    rig_effect(rig, "probe@DC01-app2", effect_paused(), 20 * SIM_S);
    rig_run(rig, SIM_S);
    rig_heal(rig);
    ck_assert(rig_find(rig, "link@DC01-DC01")->is_up);
    ck_assert(!other->component.owner.is_held);
    rig_run(rig, 5 * SIM_MIN);
    ck_assert(one->component.is_up);
}
END_TEST

/* A host's freeze and a collection of garbage are no faults. */
START_TEST(heal_all_leaves_what_happens_by_itself)
{
    Probe *one, *other;
    g_autoptr(Rig) rig = pair_new(9, &one, &other);
    Component *component = &one->component;

    component_add_effect(component, EFFECT_OF_WORLD | 5, effect_paused());
    component_add_effect(component, 5, effect_down());
    world_heal_all(rig->world);
    ck_assert(component->is_up);
    ck_assert(component->condition.paused);
    ck_assert(component_remove_effect(component, EFFECT_OF_WORLD | 5));
    ck_assert(!component->condition.paused);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("component");
    TCase *cases = tcase_create("life");

    tcase_add_test(cases, a_fault_bites_when_the_condition_changes);
    tcase_add_test(cases, each_life_has_another_incarnation);
    tcase_add_test(cases, a_supervisor_cannot_start_what_a_fault_holds_down);
    tcase_add_test(cases, all_on_a_host_falls_with_it_and_comes_after_its_boot);
    tcase_add_test(cases, a_killed_process_stays_down_through_a_boot_of_its_host);
    tcase_add_test(cases, what_ends_while_the_host_is_dark_waits_for_the_boot);
    tcase_add_test(cases, a_frozen_component_hears_everything_after_the_thaw);
    tcase_add_test(cases, a_frozen_host_freezes_all_on_it);
    tcase_add_test(cases, a_kind_is_told_of_changes_that_do_not_stop_it);
    tcase_add_test(cases, time_down_is_measured);
    tcase_add_test(cases, the_wall_clock_has_the_hosts_offset_and_the_faults);
    tcase_add_test(cases, overlapping_faults_leave_no_remainder);
    tcase_add_test(cases, heal_all_ends_every_fault);
    tcase_add_test(cases, heal_all_leaves_what_happens_by_itself);
    suite_add_tcase(suite, cases);
    return suite;
}
