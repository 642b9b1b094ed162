/* test_shrink.c - the tools of the properties: what is made up, changed and cut down. */
#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "tests/property/maker.h"
#include "tests/property/property.h"
#include "tests/property/shrink.h"
#include "tests/support/suite.h"

static const cJSON *stations_of(const cJSON *scenario)
{
    return json_member(json_member(json_member(scenario, "system"), "queueing"), "stations");
}

/* Whether some station shares its servers, with more than one of them. */
static bool is_shared(const cJSON *scenario, void *context)
{
    const cJSON *station;

    ++*(unsigned *)context;
    cJSON_ArrayForEach(station, stations_of(scenario))
    {
        const cJSON *discipline = json_member(station, "discipline");
        const cJSON *servers = json_member(station, "servers");

        if (discipline != NULL && strcmp(discipline->valuestring, "ps") == 0 && servers != NULL &&
            servers->valuedouble >= 2) {
            return true;
        }
    }
    return false;
}

START_TEST(what_is_left_of_a_scenario_is_what_fails)
{
    guint found = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        cJSON *scenario = maker_queues(seed, MAKER_QUEUES_ANY);
        unsigned trials = 0;

        if (is_shared(scenario, &trials)) {
            shrink_scenario(scenario, is_shared, &trials, 1000);
            ck_assert_int_eq(cJSON_GetArraySize(stations_of(scenario)), 1);
            ck_assert_int_eq(cJSON_GetArraySize(stations_of(scenario)->child), 2);
            ck_assert_int_le(json_member(stations_of(scenario)->child, "servers")->valueint, 3);
            ck_assert_int_eq(cJSON_GetArraySize(json_member(scenario, "system")), 1);
            ck_assert_int_eq(cJSON_GetArraySize(scenario), 2); /* and "simulation" */
            ck_assert_uint_lt(trials, 300);
            found++;
        }
        cJSON_Delete(scenario);
    }
    ck_assert_uint_gt(found, 3);
}
END_TEST

static bool never(const cJSON *scenario, void *context)
{
    (void)scenario;
    (void)context;
    return false;
}

START_TEST(what_cannot_be_cut_down_stays_as_it_is)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        cJSON *scenario = maker_sites(seed);
        char *before = cJSON_PrintUnformatted(scenario);

        shrink_scenario(scenario, never, NULL, 100000);
        char *after = cJSON_PrintUnformatted(scenario);

        ck_assert_str_eq(before, after);
        cJSON_free(before);
        cJSON_free(after);
        cJSON_Delete(scenario);
    }
}
END_TEST

START_TEST(permuted_objects_hold_the_same_in_another_order)
{
    cJSON *scenario = maker_sites(5);
    cJSON *permuted = cJSON_Duplicate(scenario, true);
    char *before = cJSON_PrintUnformatted(scenario);
    char *after;
    Rng rng;

    rng_init(&rng, 5, "permute");
    maker_permute(permuted, &rng);
    after = cJSON_PrintUnformatted(permuted);
    ck_assert(json_equal(scenario, permuted));
    ck_assert_str_ne(before, after);
    cJSON_free(before);
    cJSON_free(after);
    cJSON_Delete(scenario);
    cJSON_Delete(permuted);
}
END_TEST

START_TEST(times_are_doubled_wherever_they_stand)
{
    cJSON *tree = cJSON_Parse("{\"a\": \"exponential(mean=25ms)\", \"b\": [\"3s\", 4, \"x5\"], "
                              "\"c\": \"lognormal(mean=7ns, scv=2)\"}");
    char *text;

    maker_double_times(tree);
    text = cJSON_PrintUnformatted(tree);
    ck_assert_str_eq(text, "{\"a\":\"exponential(mean=50ms)\",\"b\":[\"6s\",4,\"x5\"],"
                           "\"c\":\"lognormal(mean=14ns, scv=2)\"}");
    cJSON_free(text);
    cJSON_Delete(tree);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shrink");
    TCase *tests = tcase_create("shrink");

    tcase_set_timeout(tests, 3600);
    tcase_add_test(tests, what_is_left_of_a_scenario_is_what_fails);
    tcase_add_test(tests, what_cannot_be_cut_down_stays_as_it_is);
    tcase_add_test(tests, permuted_objects_hold_the_same_in_another_order);
    tcase_add_test(tests, times_are_doubled_wherever_they_stand);
    suite_add_tcase(suite, tests);
    return suite;
}
