/* page.c - HTML that is well formed by construction. */
#include "reports/page.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS_MOST 32

struct Page {
    GString *text;
    GPtrArray *open; /* tags, the innermost last */
    bool is_figure[COLUMNS_MOST];
    guint columns; /* of the table that is open */
    guint column;  /* of the next cell */
};

Page *page_new(void)
{
    Page *page = g_new0(Page, 1);

    page->text = g_string_new(NULL);
    page->open = g_ptr_array_new();
    return page;
}

void page_free(Page *page)
{
    if (page != NULL) {
        g_string_free(page->text, TRUE);
        g_ptr_array_unref(page->open);
        g_free(page);
    }
}

char *page_to_text(const Page *page)
{
    g_assert_cmpuint(page->open->len, ==, 0);
    return g_strdup(page->text->str);
}

/* --- text ----------------------------------------------------------------------------------- */

static void append_escaped(GString *into, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        switch (letter) {
        case '&':
            g_string_append(into, "&amp;");
            break;
        case '<':
            g_string_append(into, "&lt;");
            break;
        case '>':
            g_string_append(into, "&gt;");
            break;
        case '"':
            g_string_append(into, "&quot;");
            break;
        case '\'':
            g_string_append(into, "&#39;");
            break;
        case '\n':
            g_string_append_c(into, '\n');
            break;
        default:
            g_string_append_unichar(into, g_unichar_iscntrl(letter) ? ' ' : letter);
        }
    }
}

void page_text(Page *page, const char *text)
{
    append_escaped(page->text, text);
}

void page_format(Page *page, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    page_text(page, text);
}

void page_raw(Page *page, const char *markup)
{
    g_string_append(page->text, markup);
}

/* --- elements ------------------------------------------------------------------------------- */

/* Tags before which a line begins, so that the page can be read and compared as text. */
static bool is_block(const char *tag)
{
    static const char *const inlines[] = {"a",      "b",  "code", "small", "span",
                                          "strong", "td", "th",   NULL};

    return !g_strv_contains(inlines, tag);
}

void page_open(Page *page, const char *tag, ...)
{
    va_list attributes;

    if (is_block(tag) && page->text->len > 0 && page->text->str[page->text->len - 1] != '\n') {
        g_string_append_c(page->text, '\n');
    }
    g_string_append_printf(page->text, "<%s", tag);
    va_start(attributes, tag);
    for (const char *name = va_arg(attributes, const char *); name != NULL;
         name = va_arg(attributes, const char *)) {
        const char *value = va_arg(attributes, const char *);

        if (value != NULL) {
            g_string_append_printf(page->text, " %s=\"", name);
            append_escaped(page->text, value);
            g_string_append_c(page->text, '"');
        }
    }
    va_end(attributes);
    g_string_append_c(page->text, '>');
    g_ptr_array_add(page->open, (gpointer)tag);
}

void page_close(Page *page, const char *tag)
{
    g_assert_cmpuint(page->open->len, >, 0);
    g_assert_cmpstr(g_ptr_array_index(page->open, page->open->len - 1), ==, tag);
    g_ptr_array_set_size(page->open, (gint)page->open->len - 1);
    g_string_append_printf(page->text, "</%s>%s", tag, is_block(tag) ? "\n" : "");
}

void page_element(Page *page, const char *tag, const char *class, const char *text)
{
    page_open(page, tag, "class", class, NULL);
    page_text(page, text);
    page_close(page, tag);
}

void page_element_format(Page *page, const char *tag, const char *class, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    page_element(page, tag, class, text);
}

/* --- tables --------------------------------------------------------------------------------- */

void page_table_begin(Page *page, const char *caption, const char *const *heads)
{
    page_open(page, "div", "class", "wide", NULL);
    page_open(page, "table", NULL);
    page_element(page, "caption", NULL, caption);
    page_open(page, "thead", NULL);
    page_open(page, "tr", NULL);
    for (page->columns = 0; heads[page->columns] != NULL; page->columns++) {
        const char *head = heads[page->columns];
        bool is_figure = head[0] == '#';

        g_assert_cmpuint(page->columns, <, COLUMNS_MOST);
        page->is_figure[page->columns] = is_figure;
        page_open(page, "th", "scope", "col", "class", is_figure ? "figure" : NULL, NULL);
        page_text(page, is_figure ? head + 1 : head);
        page_close(page, "th");
    }
    page_close(page, "tr");
    page_close(page, "thead");
    page_open(page, "tbody", NULL);
}

void page_row_begin(Page *page)
{
    page->column = 0;
    page_open(page, "tr", NULL);
}

void page_cell_class(Page *page, const char *class, const char *text)
{
    const char *alignment;

    g_assert_cmpuint(page->column, <, page->columns);
    alignment = page->is_figure[page->column] ? "figure" : NULL;
    page_element(page, "td", class != NULL ? class : alignment, text);
    page->column++;
}

void page_cell(Page *page, const char *text)
{
    page_cell_class(page, NULL, text);
}

void page_cell_format(Page *page, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    page_cell(page, text);
}

void page_cell_figure(Page *page, const char *key, const char *value, const char *range)
{
    g_assert_cmpuint(page->column, <, page->columns);
    page_open(page, "td", "class", "figure", "data-figure", key, NULL);
    page_text(page, value);
    if (range != NULL && range[0] != '\0') {
        page_element(page, "small", NULL, range);
    }
    page_close(page, "td");
    page->column++;
}

void page_cell_range(Page *page, const char *value, const char *range)
{
    page_cell_figure(page, NULL, value, range);
}

void page_row_end(Page *page)
{
    g_assert_cmpuint(page->column, ==, page->columns);
    page_close(page, "tr");
}

void page_table_end(Page *page)
{
    page_close(page, "tbody");
    page_close(page, "table");
    page_close(page, "div");
}
