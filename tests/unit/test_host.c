/* test_host.c - the life of a host and of what runs on it, its disk, clock, memory and neighbours.
 */
#include "sim/world/host.h"

#include "sim/world/history.h"
#include "sim/world/world.h"
#include "tests/support/suite.h"

/* A process that does nothing but count. */
typedef struct Toy {
    Component component;
    uint64_t stops, done;
    SimTime started_at, done_at;
    bool unsynced_lost;
} Toy;

static void toy_start(Component *self)
{
    ((Toy *)self)->started_at = world_now(self->world);
}

static void toy_stop(Component *self, const Effect *why)
{
    Toy *toy = (Toy *)self;

    toy->stops++;
    toy->unsynced_lost = why->unsynced_lost;
}

static const Kind toy_kind = {
    .name = "toy",
    .help = "A process that counts",
    .size = sizeof(Toy),
    .scope = KIND_ON_NODE,
    .on_start = toy_start,
    .on_stop = toy_stop,
};

static void on_toy_done(void *self, void *subject, uint64_t detail)
{
    Toy *toy = self;

    (void)subject;
    (void)detail;
    toy->done++;
    toy->done_at = world_now(toy->component.world);
}

static const EventType toy_done = {"toy/done", on_toy_done};

typedef struct Rig {
    Engine *engine;
    World *world;
    DiagList *diags;
    Site *site;
    Host *host;
    Toy *toy, *other;
    cJSON *settings;
} Rig;

#define QUIET "'steal':'none','boot':'30s'"

/* One host in DC01 with `settings` (quotes single) and two processes; started, at time 0. */
static Rig *rig_new(const char *settings)
{
    static const Kind *const kinds[] = {&toy_kind, NULL};
    Rig *rig = g_new0(Rig, 1);
    Site site = {.name = "DC01", .type = SITE_DC, .is_live = true, .lan_one_way = 100 * SIM_US};
    g_auto(GStrv) parts = g_strsplit(settings, "'", -1);
    g_autofree char *text = g_strjoinv("\"", parts);

    rig->settings = cJSON_Parse(text);
    ck_assert_ptr_nonnull(rig->settings);
    rig->engine = engine_new(7);
    rig->diags = diag_list_new(NULL, NULL);
    rig->world = world_new(rig->engine, kinds);
    rig->site = world_add_site(rig->world, &site);
    rig->host = host_add(rig->world, "DC01-app1", "app", rig->site, "192.0.2.11", rig->settings,
                         rig->diags);
    ck_assert_ptr_nonnull(rig->host);
    rig->toy = (Toy *)world_add(rig->world, &toy_kind, "DC01-app1", "app", rig->site, rig->host,
                                NULL, rig->diags);
    rig->other = (Toy *)world_add(rig->world, &toy_kind, "DC01-app1b", "app", rig->site, rig->host,
                                  NULL, rig->diags);
    world_wire(rig->world, rig->diags);
    ck_assert_uint_eq(diag_count_errors(rig->diags), 0);
    world_start(rig->world);
    return rig;
}

static void rig_free(Rig *rig)
{
    world_free(rig->world);
    engine_free(rig->engine);
    diag_list_free(rig->diags);
    cJSON_Delete(rig->settings);
    g_free(rig);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

static void rig_run(Rig *rig, SimTime until)
{
    engine_run(rig->engine, until);
}

static void rig_work(Rig *rig, Toy *toy, SimSpan cpu)
{
    host_work(rig->host, &toy->component.owner, cpu, &toy_done, NULL, 0);
}

static Component *rig_host(Rig *rig)
{
    return host_component(rig->host);
}

static const Effect *power_loss(void)
{
    static Effect effect;

    effect = EFFECT_NONE;
    effect.down = true;
    effect.unsynced_lost = true;
    effect.caches_cold = true;
    return &effect;
}

static Effect frozen(void)
{
    Effect effect = EFFECT_NONE;

    effect.paused = true;
    return effect;
}

/* --- life --------------------------------------------------------------------------------------
 */

START_TEST(at_the_beginning_of_a_run_everything_is_up)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    ck_assert(host_is_up(rig->host));
    ck_assert(rig->toy->component.is_up);
    ck_assert_int_eq(rig->toy->started_at, 0);
}
END_TEST

