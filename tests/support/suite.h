/* suite.h - what each test file defines: its one suite. */
#pragma once

#include <check.h>

/* The file's tests, named after what they hold. The runner frees it. */
Suite *test_suite(void);
