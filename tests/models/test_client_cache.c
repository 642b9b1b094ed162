/* test_client_cache.c - how long programs keep addresses, and that there are none. */
#include "models/parts/client_cache.h"
#include "tests/support/suite.h"

START_TEST(each_cache_policy_keeps_an_answer_as_long_as_it_should)
{
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_NONE, 5, SIM_S), 5);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_HONOURS, 5, SIM_S), 5 + SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_BROWSER, 5, 300 * SIM_S), 5 + 60 * SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_BROWSER_OWN, 5, 300 * SIM_S),
                     5 + 300 * SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_BROWSER_OWN, 5, SIM_S), 5 + 60 * SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_JVM, 5, SIM_S), 5 + 30 * SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_FOREVER, 5, SIM_S), SIM_NEVER);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_WINDOWS, 5, SIM_S), 5 + SIM_S);
    ck_assert_int_eq(client_cache_expiry(CLIENT_CACHE_WINDOWS, 5, 48 * SIM_HOUR),
                     5 + 24 * SIM_HOUR);
}
END_TEST

START_TEST(java_and_windows_remember_that_there_is_no_answer)
{
    ck_assert_int_eq(client_cache_negative_expiry(CLIENT_CACHE_HONOURS, 5, SIM_HOUR), 5);
    ck_assert_int_eq(client_cache_negative_expiry(CLIENT_CACHE_JVM, 5, SIM_HOUR), 5 + 10 * SIM_S);
    ck_assert_int_eq(client_cache_negative_expiry(CLIENT_CACHE_WINDOWS, 5, SIM_S), 5 + SIM_S);
    ck_assert_int_eq(client_cache_negative_expiry(CLIENT_CACHE_WINDOWS, 5, SIM_HOUR),
                     5 + 900 * SIM_S);
}
END_TEST

START_TEST(a_client_cache_holds_an_answer_until_it_expires)
{
    ClientCache cache = {0};

    ck_assert(!client_cache_holds(&cache, 0));
    cache = (ClientCache){.expires = SIM_S, .count = 1, .addresses = {1}};
    ck_assert(client_cache_holds(&cache, SIM_S - 1) && !client_cache_holds(&cache, SIM_S));
    cache.count = 0;
    ck_assert(!client_cache_holds(&cache, 0));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("client_cache");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, each_cache_policy_keeps_an_answer_as_long_as_it_should);
    tcase_add_test(tcase, java_and_windows_remember_that_there_is_no_answer);
    tcase_add_test(tcase, a_client_cache_holds_an_answer_until_it_expires);
    suite_add_tcase(suite, tcase);
    return suite;
}