START_TEST(when_a_host_falls_all_on_it_falls)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    rig_work(rig, rig->toy, SIM_S);
    rig_run(rig, 500 * SIM_MS);
    ck_assert(component_add_effect(rig_host(rig), 1, *power_loss()));
    ck_assert(!host_is_up(rig->host));
    ck_assert(!rig->toy->component.is_up);
    ck_assert(!rig->other->component.is_up);
    ck_assert_uint_eq(rig->toy->stops, 1);
    ck_assert(rig->toy->unsynced_lost);
    rig_run(rig, 10 * SIM_S);
    ck_assert_uint_eq(rig->toy->done, 0);
    ck_assert_uint_eq(host_count_work(rig->host), 0);
}
END_TEST

START_TEST(power_that_returns_boots_the_host_and_starts_all_on_it)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    const HistoryOccurrence *note;

    rig_run(rig, SIM_S);
    component_add_effect(rig_host(rig), 1, *power_loss());
    rig_run(rig, 10 * SIM_S);
    component_remove_effect(rig_host(rig), 1);
    rig_run(rig, 40 * SIM_S - 1);
    ck_assert(!host_is_up(rig->host));
    ck_assert(!rig->toy->component.is_up);
    rig_run(rig, 40 * SIM_S);
    ck_assert(host_is_up(rig->host));
    ck_assert(rig->toy->component.is_up && rig->other->component.is_up);
    ck_assert_int_eq(rig->toy->started_at, 40 * SIM_S);
    ck_assert_uint_eq(history_count_occurrences(world_history(rig->world)), 1);
    note = history_occurrence(world_history(rig->world), 0);
    ck_assert_str_eq(note->event, "node.restarted");
    ck_assert_str_eq(note->dc, "DC01");
    ck_assert_uint_eq(note->count, 1);
}
END_TEST

START_TEST(a_fall_while_booting_begins_the_boot_anew)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    rig_run(rig, SIM_S);
    component_add_effect(rig_host(rig), 1, *power_loss());
    component_remove_effect(rig_host(rig), 1);
    rig_run(rig, 20 * SIM_S);
    component_add_effect(rig_host(rig), 2, *power_loss());
    rig_run(rig, 50 * SIM_S);
    ck_assert(!host_is_up(rig->host));
    component_remove_effect(rig_host(rig), 2);
    rig_run(rig, 80 * SIM_S);
    ck_assert_int_eq(rig->toy->started_at, 80 * SIM_S);
}
END_TEST

START_TEST(a_process_that_a_fault_keeps_down_does_not_start_with_its_host)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    Effect killed = EFFECT_NONE;

    killed.down = true;
    rig_run(rig, SIM_S);
    component_add_effect(&rig->toy->component, 1, killed);
    component_add_effect(rig_host(rig), 2, *power_loss());
    component_remove_effect(rig_host(rig), 2);
    rig_run(rig, 100 * SIM_S);
    ck_assert(!rig->toy->component.is_up);
    ck_assert(rig->other->component.is_up);
    component_remove_effect(&rig->toy->component, 1);
    ck_assert(rig->toy->component.is_up);
}
END_TEST

START_TEST(a_process_does_not_start_on_a_host_that_is_down)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    Effect killed = EFFECT_NONE;

    killed.down = true;
    rig_run(rig, SIM_S);
    component_add_effect(&rig->toy->component, 1, killed);
    component_add_effect(rig_host(rig), 2, *power_loss());
    component_remove_effect(&rig->toy->component, 1);
    ck_assert(!rig->toy->component.is_up);
    component_remove_effect(rig_host(rig), 2);
    rig_run(rig, 20 * SIM_S);
    ck_assert(!rig->toy->component.is_up);
    rig_run(rig, 31 * SIM_S);
    ck_assert(rig->toy->component.is_up);
}
END_TEST

START_TEST(a_fault_can_say_how_long_the_next_boot_takes)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    Draw law = {NULL};

    ck_assert(draw_parse(&law, DRAW_SPAN, "2min", NULL));
    rig_run(rig, SIM_S);
    host_set_boot(rig->host, law);
    draw_clear(&law);
    for (int i = 0; i < 2; i++) {
        component_add_effect(rig_host(rig), 1, *power_loss());
        component_remove_effect(rig_host(rig), 1);
        rig_run(rig, engine_now(rig->engine) + 200 * SIM_S);
        ck_assert_int_eq(rig->toy->started_at, i == 0 ? 121 * SIM_S : 201 * SIM_S + 30 * SIM_S);
    }
}
END_TEST

