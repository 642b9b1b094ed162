/* test_draw_book.c - laws that are written alike. */
#include "sim/base/draw_book.h"

#include <glib.h>

#include "tests/support/suite.h"

static Draw parse(DrawUnit unit, const char *text)
{
    Draw draw = {NULL};

    ck_assert(draw_parse(&draw, unit, text, NULL));
    return draw;
}

START_TEST(laws_that_are_written_alike_are_held_as_one)
{
    static const char *const words = "lognormal(median=2ms, p99=40ms)";
    Draw draws[] = {parse(DRAW_SPAN, words),
                    parse(DRAW_SPAN, words),
                    parse(DRAW_SPAN, "2ms"),
                    parse(DRAW_NUMBER, "2"),
                    {NULL}};
    DrawBook *book = draw_book_new();
    Rng one, other;

    for (guint i = 0; i < G_N_ELEMENTS(draws); i++) {
        draw_book_share(book, &draws[i]);
        draw_book_share(book, &draws[i]);
    }
    ck_assert_ptr_eq(draws[0].law, draws[1].law);
    ck_assert_ptr_ne(draws[0].law, draws[2].law);
    ck_assert_ptr_ne(draws[2].law, draws[3].law);
    ck_assert_ptr_null(draws[4].law);
    draw_book_free(book); /* who holds a law goes on holding it */
    draw_clear(&draws[0]);
    draws[0] = parse(DRAW_SPAN, words);
    rng_init(&one, 3, "alike");
    rng_init(&other, 3, "alike");
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(draw_span(draws[0], &one), draw_span(draws[1], &other));
    }
    for (guint i = 0; i < G_N_ELEMENTS(draws); i++) {
        draw_clear(&draws[i]);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("draw_book");
    TCase *tests = tcase_create("draw_book");

    tcase_add_test(tests, laws_that_are_written_alike_are_held_as_one);
    suite_add_tcase(suite, tests);
    return suite;
}
