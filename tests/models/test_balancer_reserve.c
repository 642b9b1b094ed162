/* test_balancer_reserve.c - states, sets, sessions and heartbeats of mod_proxy_balancer, against
 * the pseudocode of "choosing a worker", "sticky sessions" and "worker state flags" in the
 * reference of the front door (proxy_util.c and mod_proxy_balancer.c as read). */
#include <check.h>
#include <string.h>

#include "models/web/balancer.h"
#include "tests/support/suite.h"

#define MEMBERS_MOST 6
#define RETRY (60 * SIM_S)

typedef struct Bench {
    Balancer balancer;
    BalancerMember members[MEMBERS_MOST];
    Rng rng;
} Bench;

/* One member for each word: its status letters ("" for none). */
static void bench_init(Bench *bench, BalancerMethod method, const char *const *words)
{
    memset(bench, 0, sizeof *bench);
    rng_init(&bench->rng, 7, "heartbeat");
    bench->balancer = (Balancer){.members = bench->members,
                                 .method = method,
                                 .force_recovery = true,
                                 .hcpasses = 1,
                                 .hcfails = 1,
                                 .rng = &bench->rng};
    for (; words[bench->balancer.count] != NULL; bench->balancer.count++) {
        BalancerMember *member = &bench->members[bench->balancer.count];

        *member = (BalancerMember){.factor = 100, .retry = RETRY, .heard = -1};
        ck_assert(balancer_read_flags(words[bench->balancer.count], &member->flags));
    }
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char letter(int picked)
{
    return picked < 0 ? (picked == BALANCER_NO_FAILOVER ? '!' : '-') : (char)('a' + picked);
}

/* The letters of the next `count` choices of requests of `route`. */
static const char *bench_choices(Bench *bench, const char *route, int count, SimTime now)
{
    static char letters[64];

    for (int i = 0; i < count; i++) {
        letters[i] = letter(balancer_choose(&bench->balancer, route, now));
    }
    letters[count] = '\0';
    return letters;
}

static const char *bench_picks(Bench *bench, int count)
{
    return bench_choices(bench, NULL, count, 0);
}

/* --- states and flags ---------------------------------------------------------------------------
 */

START_TEST(disabled_and_stopped_members_take_nothing)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", "D", "S", ""));
    ck_assert_str_eq(bench_picks(&bench, 6), "adadad");
}
END_TEST

START_TEST(an_error_of_a_stopped_member_is_not_forgiven)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("S", ""));
    balancer_mark_error(&bench.balancer, 0, 0);
    bench_choices(&bench, NULL, 3, 10 * RETRY);
    ck_assert(bench.members[0].in_error);
}
END_TEST

START_TEST(a_member_that_ignores_errors_is_never_in_error)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("I", ""));
    ck_assert(!balancer_mark_error(&bench.balancer, 0, 0));
    ck_assert_str_eq(bench_picks(&bench, 4), "abab");
}
END_TEST

START_TEST(a_draining_member_takes_its_sessions_only)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("N", ""));
    bench.members[0].route = "one";
    ck_assert_str_eq(bench_picks(&bench, 4), "bbbb");
    ck_assert_str_eq(bench_choices(&bench, "one", 4, 0), "aaaa");
}
END_TEST

START_TEST(status_letters_are_set_and_cleared)
{
    MemberFlags flags = {0};

    ck_assert(balancer_read_flags("D+H-D+I", &flags));
    ck_assert(!flags.is_disabled && flags.is_standby && flags.ignores_errors);
    ck_assert(balancer_read_flags("-h-isNr", &flags)); /* a sign holds until the next */
    ck_assert(!flags.is_standby && !flags.ignores_errors && !flags.is_stopped);
    ck_assert(!balancer_read_flags("D?", &flags));
    ck_assert(!balancer_read_flags("E", &(MemberFlags){0})); /* not by hand, here */
}
END_TEST

/* --- standbys and spares ------------------------------------------------------------------------
 */

START_TEST(a_standby_works_only_when_nobody_else_can)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", "", "H"));
    ck_assert_str_eq(bench_picks(&bench, 4), "abab");
    balancer_mark_error(&bench.balancer, 0, 0);
    ck_assert_str_eq(bench_picks(&bench, 3), "bbb");
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_picks(&bench, 3), "ccc");
}
END_TEST

/* One spare for each member that cannot, in configuration order. */
START_TEST(spares_replace_as_many_as_cannot)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", "", "R", "R"));
    ck_assert_str_eq(bench_picks(&bench, 4), "abab");
    balancer_mark_error(&bench.balancer, 0, 0);
    ck_assert_ptr_nonnull(strchr(bench_picks(&bench, 4), 'c'));
    ck_assert_ptr_null(strchr(bench_picks(&bench, 4), 'd'));
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_ptr_nonnull(strchr(bench_picks(&bench, 4), 'd'));
}
END_TEST

