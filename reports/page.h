/* page.h - an HTML page, built so that it is well formed: what was opened is closed, what comes
 * from outside is escaped. Texts that are not UTF-8 are made so; control characters become spaces.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Page Page;

Page *page_new(void);
void page_free(Page *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Page, page_free)

/* All that was added so far; nothing may be open any more. Caller frees. */
char *page_to_text(const Page *page);

/* Opens an element. `...` are names and values of attributes, ended by NULL; an attribute with a
 * NULL value is left out. `tag` and names are ours: literals. */
void page_open(Page *page, const char *tag, ...) G_GNUC_NULL_TERMINATED;

/* Closes the element opened last, which must be a `tag`. */
void page_close(Page *page, const char *tag);

/* Text inside of the element that is open; the second as printf. */
void page_text(Page *page, const char *text);
void page_format(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A whole element with nothing but text in it; `class` may be NULL. */
void page_element(Page *page, const char *tag, const char *class, const char *text);
void page_element_format(Page *page, const char *tag, const char *class, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Markup of our own making, as it is: figures, the doctype. */
void page_raw(Page *page, const char *markup);

/* A table in a box of its own that scrolls when it is wider than the screen. `heads` ends with
 * NULL; a head that begins with '#' is that of a column of figures, aligned to the right. */
void page_table_begin(Page *page, const char *caption, const char *const *heads);
void page_row_begin(Page *page);
void page_cell(Page *page, const char *text); /* the next cell of the row */
void page_cell_class(Page *page, const char *class, const char *text);
void page_cell_format(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A figure with its interval or range in smaller letters below it; `range` may be NULL. */
void page_cell_range(Page *page, const char *value, const char *range);

/* The same, and the cell says which figure it shows: data-figure="key". */
void page_cell_figure(Page *page, const char *key, const char *value, const char *range);
void page_row_end(Page *page);
void page_table_end(Page *page);
