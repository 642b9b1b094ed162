/* test_measured_httpd.c - what was measured on a real httpd 2.4.71 (event MPM, mod_proxy_balancer,
 * mod_proxy_hcheck) with two back ends of 10 ms, simulated from the descriptions of the runs;
 * ranges are the measured values with the tolerances given beside them, or the formula that fits
 * them where the phase of the checks decides. Cases with checks or children that come and go run
 * with three phases; the others have none. All of it is printed: measured range, simulated, and
 * whether it lies within. What is not met stands in `unmet` with its reason and a range of its own,
 * which the simulated value must not leave either way; what is not listed there must be met.
 *
 * Not asked, and why: Undertow as back end: what a balancer sees of its kill, its end without a
 * drain and its hang is what it sees of any process (2 and 369 failed lie in the ranges here); how
 * long its JVM starts, and what its graceful handler does with a connection that is open, is not
 * told. A link that is down instead of one that drops: told to be the same within a request. Four
 * kills that differ from those here in the interval of the checks only. */
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
    Range failed, failed_502, failed_503, cut, slow, failovers; /* requests */
    Range leaves, returns, full, last_failed, failed_most, ok_p49, ok_median, ok_most; /* seconds */
    Range back;        /* seconds after the fault's end */
    Range failed_mean; /* requests, mean of all phases */
    bool has_phase;    /* of its checks, its children or its arrivals against the fault */
} Row;

#define PHASES 3

/* What was measured and is not met, and where what is simulated lies instead. */
static const struct {
    const char *name, *what;
    Range simulated;
    const char *why;
} unmet[] = {
    {"kill-retry0",
     "repeated elsewhere",
     {1390, 1401},
     "each request is refused once and repeated; httpd compares whole microseconds and strictly, "
     "so "
     "that a member whose error and second look fall into one stays out for the next request: 139 "
     "times in 1400, if the few hundred instructions between take 0.9 us; they take none here"},
    {"drop-default",
     "longest",
     {51.2, 51.4},
     "a question over a pooled connection, sent for the tenth time: 256 times the RTO, 200.3 ms "
     "here; 56.8 s is 256 times 222 ms, for the round trip that Linux adds to its 200 ms has the "
     "service in it when the answer carries the acknowledgement"},
    {"hang-default-400",
     "median",
     {16.9, 17.2},
     "six requests of 3000 decide: 49.8 % are answered by the SYN at 11 s, as measured, the next "
     "ones "
     "waited in the queue"},
    {"hang, 200 requests/s, dynamic children",
     "answered late",
     {280, 350},
     "as many as 1, 2, 4 children a second leave waiting; about 50 were measured in one run, of "
     "which it is not told how many children it began with"},
};

