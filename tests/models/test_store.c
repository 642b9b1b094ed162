/* test_store.c - the table of keys and the versions of a replica against naive twins. */
#include "models/data/cassandra/store.h"

#include "sim/base/rng.h"
#include "tests/support/suite.h"

static uint32_t place_by_modulus(void *context, uint64_t key)
{
    (*(guint *)context)++;
    return (uint32_t)(key % 7);
}

/* The twin is a GHashTable. */
START_TEST(keys_get_dense_indices_once)
{
    g_autoptr(GHashTable) twin = g_hash_table_new(NULL, NULL);
    guint placed = 0;
    KeyTable table;
    Rng rng;

    rng_init(&rng, 11, "keys");
    key_table_init(&table, place_by_modulus, &placed);
    for (int i = 0; i < 20000; i++) {
        uint64_t key = rng_below(&rng, 9000);
        const KeyEntry *entry = key_table_add(&table, key);

        if (!g_hash_table_contains(twin, GSIZE_TO_POINTER(key))) {
            ck_assert_uint_eq(entry->index, g_hash_table_size(twin));
            g_hash_table_insert(twin, GSIZE_TO_POINTER(key), GUINT_TO_POINTER(entry->index));
        }
        ck_assert_uint_eq(entry->index,
                          GPOINTER_TO_UINT(g_hash_table_lookup(twin, GSIZE_TO_POINTER(key))));
        ck_assert_uint_eq(entry->range, key % 7);
    }
    ck_assert_uint_eq(placed, g_hash_table_size(twin));
    ck_assert_ptr_null(key_table_find(&table, 9000));
    key_table_clear(&table);
}
END_TEST

START_TEST(newest_version_wins)
{
    Store store = {0};

    ck_assert_int_eq(store_get(&store, 5), 0);
    ck_assert_int_eq(store_put(&store, 5, 20), 0);
    ck_assert_int_eq(store_put(&store, 5, 10), 20);
    ck_assert_int_eq(store_get(&store, 5), 20);
    ck_assert_int_eq(store_put(&store, 5000, 1), 0);
    ck_assert_int_eq(store_get(&store, 5), 20);
    ck_assert_int_eq(store_get(&store, 4999), 0);
    store_restore(&store, 5, 3);
    ck_assert_int_eq(store_get(&store, 5), 3);
    store_clear(&store);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");

    tcase_add_test(tests, keys_get_dense_indices_once);
    tcase_add_test(tests, newest_version_wins);
    suite_add_tcase(suite, tests);
    return suite;
}
