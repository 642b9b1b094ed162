/* test_world.c - making, finding, walking, sharing and freeing what a run consists of. */
#include "sim/world/inside.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

/* A kind that writes down in which order its hooks ran. */
typedef struct Scribe {
    Component component;
    int64_t weight;
    Histogram *sizes;
} Scribe;

static GString *book;

static void scribe_note(Component *self, const char *what)
{
    if (book != NULL) {
        g_string_append_printf(book, "%s %s;", what, self->name);
    }
}

static void scribe_make(Component *self, World *world, DiagList *diags)
{
    scribe_note(self, "make");
    if (((Scribe *)self)->weight == 2) {
        world_add(world, self->kind, "part", NULL, self->site, NULL, NULL, diags);
    }
}

static void scribe_wire(Component *self, World *world, DiagList *diags)
{
    (void)world;
    (void)diags;
    scribe_note(self, "wire");
}

static void scribe_start(Component *self)
{
    scribe_note(self, "start");
}

static void scribe_stop(Component *self, const Effect *why)
{
    ck_assert(effect_is_same(*why, EFFECT_NONE));
    scribe_note(self, "stop");
}

static void scribe_judge(Component *self)
{
    scribe_note(self, "judge");
}

static void scribe_free(Component *self)
{
    scribe_note(self, "free");
}

static const Field scribe_fields[] = {
    FIELD_COUNT(Scribe, weight, .initial = "1", .lowest = "0", .highest = "9",
                .help = "How heavy it is", .source = "assumption"),
    FIELD_END,
};
static const MetricDef scribe_metrics[] = {
    METRIC_HISTOGRAM(Scribe, sizes, "B", "What it wrote"),
    METRIC_END,
};
static const Kind scribe_kind = {
    .name = "scribe",
    .help = "Writes down in which order its hooks run",
    .size = sizeof(Scribe),
    .fields = scribe_fields,
    .metrics = scribe_metrics,
    .on_make = scribe_make,
    .on_wire = scribe_wire,
    .on_start = scribe_start,
    .on_stop = scribe_stop,
    .on_judge = scribe_judge,
    .on_free = scribe_free,
};

START_TEST(hooks_run_in_order_of_id_and_backwards_at_the_end)
{
    Rig *rig = rig_new(1, &scribe_kind, NULL);

    book = g_string_new(NULL);
    rig_site(rig, "DC01");
    rig_add(rig, "scribe", "DC01", "{ \"weight\": 2 }");
    rig_start(rig);
    world_judge(rig->world);
    rig_free(rig);
    ck_assert_str_eq(book->str, "make scribe@DC01;make scribe@part;"
                                "wire scribe@DC01;wire scribe@part;"
                                "start scribe@DC01;start scribe@part;"
                                "judge scribe@DC01;judge scribe@part;"
                                "stop scribe@part;stop scribe@DC01;"
                                "free scribe@part;free scribe@DC01;");
    g_string_free(book, true);
    book = NULL;
}
END_TEST

START_TEST(fields_are_read_and_histograms_are_there)
{
    g_autoptr(Rig) rig = rig_new(2, &scribe_kind, NULL);
    Scribe *scribe;

    rig_site(rig, "DC01");
    scribe = (Scribe *)rig_add(rig, "scribe", "DC01", "{ \"weight\": 7 }");
    ck_assert_int_eq(scribe->weight, 7);
    ck_assert_uint_eq(histogram_count(scribe->sizes), 0);
    ck_assert_str_eq(scribe->component.role, "scribe");
    ck_assert_uint_ne(scribe->component.owner.incarnation, 0);
}
END_TEST

START_TEST(a_wrong_field_and_a_taken_name_are_reported)
{
    g_autoptr(Rig) rig = rig_new(3, &scribe_kind, NULL);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *heavy = cJSON_Parse("{ \"weight\": 10 }");
    g_autofree char *text = NULL;

    ck_assert_ptr_null(world_add(rig->world, &scribe_kind, "one", NULL, NULL, NULL, heavy, diags));
    ck_assert_uint_eq(diag_count_errors(diags), 1);
    ck_assert_ptr_null(world_find(rig->world, "scribe@one"));
    ck_assert_uint_eq(world_of_kind(rig->world, "scribe")->len, 0);
    ck_assert_ptr_nonnull(
        world_add(rig->world, &scribe_kind, "one", NULL, NULL, NULL, NULL, diags));
    ck_assert_ptr_null(world_add(rig->world, &scribe_kind, "one", NULL, NULL, NULL, NULL, diags));
    text = diag_list_to_text(diags);
    ck_assert_ptr_nonnull(strstr(text, "there is already a 'scribe@one'"));
    cJSON_Delete(heavy);
}
END_TEST

START_TEST(components_are_found_by_name_id_and_kind)
{
    g_autoptr(Rig) rig = rig_new(4, &scribe_kind, NULL);
    Component *one, *other;

    rig_site(rig, "DC01");
    one = rig_add(rig, "scribe", "DC01", NULL);
    rig_probe(rig, "DC01");
    other = rig_add(rig, "scribe", "DC02", NULL);
    ck_assert_ptr_eq(world_find(rig->world, "scribe@DC02"), other);
    ck_assert_ptr_null(world_find(rig->world, "scribe@DC03"));
    ck_assert_uint_eq(world_count(rig->world), 3);
    ck_assert_ptr_eq(world_component(rig->world, component_id(one)), one);
    ck_assert_uint_eq(world_of_kind(rig->world, "scribe")->len, 2);
    ck_assert_ptr_eq(g_ptr_array_index(world_of_kind(rig->world, "scribe"), 1), other);
    ck_assert_uint_eq(world_of_kind(rig->world, "nothing")->len, 0);
}
END_TEST

