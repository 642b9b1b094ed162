#!/usr/bin/env bash
# The runner of all tests, on a program whose tests end it in several ways: where tests share a process (CK_FORK=no, the
# sanitizers' suite) a failure still fails the suite, and who ended the program is named.
. tests/scenarios/support.sh
if [ "$build" != build ]; then
    skip "done with the usual build" "a program that a test ends"
    exit 0
fi
mkdir -p "$work/tests/unit" "$work/build/tests/unit"
cat >"$work/tests/unit/test_ends.c" <<'EOF'
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

START_TEST(the_first_is_good)
{
    ck_assert_int_eq(1, 1);
}
END_TEST

START_TEST(the_second_ends_as_it_is_told)
{
    const char *how = getenv("HOW");

    ck_assert_str_ne(how, "fails");
    if (strcmp(how, "crashes") == 0) {
        abort();
    } else if (strcmp(how, "leaves") == 0) {
        exit(0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ends");
    TCase *tests = tcase_create("ends");

    tcase_add_test(tests, the_first_is_good);
    tcase_add_test(tests, the_second_ends_as_it_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
EOF
# shellcheck disable=SC2046 # flags are several words
gcc -D_GNU_SOURCE -I. $(pkg-config --cflags check) "$work/tests/unit/test_ends.c" tests/support/main.c -o "$work/build/tests/unit/test_ends" $(pkg-config --libs check) >"$work/make" 2>&1
pass_if $? "a program of two tests builds" "$(<"$work/make")"

# tell HOW FORK WANTED SENTENCE: the suite's output holds WANTED, and it passes only when nothing else happened.
tell() {
    out=$(cd "$work" && HOW=$1 CK_FORK=$2 bash "$root/scripts/run_tests.sh" build 2>&1)
    status=$?
    [[ $out == *"$3"* ]] && { [ $status -eq 0 ] || [ "$1" != ends ]; } && { [ $status -ne 0 ] || [ "$1" = ends ]; }
    pass_if $? "$4" "status $status: $out"
}
tell ends no '2 passed, 0 failed' "tests that share a process pass"
tell fails no 'the_second_ends_as_it_is_told: Assertion' "one that fails there fails the suite"
tell crashes no 'not ok - tests/unit/test_ends.c: the_second_ends_as_it_is_told: ended the program' "one that crashes there is named"
tell leaves no 'not ok - tests/unit/test_ends.c: the_second_ends_as_it_is_told: ended the program' "so is one that ends the program as if all were well"
tell crashes yes 'not ok 2' "one that crashes in a process of its own fails, too"
exit $bad
