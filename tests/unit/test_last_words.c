/* test_last_words.c - a replication that dies says where. */
#include "sim/run/last_words.h"

#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/suite.h"

static void on_step(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    if (detail == 13) {
        abort();
    }
}

static const EventType step = {"test/step", on_step};

static void die_at_thirteen(void)
{
    Engine *engine = engine_new(77);
    EventOwner owner = {.id = 5};

    last_words_begin(engine, 3, 2 * SIM_S);
    for (uint64_t i = 1; i <= 20; i++) {
        engine_at(engine, (SimTime)i * SIM_S, &owner, &step, NULL, i);
    }
    engine_run(engine, SIM_MIN);
}

/* What a child that calls `act` says on standard error, and how it ends. */
static char *hear_child(void (*act)(void), int *status)
{
    int ends[2];
    char *text = g_malloc0(65536);
    size_t length = 0;
    ssize_t got;
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], text + length, 65535 - length)) > 0) {
        length += (size_t)got;
    }
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, status, 0), pid);
    return text;
}

START_TEST(it_says_which_replication_died_when_and_after_what)
{
    int status;
    g_autofree char *said = hear_child(die_at_thirteen, &status);

    ck_assert_msg(strstr(said, "replication 3 died; its scenario time 0 is time 2s of") != NULL,
                  "%s", said);
    ck_assert_msg(strstr(said, "seed 77, time 13.000000000s") != NULL, "%s", said);
    ck_assert_msg(g_str_has_suffix(said, "13.000000000s owner 5 test/step 13\n"), "%s", said);
}
END_TEST

START_TEST(it_dies_all_the_same)
{
    int status;
    g_autofree char *said = hear_child(die_at_thirteen, &status);

    ck_assert_ptr_nonnull(said);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

static void die_afterwards(void)
{
    Engine *engine = engine_new(77);

    last_words_begin(engine, 3, 0);
    last_words_end();
    engine_free(engine);
    abort();
}

START_TEST(nothing_is_said_of_a_replication_that_has_ended)
{
    int status;
    g_autofree char *said = hear_child(die_afterwards, &status);

    ck_assert_str_eq(said, "");
    ck_assert(WIFSIGNALED(status));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("last_words");
    TCase *tests = tcase_create("last_words");

    tcase_add_test(tests, it_says_which_replication_died_when_and_after_what);
    tcase_add_test(tests, it_dies_all_the_same);
    tcase_add_test(tests, nothing_is_said_of_a_replication_that_has_ended);
    suite_add_tcase(suite, tests);
    return suite;
}
