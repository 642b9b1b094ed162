/* test_balancer.c - how mod_proxy_balancer chooses, against the sequences of its manual and source:
 * "choosing a worker" and "request life cycle and fail-over" in the reference of the front door. */
#include "models/web/balancer.h"

#include <check.h>
#include <string.h>

#include "tests/support/suite.h"

#define MEMBERS_MOST 4
#define RETRY (60 * SIM_S)

typedef struct Bench {
    Balancer balancer;
    BalancerMember members[MEMBERS_MOST];
} Bench;

/* Members with these load factors; ends with 0. */
static void bench_init(Bench *bench, BalancerMethod method, const int *factors)
{
    memset(bench, 0, sizeof *bench);
    bench->balancer = (Balancer){.members = bench->members,
                                 .method = method,
                                 .force_recovery = true,
                                 .hcpasses = 1,
                                 .hcfails = 1};
    while (factors[bench->balancer.count] > 0) {
        bench->members[bench->balancer.count] = (BalancerMember){
            .factor = 100 * factors[bench->balancer.count], .retry = RETRY, .heard = -1};
        bench->balancer.count++;
    }
}

/* The letters of the next `count` picks at `now`; "-" for nobody. */
static const char *bench_picks(Bench *bench, int count, SimTime now)
{
    static char letters[64];

    for (int i = 0; i < count; i++) {
        int picked = balancer_pick(&bench->balancer, now);

        letters[i] = picked < 0 ? '-' : (char)('a' + picked);
    }
    letters[count] = '\0';
    return letters;
}

START_TEST(two_equal_members_take_turns)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    ck_assert_str_eq(bench_picks(&bench, 6, 0), "ababab");
}
END_TEST

START_TEST(a_disabled_member_is_skipped_in_the_turn)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 1, 1, 0});
    bench.members[1].flags.is_disabled = true;
    ck_assert_str_eq(bench_picks(&bench, 6, 0), "acdacd");
}
END_TEST

START_TEST(factors_spread_a_heavy_member_over_the_cycle)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 4, 1, 0});
    ck_assert_str_eq(bench_picks(&bench, 12, 0), "babbcbbabbcb");
}
END_TEST

START_TEST(byrequests_goes_on_sending_to_a_hung_member)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench.members[0].busy = 1000;
    ck_assert_str_eq(bench_picks(&bench, 6, 0), "ababab");
}
END_TEST

/* a never gives back what it got; b gives back at once. */
START_TEST(bybusyness_leaves_a_hung_member)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_BUSYNESS, (int[]){1, 1, 0});
    for (int i = 0; i < 20; i++) {
        int picked = balancer_pick(&bench.balancer, 0);

        ck_assert_int_eq(picked, i == 0 ? 0 : 1);
        bench.members[picked].busy += picked == 0;
    }
}
END_TEST

START_TEST(bybusyness_takes_turns_among_equally_busy)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_BUSYNESS, (int[]){1, 1, 0});
    ck_assert_str_eq(bench_picks(&bench, 4, 0), "abab");
}
END_TEST

START_TEST(bytraffic_takes_the_member_with_the_fewest_bytes_for_its_factor)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_TRAFFIC, (int[]){1, 2, 0});
    ck_assert_str_eq(bench_picks(&bench, 2, 0), "aa"); /* a tie keeps the first, for ever */
    bench.members[0].bytes_out = 100000;
    ck_assert_str_eq(bench_picks(&bench, 1, 0), "b");
    bench.members[1].bytes_in = 150000; /* half of it counts */
    ck_assert_str_eq(bench_picks(&bench, 1, 0), "b");
    bench.members[1].bytes_in = 250000;
    ck_assert_str_eq(bench_picks(&bench, 1, 0), "a");
}
END_TEST

START_TEST(a_member_that_comes_back_gets_no_burst)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench_picks(&bench, 4, 0);
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_picks(&bench, 6, SIM_S), "aaaaaa");
    ck_assert_str_eq(bench_picks(&bench, 6, RETRY + 1), "ababab");
}
END_TEST

/* "now > error_time + retry": not at the very instant. */
START_TEST(an_error_is_forgiven_after_retry)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_mark_error(&bench.balancer, 0, SIM_S);
    ck_assert_str_eq(bench_picks(&bench, 1, SIM_S + RETRY), "b");
    ck_assert(!balancer_is_usable(&bench.members[0]));
    bench_picks(&bench, 1, SIM_S + RETRY + 1);
    ck_assert(balancer_is_usable(&bench.members[0]));
}
END_TEST

START_TEST(a_later_failure_begins_the_retry_time_anew)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_mark_error(&bench.balancer, 0, 0);
    balancer_mark_error(&bench.balancer, 0, 30 * SIM_S);
    ck_assert_str_eq(bench_picks(&bench, 2, RETRY + SIM_S), "bb");
    ck_assert(!balancer_is_usable(&bench.members[0]));
}
END_TEST

START_TEST(nobody_is_picked_when_all_are_out)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_mark_error(&bench.balancer, 0, 0);
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_picks(&bench, 1, SIM_S), "-");
}
END_TEST

