/* main.c - runs the suite of one test file and prints it as TAP: a line "ok" or "not ok" for each
 * test. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

void suite_begins(const char *name)
{
    const char *fork = getenv("CK_FORK");

    if (fork != NULL && strcmp(fork, "no") == 0) {
        printf("# %s begins\n", name);
    }
}

int main(void)
{
    SRunner *runner = srunner_create(test_suite());
    int failed;

    /* Line by line: when a test ends the program, those before it have been told. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