START_TEST(a_draining_member_is_replaced_by_a_spare)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("N", "", "R"));
    ck_assert_ptr_nonnull(strchr(bench_picks(&bench, 4), 'c'));
    ck_assert_ptr_null(strchr(bench_picks(&bench, 4), 'a'));
}
END_TEST

START_TEST(spares_come_before_standbys)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", "H", "R"));
    balancer_mark_error(&bench.balancer, 0, 0);
    ck_assert_str_eq(bench_picks(&bench, 4), "cccc");
    balancer_mark_error(&bench.balancer, 2, 0);
    ck_assert_str_eq(bench_picks(&bench, 4), "bbbb");
}
END_TEST

/* --- sets ---------------------------------------------------------------------------------------
 */

START_TEST(a_higher_set_works_when_the_lower_has_nobody)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", "", "", ""));
    bench.members[2].set = 1;
    bench.members[3].set = 7;
    ck_assert_str_eq(bench_picks(&bench, 4), "abab");
    balancer_mark_error(&bench.balancer, 0, 0);
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_picks(&bench, 3), "ccc");
    balancer_mark_error(&bench.balancer, 2, 0);
    ck_assert_str_eq(bench_picks(&bench, 3), "ddd");
}
END_TEST

START_TEST(standbys_of_a_set_come_before_the_next_set)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("D", "H", ""));
    bench.members[2].set = 1;
    ck_assert_str_eq(bench_picks(&bench, 3), "bbb");
    bench.members[1].flags.is_disabled = true;
    ck_assert_str_eq(bench_picks(&bench, 3), "ccc");
}
END_TEST

/* Nobody of a higher set is looked at while the lower one has somebody: its error stays. */
START_TEST(errors_in_a_higher_set_wait_until_it_is_asked)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("", ""));
    bench.members[1].set = 1;
    balancer_mark_error(&bench.balancer, 1, 0);
    bench_choices(&bench, NULL, 3, 2 * RETRY);
    ck_assert(bench.members[1].in_error);
}
END_TEST

/* --- sessions -----------------------------------------------------------------------------------
 */

static void bench_routes(Bench *bench)
{
    static const char *const routes[] = {"one", "two", "three"};

    bench_init(bench, BALANCER_BY_REQUESTS, WORDS("", "", ""));
    for (int i = 0; i < 3; i++) {
        bench->members[i].route = routes[i];
    }
}

START_TEST(sessions_go_to_their_member)
{
    Bench bench;

    bench_routes(&bench);
    ck_assert_str_eq(bench_choices(&bench, "two", 5, 0), "bbbbb");
    ck_assert_str_eq(bench_choices(&bench, "nobody's", 3, 0), "aca"); /* by the method */
}
END_TEST

/* "Sticky requests therefore also shift the schedule of non-sticky ones." */
START_TEST(sessions_shift_the_turns_of_the_others)
{
    Bench bench;

    bench_routes(&bench);
    ck_assert_str_eq(bench_choices(&bench, "one", 2, 0), "aa");
    ck_assert_str_eq(bench_picks(&bench, 4), "bcbc");
    ck_assert_str_eq(bench_picks(&bench, 1), "a");
}
END_TEST

START_TEST(a_session_whose_member_is_out_goes_on_elsewhere)
{
    Bench bench;

    bench_routes(&bench);
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_choices(&bench, "two", 2, SIM_S), "ac");
    ck_assert_str_eq(bench_choices(&bench, "two", 2, RETRY + 1), "bb");
}
END_TEST

START_TEST(nofailover_refuses_sessions_of_members_that_are_out)
{
    Bench bench;

    bench_routes(&bench);
    bench.balancer.no_failover = true;
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_choices(&bench, "two", 2, SIM_S), "!!");
    ck_assert_str_eq(bench_choices(&bench, "elsewhere", 1, SIM_S), "a"); /* of no member here */
    ck_assert_str_eq(bench_choices(&bench, "two", 1, RETRY + 1), "b");
}
END_TEST

START_TEST(redirections_are_followed_and_end_in_a_circle)
{
    Bench bench;

    bench_routes(&bench);
    bench.members[0].redirect = "two";
    bench.members[1].redirect = "three";
    bench.members[2].redirect = "one";
    bench.members[0].flags.is_disabled = true;
    ck_assert_str_eq(bench_choices(&bench, "one", 2, 0), "bb");
    bench.members[1].flags.is_disabled = true;
    ck_assert_str_eq(bench_choices(&bench, "one", 2, 0), "cc");
    bench.members[2].flags.is_disabled = true;
    ck_assert_str_eq(bench_choices(&bench, "one", 1, 0), "-");
}
END_TEST

START_TEST(a_standby_of_the_same_route_takes_the_sessions)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_REQUESTS, WORDS("H", "", ""));
    bench.members[0].route = "one";
    bench.members[1].route = "one";
    ck_assert_str_eq(bench_choices(&bench, "one", 2, 0), "bb");
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_choices(&bench, "one", 2, 0), "aa");
}
END_TEST

/* --- heartbeats ---------------------------------------------------------------------------------
 */

