/* test_rng.c - the generator's known answers, and streams that do not know each other. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/suite.h"

/* The first outputs from the state 1, 2, 3, 4, as the authors' program prints them. */
START_TEST(the_generator_gives_the_known_answers)
{
    static const uint64_t known[] = {UINT64_C(41943041),
                                     UINT64_C(58720359),
                                     UINT64_C(3588806011781223),
                                     UINT64_C(3591011842654386),
                                     UINT64_C(9228616714210784205),
                                     UINT64_C(9973669472204895162),
                                     UINT64_C(14011001112246962877),
                                     UINT64_C(12406186145184390807),
                                     UINT64_C(15849039046786891736),
                                     UINT64_C(10450023813501588000)};
    Rng rng = {{1, 2, 3, 4}};

    for (size_t i = 0; i < 10; i++) {
        ck_assert_uint_eq(rng_next(&rng), known[i]);
    }
}
END_TEST

/* splitmix64 from the seed 1234567 is 6457827717110365317, 3203168211198807973, ... */
START_TEST(gsl_seeds_by_splitmix64)
{
    gsl_rng *generator = gsl_rng_alloc(rng_gsl_type());
    Rng twin = {{UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                 UINT64_C(9817491932198370423), UINT64_C(4593380528125082431)}};

    gsl_rng_set(generator, 1234567);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(gsl_rng_get(generator), rng_next(&twin));
    }
    ck_assert_double_eq(gsl_rng_uniform(generator), rng_uniform(&twin));
    gsl_rng_free(generator);
}
END_TEST

