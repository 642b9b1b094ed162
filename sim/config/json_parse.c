/* json_parse.c - strict JSON to a tree of cJSON nodes.
 * cJSON's own parser takes what RFC 8259 forbids (control characters, bad UTF-8, doubled keys,
 * numbers cut at 63 digits), keeps only the first half of a text with \u0000 and says no more than
 * that something is wrong. So the text is read here, and cJSON only holds the tree. Mistakes that
 * leave no doubt how to go on are all reported; the first other one ends the reading. */
#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/json_place.h"

#define NESTING_MOST 128
#define FILE_MOST (16 << 20) /* bytes: more is no scenario, and would take a gigabyte */
/* So many say enough about a file that is no JSON at all. */
#define MISTAKES_MOST 20
/* How many bytes of an unknown word a message shows. */
#define WORD_MOST 24

typedef struct JsonParser {
    const char *file;
    const char *begin, *at, *end;
    bool comments;
    bool is_over; /* a mistake after which nothing can be read */
    int nesting;
    int mistakes;
    DiagList *diags;
    /* The line where the last place lay: mistakes come nearly in order. */
    const char *line_begin;
    int line;
} JsonParser;

static cJSON *parse_value(JsonParser *parser);

static DiagPlace place_of(JsonParser *parser, const char *where)
{
    DiagPlace place = {.file = parser->file, .column = 1};

    if (where < parser->line_begin) {
        parser->line_begin = parser->begin;
        parser->line = 1;
    }
    for (const char *at = parser->line_begin; at < where; at++) {
        if (*at == '\n') {
            parser->line++;
            parser->line_begin = at + 1;
        }
    }
    for (const char *at = parser->line_begin; at < where; at++) {
        /* The bytes that continue a character do not count. */
        place.column += ((unsigned char)*at & 0xC0) != 0x80;
    }
    place.line = parser->line;
    return place;
}

G_GNUC_PRINTF(3, 4)
static void report(JsonParser *parser, const char *where, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add_at(parser->diags, DIAG_ERROR, place_of(parser, where), "%s", text);
    parser->mistakes++;
    if (parser->mistakes >= MISTAKES_MOST) {
        parser->is_over = true;
    }
}

/* Reports and ends. */
static void stop(JsonParser *parser, const char *where, const char *text)
{
    if (!parser->is_over) {
        report(parser, where, "%s", text);
        parser->is_over = true;
    }
}

static bool is_at(const JsonParser *parser, char letter)
{
    return parser->at < parser->end && *parser->at == letter;
}

static bool is_at_text(const JsonParser *parser, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(parser->end - parser->at) >= length && memcmp(parser->at, text, length) == 0;
}

/* At "//" or a block comment. */
static void skip_comment(JsonParser *parser)
{
    const char *begin = parser->at, *text = begin + 2;
    bool is_block = begin[1] == '*';
    const char *last = is_block ? memmem(text, (size_t)(parser->end - text), "*/", 2)
                                : memchr(text, '\n', (size_t)(parser->end - text));

    if (!parser->comments) {
        report(parser, begin, "a comment, which JSON has not; use \"$comment\" or a .jsonc file");
    }
    if (last == NULL && is_block) {
        stop(parser, begin, "a comment without end");
    }
    parser->at = last == NULL ? parser->end : last + (is_block ? 2 : 0);
    if (!g_utf8_validate_len(begin, (gsize)(parser->at - begin), NULL)) {
        report(parser, begin, "no valid UTF-8 in this comment");
    }
}

static void skip_space(JsonParser *parser)
{
    while (parser->at < parser->end && !parser->is_over) {
        if (strchr(" \t\r\n", *parser->at) != NULL && *parser->at != '\0') {
            parser->at++;
        } else if (is_at_text(parser, "//") || is_at_text(parser, "/*")) {
            skip_comment(parser);
        } else {
            return;
        }
    }
}

