/* test_unused.c - what nobody uses changes nothing: a scenario with a component, a site, a load or
 * a fault more that never does anything has, for all the others, the same events at the same
 * nanoseconds in the same order, and so the same draws. */
#include <glib/gstdio.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "sim/run/run.h"
#include "sim/scenario/scenario_read.h"
#include "tests/support/suite.h"

extern const Kind *const all_kinds[];

/* Owners that are no component: a host's neighbours have its number and this bit. */
#define NEIGHBOUR_BIT ((uint32_t)1 << 31)

/* Long enough for faults to come and go. */
#define UNTIL (17 * SIM_S)

/* What happened to one component. */
typedef struct Story {
    uint64_t events, fold;
} Story;

typedef struct Life {
    const World *world;
    GHashTable *stories;    /* name to Story */
    const GHashTable *only; /* names whose order in all counts; NULL: all */
    Story all;
} Life;

static void fold(Story *story, uint64_t number)
{
    story->fold = (story->fold ^ number) * 0x9e3779b97f4a7c15u;
    story->fold ^= story->fold >> 29;
}

static char *name_of(const World *world, uint32_t id)
{
    if (id < world_count(world)) {
        return g_strdup(world_component(world, id)->name);
    }
    if ((id & ~NEIGHBOUR_BIT) < world_count(world)) {
        return g_strdup_printf("neighbours of %s",
                               world_component(world, id & ~NEIGHBOUR_BIT)->name);
    }
    return g_strdup("the world");
}

static void life_note(Life *life, uint32_t id, const uint64_t *numbers, guint count)
{
    char *name = name_of(life->world, id);
    Story *story = g_hash_table_lookup(life->stories, name);
    bool is_counted =
        life->only == NULL || g_hash_table_contains((GHashTable *)(uintptr_t)life->only, name);

    if (is_counted) {
        fold(&life->all, rng_hash(name));
    }
    if (story == NULL) {
        story = g_new0(Story, 1);
        g_hash_table_insert(life->stories, name, story);
    } else {
        g_free(name);
    }
    story->events++;
    life->all.events += is_counted;
    for (guint i = 0; i < count; i++) {
        fold(story, numbers[i]);
        if (is_counted) {
            fold(&life->all, numbers[i]);
        }
    }
}

static void on_begin(void *context, const World *world)
{
    ((Life *)context)->world = world;
}

/* Not the detail: it may be the number of a component, of which there are more. */
static void on_event(void *context, SimTime time, const EventOwner *owner, const EventType *type,
                     void *subject, uint64_t detail)
{
    const uint64_t numbers[] = {(uint64_t)time, rng_hash(type->name)};

    (void)subject;
    (void)detail;
    life_note(context, owner->id, numbers, G_N_ELEMENTS(numbers));
}

static void on_hop(void *context, SimTime time, const Component *to, const Message *message)
{
    const uint64_t numbers[] = {(uint64_t)time,
                                message->op,
                                message->size_bytes,
                                message->code,
                                message->flags,
                                message->key,
                                (uint64_t)message->version,
                                message->from != NULL ? rng_hash(message->from->name) : 0};

    life_note(context, component_id(to), numbers, G_N_ELEMENTS(numbers));
}

static void life_free(Life *life)
{
    g_hash_table_unref(life->stories);
    g_free(life);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Life, life_free)

static Scenario *read_it(const char *path, const char *const *sets)
{
    DiagList *diags = NULL;
    ScenarioChanges changes = {.sets = sets};
    Scenario *scenario = scenario_read(path, &changes, all_kinds, &diags);

    if (scenario == NULL) {
        g_autofree char *text = diag_list_to_text(diags);

        ck_abort_msg("%s", text);
    }
    diag_list_free(diags);
    return scenario;
}