START_TEST(sites_are_copied_and_ranked)
{
    g_autoptr(Rig) rig = rig_new(5, NULL);
    char name[] = "DC01";
    Site *site = rig_site(rig, name);

    rig_site_of(rig, "Europe central", SITE_REGION);
    name[3] = '9';
    ck_assert_str_eq(site->name, "DC01");
    ck_assert_ptr_eq(world_find_site(rig->world, "DC01"), site);
    ck_assert_uint_eq(world_count_sites(rig->world), 2);
    ck_assert_uint_eq(world_site(rig->world, 1)->index, 1);
    ck_assert_ptr_null(world_find_site(rig->world, "DC02"));
}
END_TEST

START_TEST(a_link_without_a_way_back_is_reported)
{
    g_autoptr(Rig) rig = rig_new(6, NULL);
    g_autofree char *text = NULL;

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    rig_link(rig, "DC01", "DC02", "{ \"rtt\": \"44ms\" }");
    world_wire(rig->world, rig->diags);
    text = diag_list_to_text(rig->diags);
    ck_assert_ptr_nonnull(strstr(text, "there is a link from 'DC01' to 'DC02' and none back"));
}
END_TEST

START_TEST(a_link_without_a_round_trip_is_reported)
{
    g_autoptr(Rig) rig = rig_new(7, NULL);
    g_autofree char *text = NULL;
    Site *one = rig_site(rig, "DC01"), *other = rig_site(rig, "DC02");

    network_add_link(rig->world, one, other, NULL, rig->diags);
    text = diag_list_to_text(rig->diags);
    ck_assert_ptr_nonnull(strstr(text, "the link from 'DC01' to 'DC02' has no 'rtt'"));
}
END_TEST

START_TEST(links_found_before_more_sites_came_are_found_after)
{
    g_autoptr(Rig) rig = rig_new(8, NULL);
    Component *first;
    Site *one, *other;

    one = rig_site(rig, "DC01");
    other = rig_site(rig, "DC02");
    first = rig_link(rig, "DC01", "DC02", "{ \"rtt\": \"44ms\" }");
    for (int i = 3; i < 40; i++) {
        g_autofree char *name = g_strdup_printf("DC%02d", i);

        rig_site(rig, name);
    }
    rig_link_all(rig, "90ms");
    ck_assert_ptr_eq(network_link(rig->world, one, other), first);
    ck_assert_uint_eq(world_of_kind(rig->world, "link")->len, 39 * 39);
    for (guint i = 0; i < world_count_sites(rig->world); i++) {
        for (guint j = 0; j < world_count_sites(rig->world); j++) {
            const Link *link = (const Link *)network_link(rig->world, world_site(rig->world, i),
                                                          world_site(rig->world, j));

            ck_assert_uint_eq(link->component.site->index, i);
            ck_assert_uint_eq(link->to->index, j);
        }
    }
}
END_TEST

static guint cleared;

static void shared_clear(void *object)
{
    cleared += *(guint *)object;
}

START_TEST(a_shared_object_is_one_for_all_and_cleared_once)
{
    Rig *rig = rig_new(9, NULL);
    guint *one = world_shared(rig->world, "ring", sizeof(guint), shared_clear);

    cleared = 0;
    ck_assert_uint_eq(*one, 0);
    *one = 3;
    ck_assert_ptr_eq(world_shared(rig->world, "ring", sizeof(guint), shared_clear), one);
    ck_assert_ptr_ne(world_shared(rig->world, "other", sizeof(guint), NULL), one);
    rig_free(rig);
    ck_assert_uint_eq(cleared, 3);
}
END_TEST

/* The whole of it twice: the same seed, the same fingerprint; another seed, another one. */
static uint64_t world_fingerprint(uint64_t seed)
{
    g_autoptr(Rig) rig = rig_new(seed, NULL);
    Probe *one, *other;

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    one = rig_probe(rig, "DC01");
    other = rig_probe(rig, "DC02");
    rig_link(rig, "DC01", "DC02", "{ \"rtt\": \"44ms\", \"loss\": \"5%\" }");
    rig_link(rig, "DC02", "DC01", "{ \"rtt\": \"44ms\", \"loss\": \"5%\" }");
    rig_start(rig);
    for (int i = 0; i < 500; i++) {
        probe_call(one, &other->component, &(Message){.op = MESSAGE_HTTP}, SIM_S);
        rig_run(rig, 10 * SIM_MS);
    }
    return engine_fingerprint(rig->engine);
}

START_TEST(the_same_seed_makes_the_same_run)
{
    ck_assert_uint_eq(world_fingerprint(10), world_fingerprint(10));
    ck_assert_uint_ne(world_fingerprint(10), world_fingerprint(11));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("world");
    TCase *cases = tcase_create("world");

    tcase_add_test(cases, hooks_run_in_order_of_id_and_backwards_at_the_end);
    tcase_add_test(cases, fields_are_read_and_histograms_are_there);
    tcase_add_test(cases, a_wrong_field_and_a_taken_name_are_reported);
    tcase_add_test(cases, components_are_found_by_name_id_and_kind);
    tcase_add_test(cases, sites_are_copied_and_ranked);
    tcase_add_test(cases, a_link_without_a_way_back_is_reported);
    tcase_add_test(cases, a_link_without_a_round_trip_is_reported);
    tcase_add_test(cases, links_found_before_more_sites_came_are_found_after);
    tcase_add_test(cases, a_shared_object_is_one_for_all_and_cleared_once);
    tcase_add_test(cases, the_same_seed_makes_the_same_run);
    suite_add_tcase(suite, cases);
    return suite;
}
