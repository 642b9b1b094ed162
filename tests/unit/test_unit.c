/* test_unit.c - sizes, rates, ratios and numbers as text. */
#include <glib.h>
#include <math.h>

#include "sim/base/rng.h"
#include "sim/config/unit.h"
#include "tests/support/suite.h"

typedef struct SizeCase {
    const char *text;
    int64_t bytes;
} SizeCase;

START_TEST(sizes_are_read)
{
    static const SizeCase cases[] = {
        {"0B", 0},
        {"512B", 512},
        {"1kB", 1000},
        {"1KiB", 1024},
        {"40GB", INT64_C(40000000000)},
        {"4GiB", INT64_C(4294967296)},
        {"1.5MiB", 1572864},
        {"0.3KiB", 307},
        {"20TB", INT64_C(20000000000000)},
        {"8191PiB", INT64_C(8191) << 50},
        {"2PB", INT64_C(2000000000000000)},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t bytes = -1;

        ck_assert_msg(unit_parse_bytes(cases[i].text, &bytes), "%s", cases[i].text);
        ck_assert_int_eq(bytes, cases[i].bytes);
    }
}
END_TEST

START_TEST(what_is_no_size_is_refused)
{
    static const char *const wrong[] = {
        "",        "4",     "GiB",   "4Gib",  "4GIB", "4 GiB",     "-4B",
        "+4B",     "4.GiB", ".5GiB", "4GiBx", "0x4B", "1e3B",      "8192PiB",
        "9000PiB", "1KB",   "4gb",   "nanB",  "4G",   "8192.5PiB", "9223372036854775808B"};

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        int64_t bytes = -7;

        ck_assert_msg(!unit_parse_bytes(wrong[i], &bytes), "%s", wrong[i]);
        ck_assert_int_eq(bytes, -7);
    }
}
END_TEST

