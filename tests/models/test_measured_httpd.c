/* test_measured_httpd.c - what was measured on a real httpd 2.4.71 (event MPM, mod_proxy_balancer,
 * mod_proxy_hcheck) with two back ends of 10 ms, simulated from the descriptions of the runs;
 * ranges are the measured values with the tolerances given beside them, or the formula that fits
 * them where the phase of the checks decides. Each case runs with three phases.
 * All of it is printed: measured range, simulated, and whether it lies within. What is not met
 * stands in `unmet` with its reason; what is not listed there must be met.
 *
 * Not asked, and why: both health pages 503 (410 requests in 4.1 s): how long the pages were bad is
 * not told. Undertow's own start and its graceful end: no model of a program's own. */
#include <stdio.h>

#include "tests/support/measured.h"
#include "tests/support/suite.h"

/* The three sizes that were measured. */
#define DEBIAN                                                                                     \
    ", 'StartServers': 2, 'MinSpareThreads': 25, 'MaxSpareThreads': 75, 'MaxRequestWorkers': 150"
#define UPSTREAM ", 'StartServers': 2, 'MinSpareThreads': 25, 'MaxSpareThreads': 75"
#define STATIC ", 'StartServers': 4, 'ServerLimit': 4, 'ThreadsPerChild': 100"
#define TIMES ", 'connectiontimeout': '1s', 'timeout': '3s'"
#define TIMEOUT_3 ", 'timeout': '3s'"
#define CHECKED ", 'hcmethod': 'GET', 'hcinterval': '1s', 'hcfails': 2, 'hcpasses': 2"
#define DEEP ", 'ListenBacklog': 4096"
#define SECONDS(s) ((SimSpan)((s)*1e9))

/* Seconds; both 0: not asked. */
typedef struct Range {
    double least, most;
} Range;

#define NEVER                                                                                      \
    {                                                                                              \
        -1, -1                                                                                     \
    }
#define NEAR(value, by)                                                                            \
    {                                                                                              \
        (value) - (by), (value) + (by)                                                             \
    }

typedef struct Row {
    const char *name;
    MeasuredCase measured;
    Range failed, failed_502, failed_503, cut, slow, failovers;                /* requests */
    Range leaves, returns, full, last_failed, failed_most, ok_median, ok_most; /* seconds */
    Range back; /* seconds after the fault's end */
} Row;

/* What was measured and is not met in all of the phases. */
static const struct {
    const char *name, *what, *why;
} unmet[] = {
    {"kill-retry0", "repeated elsewhere",
     "requests of one microsecond do not meet, so that each is refused once and repeated"},
    {"drop-default", "median", "hangs on the size of the backlog, which is not told"},
    {"drop-default", "longest", "the connect time-out of 60 s; the backlog's size is not told"},
    {"drop-conn1-t3", "failed",
     "as many as idle connections to the dead host: real processes held more than their "
     "concurrency explains"},
    {"drop-conn1-t3-hc-poisson300", "failed",
     "as many as idle connections, which hang on the bursts before the fault"},
    {"hang-default-150", "median",
     "11.25 s fits neither the measurement's own formula nor this: half of 20 s less 3 s"},
    {"hang-t3", "longest failure",
     "3.0 s, and what a new child takes to start where the request waited for one"},
    {"hang, 200 requests/s, dynamic children", "answered late",
     "requests that wait for children to be started; about 50 were measured in one run"},
};

static const char *why_unmet(const Row *row, const char *what)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unmet); i++) {
        if (strcmp(unmet[i].name, row->name) == 0 && strcmp(unmet[i].what, what) == 0) {
            return unmet[i].why;
        }
    }
    return NULL;
}

static void hold(const Row *row, const char *what, double value, Range range)
{
    bool is_met = value >= range.least && value <= range.most;
    const char *why = why_unmet(row, what);

    if (range.least == 0 && range.most == 0) {
        return;
    }
    printf("# %s | %s | %g to %g | %g | %s%s\n", row->name, what, range.least, range.most, value,
           is_met ? "within" : "outside: ", !is_met && why != NULL ? why : "");
    ck_assert_msg(is_met || why != NULL, "%s: %s is %g, not %g to %g", row->name, what, value,
                  range.least, range.most);
}

