/* test_queueing_messages.c - what is said, and where, about a network of queues that cannot be.
 * Line 4 is the first of "queueing"; "stations" or "forks" stand in line 5. */
#include "tests/support/suite.h"
#include "tests/support/theory.h"

#define TO(to) "{ 'sources': { 'in': { 'interarrival': '1s', 'to': " to " } },\n"
#define STATIONS "'stations': { 'web': { 'service': '10ms' }, 'db': { 'service': '10ms' } } }"
#define WEB(station) TO("'web'") "'stations': { 'web': {\n" station " } } }"
#define FORK(fork) TO("'all'") "'forks': { 'all': { " fork " } },\n" STATIONS

typedef struct Mistake {
    const char *queueing, *messages;
} Mistake;

static const Mistake mistakes[] = {
    {TO("'web'") STATIONS, ""},
    {"{}", ":3:13: error: 'queueing' has no 'stations'\n"
           ":3:13: error: nobody comes: 'queueing' needs 'sources' or 'populations'\n"},
    {"{ 'source': {} }", ":4:3: error: unknown field 'source'; did you mean 'sources'?\n"},
    {"{ 'sources': [],\n" STATIONS,
     ":4:3: error: 'sources' must be an object of sources by name\n"},
    {"{ 'populations': { 'u s': { 'customers': 1, 'think': '1s', 'to': 'web' } },\n" STATIONS,
     ":4:20: error: the name of a population has no space and none of @ / * { } , : in it, like "
     "\"web\"\n"},

    {TO("'wbe'") STATIONS, ":4:52: error: unknown station or fork 'wbe'; did you mean 'web'?\n"},
    {TO("{ 'station': 'webb' }") STATIONS,
     ":4:65: error: unknown station 'webb'; did you mean 'web'?\n"},
    {TO("{ 'fork': 'web' }") STATIONS, ":4:62: error: unknown fork 'web'\n"},
    {TO("7") STATIONS, ":4:52: error: 'to' must be a name, a list with probabilities, "
                       "{\"balance\": ..., \"among\": [...]} or {\"out\": true}\n"},
    {TO("{ 'station': 'web', 'out': true }") STATIONS,
     ":4:52: error: a step leads to one of 'station', 'fork' and 'out', this one to several\n"},
    {TO("[ { 'station': 'web', 'probability': 0.4 }, 'db' ]") STATIONS,
     ":4:96: error: a step must be an object, like {\"station\": \"db\", \"probability\": 0.4}\n"},
    {TO("[ { 'station': 'web', 'probability': 0.4 }, { 'out': true } ]") STATIONS,
     ":4:96: error: a step of a list needs 'probability'\n"},
    {TO("[ { 'station': 'web', 'probability': 0.4 }, { 'out': true, 'probability': 0.5 } ]")
         STATIONS,
     ":4:46: error: the probabilities of 'to' sum to 0.9, not to 1\n"},
    {TO("[]") STATIONS, ":4:46: error: the probabilities of 'to' sum to 0, not to 1\n"},
    {TO("{ 'balance': 'shortst', 'among': ['web', 'db'] }") STATIONS,
     ":4:54: error: 'balance' must be one of 'random', 'round-robin', 'shortest', 'power-of-2'; "
     "did you mean 'shortest'?\n"},
    {TO("{ 'balance': 'shortest', 'among': ['web', 'webb'] }") STATIONS,
     ":4:94: error: unknown station 'webb'; did you mean 'web'?\n"},
    {TO("{ 'balance': 'shortest', 'among': ['web'] }") STATIONS,
     ":4:86: error: 'among' needs at least two stations\n"},
    {TO("{ 'balance': 'shortest' }") STATIONS, ":4:46: error: 'among' is required\n"},

    {WEB("'servers': 2"), ":5:15: error: 'service' is required\n"},
    {WEB("'service': '0s'"), ":6:1: error: 'service' must have a mean of at least 1ns\n"},
    {WEB("'service': '10ms', 'servers': 0"),
     ":6:20: error: 'servers' must lie from 1 to 1000000\n"},
    {WEB("'service': '10ms', 'discipline': 'lcfs_pr'"),
     ":6:20: error: 'discipline' must be one of 'fcfs', 'ps', 'lcfs-pr', 'random', 'priority'; did "
     "you mean "
     "'lcfs-pr'?\n"},
    {WEB("'service': '10ms', 'servers': 4, 'room': 3"),
     ":6:34: error: 'room' counts those in service, so it must be at least 'servers' (4)\n"},
    {WEB("'service': '10ms', 'discipline': 'ps', 'patience': '1s'"),
     ":6:40: error: 'patience' needs a line: with this 'discipline' all are served at once\n"},
    {WEB("'service': '10ms', 'breakdown': { 'up': '1h' }"),
     ":6:20: error: 'breakdown' needs 'down'\n"},

    {FORK("'to': ['web', 'webb'], 'need': 2"),
     ":5:35: error: unknown station or fork 'webb'; did you mean 'web'?\n"},
    {FORK("'to': ['web', 'db'], 'need': 3"), ":5:42: error: 'need' is 3 and 'to' has 2 branches\n"},
    {FORK("'to': []"), ":5:21: error: 'to' needs at least one station or fork\n"},
    {FORK("'to': ['web', 'all']"),
     ":5:21: error: fork 'all' leads to itself: customers would be split for ever\n"},
    {WEB("'service': '10ms', 'room': 1, 'refused': 'web'"),
     ":6:31: error: 'refused' must lead out or to stations without 'refused' of their own: "
     "customers could go round at one instant\n"},
    {WEB("'service': '10ms', 'room': 1, 'refused': 'wbe'"),
     ":6:42: error: unknown station or fork 'wbe'; did you mean 'web'?\n"},
    {WEB("'service': '10ms', 'servers': 2, 'vacation': '1s'"),
     ":6:34: error: 'vacation' needs a line, one server and no 'breakdown'\n"},
    {"{ 'sources': { 'in': { 'interarrival': '1s', 'to': 'web',\n'burst': { 'usual': '1s' } } "
     "},\n" STATIONS,
     ":5:1: error: 'burst' needs 'interarrival', 'usual' and 'lasts'\n"},
    {"{ 'sources': { 'in': { 'interarrival': '1s', 'to': 'web',\n'batch': 0.5 } },\n" STATIONS,
     ":5:1: error: 'batch' must lie from 1 to 1e6\n"},
    {TO("'web'") "'forks': { 'web': { 'to': ['web', 'db'] } },\n" STATIONS,
     ":5:12: error: there is a station and a fork called 'web'\n"},

    {WEB("'service': '1.25s'"),
     ":5:15: warning: station 'web' is offered 1 customers a second, 1.25 times what it can "
     "serve: its queue grows without end\n"},
    {WEB("'service': '1.25s', 'servers': 2, 'breakdown': { 'up': '1h', 'down': '1h' }"),
     ":5:15: warning: station 'web' is offered 1 customers a second, 1.25 times what it can "
     "serve: its queue grows without end\n"},
    {WEB("'service': 'pareto(min=1ms, shape=1.5)'"),
     ":5:15: warning: the service of station 'web' has no finite variance: the mean wait is "
     "infinite, only percentiles can be measured\n"},
    {WEB("'service': 'pareto(min=1ms, shape=0.9)'"),
     ":5:15: warning: station 'web' is offered 1 customers a second, inf times what it can serve: "
     "its queue grows without end\n"},
    {WEB("'service': 'pareto(min=1ms, shape=1.5)', 'discipline': 'ps'"), ""},
    {WEB("'service': '1.25s', 'room': 5"), ""},
    {WEB("'service': '1.25s', 'patience': '1s'"), ""},
    {WEB("'service': '100ms', 'to': [ { 'station': 'web', 'probability': 0.95 }, { 'out': true, "
         "'probability': 0.05 } ]"),
     ":5:15: warning: station 'web' is offered 20 customers a second, 2 times what it can serve: "
     "its queue grows without end\n"},
    {WEB("'service': '100ms', 'to': 'web'"),
     ":5:15: warning: who comes to station 'web' never leaves: no way leads out of the network\n"},
    {TO("'all'") "'forks': { 'all': { 'to': ['web', 'db'], 'then': 'db' } },\n"
                 "'stations': { 'web': { 'service': '1ms' }, 'db': { 'service': '700ms' } } }",
     ":6:44: warning: station 'db' is offered 2 customers a second, 1.4 times what it can serve: "
     "its queue grows without end\n"},
    {TO("{ 'balance': 'round-robin', 'among': ['web', 'db'] }") "'stations': { "
                                                                "'web': { 'service': '3s' }, 'db': "
                                                                "{ 'service': '1s' } } }",
     ":5:15: warning: station 'web' is offered 0.5 customers a second, 1.5 times what it can "
     "serve: its queue grows without end\n"},
    {TO("{ 'balance': 'shortest', 'among': ['web', 'db'] }") "'stations': { "
                                                             "'web': { 'service': '3s' }, 'db': { "
                                                             "'service': '100ms' } } }",
     ""},
    {"{ 'populations': { 'all': { 'customers': 99, 'think': '1s', 'to': 'web' } },\n"
     "'stations': { 'web': { 'service': '1s', 'to': 'web' } } }",
     ""},
};