START_TEST(a_size_prints_in_its_shortest_exact_notation)
{
    static const SizeCase cases[] = {
        {"0B", 0},       {"4GiB", INT64_C(1) << 32},          {"40GB", INT64_C(40000000000)},
        {"1023B", 1023}, {"1536MiB", INT64_C(3) << 29},       {"1kB", 1000},
        {"1B", 1},       {"9223372036854775807B", INT64_MAX},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = unit_print_bytes(cases[i].bytes);

        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(a_printed_size_reads_back_unchanged)
{
    Rng rng;

    rng_init(&rng, 11, "sizes");
    for (int i = 0; i < 20000; i++) {
        int64_t bytes = (int64_t)(rng_next(&rng) >> (6 + rng_below(&rng, 58))), back = -1;
        g_autofree char *text = NULL;

        if (rng_chance(&rng, 0.5)) {
            bytes = (bytes >> 10) << 10;
        }
        text = unit_print_bytes(bytes);
        ck_assert_msg(unit_parse_bytes(text, &back), "%s", text);
        ck_assert_int_eq(back, bytes);
    }
}
END_TEST

typedef struct RealCase {
    const char *text;
    double value;
} RealCase;

typedef bool ParseReal(const char *text, double *value);

static void check_reals(ParseReal *parse, const RealCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = -1;

        ck_assert_msg(parse(cases[i].text, &value), "%s", cases[i].text);
        ck_assert_double_eq(value, cases[i].value);
    }
}

static void check_refused(ParseReal *parse, const char *const *wrong)
{
    for (; *wrong != NULL; wrong++) {
        double value = -7;

        ck_assert_msg(!parse(*wrong, &value), "%s", *wrong);
        ck_assert_double_eq(value, -7);
    }
}

START_TEST(rates_are_read_as_events_a_second)
{
    static const RealCase cases[] = {{"400/s", 400},        {"24000/min", 400}, {"24000/m", 400},
                                     {"1.5/h", 1.5 / 3600}, {"400 per s", 400}, {"2/ms", 2000},
                                     {"86400/d", 1},        {"0/s", 0},         {"1e3/s", 1000}};
    static const char *const wrong[] = {"400", "/s",      "400/",     "400 / s", "400/sec",
                                        "",    "-400/s",  "400per s", "400 per", "400/s ",
                                        "x/s", "1e400/s", "400/10s",  "inf/s",   NULL};

    check_reals(unit_parse_rate, cases, G_N_ELEMENTS(cases));
    check_refused(unit_parse_rate, wrong);
}
END_TEST

START_TEST(byte_rates_are_read_as_bytes_a_second)
{
    static const RealCase cases[] = {{"1024KiB/s", 1048576}, {"200Mbit/s", 25e6},
                                     {"1Gbit/s", 125e6},     {"8bit/s", 1},
                                     {"60MB/min", 1e6},      {"1MiB per s", 1048576}};
    static const char *const wrong[] = {"1024KiB", "200Mbps", "200mbit/s", "25e6/s",
                                        "200Mbit", "/s",      "Mbit/s",    "-1KiB/s",
                                        "",        "1KiB/ s", NULL};

    check_reals(unit_parse_byte_rate, cases, G_N_ELEMENTS(cases));
    check_refused(unit_parse_byte_rate, wrong);
}
END_TEST

START_TEST(ratios_are_read_from_per_cent_and_plain)
{
    static const RealCase cases[] = {{"2%", 0.02}, {"0.02", 0.02}, {"100%", 1}, {"0", 0},
                                     {"1", 1},     {"1e-4", 1e-4}, {"0%", 0}};
    static const char *const wrong[] = {"101%", "1.01", "-1%", "",       "%",  "2 %",
                                        "2%%",  "nan",  "inf", "0x1p-3", "1e", NULL};

    check_reals(unit_parse_ratio, cases, G_N_ELEMENTS(cases));
    check_refused(unit_parse_ratio, wrong);
}
END_TEST

START_TEST(numbers_are_plain_decimals)
{
    static const RealCase cases[] = {
        {"2.5", 2.5}, {"-3", -3}, {"1e6", 1e6}, {"1E-2", 0.01}, {"0", 0}};
    static const char *const wrong[] = {"",      "+1",  "1.", ".5", "1e",  "1e+", "0x10",
                                        "1e999", "inf", " 1", "1 ", "--1", "1,5", NULL};

    check_reals(unit_parse_number, cases, G_N_ELEMENTS(cases));
    check_refused(unit_parse_number, wrong);
}
END_TEST

START_TEST(counts_are_whole)
{
    int64_t count = -7;

    ck_assert(unit_parse_count("400", &count));
    ck_assert_int_eq(count, 400);
    ck_assert(unit_parse_count("-1", &count));
    ck_assert_int_eq(count, -1);
    ck_assert(!unit_parse_count("4.5", &count));
    ck_assert(!unit_parse_count("9223372036854775808", &count));
    ck_assert(!unit_parse_count("", &count));
    ck_assert(!unit_parse_count("+4", &count));
    ck_assert(!unit_parse_count(" 4", &count));
    ck_assert_int_eq(count, -1);
}
END_TEST

START_TEST(numbers_print_as_people_write_them)
{
    static const RealCase cases[] = {
        {"2.5", 2.5}, {"3600", 3600}, {"0.1", 0.1},    {"-3", -3},
        {"0", 0},     {"400", 400},   {"1e-05", 1e-5}, {"0.30000000000000004", 0.1 + 0.2}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = unit_print_number(cases[i].value);

        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(a_printed_number_reads_back_unchanged)
{
    Rng rng;

    rng_init(&rng, 12, "numbers");
    for (int i = 0; i < 20000; i++) {
        double value = ldexp(rng_uniform(&rng) - 0.5, (int)rng_below(&rng, 200) - 100), back = 0;
        g_autofree char *text = unit_print_number(value);

        ck_assert_msg(unit_parse_number(text, &back), "%s", text);
        ck_assert_double_eq(back, value);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("unit");
    TCase *tests = tcase_create("unit");

    tcase_add_test(tests, sizes_are_read);
    tcase_add_test(tests, what_is_no_size_is_refused);
    tcase_add_test(tests, a_size_prints_in_its_shortest_exact_notation);
    tcase_add_test(tests, a_printed_size_reads_back_unchanged);
    tcase_add_test(tests, rates_are_read_as_events_a_second);
    tcase_add_test(tests, byte_rates_are_read_as_bytes_a_second);
    tcase_add_test(tests, ratios_are_read_from_per_cent_and_plain);
    tcase_add_test(tests, numbers_are_plain_decimals);
    tcase_add_test(tests, counts_are_whole);
    tcase_add_test(tests, numbers_print_as_people_write_them);
    tcase_add_test(tests, a_printed_number_reads_back_unchanged);
    suite_add_tcase(suite, tests);
    return suite;
}