/* -1: never. */
static double seconds(SimTime time)
{
    return time == SIM_NEVER ? -1.0 : (double)time / 1e9;
}

static void hold_row(const Row *row, uint64_t seed)
{
    MeasuredRun run = measured_run(&row->measured, seed);
    SimTime end =
        row->measured.fault_length > 0 ? row->measured.fault_length : row->measured.window;

    hold(row, "failed", run.failed, row->failed);
    hold(row, "answered with 502", run.failed_502, row->failed_502);
    hold(row, "answered with 503", run.failed_503, row->failed_503);
    hold(row, "closed without an answer", run.cut, row->cut);
    hold(row, "answered late", run.slow, row->slow);
    hold(row, "repeated elsewhere", run.failovers, row->failovers);
    hold(row, "left after", seconds(run.leaves), row->leaves);
    hold(row, "returned after", seconds(run.returns), row->returns);
    hold(row, "full after", seconds(run.full), row->full);
    hold(row, "last failed at", seconds(run.last_failed), row->last_failed);
    hold(row, "longest failure", seconds(run.failed_most), row->failed_most);
    hold(row, "median", seconds(run.ok_median), row->ok_median);
    hold(row, "longest", seconds(run.ok_most), row->ok_most);
    hold(row, "checked in again after", seconds(run.back) - seconds(end), row->back);
}

static void hold_rows(const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            hold_row(&rows[i], seed);
        }
    }
}