static int find_unmet(const Row *row, const char *what)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unmet); i++) {
        if (strcmp(unmet[i].name, row->name) == 0 && strcmp(unmet[i].what, what) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_within(double value, Range range)
{
    return value >= range.least && value <= range.most;
}

static void hold(const Row *row, const char *what, double value, Range range)
{
    bool is_met = is_within(value, range);
    int index = find_unmet(row, what);

    if (range.least == 0 && range.most == 0) {
        return;
    }
    printf("# %s | %s | %g to %g | %g | %s%s\n", row->name, what, range.least, range.most, value,
           is_met ? "within" : "outside: ", !is_met && index >= 0 ? unmet[index].why : "");
    if (index < 0) {
        ck_assert_msg(is_met, "%s: %s is %g, not %g to %g", row->name, what, value, range.least,
                      range.most);
        return;
    }
    ck_assert_msg(!is_met, "%s: %s is %g now, as measured: take it off the list", row->name, what,
                  value);
    ck_assert_msg(is_within(value, unmet[index].simulated), "%s: %s is %g, no more %g to %g",
                  row->name, what, value, unmet[index].simulated.least,
                  unmet[index].simulated.most);
}

/* -1: never. */
static double seconds(SimTime time)
{
    return time == SIM_NEVER ? -1.0 : (double)time / 1e9;
}

static guint hold_row(const Row *row, uint64_t seed)
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
    hold(row, "49 of 100 within", sim_span_to_s(run.ok_p49), row->ok_p49);
    hold(row, "median", seconds(run.ok_median), row->ok_median);
    hold(row, "longest", seconds(run.ok_most), row->ok_most);
    hold(row, "checked in again after", seconds(run.back) - seconds(end), row->back);
    return run.failed;
}

static void hold_rows(const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t phases = rows[i].has_phase ? PHASES : 1;
        guint failed = 0;

        for (uint64_t seed = 1; seed <= phases; seed++) {
            failed += hold_row(&rows[i], seed);
        }
        hold(&rows[i], "failed, mean", (double)failed / (double)phases, rows[i].failed_mean);
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
         .back = {0, 30.3},
         .has_phase = true},
        {"kill-get-5",
         {UPSTREAM ", 'hcmethod': 'GET', 'hcinterval': '5s'", 200, MEASURED_KILL,
          .window = SECONDS(20), .fault_length = SECONDS(7)},
         .failed = {-1, 5},
         .back = {0, 5.25},
         .has_phase = true},
        {"kill-hc-i1-f2-p2-poisson300",
         {STATIC CHECKED TIMES, 300, MEASURED_KILL, .window = SECONDS(12),
          .fault_length = SECONDS(7), .is_poisson = true},
         .failed = {-1, 6},
         .back = {1, 2.35},
         .has_phase = true},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

/* Failed: as many as connections to the dead host, idle or in use, each of which answers 502 after
 * 3 s. Which children the second to fourth case had is not told; four for good, as the fifth has,
 * hold the 4 or 5 connections that 100 requests/s one after the other explain, two would hold 2 or
 * 3 (measured 5, 5 and 4). */
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
         {STATIC TIMES, 100, MEASURED_DROP, .window = SECONDS(6), .fault_length = SECONDS(6)},
         .failed = {4, 5},
         .failed_502 = {4, 5},
         .failed_most = NEAR(3.0, 0.1),
         .slow = NEAR(47, 4),
         .leaves = NEAR(1.1, 0.15)},
        {"drop-conn1-t3-retry5",
         {STATIC TIMES ", 'retry': '5s'", 100, MEASURED_DROP, .window = SECONDS(25),
          .fault_length = SECONDS(15)},
         .failed = {4, 5},
         .slow = NEAR(146, 7)},
        {"drop-conn1-t3-hc",
         {STATIC TIMES CHECKED, 100, MEASURED_DROP, .window = SECONDS(20),
          .fault_length = SECONDS(15)},
         .failed = {4, 5},
         .slow = NEAR(49, 4),
         .back = {1, 4.3},
         .has_phase = true},
        {"drop-conn1-t3-hc-poisson300",
         {STATIC TIMES CHECKED, 300, MEASURED_DROP, .lead = SECONDS(20), .window = SECONDS(20),
          .fault_length = SECONDS(15), .is_poisson = true},
         .failed_mean = NEAR(14.4, 2.0), /* 5 runs, deviation 0.9: 3 x 0.9 x sqrt(1/5 + 1/3) */
         .slow = {130, 175},             /* mean 150, Poisson */
         .leaves = NEAR(1.1, 0.15),
         .back = {1, 4.3},
         .has_phase = true},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(a_hang_that_fills_httpd)
{
    static const Row rows[] = {
        {"hang-default-400",
         {UPSTREAM, 100, MEASURED_HANG, .window = SECONDS(30), .fault_length = SECONDS(30)},
         .failed = {-1, 0},
         .full = NEAR(8.1, 0.15),
         .ok_p49 = NEAR(11.45, 0.45),
         .ok_median = NEAR(11.45, 0.45),
         .ok_most = NEAR(30.0, 0.15),
         .leaves = NEVER},
        {"hang-default-150",
         {DEBIAN, 100, MEASURED_HANG, .window = SECONDS(20), .fault_length = SECONDS(20),
          .workers = 150},
         .failed = {-1, 0},
         .full = NEAR(3.0, 0.15),
         .ok_median = NEAR(11.25, 0.34),
         .ok_most = NEAR(20.0, 0.15),
         .leaves = NEVER},
        {"hang-150-t5",
         {DEBIAN ", 'timeout': '5s'", 100, MEASURED_HANG, .window = SECONDS(20),
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
         .leaves = NEVER,
         .has_phase = true},
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
         {STATIC TIMEOUT_3 CHECKED, 50, MEASURED_HANG, .window = SECONDS(18),
          .fault_length = SECONDS(15)},
         .failed_502 = {170, 212},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25},
         .has_phase = true},
        {"hang-t3-hcGET, 200 requests/s",
         {STATIC TIMEOUT_3 CHECKED, 200, MEASURED_HANG, .window = SECONDS(18),
          .fault_length = SECONDS(15)},
         .failed_502 = {690, 845},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25},
         .has_phase = true},
        {"hang-t3-hcGET-i1-f2-poisson100",
         {STATIC TIMEOUT_3 CHECKED, 100, MEASURED_HANG, .window = SECONDS(18),
          .fault_length = SECONDS(15), .is_poisson = true},
         .failed_502 = {310, 450},
         .leaves = {7, 8.35},
         .back = {0.9, 2.25},
         .has_phase = true},
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
         .back = {7.55, 25},
         .has_phase = true},
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
         .failed_503 = NEAR(8, 3),
         .has_phase = true},
        {"drain-by-health-page",
         {UPSTREAM CHECKED, 200, MEASURED_PAGE, .status = 503, .window = SECONDS(12),
          .fault_length = SECONDS(7)},
         .failed = {-1, 0},
         .leaves = {1, 2.35},
         .back = {1, 2.35},
         .has_phase = true},
        {"both health pages 503, for 4 s", /* measured: 410 in 4.1 s, how long is not told */
         {UPSTREAM CHECKED, 100, MEASURED_PAGE, .status = 503, .window = SECONDS(10),
          .fault_length = SECONDS(4), .is_both = true, .is_at_once = true},
         .failed_503 = {290, 510}, /* 4 s, less U(0, 1) + 1 s and more by the same */
         .leaves = {1, 2.35},
         .last_failed = {5, 6.35},
         .failed_most = NEAR(0.04, 0.03),
         .has_phase = true},
    };

    hold_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

/* Failures need not be consecutive: three single ones, 5 s apart, with four passes between, took a
 * member out with hcfails=3. */
START_TEST(isolated_failures_take_a_member_out)
{
    g_auto(Bed) bed = bed_new(1, STATIC ", 'hcmethod': 'GET', 'hcinterval': '1s', 'hcfails': 3");

    for (uint64_t failure = 1; failure <= 3; failure++) {
        rig_run(bed.rig, 5 * SIM_S);
        ck_assert_int_eq(bed_noted_at(&bed, "httpd.member-out"), SIM_NEVER);
        bed.a->answer.code = 503;
        while (rig_counter(bed.rig, HTTPD, "checks_failed") < failure) {
            rig_run(bed.rig, 10 * SIM_MS);
        }
        bed.a->answer.code = 200;
    }
    ck_assert_int_ne(bed_noted_at(&bed, "httpd.member-out"), SIM_NEVER);
    printf("# isolated-failures-hcfails3 | left at failure | 3 to 3 | 3 | within\n");
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
         .last_failed = {7.9, 9.35},
         .has_phase = true},
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
    tcase_add_test(tests, isolated_failures_take_a_member_out);
    tcase_add_test(tests, both_back_ends_killed);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    return suite;
}