/* Four hexadecimal digits at `at`, or -1. */
static int parse_hex(const JsonParser *parser, const char *at)
{
    int value = 0;

    if (parser->end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* After "\u": one code unit, or two that make one character. */
static void parse_unicode(JsonParser *parser, const char *escape, GString *text)
{
    int unit = parse_hex(parser, parser->at);

    if (unit < 0) {
        report(parser, escape, "\\u needs four hexadecimal digits");
        return;
    }
    parser->at += 4;
    if (unit == 0) {
        report(parser, escape, "\\u0000 is not allowed in a text");
        return;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF && is_at_text(parser, "\\u")) {
        int low = parse_hex(parser, parser->at + 2);

        if (low >= 0xDC00 && low <= 0xDFFF) {
            parser->at += 6;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        report(parser, escape, "half of a surrogate pair");
        return;
    }
    g_string_append_unichar(text, (gunichar)unit);
}

static void parse_escape(JsonParser *parser, GString *text)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *escape = parser->at;
    const char *letter;

    parser->at++;
    if (parser->at >= parser->end) {
        return;
    }
    if (*parser->at == 'u') {
        parser->at++;
        parse_unicode(parser, escape, text);
        return;
    }
    letter = *parser->at == '\0' ? NULL : strchr(letters, *parser->at);
    if (letter == NULL) {
        report(parser, escape, "unknown escape; a backslash is written as \\\\");
        return;
    }
    g_string_append_c(text, meanings[letter - letters]);
    parser->at++;
}

/* One character that is no quote and no backslash. */
static void parse_character(JsonParser *parser, GString *text)
{
    gunichar character = g_utf8_get_char_validated(parser->at, parser->end - parser->at);

    /* A byte of 0 is none to GLib; -1 and -2 are its words for broken ones. */
    if ((unsigned char)*parser->at < 0x20) {
        report(parser, parser->at, "control character U+%04X in a text; write \\u%04x",
               (unsigned)(unsigned char)*parser->at, (unsigned)(unsigned char)*parser->at);
        parser->at++;
    } else if (character == (gunichar)-1 || character == (gunichar)-2) {
        report(parser, parser->at, "no valid UTF-8");
        do {
            parser->at++;
        } while (parser->at < parser->end && ((unsigned char)*parser->at & 0xC0) == 0x80);
    } else {
        g_string_append_unichar(text, character);
        parser->at = g_utf8_next_char(parser->at);
    }
}

/* At an opening quote; caller frees. NULL when nothing can follow. */
static char *parse_string(JsonParser *parser)
{
    const char *begin = parser->at;
    g_autoptr(GString) text = g_string_new(NULL);

    parser->at++;
    while (!parser->is_over) {
        if (parser->at >= parser->end || *parser->at == '\n') {
            stop(parser, begin, "a text without closing quote");
        } else if (*parser->at == '"') {
            parser->at++;
            return g_string_free(g_steal_pointer(&text), FALSE);
        } else if (*parser->at == '\\') {
            parse_escape(parser, text);
        } else {
            parse_character(parser, text);
        }
    }
    return NULL;
}

static void skip_digits(JsonParser *parser)
{
    while (parser->at < parser->end && g_ascii_isdigit(*parser->at)) {
        parser->at++;
    }
}

/* Moves to the end of a number as RFC 8259 section 6 has it; false when it is not one. */
static bool skip_number(JsonParser *parser)
{
    const char *digits;

    parser->at += is_at(parser, '-');
    digits = parser->at;
    skip_digits(parser);
    if (parser->at == digits || (*digits == '0' && parser->at > digits + 1)) {
        return false;
    }
    if (is_at(parser, '.')) {
        digits = ++parser->at;
        skip_digits(parser);
        if (parser->at == digits) {
            return false;
        }
    }
    if (is_at(parser, 'e') || is_at(parser, 'E')) {
        parser->at++;
        parser->at += is_at(parser, '+') || is_at(parser, '-');
        digits = parser->at;
        skip_digits(parser);
        if (parser->at == digits) {
            return false;
        }
    }
    return true;
}

static bool is_word_letter(char letter)
{
    return g_ascii_isalnum(letter) || (letter != '\0' && strchr("+-._", letter) != NULL);
}

/* Whether a whole number keeps all its digits in a double. */
static bool is_exact(const char *text, double value)
{
    char back[G_ASCII_DTOSTR_BUF_SIZE];

    if (strpbrk(text, ".eE") != NULL || fabs(value) < 0x1p53) {
        return true;
    }
    return fabs(value) < 1e22 &&
           strcmp(g_ascii_formatd(back, sizeof(back), "%.0f", value), text) == 0;
}

static cJSON *parse_number(JsonParser *parser)
{
    const char *begin = parser->at;
    bool is_number = skip_number(parser);
    g_autofree char *text = NULL;
    double value;

    if (!is_number || (parser->at < parser->end && is_word_letter(*parser->at))) {
        while (parser->at < parser->end && is_word_letter(*parser->at)) {
            parser->at++;
        }
        text = g_strndup(begin, (gsize)MIN(parser->at - begin, WORD_MOST));
        if (is_number) {
            report(parser, begin, "'%s' is no number; did you mean \"%s\"?", text, text);
        } else {
            report(parser, begin, "'%s' is no number", text);
        }
        return cJSON_CreateNull();
    }
    text = g_strndup(begin, (gsize)(parser->at - begin));
    value = g_ascii_strtod(text, NULL);
    if (!isfinite(value)) {
        report(parser, begin, "the number is out of range");
    } else if (!is_exact(text, value)) {
        report(parser, begin, "the number has more digits than can be kept; write it in quotes");
    }
    return cJSON_CreateNumber(value);
}

/* true, false, null, or something that is no value. */
static cJSON *parse_word(JsonParser *parser)
{
    static const char *const words[] = {"true", "false", "null", NULL};
    const char *begin = parser->at;
    g_autofree char *word = NULL, *suggestion = NULL;

    while (parser->at < parser->end && is_word_letter(*parser->at)) {
        parser->at++;
    }
    if (parser->at == begin) {
        stop(parser, begin, *begin == '\'' ? "a text stands in double quotes" : "expected a value");
        return NULL;
    }
    word = g_strndup(begin, (gsize)MIN(parser->at - begin, WORD_MOST));
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        return cJSON_CreateBool(*word == 't');
    }
    if (strcmp(word, "null") != 0) {
        suggestion = diag_suggest(word, words);
        report(parser, begin, "'%s' is no value; a text stands in double quotes%s", word,
               suggestion);
    }
    return cJSON_CreateNull();
}

/* After a member or item: true when another one follows. `close` is '}' or ']'. */
static bool parse_comma(JsonParser *parser, char close)
{
    const char *comma = parser->at;

    skip_space(parser);
    comma = parser->at;
    if (parser->is_over || is_at(parser, close)) {
        return false;
    }
    if (is_at(parser, '"') || is_at(parser, '{') || is_at(parser, '[')) {
        report(parser, comma, "expected ',' before this");
        return !parser->is_over;
    }
    if (!is_at(parser, ',')) {
        stop(parser, comma, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        return false;
    }
    parser->at++;
    skip_space(parser);
    if (is_at(parser, close)) {
        report(parser, comma, "a comma before '%c'", close);
        return false;
    }
    return !parser->is_over;
}

/* At an opening bracket: steps over it, into the first item. False when there is none. */
static bool open_container(JsonParser *parser, char close)
{
    if (++parser->nesting > NESTING_MOST) {
        stop(parser, parser->at, "nested deeper than " G_STRINGIFY(NESTING_MOST));
        return false;
    }
    parser->at++;
    skip_space(parser);
    return !parser->is_over && parser->at < parser->end && !is_at(parser, close);
}

static void close_container(JsonParser *parser, const char *begin, char close)
{
    if (!parser->is_over && !is_at(parser, close)) {
        stop(parser, begin, close == '}' ? "an object without '}'" : "an array without ']'");
    }
    parser->at += is_at(parser, close);
    parser->nesting--;
}

static cJSON *parse_array(JsonParser *parser)
{
    const char *begin = parser->at;
    cJSON *array = cJSON_CreateArray();
    bool is_more = open_container(parser, ']');

    while (is_more) {
        cJSON *item = parse_value(parser);

        if (item == NULL) {
            break;
        }
        cJSON_AddItemToArray(array, item);
        is_more = parse_comma(parser, ']');
    }
    close_container(parser, begin, ']');
    return array;
}

/* One "key": value; false when nothing can follow. */
static bool parse_member(JsonParser *parser, cJSON *object, GHashTable *keys)
{
    const char *begin = parser->at;
    char *key;
    cJSON *value;

    if (!is_at(parser, '"')) {
        stop(parser, begin, "expected a key in double quotes");
        return false;
    }
    key = parse_string(parser);
    if (key == NULL) {
        return false;
    }
    skip_space(parser);
    if (!is_at(parser, ':')) {
        stop(parser, parser->at, "expected ':' after the key");
        g_free(key);
        return false;
    }
    parser->at++;
    value = parse_value(parser);
    if (value == NULL) {
        g_free(key);
        return false;
    }
    cJSON_AddItemToObject(object, key, value);
    if (!g_hash_table_add(keys, key)) {
        report(parser, begin, "the key '%s' stands twice in this object", value->string);
    }
    return true;
}

static cJSON *parse_object(JsonParser *parser)
{
    const char *begin = parser->at;
    cJSON *object = cJSON_CreateObject();
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool is_more = open_container(parser, '}');

    while (is_more) {
        is_more = parse_member(parser, object, keys) && parse_comma(parser, '}');
    }
    close_container(parser, begin, '}');
    return object;
}

/* Skips space, then reads any value. NULL when nothing can follow. */
static cJSON *parse_value(JsonParser *parser)
{
    skip_space(parser);
    if (parser->is_over) {
        return NULL;
    }
    if (parser->at >= parser->end) {
        stop(parser, parser->at, "expected a value, found the end of the text");
        return NULL;
    }
    switch (*parser->at) {
    case '{':
        return parse_object(parser);
    case '[':
        return parse_array(parser);
    case '"': {
        g_autofree char *text = parse_string(parser);

        return text == NULL ? NULL : cJSON_CreateString(text);
    }
    default:
        return *parser->at == '-' || *parser->at == '+' || *parser->at == '.' ||
                       g_ascii_isdigit(*parser->at)
                   ? parse_number(parser)
                   : parse_word(parser);
    }
}

static cJSON *parse_text(JsonParser *parser)
{
    cJSON *root;

    if (is_at_text(parser, "\xEF\xBB\xBF")) {
        report(parser, parser->at, "a byte-order mark; save the file as UTF-8 without it");
        parser->at += 3;
    }
    root = parse_value(parser);
    skip_space(parser);
    if (!parser->is_over && parser->at < parser->end) {
        stop(parser, parser->at, "text after the end of the value");
    }
    return root;
}

JsonDocument *json_document_parse(const char *file, const char *text, size_t size, bool comments,
                                  DiagList *diags)
{
    JsonDocument *document = g_new0(JsonDocument, 1);
    JsonParser parser = {.file = file,
                         .begin = text,
                         .at = text,
                         .end = text + size,
                         .comments = comments,
                         .diags = diags,
                         .line_begin = text,
                         .line = 1};

    document->file = g_strdup(file);
    document->text = g_malloc(size + 1);
    document->size = size;
    if (size > 0) {
        memcpy(document->text, text, size);
    }
    document->text[size] = '\0';
    document->root = parse_text(&parser);
    if (parser.mistakes > 0) {
        json_document_free(document);
        return NULL;
    }
    return document;
}

/* The whole file, or NULL with errno set. Caller frees. */
static GString *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    g_autoptr(GString) text = NULL;
    char block[16384];
    size_t count;
    int failure;

    if (file == NULL) {
        return NULL;
    }
    text = g_string_new(NULL);
    while (text->len <= FILE_MOST && (count = fread(block, 1, sizeof(block), file)) > 0) {
        g_string_append_len(text, block, (gssize)count);
    }
    failure = text->len > FILE_MOST ? EFBIG : ferror(file) != 0 ? errno : 0;
    fclose(file);
    errno = failure;
    return failure != 0 ? NULL : g_steal_pointer(&text);
}

JsonDocument *json_document_read(const char *path, DiagList *diags)
{
    GString *text = read_file(path);
    JsonDocument *document;

    if (text == NULL) {
        diag_add_at(diags, DIAG_ERROR, (DiagPlace){.file = path}, "cannot be read: %s",
                    g_strerror(errno));
        return NULL;
    }
    document =
        json_document_parse(path, text->str, text->len, g_str_has_suffix(path, ".jsonc"), diags);
    g_string_free(text, TRUE);
    return document;
}

void json_document_free(JsonDocument *document)
{
    if (document == NULL) {
        return;
    }
    g_clear_pointer(&document->places, g_hash_table_unref);
    cJSON_Delete(document->root);
    g_free(document->text);
    g_free(document->file);
    g_free(document);
}