START_TEST(a_frozen_host_goes_on_where_it_stood)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    rig_work(rig, rig->toy, 10 * SIM_MS);
    rig_run(rig, 4 * SIM_MS);
    component_add_effect(rig_host(rig), 1, frozen());
    ck_assert(!host_is_up(rig->host));
    ck_assert(rig->toy->component.is_up);
    rig_run(rig, 100 * SIM_MS);
    ck_assert_uint_eq(rig->toy->done, 0);
    component_remove_effect(rig_host(rig), 1);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(rig->toy->done_at, 106 * SIM_MS);
    ck_assert_uint_eq(rig->toy->stops, 0);
}
END_TEST

START_TEST(only_a_power_loss_leaves_the_page_cache_cold_for_a_while)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'page_cache_fill':'1min'}");
    Effect reset = EFFECT_NONE;

    reset.down = true;
    rig_run(rig, SIM_S);
    component_add_effect(rig_host(rig), 1, reset);
    component_remove_effect(rig_host(rig), 1);
    rig_run(rig, 40 * SIM_S);
    ck_assert(!host_is_cold(rig->host));
    component_add_effect(rig_host(rig), 2, *power_loss());
    component_remove_effect(rig_host(rig), 2);
    rig_run(rig, 75 * SIM_S);
    ck_assert(host_is_cold(rig->host));
    rig_run(rig, 131 * SIM_S);
    ck_assert(!host_is_cold(rig->host));
}
END_TEST

/* --- CPU ---------------------------------------------------------------------------------------
 */

START_TEST(speed_steal_and_slowdown_stretch_work)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'speed':0.5}");
    Effect effect = EFFECT_NONE;

    effect.steal_ratio = 0.2;
    effect.slowdown = 4;
    component_add_effect(rig_host(rig), 1, effect);
    rig_work(rig, rig->toy, SIM_MS);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(rig->toy->done_at, 10 * SIM_MS);
}
END_TEST

START_TEST(a_slow_process_does_not_slow_down_its_neighbour)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    Effect effect = EFFECT_NONE;

    effect.slowdown = 20;
    component_add_effect(&rig->toy->component, 1, effect);
    rig_work(rig, rig->toy, SIM_MS);
    rig_work(rig, rig->other, SIM_MS);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(rig->toy->done_at, 20 * SIM_MS);
    ck_assert_int_eq(rig->other->done_at, SIM_MS);
}
END_TEST

START_TEST(the_work_of_a_stopped_process_leaves_the_cpu)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'vcpu':1}");

    rig_work(rig, rig->toy, SIM_S);
    rig_work(rig, rig->other, 10 * SIM_MS);
    rig_run(rig, 10 * SIM_MS);
    component_stop(&rig->toy->component, NULL);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(rig->other->done_at, 15 * SIM_MS);
    ck_assert_uint_eq(rig->toy->done, 0);
}
END_TEST

START_TEST(no_work_is_done_at_once_as_an_event)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    rig_run(rig, 5);
    rig_work(rig, rig->toy, 0);
    ck_assert_uint_eq(rig->toy->done, 0);
    rig_run(rig, 5);
    ck_assert_uint_eq(rig->toy->done, 1);
}
END_TEST

/* --- addresses, ports, memory, clock -----------------------------------------------------------
 */

START_TEST(hosts_are_found_by_address)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    Host *hosts[200];

    ck_assert_uint_eq(host_address(rig->host), 0xc000020b);
    ck_assert_ptr_eq(host_find_address(rig->world, 0xc000020b), rig->host);
    ck_assert_ptr_null(host_find_address(rig->world, 0xc000020c));
    ck_assert_ptr_null(host_find_address(rig->world, 0));
    for (int i = 0; i < 200; i++) {
        g_autofree char *place = g_strdup_printf("DC01-x%d", i);
        g_autofree char *address = g_strdup_printf("198.51.100.%d", i + 1);

        hosts[i] = host_add(rig->world, place, "x", rig->site, address, NULL, rig->diags);
    }
    for (int i = 0; i < 200; i++) {
        ck_assert_ptr_eq(host_find_address(rig->world, 0xc6336401 + (uint32_t)i), hosts[i]);
    }
    ck_assert_ptr_eq(host_find_address(rig->world, 0xc000020b), rig->host);
}
END_TEST

START_TEST(wrong_and_double_addresses_are_reported)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");
    g_autofree char *text = NULL;

    ck_assert_ptr_null(
        host_add(rig->world, "DC01-b", "app", rig->site, "192.0.2.300", NULL, rig->diags));
    ck_assert_ptr_null(
        host_add(rig->world, "DC01-c", "app", rig->site, "192.0.2.11", NULL, rig->diags));
    text = diag_list_to_text(rig->diags);
    ck_assert_ptr_nonnull(strstr(text, "'192.0.2.300' is not an IPv4 address"));
    ck_assert_ptr_nonnull(
        strstr(text, "'host@DC01-app1' and 'host@DC01-c' both have the address 192.0.2.11"));
}
END_TEST

