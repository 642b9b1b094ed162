/* test_same.c - what changes nothing, or nothing but names or the scale of time: the order of keys,
 * other names for sites and stations, all times doubled. */
#include <math.h>
#include <string.h>

#include "tests/property/maker.h"
#include "tests/property/property.h"
#include "tests/support/suite.h"

static cJSON *make_any_queues(uint64_t seed)
{
    return maker_queues(seed, MAKER_QUEUES_ANY);
}

/* --- the order of keys ---------------------------------------------------------------------- */

static char *check_permuted(const cJSON *scenario, bool *is_refused)
{
    cJSON *permuted = cJSON_Duplicate(scenario, true);
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run;
    Rng rng;

    rng_init(&rng, 1, "permute");
    maker_permute(permuted, &rng);
    is_run = property_run_both(scenario, permuted, &first, &second, is_refused);
    cJSON_Delete(permuted);
    if (!is_run) {
        return NULL;
    }
    g_autoptr(GPtrArray) rows = trial_rows(first);
    g_autoptr(GPtrArray) others = trial_rows(second);

    return trial_difference(rows, others);
}

START_TEST(the_order_of_keys_changes_nothing_for_queues)
{
    property_hold(&(Property){"order of keys (queues)", make_any_queues, check_permuted, 200});
}
END_TEST

START_TEST(the_order_of_keys_changes_nothing_for_sites)
{
    property_hold(&(Property){"order of keys (sites)", maker_sites, check_permuted, 50});
}
END_TEST

/* --- names ---------------------------------------------------------------------------------- */

/* In the same order as the old ones: components stand in the order of their names. */
static const TrialName new_names[] = {
    {"Zqa", "Aachen"}, {"Zqb", "Belgrade-2"}, {"Zqc", "Cork"}, {"Rga", "Middle Earth"},
    {"Rgb", "Narnia"}, {"Cka", "watch-1"},    {"qa", "alpha"}, {"qb", "beta"},
    {"qc", "gamma"},   {"qd", "theta"},       {NULL, NULL}};

static cJSON *renamed(const cJSON *scenario)
{
    char *text = cJSON_PrintUnformatted(scenario);
    g_autofree char *changed = trial_rename(text, new_names, 0);

    cJSON_free(text);
    return cJSON_Parse(changed);
}

/* Draws come from streams with the names of components: the renamed ones keep the old streams, so
 * that results must be the same to the last bit, with the new names. */
static char *check_renamed(const cJSON *scenario, bool *is_refused)
{
    cJSON *other = renamed(scenario);
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run;

    trial_alias(new_names);
    is_run = property_run_both(scenario, other, &first, &second, is_refused);
    trial_alias(NULL);
    cJSON_Delete(other);
    if (!is_run) {
        return NULL;
    }
    g_autoptr(GPtrArray) rows = trial_rows(first);
    g_autoptr(GPtrArray) others = trial_rows(second);

    for (guint i = 0; i < rows->len; i++) {
        char *row = g_ptr_array_index(rows, i);

        rows->pdata[i] = trial_rename(row, new_names, 0);
        g_free(row);
    }
    return trial_difference(rows, others);
}

START_TEST(renaming_sites_renames_results)
{
    property_hold(&(Property){"renamed sites", maker_sites, check_renamed, 50});
}
END_TEST

START_TEST(renaming_stations_renames_results)
{
    property_hold(&(Property){"renamed stations", make_any_queues, check_renamed, 100});
}
END_TEST

/* --- times ---------------------------------------------------------------------------------- */

/* Whether each of `others` is the one of `all` with its times, and values where they are times,
 * twice as large. Draws are rounded to whole nanoseconds, which cannot double exactly. */
static char *compare_doubled(const GArray *all, const GArray *others, double factor, double slack)
{
    if (all->len != others->len) {
        return g_strdup_printf("  %u values and %u\n", all->len, others->len);
    }
    for (guint i = 0; i < all->len; i++) {
        const Measured *one = &g_array_index(all, Measured, i);
        const Measured *other = &g_array_index(others, Measured, i);
        double wanted = one->value * factor;

        if (strcmp(one->what, other->what) != 0 || other->time_ns != 2 * one->time_ns ||
            !(fabs(other->value - wanted) <= 1e-6 * fabs(wanted) + slack)) {
            return g_strdup_printf("  - %s at %.0f: %.17g, times %g\n  + %s at %.0f: %.17g\n",
                                   one->what, one->time_ns, one->value, factor, other->what,
                                   other->time_ns, other->value);
        }
    }
    return NULL;
}

static cJSON *doubled(const cJSON *scenario)
{
    cJSON *copy = cJSON_Duplicate(scenario, true);

    maker_double_times(copy);
    return copy;
}

/* Textbook queues have no clock of their own: there is no time in them but those that the scenario
 * gives (other kinds have time-outs, intervals and delays of the real products). The drain is one,
 * so that only what came before it is compared. */
static char *check_doubled(const cJSON *scenario, bool *is_refused)
{
    static const struct {
        const char *value, *table;
        double factor, slack;
    } kinds[] = {{"v.value", "sample", 1, 1e-6},
                 {"v.most", "sample", 1, 1e-6},
                 {"v.count", "histogram", 1, 0},
                 {"v.mean", "histogram", 2, 50}};
    cJSON *other = doubled(scenario);
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run = property_run_both(scenario, other, &first, &second, is_refused);

    char *difference = NULL;

    cJSON_Delete(other);
    for (guint i = 0; i < G_N_ELEMENTS(kinds) && is_run && difference == NULL; i++) {
        g_autofree char *sql = g_strdup_printf(
            "SELECT c.name || ' ' || m.name, v.time_ns, %s FROM %s v JOIN component c ON c.id = "
            "v.component JOIN metric m ON m.id = v.metric WHERE v.time_ns < (SELECT max(end_ns) "
            "FROM phase) ORDER BY 1, 2",
            kinds[i].value, kinds[i].table);
        g_autoptr(GArray) all = property_measure(first, sql);
        g_autoptr(GArray) others = property_measure(second, sql);

        difference = compare_doubled(all, others, kinds[i].factor, kinds[i].slack);
    }
    return difference;
}

START_TEST(doubling_all_times_of_queues_doubles_all_times)
{
    property_hold(&(Property){"doubled times", make_any_queues, check_doubled, 200});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("same");
    TCase *tests = tcase_create("same");

    tcase_set_timeout(tests, 3600);
    tcase_add_test(tests, the_order_of_keys_changes_nothing_for_queues);
    tcase_add_test(tests, the_order_of_keys_changes_nothing_for_sites);
    tcase_add_test(tests, renaming_sites_renames_results);
    tcase_add_test(tests, renaming_stations_renames_results);
    tcase_add_test(tests, doubling_all_times_of_queues_doubles_all_times);
    suite_add_tcase(suite, tests);
    return suite;
}