/* Each message ends with the pointer to its value, which its place says as well. */
static char *without_pointers(const char *messages)
{
    g_autoptr(GRegex) pointer = g_regex_new(" \\[/system/queueing[^\\]\n]*\\]\n", 0, 0, NULL);

    return g_regex_replace_literal(pointer, messages, -1, 0, "\n", 0, NULL);
}

START_TEST(each_mistake_is_told_with_its_place)
{
    g_autofree char *told = theory_messages(mistakes[_i].queueing);
    g_autofree char *messages = without_pointers(told);

    ck_assert_str_eq(messages, mistakes[_i].messages);
}
END_TEST

/* Run from the root of the project. */
START_TEST(each_theory_scenario_is_taken_without_a_word)
{
    GDir *dir = g_dir_open("scenarios/theory", 0, NULL);
    const char *name;
    int count = 0;

    ck_assert_ptr_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename("scenarios/theory", name, NULL);
        DiagList *diags = NULL;
        g_autoptr(Scenario) scenario = scenario_read(path, NULL, all_kinds, &diags);
        g_autoptr(Assembly) assembly =
            scenario == NULL ? NULL : assemble(scenario, all_kinds, 1, diags);
        g_autofree char *messages = diag_list_to_text(diags);

        ck_assert_ptr_nonnull(assembly);
        ck_assert_str_eq(messages, "");
        diag_list_free(diags);
        count++;
    }
    g_dir_close(dir);
    ck_assert_int_ge(count, 9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("queueing_messages");
    TCase *tests = tcase_create("queueing_messages");

    tcase_add_loop_test(tests, each_mistake_is_told_with_its_place, 0, (int)G_N_ELEMENTS(mistakes));
    tcase_add_test(tests, each_theory_scenario_is_taken_without_a_word);
    suite_add_tcase(suite, tests);
    return suite;
}
