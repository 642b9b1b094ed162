/* suite.h - what each test file defines: its one suite. */
#pragma once

#include <check.h>

/* The file's tests, named after what they hold. The runner frees it. */
Suite *test_suite(void);

/* Said by each test before anything else: where tests share a process (CK_FORK=no) a line
 * "# NAME begins" tells which of them ended it. */
void suite_begins(const char *name);

/* Check's own, and it tells its name. */
#undef START_TEST
#define START_TEST(name)                                                                           \
    static void name##_fn(int);                                                                    \
    static void name##_begin(int index)                                                            \
    {                                                                                              \
        suite_begins(#name);                                                                       \
        name##_fn(index);                                                                          \
    }                                                                                              \
    static const TTest name##_ttest = {#name, name##_begin, __FILE__, __LINE__};                   \
    static const TTest *name = &name##_ttest;                                                      \
    static void name##_fn(int _i CK_ATTRIBUTE_UNUSED)
