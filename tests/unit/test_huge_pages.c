/* test_huge_pages.c - what a run remembers is advised to the kernel as room for large pages. */
#include <glib.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/huge_pages.h"
#include "tests/support/suite.h"

static bool has_huge_pages(void)
{
    g_autofree char *words = NULL;

    return g_file_get_contents("/sys/kernel/mm/transparent_hugepage/enabled", &words, NULL, NULL);
}

/* Whether the mapping that holds `address` is advised of ("hg" among its flags). */
static bool is_advised(const void *address)
{
    g_autofree char *maps = NULL;
    g_auto(GStrv) lines = NULL;
    bool is_there = false;

    ck_assert(g_file_get_contents("/proc/self/smaps", &maps, NULL, NULL));
    lines = g_strsplit(maps, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        uintptr_t begin, end;

        if (sscanf(lines[i], "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
            is_there = (uintptr_t)address >= begin && (uintptr_t)address < end;
        } else if (is_there && g_str_has_prefix(lines[i], "VmFlags:")) {
            return strstr(lines[i], " hg") != NULL;
        }
    }
    return false;
}

START_TEST(a_large_block_is_advised_and_a_small_one_is_not)
{
    size_t large = 3 * HUGE_PAGES_BLOCK;
    g_autofree char *block = g_malloc0(large);
    g_autofree char *other = g_malloc0(HUGE_PAGES_BLOCK / 2);

    block[large - 1] = 7;
    huge_pages_advise(block, large);
    huge_pages_advise(other, HUGE_PAGES_BLOCK / 2);
    ck_assert_int_eq(block[large - 1], 7);
    if (has_huge_pages()) {
        ck_assert(is_advised(block + large / 2));
        ck_assert(!is_advised(other + HUGE_PAGES_BLOCK / 4));
    }
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) /* its malloc has no heap of this kind */
START_TEST(what_the_heap_grows_by_is_advised)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new_with_free_func(g_free);
    HugePages pages;
    char *before;

    huge_pages_begin(&pages);
    before = pages.end;
    for (guint i = 0; i < 64; i++) {
        g_ptr_array_add(blocks, g_malloc0(1 << 20));
    }
    ck_assert_ptr_ne(sbrk(0), before);
    huge_pages_follow(&pages);
    ck_assert_ptr_eq(pages.end, sbrk(0));
    if (has_huge_pages()) {
        ck_assert(is_advised(before - (8 << 20)));
        ck_assert(is_advised(before + (8 << 20)));
    }
}
END_TEST
#endif

Suite *test_suite(void)
{
    Suite *suite = suite_create("huge pages");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, a_large_block_is_advised_and_a_small_one_is_not);
#if !defined(__SANITIZE_ADDRESS__)
    tcase_add_test(cases, what_the_heap_grows_by_is_advised);
#endif
    suite_add_tcase(suite, cases);
    return suite;
}