START_TEST(recovery_is_forced_when_all_are_in_error)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_mark_error(&bench.balancer, 0, 0);
    balancer_force_recovery(&bench.balancer, SIM_S);
    ck_assert(!balancer_is_usable(&bench.members[0])); /* the other one is well */
    balancer_mark_error(&bench.balancer, 1, 0);
    balancer_force_recovery(&bench.balancer, SIM_S);
    ck_assert(balancer_is_usable(&bench.members[0]));
    ck_assert(balancer_is_usable(&bench.members[1]));
}
END_TEST

START_TEST(recovery_is_not_forced_when_switched_off)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 0});
    bench.balancer.force_recovery = false;
    balancer_mark_error(&bench.balancer, 0, 0);
    balancer_force_recovery(&bench.balancer, SIM_S);
    ck_assert(!balancer_is_usable(&bench.members[0]));
}
END_TEST

/* A member that only checks took out counts as one without an error. */
START_TEST(recovery_is_never_forced_past_health_checks)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_mark_error(&bench.balancer, 0, 0);
    ck_assert(balancer_on_check(&bench.balancer, 1, false, 0));
    balancer_force_recovery(&bench.balancer, SIM_S);
    ck_assert(bench.members[0].in_error);
    ck_assert(bench.members[1].is_failed);
}
END_TEST

START_TEST(retry_does_not_clear_a_failed_check)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    balancer_on_check(&bench.balancer, 0, false, 0);
    ck_assert_str_eq(bench_picks(&bench, 3, 100 * RETRY), "bbb");
    ck_assert(balancer_on_check(&bench.balancer, 0, true, 100 * RETRY));
    ck_assert(balancer_is_usable(&bench.members[0]));
}
END_TEST

START_TEST(a_passed_check_clears_an_error_of_traffic)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench.balancer.hcpasses = 2;
    balancer_mark_error(&bench.balancer, 0, 0);
    ck_assert(!balancer_on_check(&bench.balancer, 0, true, SIM_S));
    ck_assert(balancer_on_check(&bench.balancer, 0, true, 2 * SIM_S));
    ck_assert(balancer_is_usable(&bench.members[0]));
}
END_TEST

/* Measured: three single failures with passes between them took a member out at hcfails=3. */
START_TEST(passes_do_not_reset_the_count_of_failures)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench.balancer.hcfails = 3;
    for (int failure = 1; failure <= 3; failure++) {
        ck_assert(balancer_is_usable(&bench.members[0]));
        ck_assert(balancer_on_check(&bench.balancer, 0, false, failure * SIM_DAY) ==
                  (failure == 3));
        ck_assert(failure == 3 || !balancer_on_check(&bench.balancer, 0, true, failure * SIM_DAY));
    }
    ck_assert(!balancer_is_usable(&bench.members[0]));
}
END_TEST

START_TEST(failures_do_not_reset_the_count_of_passes)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench.balancer.hcpasses = 2;
    balancer_on_check(&bench.balancer, 0, false, 0);
    ck_assert(!balancer_on_check(&bench.balancer, 0, true, SIM_S));
    ck_assert(!balancer_on_check(&bench.balancer, 0, false, 2 * SIM_S));
    ck_assert(balancer_on_check(&bench.balancer, 0, true, 3 * SIM_S));
}
END_TEST

START_TEST(failed_checks_of_a_member_in_error_do_not_add_up)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, (int[]){1, 1, 0});
    bench.balancer.hcfails = 2;
    balancer_mark_error(&bench.balancer, 0, 0);
    for (int i = 0; i < 5; i++) {
        ck_assert(!balancer_on_check(&bench.balancer, 0, false, SIM_S));
    }
    bench_picks(&bench, 1, RETRY + 1);
    ck_assert(balancer_is_usable(&bench.members[0]));
    ck_assert(!balancer_on_check(&bench.balancer, 0, false, RETRY + 2));
    ck_assert(balancer_is_usable(&bench.members[0]));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("balancer");
    TCase *tests = tcase_create("balancer");

    tcase_add_test(tests, two_equal_members_take_turns);
    tcase_add_test(tests, a_disabled_member_is_skipped_in_the_turn);
    tcase_add_test(tests, factors_spread_a_heavy_member_over_the_cycle);
    tcase_add_test(tests, byrequests_goes_on_sending_to_a_hung_member);
    tcase_add_test(tests, bybusyness_leaves_a_hung_member);
    tcase_add_test(tests, bybusyness_takes_turns_among_equally_busy);
    tcase_add_test(tests, bytraffic_takes_the_member_with_the_fewest_bytes_for_its_factor);
    tcase_add_test(tests, a_member_that_comes_back_gets_no_burst);
    tcase_add_test(tests, an_error_is_forgiven_after_retry);
    tcase_add_test(tests, a_later_failure_begins_the_retry_time_anew);
    tcase_add_test(tests, nobody_is_picked_when_all_are_out);
    tcase_add_test(tests, recovery_is_forced_when_all_are_in_error);
    tcase_add_test(tests, recovery_is_not_forced_when_switched_off);
    tcase_add_test(tests, recovery_is_never_forced_past_health_checks);
    tcase_add_test(tests, retry_does_not_clear_a_failed_check);
    tcase_add_test(tests, a_passed_check_clears_an_error_of_traffic);
    tcase_add_test(tests, passes_do_not_reset_the_count_of_failures);
    tcase_add_test(tests, failures_do_not_reset_the_count_of_passes);
    tcase_add_test(tests, failed_checks_of_a_member_in_error_do_not_add_up);
    suite_add_tcase(suite, tests);
    return suite;
}
