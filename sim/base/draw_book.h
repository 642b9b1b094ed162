/* draw_book.h - laws that are written alike, held as one: their tables of 8 KiB stand in memory
 * (and in the caches) once, however many draw from them. */
#pragma once

#include "sim/base/draw.h"

typedef struct DrawBook DrawBook;

DrawBook *draw_book_new(void);
void draw_book_free(DrawBook *book);

/* Lets `draw` hold the law that the book has for the same words and unit; the first joins the book.
 * What is drawn does not change. "No distribution" stays so. */
void draw_book_share(DrawBook *book, Draw *draw);
