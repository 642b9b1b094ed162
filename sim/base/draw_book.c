/* draw_book.c - laws that are written alike, held as one. */
#include "sim/base/draw_book.h"

#include <glib.h>

#include "sim/base/draw_law.h"

enum { UNITS = 2 };

struct DrawBook {
    GHashTable *laws[UNITS]; /* words, which the law owns, to DrawLaw */
};

static void forget(gpointer law)
{
    law_release(law);
}

DrawBook *draw_book_new(void)
{
    DrawBook *book = g_new(DrawBook, 1);

    for (guint i = 0; i < UNITS; i++) {
        book->laws[i] = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, forget);
    }
    return book;
}

void draw_book_free(DrawBook *book)
{
    if (book == NULL) {
        return;
    }
    for (guint i = 0; i < UNITS; i++) {
        g_hash_table_unref(book->laws[i]);
    }
    g_free(book);
}

void draw_book_share(DrawBook *book, Draw *draw)
{
    GHashTable *laws;
    DrawLaw *first;

    if (draw->law == NULL) {
        return;
    }
    laws = book->laws[draw->law->unit];
    first = g_hash_table_lookup(laws, draw->law->text);
    if (first == NULL) {
        g_hash_table_insert(laws, draw->law->text, (DrawLaw *)draw_copy(*draw).law);
    } else if (first != draw->law) {
        draw_clear(draw);
        *draw = draw_copy((Draw){first});
    }
}
