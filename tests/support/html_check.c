/* html_check.c - a small reader of HTML that accepts nothing sloppy. */
#include "tests/support/html_check.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char *const voids[] = {"meta", "br", "hr", NULL};

typedef struct Reader {
    const char *text, *at;
    GPtrArray *open;
    char *complaint;
} Reader;

static void complain(Reader *reader, const char *what)
{
    if (reader->complaint == NULL) {
        reader->complaint = g_strdup_printf("%s at byte %zu: '%.60s'", what,
                                            (size_t)(reader->at - reader->text), reader->at);
    }
}

static char *take_name(Reader *reader)
{
    size_t length =
        strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    char *name = g_strndup(reader->at, length);

    reader->at += length;
    return name;
}

static void skip_space(Reader *reader)
{
    reader->at += strspn(reader->at, " \n\t");
}

static void read_entity(Reader *reader)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&apos;"};

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_has_prefix(reader->at, known[i])) {
            reader->at += strlen(known[i]);
            return;
        }
    }
    complain(reader, "a bare '&'");
}

/* name="value" */
static void read_attribute(Reader *reader)
{
    g_autofree char *name = take_name(reader);
    char quote;

    if (name[0] == '\0') {
        complain(reader, "no attribute");
        return;
    }
    skip_space(reader);
    if (*reader->at != '=') {
        complain(reader, "an attribute without a value");
        return;
    }
    reader->at++;
    skip_space(reader);
    quote = *reader->at;
    if (quote != '"' && quote != '\'') {
        complain(reader, "a value without quotes");
        return;
    }
    for (reader->at++; *reader->at != quote && reader->complaint == NULL;) {
        if (*reader->at == '\0' || *reader->at == '<') {
            complain(reader, "a value that does not end");
        } else if (*reader->at == '&') {
            read_entity(reader);
        } else {
            reader->at++;
        }
    }
    reader->at++;
}

static void read_end(Reader *reader)
{
    g_autofree char *name = NULL;

    reader->at += 2;
    name = take_name(reader);
    if (reader->open->len == 0 ||
        strcmp(g_ptr_array_index(reader->open, reader->open->len - 1), name) != 0) {
        complain(reader, "an end of what is not open");
        return;
    }
    g_ptr_array_set_size(reader->open, (gint)reader->open->len - 1);
    if (*reader->at != '>') {
        complain(reader, "an end that does not end");
        return;
    }
    reader->at++;
}

/* Nothing within a style is a tag. */
static void skip_style(Reader *reader)
{
    const char *end = strstr(reader->at, "</style>");

    if (end == NULL) {
        complain(reader, "a style that does not end");
    } else {
        reader->at = end;
    }
}

static void read_begin(Reader *reader)
{
    g_autofree char *name = NULL;
    bool is_empty;

    reader->at++;
    name = take_name(reader);
    if (name[0] == '\0') {
        complain(reader, "a bare '<'");
        return;
    }
    for (skip_space(reader); *reader->at != '>' && *reader->at != '/' && reader->complaint == NULL;
         skip_space(reader)) {
        read_attribute(reader);
    }
    is_empty = *reader->at == '/';
    reader->at += is_empty ? 2 : 1;
    if (!is_empty && !g_strv_contains(voids, name)) {
        g_ptr_array_add(reader->open, g_strdup(name));
    }
    if (strcmp(name, "style") == 0) {
        skip_style(reader);
    }
}

char *html_check(const char *text)
{
    Reader reader = {text, text, g_ptr_array_new_with_free_func(g_free), NULL};
    const char *doctype = "<!DOCTYPE html>";

    if (g_str_has_prefix(text, doctype)) {
        reader.at += strlen(doctype);
    }
    while (*reader.at != '\0' && reader.complaint == NULL) {
        if (g_str_has_prefix(reader.at, "</")) {
            read_end(&reader);
        } else if (*reader.at == '<') {
            read_begin(&reader);
        } else if (*reader.at == '&') {
            read_entity(&reader);
        } else if (*reader.at == '>') {
            complain(&reader, "a bare '>'");
        } else {
            reader.at++;
        }
    }
    if (reader.open->len > 0) {
        complain(&reader, "something is still open");
    }
    g_ptr_array_unref(reader.open);
    return reader.complaint;
}