/* How many of `count` choices each member got. */
static void bench_shares(Bench *bench, int count, SimTime now, int *shares)
{
    for (int i = 0; i < count; i++) {
        int picked = balancer_pick(&bench->balancer, now);

        if (picked >= 0) {
            shares[picked]++;
        }
    }
}

START_TEST(heartbeat_draws_in_proportion_to_ready_slots)
{
    Bench bench;
    int shares[3] = {0};

    bench_init(&bench, BALANCER_BY_HEARTBEAT, WORDS("", "", ""));
    balancer_on_heartbeat(&bench.balancer, 0, 1, 30, 0);
    balancer_on_heartbeat(&bench.balancer, 1, 5, 10, 0);
    balancer_on_heartbeat(&bench.balancer, 2, 9, 0, 0);
    bench_shares(&bench, 4000, SIM_S, shares);
    ck_assert_int_ge(shares[0], 2900); /* 3000, standard deviation 27 */
    ck_assert_int_le(shares[0], 3100);
    ck_assert_int_eq(shares[0] + shares[1], 4000);
}
END_TEST

/* "if busy == 0 and ready > 0: ready = ready / 4". */
START_TEST(a_member_that_has_just_come_counts_a_quarter)
{
    Bench bench;
    int shares[2] = {0};

    bench_init(&bench, BALANCER_BY_HEARTBEAT, WORDS("", ""));
    balancer_on_heartbeat(&bench.balancer, 0, 0, 40, 0);
    balancer_on_heartbeat(&bench.balancer, 1, 1, 10, 0);
    bench_shares(&bench, 4000, SIM_S, shares);
    ck_assert_int_ge(shares[0], 1880); /* 2000, standard deviation 32 */
    ck_assert_int_le(shares[0], 2120);
}
END_TEST

START_TEST(a_heartbeat_older_than_10_s_does_not_count)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_HEARTBEAT, WORDS("", ""));
    ck_assert_str_eq(bench_picks(&bench, 1), "-"); /* none was heard yet */
    balancer_on_heartbeat(&bench.balancer, 0, 1, 8, 0);
    balancer_on_heartbeat(&bench.balancer, 1, 1, 8, 5 * SIM_S);
    ck_assert_str_eq(bench_choices(&bench, NULL, 4, 10 * SIM_S), "bbbb");
    ck_assert_str_eq(bench_choices(&bench, NULL, 1, 15 * SIM_S), "-");
}
END_TEST

START_TEST(heartbeat_leaves_out_who_is_unusable)
{
    Bench bench;

    bench_init(&bench, BALANCER_BY_HEARTBEAT, WORDS("D", ""));
    balancer_on_heartbeat(&bench.balancer, 0, 1, 8, 0);
    balancer_on_heartbeat(&bench.balancer, 1, 1, 8, 0);
    ck_assert_str_eq(bench_picks(&bench, 4), "bbbb");
    balancer_mark_error(&bench.balancer, 1, 0);
    ck_assert_str_eq(bench_picks(&bench, 1), "-");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("balancer_reserve");
    TCase *tests = tcase_create("reserve");

    tcase_add_test(tests, disabled_and_stopped_members_take_nothing);
    tcase_add_test(tests, an_error_of_a_stopped_member_is_not_forgiven);
    tcase_add_test(tests, a_member_that_ignores_errors_is_never_in_error);
    tcase_add_test(tests, a_draining_member_takes_its_sessions_only);
    tcase_add_test(tests, status_letters_are_set_and_cleared);
    tcase_add_test(tests, a_standby_works_only_when_nobody_else_can);
    tcase_add_test(tests, spares_replace_as_many_as_cannot);
    tcase_add_test(tests, a_draining_member_is_replaced_by_a_spare);
    tcase_add_test(tests, spares_come_before_standbys);
    tcase_add_test(tests, a_higher_set_works_when_the_lower_has_nobody);
    tcase_add_test(tests, standbys_of_a_set_come_before_the_next_set);
    tcase_add_test(tests, errors_in_a_higher_set_wait_until_it_is_asked);
    tcase_add_test(tests, sessions_go_to_their_member);
    tcase_add_test(tests, sessions_shift_the_turns_of_the_others);
    tcase_add_test(tests, a_session_whose_member_is_out_goes_on_elsewhere);
    tcase_add_test(tests, nofailover_refuses_sessions_of_members_that_are_out);
    tcase_add_test(tests, redirections_are_followed_and_end_in_a_circle);
    tcase_add_test(tests, a_standby_of_the_same_route_takes_the_sessions);
    tcase_add_test(tests, heartbeat_draws_in_proportion_to_ready_slots);
    tcase_add_test(tests, a_member_that_has_just_come_counts_a_quarter);
    tcase_add_test(tests, a_heartbeat_older_than_10_s_does_not_count);
    tcase_add_test(tests, heartbeat_leaves_out_who_is_unusable);
    suite_add_tcase(suite, tests);
    return suite;
}
