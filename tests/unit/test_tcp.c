/* test_tcp.c - the times of TCP against the tables of "what a request costs", "connect phase" and
 * "established connections" in the network reference. */
#include "sim/world/tcp.h"

#include <check.h>

#include "tests/support/suite.h"

/* "answer size up to 14.6 kB, 43.8 kB, 102 kB, 219 kB, 453 kB, 920 kB: rounds 1 to 6". */
START_TEST(rounds_of_slow_start_are_as_published)
{
    static const uint64_t most[] = {14600, 43800, 102200, 219000, 452600, 919800};

    for (uint32_t i = 0; i < G_N_ELEMENTS(most); i++) {
        ck_assert_uint_eq(tcp_rounds(most[i]), i + 1);
        ck_assert_uint_eq(tcp_rounds(most[i] + 1), i + 2);
    }
    ck_assert_uint_eq(tcp_rounds(0), 1);
}
END_TEST

START_TEST(slow_start_adds_a_round_trip_for_each_further_round)
{
    ck_assert_int_eq(tcp_slow_start(14600, 100 * SIM_MS, 0.5), 0);
    ck_assert_int_eq(tcp_slow_start(14601, 100 * SIM_MS, 0), 100 * SIM_MS);
    ck_assert_int_eq(tcp_slow_start(219000, 280 * SIM_MS, 0), 840 * SIM_MS);
}
END_TEST

/* Mathis et al.: 1.22 x MSS / (RTT x sqrt(p)): 1 MB at 100 ms and 1 % takes 5.6 s. */
START_TEST(loss_bounds_the_rate_of_a_long_transfer)
{
    ck_assert_int_eq(tcp_slow_start(1000000, 100 * SIM_MS, 0.01) / (10 * SIM_MS), 561);
    ck_assert_int_eq(tcp_slow_start(20000, 100 * SIM_MS, 0.0001), 100 * SIM_MS);
}
END_TEST

/* By hand, for round trips of a LAN, a region and an ocean: RTT + 200 ms, the same again from the
 * probe, then doubling; several segments are probed after 2 RTT + 2 ms unless the RTO comes first.
 */
START_TEST(a_segment_is_sent_again_after_the_round_trip_and_200_ms)
{
    static const struct {
        SimSpan round_trip;
        int64_t one_us[5], several_us[3]; /* waits */
    } rows[] = {
        {300 * SIM_US, {200300, 200300, 400600, 801200, 1602400}, {2600, 200300, 400600}},
        {20 * SIM_MS, {220000, 220000, 440000, 880000, 1760000}, {42000, 220000, 440000}},
        {100 * SIM_MS, {300000, 300000, 600000, 1200000, 2400000}, {202000, 300000, 600000}},
        {198 * SIM_MS, {398000, 398000, 796000, 1592000, 3184000}, {398000, 398000, 796000}},
        {250 * SIM_MS, {450000, 450000, 900000, 1800000, 3600000}, {450000, 450000, 900000}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (uint32_t index = 0; index < 5; index++) {
            ck_assert_int_eq(tcp_retransmit_wait(rows[i].round_trip, 1460, index),
                             rows[i].one_us[index] * SIM_US);
        }
        for (uint32_t index = 0; index < 3; index++) {
            ck_assert_int_eq(tcp_retransmit_wait(rows[i].round_trip, 1461, index),
                             rows[i].several_us[index] * SIM_US);
        }
    }
}
END_TEST

/* 300 ms x 2^8 = 76.8 s, then 120 s each; a round trip beyond that waits no longer either. */
START_TEST(no_retransmission_waits_for_more_than_two_minutes)
{
    ck_assert_int_eq(tcp_retransmit_wait(100 * SIM_MS, 0, 9), 76800 * SIM_MS);
    for (uint32_t index = 10; index < 100; index++) {
        ck_assert_int_eq(tcp_retransmit_wait(100 * SIM_MS, 0, index), 120 * SIM_S);
    }
    ck_assert_int_eq(tcp_retransmit_wait(10 * SIM_MIN, 0, 0), 120 * SIM_S);
    ck_assert_int_eq(tcp_retransmit_wait(0, 0, 0), 200 * SIM_MS);
}
END_TEST

START_TEST(syns_leave_as_each_kernel_sends_them)
{
    static const struct {
        TcpStack stack;
        int64_t at_s[12]; /* ends with 0 */
        int64_t end_s;
    } rows[] = {
        {TCP_LINUX, {1, 3, 7, 15, 31, 63}, 127},
        {TCP_LINUX_6_5, {1, 2, 3, 4, 5, 7, 11, 19, 35, 67}, 131},
        {TCP_WINDOWS, {1, 3}, 7},
        {TCP_WINDOWS_OLD, {3, 9}, 21},
        {TCP_APPLE, {1, 2, 3, 4, 5, 7, 11, 19, 35, 67}, 75},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint32_t index = 0;

        ck_assert_int_eq(tcp_syn_time(rows[i].stack, 0), 0);
        while (rows[i].at_s[index] != 0) {
            ck_assert_int_eq(tcp_syn_time(rows[i].stack, index + 1), rows[i].at_s[index] * SIM_S);
            index++;
        }
        ck_assert_int_eq(tcp_syn_time(rows[i].stack, index + 1), SIM_NEVER);
        ck_assert_int_eq(tcp_syn_end(rows[i].stack), rows[i].end_s * SIM_S);
    }
}
END_TEST

START_TEST(the_keepalive_table_is_sound)
{
    DiagList *diags = diag_list_new(NULL, NULL);

    ck_assert_uint_eq(field_check_table(tcp_keepalive_fields, diags), 0);
    diag_list_free(diags);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tests = tcase_create("times");

    tcase_add_test(tests, rounds_of_slow_start_are_as_published);
    tcase_add_test(tests, slow_start_adds_a_round_trip_for_each_further_round);
    tcase_add_test(tests, loss_bounds_the_rate_of_a_long_transfer);
    tcase_add_test(tests, a_segment_is_sent_again_after_the_round_trip_and_200_ms);
    tcase_add_test(tests, no_retransmission_waits_for_more_than_two_minutes);
    tcase_add_test(tests, syns_leave_as_each_kernel_sends_them);
    tcase_add_test(tests, the_keepalive_table_is_sound);
    suite_add_tcase(suite, tests);
    return suite;
}