START_TEST(a_port_belongs_to_who_listens)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    host_listen(rig->host, 443, &rig->toy->component);
    host_listen(rig->host, 443, &rig->toy->component);
    host_listen(rig->host, 1883, &rig->other->component);
    ck_assert_ptr_eq(host_listener(rig->host, 443), &rig->toy->component);
    ck_assert_ptr_eq(host_listener(rig->host, 1883), &rig->other->component);
    ck_assert_ptr_null(host_listener(rig->host, 80));
}
END_TEST

START_TEST(space_is_taken_whole_or_not_at_all)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'disk':'10GB'}");

    ck_assert(host_take_space(rig->host, 10000000000));
    ck_assert(!host_take_space(rig->host, 1));
    host_give_space(rig->host, 1);
    ck_assert(host_take_space(rig->host, 1));
}
END_TEST

START_TEST(a_filled_disk_has_no_room_until_the_file_is_gone)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'disk':'10GB'}");
    Effect effect = EFFECT_NONE;

    ck_assert(host_take_space(rig->host, 6000000000));
    effect.disk_filled_ratio = 0.9;
    component_add_effect(host_component(rig->host), 1, effect);
    ck_assert_int_eq(host_free_space(rig->host), 1000000000);
    ck_assert(!host_take_space(rig->host, 1000000001));
    host_give_space(rig->host, 2000000000); /* the file stays as large as it is */
    ck_assert_int_eq(host_free_space(rig->host), 3000000000);
    component_remove_effect(host_component(rig->host), 1);
    ck_assert_int_eq(host_free_space(rig->host), 6000000000);
}
END_TEST

START_TEST(its_clock_is_off_by_offset_drift_and_faults)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'clock_offset':'1ms','clock_drift':50}");
    SimSpan begin = host_clock_ahead(rig->host);
    Effect effect = EFFECT_NONE;

    ck_assert(begin == SIM_MS || begin == -SIM_MS);
    rig_run(rig, 1000 * SIM_S);
    ck_assert_int_eq(host_clock_ahead(rig->host), begin + 50 * SIM_MS);
    effect.clock_ahead = -5 * SIM_S;
    component_add_effect(rig_host(rig), 1, effect);
    ck_assert_int_eq(host_clock_ahead(rig->host), begin + 50 * SIM_MS - 5 * SIM_S);
    ck_assert_int_eq(component_wall_clock(&rig->toy->component), 995 * SIM_S + begin + 50 * SIM_MS);
}
END_TEST

/* --- disk --------------------------------------------------------------------------------------
 */

/* Durations of `count` operations, one after the other. */
static Histogram *disk_times(Rig *rig, DiskOp op, int count)
{
    Histogram *times = histogram_new();

    for (int i = 0; i < count; i++) {
        SimTime begin = engine_now(rig->engine);

        host_disk(rig->host, &rig->toy->component.owner, op, 0, &toy_done, NULL, 0);
        rig_run(rig, begin + 3 * SIM_S);
        ck_assert_uint_eq(rig->toy->done, (uint64_t)i + 1);
        histogram_add(times, rig->toy->done_at - begin);
    }
    return times;
}

static void expect_profile(const char *profile, DiskOp op, double p50_ms, double p99_ms,
                           double outlier_ms)
{
    g_autofree char *settings = g_strdup_printf("{" QUIET ",'disk_profile':'%s'}", profile);
    g_autoptr(Rig) rig = rig_new(settings);
    g_autoptr(Histogram) times = disk_times(rig, op, 40000);
    double above = (double)histogram_count_above(times, (int64_t)(outlier_ms * 0.99e6));

    ck_assert_double_eq_tol((double)histogram_quantile(times, 0.5) / 1e6, p50_ms, 0.03 * p50_ms);
    ck_assert_double_eq_tol((double)histogram_quantile(times, 0.99) / 1e6, p99_ms, 0.12 * p99_ms);
    ck_assert_double_eq_tol(above, outlier_ms > 0 ? 41 : 40000, 20);
    ck_assert_int_le(histogram_max(times), 2 * SIM_S);
}