START_TEST(names_hash_by_fnv_1a)
{
    ck_assert_uint_eq(rng_hash(""), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(rng_hash("a"), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(rng_hash("foobar"), UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(a_stream_has_the_state_it_always_had)
{
    Rng rng;

    rng_init(&rng, 1, "clients@DC03/arrival");
    ck_assert_msg(rng.state[0] == UINT64_C(0xa2e34321df9e2442) &&
                      rng_next(&rng) == UINT64_C(0x97d1146e2ad921a4),
                  "state 0x%016lx", (unsigned long)rng.state[0]);
}
END_TEST

START_TEST(seed_and_name_both_make_the_stream)
{
    Rng first;
    Rng again;
    Rng other_seed;
    Rng other_name;

    rng_init(&first, 1, "a/b");
    rng_init(&again, 1, "a/b");
    rng_init(&other_seed, 2, "a/b");
    rng_init(&other_name, 1, "a/c");
    ck_assert_mem_eq(&first, &again, sizeof(Rng));
    ck_assert_mem_ne(&first, &other_seed, sizeof(Rng));
    ck_assert_mem_ne(&first, &other_name, sizeof(Rng));
}
END_TEST

START_TEST(replications_have_seeds_of_their_own)
{
    uint64_t seeds[2000];
    size_t equal = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        seeds[i] = rng_replication_seed(7, i);
        seeds[1000 + i] = rng_replication_seed(8, i);
    }
    ck_assert_uint_eq(seeds[0], 7);
    for (size_t i = 0; i < 2000; i++) {
        for (size_t j = 0; j < i; j++) {
            equal += seeds[i] == seeds[j];
        }
    }
    ck_assert_uint_eq(equal, 0);
}
END_TEST

START_TEST(a_uniform_is_never_0_nor_1)
{
    Rng largest = {{0, 5, 6, UINT64_MAX}}; /* its next 64 bits are all ones */
    Rng smallest = {{0, 5, 6, 0}};         /* all zeros */
    double high = rng_uniform(&largest);
    double low = rng_uniform(&smallest);

    ck_assert(high < 1);
    ck_assert(low > 0);
    ck_assert_double_eq(1 - high, low);
}
END_TEST

/* Chi-square over equal cells, refused only beyond one in a million. */
static void assert_even(const unsigned *cells, size_t count, double expected)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += (cells[i] - expected) * (cells[i] - expected) / expected;
    }
    ck_assert_msg(gsl_cdf_chisq_Q(sum, (double)(count - 1)) > 1e-6, "too uneven: %g", sum);
    ck_assert_msg(gsl_cdf_chisq_P(sum, (double)(count - 1)) > 1e-6, "too even: %g", sum);
}

START_TEST(uniforms_fill_the_interval_evenly)
{
    unsigned cells[1000] = {0};
    Rng rng;

    rng_init(&rng, 3, "uniform");
    for (int i = 0; i < 1000000; i++) {
        cells[(size_t)(rng_uniform(&rng) * 1000)]++;
    }
    assert_even(cells, 1000, 1000);
}
END_TEST

START_TEST(pairs_fill_the_square_evenly)
{
    unsigned cells[1024] = {0};
    Rng rng;

    rng_init(&rng, 4, "pairs");
    for (int i = 0; i < 1000000; i++) {
        size_t row = (size_t)(rng_uniform(&rng) * 32);

        cells[row * 32 + (size_t)(rng_uniform(&rng) * 32)]++;
    }
    assert_even(cells, 1024, 1000000 / 1024.0);
}
END_TEST

START_TEST(below_is_even_and_stays_below)
{
    unsigned cells[7] = {0};
    Rng rng;

    rng_init(&rng, 5, "below");
    for (int i = 0; i < 70000; i++) {
        uint64_t value = rng_below(&rng, 7);

        if (value >= 7) {
            ck_abort_msg("%lu is not below 7", (unsigned long)value);
        }
        cells[value]++;
    }
    assert_even(cells, 7, 10000);
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(a_chance_takes_one_draw_whatever_its_ratio)
{
    Rng rng;
    Rng twin;

    rng_init(&rng, 6, "chance");
    twin = rng;
    ck_assert(!rng_chance(&rng, 0));
    ck_assert(rng_chance(&rng, 1));
    rng_next(&twin);
    rng_next(&twin);
    ck_assert_mem_eq(&rng, &twin, sizeof(Rng));
}
END_TEST

/* The sum over 200 draws of the product of neighbouring streams, each with variance 1/144. */
START_TEST(a_thousand_named_streams_are_not_correlated)
{
    enum { DRAWS = 200 };
    double before[DRAWS];
    double squares = 0;
    double worst = 0;

    for (int i = 0; i <= 1000; i++) {
        char name[32];
        double sum = 0;
        Rng rng;

        snprintf(name, sizeof(name), "node/%d/service", i);
        rng_init(&rng, 1, name);
        for (int j = 0; j < DRAWS; j++) {
            double value = rng_uniform(&rng) - 0.5;

            sum += i == 0 ? 0 : value * before[j];
            before[j] = value;
        }
        sum /= sqrt(DRAWS) / 12;
        squares += sum * sum;
        worst = fmax(worst, fabs(sum));
    }
    ck_assert_msg(worst < 5, "worst z %g", worst);
    ck_assert_msg(squares > 800 && squares < 1200, "sum of z^2 over 1000 pairs: %g", squares);
}
END_TEST

/* What one thing draws is its number's affair: not of who came before, and not of its neighbour. */
START_TEST(each_number_has_a_stream_of_its_own)
{
    enum { NUMBERS = 100000 };
    Rng rng;
    double before = 0;
    double sum = 0;
    double product = 0;

    rng_init(&rng, 9, "requests");
    for (uint64_t number = 1; number <= NUMBERS; number++) {
        Rng one = rng_of_one(&rng, number);
        Rng again = rng_of_one(&rng, number);
        double value = rng_uniform(&one) - 0.5;

        ck_assert(value == rng_uniform(&again) - 0.5);
        sum += value;
        product += value * before;
        before = value;
    }
    /* standard deviations of both sums; five of them */
    ck_assert_msg(fabs(sum) < 5 * sqrt(NUMBERS / 12.0), "sum %g", sum);
    ck_assert_msg(fabs(product) < 5 * sqrt(NUMBERS) / 12, "sum of products %g", product);
}
END_TEST

START_TEST(words_and_folded_numbers_differ_in_each_part)
{
    Rng rng, other;

    rng_init(&rng, 9, "requests");
    rng_init(&other, 10, "requests");
    ck_assert_uint_eq(rng_word_of(&rng, 5), rng_word_of(&rng, 5));
    ck_assert_uint_ne(rng_word_of(&rng, 5), rng_word_of(&rng, 6));
    ck_assert_uint_ne(rng_word_of(&rng, 5), rng_word_of(&other, 5));
    ck_assert_uint_ne(rng_fold(1, 2), rng_fold(2, 1));
    ck_assert_uint_ne(rng_fold(1, 2), rng_fold(1, 3));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *tests = tcase_create("rng");

    tcase_add_test(tests, the_generator_gives_the_known_answers);
    tcase_add_test(tests, gsl_seeds_by_splitmix64);
    tcase_add_test(tests, names_hash_by_fnv_1a);
    tcase_add_test(tests, a_stream_has_the_state_it_always_had);
    tcase_add_test(tests, seed_and_name_both_make_the_stream);
    tcase_add_test(tests, replications_have_seeds_of_their_own);
    tcase_add_test(tests, a_uniform_is_never_0_nor_1);
    tcase_add_test(tests, uniforms_fill_the_interval_evenly);
    tcase_add_test(tests, pairs_fill_the_square_evenly);
    tcase_add_test(tests, below_is_even_and_stays_below);
    tcase_add_test(tests, a_chance_takes_one_draw_whatever_its_ratio);
    tcase_add_test(tests, a_thousand_named_streams_are_not_correlated);
    tcase_add_test(tests, each_number_has_a_stream_of_its_own);
    tcase_add_test(tests, words_and_folded_numbers_differ_in_each_part);
    suite_add_tcase(suite, tests);
    return suite;
}
