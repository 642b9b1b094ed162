/* test_capacity_tiers.c - at which rate a tier is full, by the utilisation law. */
#include "sim/study/capacity_tiers.h"

#include <math.h>

#include "tests/support/suite.h"

static GPtrArray *tiers_new(const char *const *names, const Estimate *seen, guint count)
{
    GPtrArray *tiers = g_ptr_array_new_with_free_func((GDestroyNotify)tier_free);

    for (guint i = 0; i < count; i++) {
        CapacityTier *tier = g_new0(CapacityTier, 1);

        *tier = (CapacityTier){.name = g_strdup(names[i]), .seen = seen[i]};
        g_ptr_array_add(tiers, tier);
    }
    return tiers;
}

static const char *const names[] = {"store", "application", "disk"};

/* Half busy at 400 a second is full at 800; that it may have been 0.4 to 0.625 makes 640 to 1,000
 * of it. */
START_TEST(full_rate_has_the_interval_of_what_was_seen)
{
    const Estimate base_seen[] = {{.value = 0.25, .low = 0.2, .high = 0.3125},
                                  {.value = 0.5, .low = 0.4, .high = 0.625},
                                  {.value = 0.01, .low = -0.01, .high = 0.02}};
    const Estimate seen[] = {{.value = 0.36}, {.value = 0.74}, {.value = 0.02}};
    g_autoptr(GPtrArray) base = tiers_new(names, base_seen, 3);
    g_autoptr(GPtrArray) tiers = tiers_new(names, seen, 3);

    tiers_foretell(tiers, 600, base, 400);
    const CapacityTier *first = g_ptr_array_index(tiers, 0);
    const CapacityTier *last = g_ptr_array_index(tiers, 2);

    ck_assert_str_eq(first->name, "application");
    ck_assert_double_eq_tol(first->law, 0.75, 1e-12);
    ck_assert_double_eq_tol(first->saturation, 800, 1e-9);
    ck_assert_double_eq_tol(first->saturation_low, 640, 1e-9);
    ck_assert_double_eq_tol(first->saturation_high, 1000, 1e-9);
    ck_assert_str_eq(last->name, "disk");
    ck_assert_double_eq_tol(last->saturation_low, 20000, 1e-6);
    ck_assert(isnan(last->saturation_high)); /* it may not have been busy at all */
}
END_TEST

/* What was busy all the time at 468 a second is full there or before. */
START_TEST(tier_that_was_full_is_full_at_most_there)
{
    const Estimate always[] = {{.value = 0.999, .low = 0.998, .high = 1}};
    g_autoptr(GPtrArray) tiers = tiers_new(names, always, 1);
    g_autoptr(GPtrArray) base = tiers_new(names, always, 1);

    tiers_foretell(tiers, 480, base, 468);
    const CapacityTier *tier = g_ptr_array_index(tiers, 0);

    ck_assert(isnan(tier->saturation_low));
    ck_assert_double_eq_tol(tier->saturation_high, 468 / 0.999, 1e-9);
    ck_assert_double_eq(tiers_busiest(base), 0.999);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("capacity_tiers");
    TCase *all = tcase_create("all");

    tcase_add_test(all, full_rate_has_the_interval_of_what_was_seen);
    tcase_add_test(all, tier_that_was_full_is_full_at_most_there);
    suite_add_tcase(suite, all);
    return suite;
}
