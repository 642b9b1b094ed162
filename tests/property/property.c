/* property.c - a property of scenarios that nobody wrote. */
#include "tests/property/property.h"

#include <check.h>
#include <stdio.h>

#include "tests/property/shrink.h"

enum { MOST_SHRINK_TRIALS = 400 };

#ifdef __SANITIZE_ADDRESS__
enum { SLOWNESS = 4 };
#else
enum { SLOWNESS = 1 };
#endif

static char *broken_law; /* by a scenario of the property under test */

/* What is wrong with the scenario: what differs, or what a run said of itself. Caller frees. */
static char *judge(const Property *property, const cJSON *scenario, bool *is_refused)
{
    g_autofree char *difference = NULL;

    g_clear_pointer(&broken_law, g_free);
    difference = property->check(scenario, is_refused);
    return broken_law != NULL ? g_steal_pointer(&broken_law) : g_steal_pointer(&difference);
}

static bool still_fails(const cJSON *scenario, void *context)
{
    const Property *property = context;
    bool is_refused = false;
    g_autofree char *difference = judge(property, scenario, &is_refused);

    return difference != NULL;
}

/* Prints the smallest scenario that shows it and ends the test. */
static void show_smallest(const Property *property, uint64_t seed, cJSON *scenario)
{
    bool is_refused;

    shrink_scenario(scenario, still_fails, (void *)(uintptr_t)property, MOST_SHRINK_TRIALS);
    g_autofree char *difference = judge(property, scenario, &is_refused);
    char *text = cJSON_Print(scenario);

    ck_abort_msg("%s does not hold for scenario %" G_GUINT64_FORMAT
                 ", of which this is left:\n%s\n%s",
                 property->name, seed, text, difference);
}

static guint times(void)
{
    const char *text = g_getenv("PROPERTY_TIMES");

    return text != NULL ? (guint)g_ascii_strtoull(text, NULL, 10) : 1;
}

void property_hold(const Property *property)
{
    guint cases = MAX(property->cases * times() / SLOWNESS, 1);
    guint refused = 0;

    for (uint64_t seed = 1; seed <= cases; seed++) {
        cJSON *scenario = property->make(seed);
        bool is_refused = false;
        g_autofree char *difference = judge(property, scenario, &is_refused);

        refused += is_refused ? 1 : 0;
        if (difference != NULL) {
            show_smallest(property, seed, scenario);
        }
        cJSON_Delete(scenario);
    }
    printf("# %s: %u scenarios, %u of them refused\n", property->name, cases, refused);
    ck_assert_msg(refused <= cases / 20, "%u of %u scenarios were refused", refused, cases);
}

Trial *property_run(const cJSON *scenario, int run, bool *is_refused)
{
    Trial *trial = trial_run(scenario, run);

    if (trial_broken(trial) != NULL && broken_law == NULL) {
        broken_law = g_strdup(trial_broken(trial));
    }
    *is_refused = trial_complaints(trial) != NULL;
    if (*is_refused || trial_broken(trial) != NULL) {
        g_clear_pointer(&trial, trial_free);
    }
    return trial;
}

bool property_run_both(const cJSON *one, const cJSON *other, Trial **first, Trial **second,
                       bool *is_refused)
{
    *second = NULL;
    *first = property_run(one, 0, is_refused);
    if (*first != NULL) {
        *second = property_run(other, 0, is_refused);
    }
    return *second != NULL;
}

/* --- what was measured ---------------------------------------------------------------------- */

static void measured_clear(gpointer measured)
{
    g_free(((Measured *)measured)->what);
}

GArray *property_measure(const Trial *trial, const char *sql)
{
    GArray *all = g_array_new(false, true, sizeof(Measured));
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);

    g_array_set_clear_func(all, measured_clear);
    trial_select(trial, "", sql, rows);
    for (guint i = 0; i < rows->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(rows, i), "|", -1);
        Measured one = {g_strdup(parts[1]), g_ascii_strtod(parts[2], NULL),
                        g_ascii_strtod(parts[3], NULL)};

        g_array_append_val(all, one);
    }
    return all;
}