/* Failed by a kill: in flight, rate / 2 x service; to the 0.1 % and 99.9 % quantiles of Poisson. */
START_TEST(a_killed_back_end)
{
    static const Row rows[] = {
        {"kill-default",
         {UPSTREAM, 200, MEASURED_KILL, .window = SECONDS(70), .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .cut = {-1, 0},
         .slow = {-1, 0},
         .leaves = {0, 0.1},
         .returns = {59.9, 60.15}},
        {"kill-keepalive-svc50",
         {UPSTREAM, 200, MEASURED_KILL, .service = SECONDS(0.05), .window = SECONDS(7),
          .is_kept = true},
         .failed = {1, 13},
         .failed_502 = {-1, 0},
         .cut = {1, 13}},
        {"kill-retry5",
         {UPSTREAM ", 'retry': '5s'", 200, MEASURED_KILL, .window = SECONDS(12),
          .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .returns = {9.9, 10.15}},
        {"kill-retry0",
         {UPSTREAM ", 'retry': '0s'", 200, MEASURED_KILL, .window = SECONDS(8),
          .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .failovers = NEAR(1261, 63), /* 5 % */
         .returns = {7, 7.05}},
        {"kill-tcp",
         {UPSTREAM ", 'hcmethod': 'TCP'", 200, MEASURED_KILL, .window = SECONDS(45),
          .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .back = {0, 30.3}},
        {"kill-get-5",
         {UPSTREAM ", 'hcmethod': 'GET', 'hcinterval': '5s'", 200, MEASURED_KILL,
          .window = SECONDS(20), .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .back = {0, 5.25}},
        {"kill-hc-i1-f2-p2-poisson300",
         {STATIC CHECKED TIMES, 300, MEASURED_KILL, .window = SECONDS(12),
          .fault_length = SECONDS(7), .is_poisson = true},
         .failed = {-1, 6},
         .back = {1, 2.35}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(a_host_without_packets)
{
    static const Row rows[] = {
        {"drop-default",
         {UPSTREAM, 50, MEASURED_DROP, .window = SECONDS(35), .fault_length = SECONDS(35)},
         .failed = {-1, 0},
         .slow = NEAR(1359, 41), /* 3 % */
         .full = NEAR(16.1, 0.15),
         .ok_median = NEAR(11.25, 0.34), /* 3 % */
         .ok_most = NEAR(56.8, 0.15)},
        {"drop-conn1-t3",
         {UPSTREAM TIMES, 100, MEASURED_DROP, .window = SECONDS(25), .fault_length = SECONDS(15)},
         .failed = NEAR(5, 0.5),
         .failed_most = NEAR(3.0, 0.1),
         .slow = NEAR(47, 4),
         .leaves = NEAR(1.1, 0.15)},
        {"drop-conn1-t3-retry5",
         {UPSTREAM TIMES ", 'retry': '5s'", 100, MEASURED_DROP, .window = SECONDS(25),
          .fault_length = SECONDS(15)},
         .slow = NEAR(146, 7)},
        {"drop-conn1-t3-hc",
         {STATIC TIMES CHECKED, 100, MEASURED_DROP, .window = SECONDS(25),
          .fault_length = SECONDS(15)},
         .slow = NEAR(49, 4),
         .back = {1, 4.3}},
        {"drop-conn1-t3-hc-poisson300",
         {STATIC TIMES CHECKED, 300, MEASURED_DROP, .window = SECONDS(25),
          .fault_length = SECONDS(15), .is_poisson = true},
         .failed = {13, 15},
         .slow = {130, 175}, /* mean 150, Poisson */
         .leaves = NEAR(1.1, 0.15),
         .back = {1, 4.3}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(a_hang_that_fills_httpd)
{
    static const Row rows[] = {
        {"hang-default-400",
         {UPSTREAM DEEP, 100, MEASURED_HANG, .window = SECONDS(30), .fault_length = SECONDS(30)},
         .failed = {-1, 0},
         .full = NEAR(8.1, 0.15),
         .ok_median = NEAR(11.45, 0.45),
         .ok_most = NEAR(30.0, 0.15),
         .leaves = NEVER},
        {"hang-default-150",
         {DEBIAN DEEP, 100, MEASURED_HANG, .window = SECONDS(20), .fault_length = SECONDS(20),
          .workers = 150},
         .failed = {-1, 0},
         .full = NEAR(3.0, 0.15),
         .ok_median = NEAR(11.25, 0.34),
         .ok_most = NEAR(20.0, 0.15),
         .leaves = NEVER},
        {"hang-150-t5",
         {DEBIAN DEEP ", 'timeout': '5s'", 100, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(20), .workers = 150},
         .failed = NEAR(450, 27),
         .last_failed = NEAR(9.0, 0.3),
         .ok_median = NEAR(4.1, 0.15),
         .ok_most = NEAR(11.0, 0.15)},
        {"pause of 5 s",
         {UPSTREAM, 50, MEASURED_HANG, .window = SECONDS(10), .fault_length = SECONDS(5)},
         .failed = {-1, 0},
         .slow = NEAR(113, 4),
         .ok_most = NEAR(5.0, 0.1)},
        {"hang-default-light",
         {UPSTREAM, 5, MEASURED_HANG, .window = SECONDS(59)},
         .failed_502 = NEAR(147, 2),
         .failed_most = NEAR(60.06, 0.1)},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

/* Out of rotation by check: U(0, I) + F T + (F - 1) I; failed: half of the rate for so long. */
START_TEST(a_hang_with_a_timeout)
{
    static const Row rows[] = {
        {"hang-t3",
         {UPSTREAM TIMEOUT_3, 50, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(15)},
         .failed_502 = NEAR(301, 4),
         .last_failed = NEAR(12, 0.15),
         .failed_most = NEAR(3.0, 0.1),
         .leaves = NEVER},
        {"hang-t3-failontimeout",
         {UPSTREAM TIMEOUT_3 ", 'failontimeout': true", 50, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(15)},
         .failed_502 = NEAR(76, 4),
         .leaves = NEAR(3.05, 0.15)},
        {"hang-t3-hcTCP",
         {UPSTREAM TIMEOUT_3 ", 'hcmethod': 'TCP', 'hcinterval': '1s', 'hcfails': 2", 50,
          MEASURED_HANG, .window = SECONDS(20), .fault_length = SECONDS(10)},
         .failed_502 = NEAR(176, 4),
         .leaves = NEVER},
        {"hang-t3-hcGET",
         {STATIC TIMEOUT_3 CHECKED, 50, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(15)},
         .failed_502 = {170, 212},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25}},
        {"hang-t3-hcGET, 200 requests/s",
         {STATIC TIMEOUT_3 CHECKED, 200, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(15)},
         .failed_502 = {690, 845},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25}},
        {"hang-t3-hcGET-i1-f2-poisson100",
         {STATIC TIMEOUT_3 CHECKED, 100, MEASURED_HANG, .window = SECONDS(20),
          .fault_length = SECONDS(15), .is_poisson = true},
         .failed_502 = {310, 450},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25}},
        {"hang-t2-failontimeout-retry10",
         {STATIC CHECKED ", 'timeout': '2s', 'failontimeout': true, 'retry': '10s'", 200,
          MEASURED_HANG, .window = SECONDS(20), .fault_length = SECONDS(15)},
         .failed = NEAR(201, 6),
         .leaves = NEAR(2.06, 0.15),
         .ok_most = {0.8, 1.3}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

/* With dynamic children the process that checks leaves after the incident: measured back after 7.7
 * s, or not within 8 s, where static children take 1.1 s. */
START_TEST(checks_black_out_after_a_hang_with_dynamic_children)
{
    static const Row rows[] = {
        {"hang, 200 requests/s, dynamic children",
         {UPSTREAM TIMEOUT_3 CHECKED, 200, MEASURED_HANG, .window = SECONDS(40),
          .fault_length = SECONDS(15)},
         .failed_502 = {690, 845},
         .slow = NEAR(50, 7.5), /* 5 % + 5 */
         .leaves = {7, 8.35},
         .back = {7.55, 25}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(back_ends_that_answer_errors)
{
    static const Row rows[] = {
        {"app503-default",
         {UPSTREAM, 200, MEASURED_STATUS, .status = 503, .window = SECONDS(7)},
         .failed_503 = NEAR(698, 4),
         .leaves = NEVER},
        {"app500-default",
         {UPSTREAM, 200, MEASURED_STATUS, .status = 500, .window = SECONDS(7)},
         .failed = NEAR(698, 4),
         .leaves = NEVER},
        {"app503-failonstatus",
         {UPSTREAM ", 'failonstatus': '503'", 200, MEASURED_STATUS, .status = 503,
          .window = SECONDS(7)},
         .failed_503 = {1, 4}},
        {"app503-failonstatus-hc",
         {UPSTREAM CHECKED ", 'failonstatus': '503'", 200, MEASURED_WORK, .status = 503,
          .window = SECONDS(7)},
         .failed_503 = NEAR(8, 3)},
        {"drain-by-health-page",
         {UPSTREAM CHECKED, 200, MEASURED_PAGE, .status = 503, .window = SECONDS(12),
          .fault_length = SECONDS(7)},
         .failed = {-1, 0},
         .leaves = {1, 2.35},
         .back = {1, 2.35}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(both_back_ends_killed)
{
    static const Row rows[] = {
        {"both-killed-default",
         {UPSTREAM, 100, MEASURED_KILL, .window = SECONDS(10), .fault_length = SECONDS(7),
          .is_both = true},
         .failed_503 = NEAR(501, 4),
         .last_failed = {6.9, 7.05}},
        {"both-killed-hc",
         {UPSTREAM CHECKED, 100, MEASURED_KILL, .window = SECONDS(12), .fault_length = SECONDS(7),
          .is_both = true},
         .failed_503 = {590, 740},
         .last_failed = {7.9, 9.35}},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("measured_httpd");
    TCase *tests = tcase_create("measured");

    tcase_add_test(tests, a_killed_back_end);
    tcase_add_test(tests, a_host_without_packets);
    tcase_add_test(tests, a_hang_that_fills_httpd);
    tcase_add_test(tests, a_hang_with_a_timeout);
    tcase_add_test(tests, checks_black_out_after_a_hang_with_dynamic_children);
    tcase_add_test(tests, back_ends_that_answer_errors);
    tcase_add_test(tests, both_back_ends_killed);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    return suite;
}