static Life *live(const Scenario *scenario, const GHashTable *only)
{
    Life *life = g_new0(Life, 1);
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    g_autofree char *folder = g_dir_make_tmp("dcdrill-unused-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "run.sqlite", NULL);
    RunOrder order = {.scenario = scenario,
                      .kinds = all_kinds,
                      .until = UNTIL,
                      .path = path,
                      .begin = on_begin,
                      .event = on_event,
                      .event_context = life,
                      .hop = on_hop,
                      .hop_context = life};
    bool is_good;

    life->stories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    life->only = only;
    is_good = run_execute(&order, diags, NULL);
    if (!is_good) {
        g_autofree char *text = diag_list_to_text(diags);

        ck_abort_msg("%s", text);
    }
    g_unlink(path);
    g_rmdir(folder);
    return life;
}

/* The first thing that is not the same, in words; NULL: nothing. Caller frees. */
static char *difference(const Life *plain, const Life *more)
{
    GHashTableIter iter;
    gpointer name, item;

    g_hash_table_iter_init(&iter, plain->stories);
    while (g_hash_table_iter_next(&iter, &name, &item)) {
        const Story *one = item, *other = g_hash_table_lookup(more->stories, name);

        if (other == NULL || one->events != other->events || one->fold != other->fold) {
            return g_strdup_printf("'%s' has other events (%" G_GUINT64_FORMAT
                                   " without it, %" G_GUINT64_FORMAT " with it)",
                                   (char *)name, one->events, other != NULL ? other->events : 0);
        }
    }
    if (plain->all.events != more->all.events || plain->all.fold != more->all.fold) {
        return g_strdup("the order of events of different components is another");
    }
    return NULL;
}

/* --- what is added -------------------------------------------------------------------------- */

/* The sites that a "*" meant before there was one more. */
static char *list_sites(const Scenario *scenario)
{
    GString *list = g_string_new("[");

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = g_ptr_array_index(scenario->datacenters, i);

        g_string_append_printf(list, "%s\"%s\"", i > 0 ? ", " : "", dc->name);
    }
    g_string_append(list, "]");
    return g_string_free(list, false);
}

