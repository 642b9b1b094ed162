/* test_faults.c - a fault that is healed at once, or has no strength, is no fault. */
#include "sim/config/json_place.h"
#include "sim/scenario/fault.h"
#include "tests/property/maker.h"
#include "tests/property/property.h"
#include "tests/support/suite.h"

static cJSON *method_of(const cJSON *scenario)
{
    return json_member(scenario, "method");
}

static cJSON *without_faults(const cJSON *scenario)
{
    cJSON *copy = cJSON_Duplicate(scenario, true);

    cJSON_DeleteItemFromObjectCaseSensitive(copy, "method");
    return copy;
}

static char *compare_measured(const Trial *first, const Trial *second)
{
    g_autoptr(GPtrArray) rows = trial_measured_rows(first);
    g_autoptr(GPtrArray) others = trial_measured_rows(second);

    return trial_difference(rows, others);
}

/* The fault is followed by healing in the same instant. */
static char *check_healed(const cJSON *scenario, bool *is_refused)
{
    cJSON *none = without_faults(scenario);
    cJSON *healed = cJSON_Duplicate(scenario, true);
    cJSON *action = cJSON_GetArrayItem(method_of(healed), 0);
    cJSON *heal = cJSON_CreateObject();
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run;

    cJSON_AddStringToObject(heal, "type", "action");
    cJSON_AddStringToObject(heal, "name", "heal");
    cJSON_AddItemToObject(heal, "at", cJSON_Duplicate(json_member(action, "at"), true));
    cJSON_AddStringToObject(heal, "func", "sim.heal-all");
    cJSON_AddItemToArray(method_of(healed), heal);
    is_run = property_run_both(none, healed, &first, &second, is_refused);
    cJSON_Delete(none);
    cJSON_Delete(healed);
    return is_run ? compare_measured(first, second) : NULL;
}

/* What ends something is not undone by healing: a host boots, a process starts anew with what it
 * had lost, a checker begins with another phase, connections are gone, members are in error. Nor is
 * an order, which members of a ring may refuse and tell others of even when it is taken back at
 * once, or a file that fills a disk, whose largest size is on record even when it is gone at once.
 */
static bool leaves_traces(const cJSON *action)
{
    static const char *const deep[] = {
        "dc.outage",     "node.crash",    "process.kill", "process.stop", "dns.healthcheck-outage",
        "tcp.half-open", "lb.mark-error", "lb.reload",    "disk.fill",    NULL};
    const char *func = json_member(action, "func")->valuestring;

    return g_strv_contains(deep, func) || g_str_has_prefix(func, "ops.");
}

/* A company with one fault that can be undone. */
static cJSON *make_faulty(uint64_t seed)
{
    for (uint64_t i = 0;; i++) {
        cJSON *scenario = maker_sites(seed + 1000000 * i);
        cJSON *method = method_of(scenario);
        const cJSON *first = cJSON_GetArrayItem(method, 0);

        while (cJSON_GetArraySize(method) > 1) {
            cJSON_DeleteItemFromArray(method, 1);
        }
        if (first != NULL && !leaves_traces(first) &&
            !fault_find(json_member(first, "func")->valuestring)->is_heal) {
            return scenario;
        }
        cJSON_Delete(scenario);
    }
}

START_TEST(a_fault_healed_at_once_is_no_fault)
{
    property_hold(&(Property){"healed at once", make_faulty, check_healed, 50});
}
END_TEST

/* Faults that last but have no strength. */
static char *check_weak(const cJSON *scenario, bool *is_refused)
{
    static const char weak[] =
        "[{'type':'action','name':'a','at':'1s','duration':'1s','func':'link.delay',"
        "'target':{'dc':'Zqa'},'arguments':{'latency':'0s'}},"
        "{'type':'action','name':'b','at':'1s','duration':'2s','func':'link.loss',"
        "'target':{'dc':'Zqb'},'arguments':{'probability':0}},"
        "{'type':'action','name':'c','at':'500ms','duration':'1s','func':'cpu.steal',"
        "'target':{'dc':'Zqa'},'arguments':{'ratio':0}},"
        "{'type':'action','name':'d','at':'1500ms','duration':'1s','func':'load.surge',"
        "'target':{},'arguments':{'factor':1}}]";
    g_autofree char *quoted = g_strdelimit(g_strdup(weak), "'", '"');
    cJSON *none = without_faults(scenario);
    cJSON *other = without_faults(scenario);
    g_autoptr(Trial) first = NULL;
    g_autoptr(Trial) second = NULL;
    bool is_run;

    cJSON_AddItemToObject(other, "method", cJSON_Parse(quoted));
    is_run = property_run_both(none, other, &first, &second, is_refused);
    cJSON_Delete(none);
    cJSON_Delete(other);
    return is_run ? compare_measured(first, second) : NULL;
}

START_TEST(a_fault_without_strength_is_no_fault)
{
    property_hold(&(Property){"faults without strength", maker_sites, check_weak, 25});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("faults");

    tcase_set_timeout(tests, 3600);
    tcase_add_test(tests, a_fault_healed_at_once_is_no_fault);
    tcase_add_test(tests, a_fault_without_strength_is_no_fault);
    suite_add_tcase(suite, tests);
    return suite;
}
