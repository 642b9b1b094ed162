/* test_servers.c - more servers are never worse: on each path where theory says so, beyond noise
 * elsewhere. */
#include <math.h>

#include "sim/config/json_place.h"
#include "tests/property/maker.h"
#include "tests/property/property.h"
#include "tests/support/suite.h"

static cJSON *make_monotone_queues(uint64_t seed)
{
    return maker_queues(seed, MAKER_QUEUES_MONOTONE);
}

/* One more server at one station. */
static cJSON *with_more_servers(const cJSON *scenario)
{
    cJSON *copy = cJSON_Duplicate(scenario, true);
    cJSON *queueing = json_member(json_member(copy, "system"), "queueing");
    cJSON *stations = json_member(queueing, "stations");
    const cJSON *seed = json_member(json_member(copy, "simulation"), "seed");
    int count = cJSON_GetArraySize(stations);
    cJSON *station =
        count > 0 ? cJSON_GetArrayItem(stations, seed != NULL ? seed->valueint % count : 0) : NULL;
    cJSON *servers = json_member(station, "servers");

    if (servers != NULL) {
        cJSON_SetNumberValue(servers, servers->valuedouble + 1);
    }
    return copy;
}

/* Journeys that had ended by the end of each sample interval. */
static GArray *journeys(const Trial *trial)
{
    GArray *all =
        property_measure(trial, "SELECT 'journeys', time_ns, sum(count) FROM histogram v JOIN "
                                "metric m ON m.id = v.metric WHERE m.name = 'journey' GROUP BY "
                                "time_ns ORDER BY time_ns");

    for (guint i = 1; i < all->len; i++) {
        g_array_index(all, Measured, i).value += g_array_index(all, Measured, i - 1).value;
    }
    return all;
}

static double value_at(const GArray *all, double time_ns)
{
    double value = 0;

    for (guint i = 0; i < all->len && g_array_index(all, Measured, i).time_ns <= time_ns; i++) {
        value = g_array_index(all, Measured, i).value;
    }
    return value;
}

/* Where customers wait in one line, are served to the end and go where their station's own stream
 * says, the n-th departure can only come earlier with one more server (generalised Jackson
 * networks: Shanthikumar and Yao, "Stochastic monotonicity in general queueing networks", 1989).
 * Services and ways are drawn in the order of begins and ends, so that this holds on each path. */
static char *check_more_servers(const cJSON *scenario, bool *is_refused)
{
    cJSON *other = with_more_servers(scenario);
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run = property_run_both(scenario, other, &first, &second, is_refused);

    cJSON_Delete(other);
    if (!is_run) {
        return NULL;
    }
    g_autoptr(GArray) few = journeys(first);
    g_autoptr(GArray) more = journeys(second);

    for (guint i = 0; i < few->len; i++) {
        const Measured *one = &g_array_index(few, Measured, i);

        if (value_at(more, one->time_ns) < one->value) {
            return g_strdup_printf("  %.0f journeys had ended after the interval from %.3f s, with "
                                   "one more server %.0f\n",
                                   one->value, one->time_ns / 1e9, value_at(more, one->time_ns));
        }
    }
    return NULL;
}

START_TEST(one_more_server_ends_no_journey_later)
{
    property_hold(&(Property){"more servers", make_monotone_queues, check_more_servers, 250});
}
END_TEST

/* How good replication `run` of a scenario was: the larger the better; NAN when it did not end. */
static double goodness(const cJSON *scenario, int run, const char *sql, bool *is_refused)
{
    g_autoptr(Trial) trial = property_run(scenario, run, is_refused);
    g_autoptr(GArray) values = NULL;

    if (trial == NULL) {
        return NAN;
    }
    values = property_measure(trial, sql);
    return values->len > 0 ? g_array_index(values, Measured, 0).value : 0;
}

enum { RUNS_FEW = 3, RUNS_MANY = 16 };

/* Whether `other` is worse beyond noise: in each of a few replications and, with many, by more than
 * four standard errors of the differences and two in a hundred. Chance alone does that less than
 * once in 10^4 scenarios. */
static char *check_not_worse(const cJSON *one, const cJSON *other, const char *sql,
                             bool *is_refused)
{
    double sum = 0;
    double squares = 0;
    double all = 0;

    for (int run = 0; run < RUNS_MANY; run++) {
        double before = goodness(one, run, sql, is_refused);
        double difference = isnan(before) ? NAN : goodness(other, run, sql, is_refused) - before;

        if (isnan(difference) || (run < RUNS_FEW && difference >= 0)) {
            return NULL;
        }
        sum += difference;
        squares += difference * difference;
        all += before;
    }
    double mean = sum / RUNS_MANY;
    double error = sqrt(MAX(squares / RUNS_MANY - mean * mean, 0) / (RUNS_MANY - 1));

    return -mean > 4 * error && -mean > 0.02 * all / RUNS_MANY
               ? g_strdup_printf("  %g, and with more servers %g more, standard error %g\n",
                                 all / RUNS_MANY, mean, error)
               : NULL;
}

static cJSON *make_station(uint64_t seed)
{
    return maker_queues(seed, MAKER_QUEUES_ONE);
}

/* With losses, breakdowns and other disciplines it holds on average only, and only where no other
 * station suffers from what one no longer holds back. */
static char *check_station(const cJSON *scenario, bool *is_refused)
{
    cJSON *other = with_more_servers(scenario);
    char *difference = check_not_worse(
        scenario, other,
        "SELECT 'done', 0, sum(count) FROM histogram v JOIN metric m ON m.id = v.metric WHERE "
        "m.name = 'journey'",
        is_refused);

    cJSON_Delete(other);
    return difference;
}

START_TEST(one_more_server_at_a_station_of_any_kind_is_not_worse)
{
    property_hold(&(Property){"more servers at any station", make_station, check_station, 100});
}
END_TEST

/* Twice the vCPUs on every host. */
static char *check_bigger_hosts(const cJSON *scenario, bool *is_refused)
{
    cJSON *other = cJSON_Duplicate(scenario, true);
    cJSON *host = json_member(json_member(other, "system"), "host");
    const cJSON *vcpu = json_member(host, "vcpu");
    double before = vcpu != NULL ? vcpu->valuedouble : 2;
    char *difference = NULL;

    cJSON_DeleteItemFromObjectCaseSensitive(host, "vcpu");
    if (host != NULL) {
        cJSON_AddNumberToObject(host, "vcpu", 2 * before);
        difference = check_not_worse(
            scenario, other,
            "SELECT 'ok', 0, sum(ok) * 1.0 / max(1, sum(ok) + sum(failed)) FROM users", is_refused);
    }
    cJSON_Delete(other);
    return difference;
}

START_TEST(hosts_twice_as_big_fail_no_more_requests)
{
    property_hold(&(Property){"bigger hosts", maker_sites, check_bigger_hosts, 15});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("servers");
    TCase *tests = tcase_create("servers");

    tcase_set_timeout(tests, 3600);
    tcase_add_test(tests, one_more_server_ends_no_journey_later);
    tcase_add_test(tests, one_more_server_at_a_station_of_any_kind_is_not_worse);
    tcase_add_test(tests, hosts_twice_as_big_fail_no_more_requests);
    suite_add_tcase(suite, tests);
    return suite;
}