static void add_set(GPtrArray *sets, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_set(GPtrArray *sets, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(sets, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* A VPS, one with a web server that is in no zone, and users who want nothing. */
static void add_components(GPtrArray *sets, const Scenario *scenario)
{
    (void)scenario;
    add_set(sets, "/system/nodes/spare={\"in\": [\"DC01\"], \"count\": 1, \"runs\": []}");
    add_set(sets, "/system/nodes/idle={\"in\": [\"DC02\"], \"count\": 1, \"runs\": [\"httpd\"]}");
    add_set(sets, "/load/nobody={\"executor\": \"constant-arrival-rate\", \"rate\": 0, "
                  "\"timeUnit\": \"1s\", \"regions\": {\"Europe central\": 1}}");
}

static void add_region_rtts(GPtrArray *sets, const GPtrArray *regions, const char *section)
{
    for (guint i = 0; i < regions->len; i++) {
        const Region *region = g_ptr_array_index(regions, i);

        add_set(sets, "/system/wan/%s/%s/rtt/DC09=50ms", section, region->name);
    }
}

/* A data centre far from everybody with a VPS in it, and no users near it. */
static void add_site(GPtrArray *sets, const Scenario *scenario)
{
    add_set(sets, "/system/datacenters/DC09={\"city\": \"Tokyo\", \"country\": \"JP\", "
                  "\"continent\": \"AS\", \"state\": \"backup\", \"size\": \"backup\"}");
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = g_ptr_array_index(scenario->datacenters, i);

        add_set(sets, "/system/wan/rtt/%s-DC09=150ms", dc->name);
    }
    add_region_rtts(sets, scenario->regions, "regions");
    add_region_rtts(sets, scenario->checkers, "checkers");
    add_set(sets, "/system/nodes/far={\"in\": [\"DC09\"], \"count\": 1, \"runs\": []}");
}

/* One that waits for what never happens: no member is checked. */
static void add_fault(GPtrArray *sets, const Scenario *scenario)
{
    (void)scenario;
    add_set(sets, "/method/-={\"type\": \"action\", \"name\": \"never\", \"func\": \"node.crash\", "
                  "\"when\": {\"event\": \"httpd.member-out\"}, \"duration\": \"5s\", "
                  "\"target\": {\"dc\": \"DC02\", \"role\": \"db\", \"mode\": \"one\"}}");
}

typedef void Add(GPtrArray *sets, const Scenario *scenario);

static const char *const scenarios[] = {
    "scenarios/smoke/dc-lost.json", "scenarios/smoke/cassandra-node-lost.json",
    "scenarios/smoke/wan-poor.json", "scenarios/smoke/slow-hosts.json",
    "scenarios/smoke/healthcheck-outage.json"};

/* A fault that does fire, so that there is something to see. */
static void add_crash(GPtrArray *sets, const Scenario *scenario)
{
    (void)scenario;
    add_set(sets, "/method/-={\"type\": \"action\", \"name\": \"soon\", \"func\": \"node.crash\", "
                  "\"at\": \"3s\", \"duration\": \"5s\", "
                  "\"target\": {\"dc\": \"DC02\", \"role\": \"db\", \"mode\": \"one\"}}");
}

/* The scenario with its nodes in the sites that it has now. */
static GPtrArray *plain_sets(const char *path)
{
    GPtrArray *sets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Scenario) found = read_it(path, NULL);
    g_autofree char *sites = list_sites(found);

    add_set(sets, "/system/nodes/db/in=%s", sites);
    add_set(sets, "/system/nodes/app/in=%s", sites);
    return sets;
}

/* What is not the same with more than without it. */
static char *compare_with(const char *path, Add *add, const Life *plain)
{
    g_autoptr(GPtrArray) sets = plain_sets(path);
    g_autoptr(Scenario) found = read_it(path, NULL);
    g_autoptr(Scenario) more = NULL;
    g_autoptr(Life) life = NULL;

    add(sets, found);
    g_ptr_array_add(sets, NULL);
    more = read_it(path, (const char *const *)sets->pdata);
    life = live(more, plain->stories);
    return difference(plain, life);
}

static Life *live_plainly(const char *path)
{
    g_autoptr(GPtrArray) sets = plain_sets(path);
    g_autoptr(Scenario) scenario = NULL;

    g_ptr_array_add(sets, NULL);
    scenario = read_it(path, (const char *const *)sets->pdata);
    return live(scenario, NULL);
}

START_TEST(components_a_site_and_a_fault_that_do_nothing_change_nothing)
{
    const char *path = scenarios[_i];
    g_autoptr(Life) plain = live_plainly(path);
    g_autofree char *components = compare_with(path, add_components, plain);
    g_autofree char *site = compare_with(path, add_site, plain);
    g_autofree char *fault = compare_with(path, add_fault, plain);

    ck_assert_uint_gt(plain->all.events, 20000);
    ck_assert_msg(components == NULL, "%s with unused components: %s", path, components);
    ck_assert_msg(site == NULL, "%s with an unused site: %s", path, site);
    ck_assert_msg(fault == NULL, "%s with a fault that never fires: %s", path, fault);
}
END_TEST

START_TEST(a_fault_that_fires_is_seen)
{
    g_autoptr(Life) plain = live_plainly(scenarios[0]);
    g_autofree char *fault = compare_with(scenarios[0], add_crash, plain);

    ck_assert_ptr_nonnull(fault);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("unused");
    TCase *tests = tcase_create("unused");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, components_a_site_and_a_fault_that_do_nothing_change_nothing, 0,
                        (int)G_N_ELEMENTS(scenarios));
    tcase_add_test(tests, a_fault_that_fires_is_seen);
    suite_add_tcase(suite, tests);
    return suite;
}