START_TEST(disk_operations_take_what_their_profile_says)
{
    expect_profile("good", DISK_FSYNC, 0.2, 0.6, 3);
    expect_profile("cheap", DISK_READ, 0.3, 3, 20);
    expect_profile("cheap", DISK_FSYNC, 1, 8, 40);
    expect_profile("network", DISK_FSYNC, 2.5, 12, 60);
    expect_profile("bad", DISK_FSYNC, 20, 90, 400);
}
END_TEST

START_TEST(operations_wait_for_a_slot_in_their_order)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'disk_profile':'bad'}");

    /* 8 MB at 80 MB/s and 0.1 ms of call: 100.1 ms in each of four slots. */
    for (int i = 0; i < 9; i++) {
        host_disk(rig->host, &rig->toy->component.owner, DISK_WRITE, 8000000, &toy_done, NULL, 0);
    }
    rig_run(rig, 100100 * SIM_US - 1);
    ck_assert_uint_eq(rig->toy->done, 0);
    rig_run(rig, 100100 * SIM_US);
    ck_assert_uint_eq(rig->toy->done, 4);
    rig_run(rig, 200200 * SIM_US);
    ck_assert_uint_eq(rig->toy->done, 8);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(rig->toy->done_at, 300300 * SIM_US);
}
END_TEST

START_TEST(a_network_volume_has_a_cap_on_operations)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET ",'disk_profile':'network'}");

    for (int i = 0; i < 6001; i++) {
        host_disk(rig->host, &rig->toy->component.owner, DISK_WRITE, 0, &toy_done, NULL, 0);
    }
    rig_run(rig, 2 * SIM_S);
    ck_assert_uint_eq(rig->toy->done, 6001);
    ck_assert_double_eq_tol((double)rig->toy->done_at / 1e9, 1.0, 0.001);
}
END_TEST

START_TEST(what_was_under_way_at_the_disk_is_gone_with_the_power)
{
    g_autoptr(Rig) rig = rig_new("{" QUIET "}");

    host_disk(rig->host, &rig->toy->component.owner, DISK_WRITE, 300000000, &toy_done, NULL, 0);
    rig_run(rig, 500 * SIM_MS);
    component_add_effect(rig_host(rig), 1, *power_loss());
    component_remove_effect(rig_host(rig), 1);
    rig_run(rig, 60 * SIM_S);
    ck_assert_uint_eq(rig->toy->done, 0);
    host_disk(rig->host, &rig->toy->component.owner, DISK_WRITE, 0, &toy_done, NULL, 0);
    rig_run(rig, 61 * SIM_S);
    ck_assert_uint_eq(rig->toy->done, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("host");
    TCase *tests = tcase_create("host");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, at_the_beginning_of_a_run_everything_is_up);
    tcase_add_test(tests, when_a_host_falls_all_on_it_falls);
    tcase_add_test(tests, power_that_returns_boots_the_host_and_starts_all_on_it);
    tcase_add_test(tests, a_fall_while_booting_begins_the_boot_anew);
    tcase_add_test(tests, a_process_that_a_fault_keeps_down_does_not_start_with_its_host);
    tcase_add_test(tests, a_process_does_not_start_on_a_host_that_is_down);
    tcase_add_test(tests, a_fault_can_say_how_long_the_next_boot_takes);
    tcase_add_test(tests, a_frozen_host_goes_on_where_it_stood);
    tcase_add_test(tests, only_a_power_loss_leaves_the_page_cache_cold_for_a_while);
    tcase_add_test(tests, speed_steal_and_slowdown_stretch_work);
    tcase_add_test(tests, a_slow_process_does_not_slow_down_its_neighbour);
    tcase_add_test(tests, the_work_of_a_stopped_process_leaves_the_cpu);
    tcase_add_test(tests, no_work_is_done_at_once_as_an_event);
    tcase_add_test(tests, hosts_are_found_by_address);
    tcase_add_test(tests, wrong_and_double_addresses_are_reported);
    tcase_add_test(tests, a_port_belongs_to_who_listens);
    tcase_add_test(tests, space_is_taken_whole_or_not_at_all);
    tcase_add_test(tests, a_filled_disk_has_no_room_until_the_file_is_gone);
    tcase_add_test(tests, its_clock_is_off_by_offset_drift_and_faults);
    tcase_add_test(tests, disk_operations_take_what_their_profile_says);
    tcase_add_test(tests, operations_wait_for_a_slot_in_their_order);
    tcase_add_test(tests, a_network_volume_has_a_cap_on_operations);
    tcase_add_test(tests, what_was_under_way_at_the_disk_is_gone_with_the_power);
    suite_add_tcase(suite, tests);
    return suite;
}
