/* field.h - one row a field: the only place where a configuration value's name, unit, limits,
 * default and help stand. Reader, messages, schema, reference pages, `explain`, faults that set a
 * field and random scenarios all use the rows. Limits and defaults are strings in the user's own
 * notation, read by the same reader. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/draw_book.h"
#include "sim/base/sim_time.h"
#include "sim/config/diag.h"

typedef enum FieldType {
    FIELD_TYPE_SPAN,      /* SimSpan        "250ms" */
    FIELD_TYPE_BYTES,     /* int64_t bytes  "4GiB", "40GB" */
    FIELD_TYPE_COUNT,     /* int64_t        400 */
    FIELD_TYPE_RATIO,     /* double 0 to 1  0.02 or "2%" */
    FIELD_TYPE_NUMBER,    /* double         2.5 */
    FIELD_TYPE_RATE,      /* double per s   "400/s", "24000/min"; a bare number is an error */
    FIELD_TYPE_BYTE_RATE, /* double bytes/s "1024KiB/s", "200Mbit/s" */
    FIELD_TYPE_FLAG,      /* bool           true */
    FIELD_TYPE_CHOICE, /* int            index into the names in `more` (const char *const *, ends
                          with NULL) */
    FIELD_TYPE_TEXT,   /* char *         owned by the struct; NULL when absent without default */
    FIELD_TYPE_DRAW,   /* Draw           a distribution of spans */
    FIELD_TYPE_DRAW_NUMBER, /* Draw      a distribution of plain numbers */
    FIELD_TYPE_TEXTS,       /* char **        strv, owned; from a string or an array of strings */
    FIELD_TYPE_TABLE, /* struct         nested; `more` is its rows, offsets from the nested struct's
                         begin */
    FIELD_TYPE_JSON,  /* const cJSON *  borrowed from the tree: the owner of the field reads it
                         itself */
} FieldType;

typedef enum FieldFlags {
    FIELD_REQUIRED = 1, /* no default: must be given */
    FIELD_TUNABLE = 2,  /* a fault may overlay it while the run goes on */
    FIELD_PATH = 4,     /* names a file, relative to the file that wrote it */
} FieldFlags;

typedef struct Field {
    const char *name;
    FieldType type;
    unsigned flags;
    size_t offset;
    /* In the user's notation; NULL: none. Without `lowest`, spans and counts may still not be
     * negative (sizes and rates never are), and a ratio lies from 0 to 1. Limits of a draw hold for
     * its mean. A list's default is separated by commas. */
    const char *initial, *lowest, *highest;
    const void *more;
    const char *help;   /* one sentence, no full stop */
    const char *source; /* where the default comes from: product version and setting, reference,
                           "assumption" */
    const char *schema; /* TYPE_JSON only: a JSON Schema fragment as text, or NULL */
} Field;

/* The member's offset; does not compile when the member is not of `type`. */
#define FIELD_AT(Struct, member, ctype)                                                            \
    (offsetof(Struct, member) + 0 * sizeof(char[_Generic(&((Struct *)0)->member, ctype * : 1)]))

#define FIELD_ROW(Struct, member, text, kind, ctype, ...)                                          \
    {                                                                                              \
        .name = text, .type = kind, .offset = FIELD_AT(Struct, member, ctype), __VA_ARGS__         \
    }

#define FIELD_SPAN(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_SPAN, SimSpan, __VA_ARGS__)
#define FIELD_BYTES(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_BYTES, int64_t, __VA_ARGS__)
#define FIELD_COUNT(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_COUNT, int64_t, __VA_ARGS__)
#define FIELD_RATIO(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_RATIO, double, __VA_ARGS__)
#define FIELD_NUMBER(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_NUMBER, double, __VA_ARGS__)
#define FIELD_RATE(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_RATE, double, __VA_ARGS__)
#define FIELD_BYTE_RATE(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_BYTE_RATE, double, __VA_ARGS__)
#define FIELD_FLAG(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_FLAG, bool, __VA_ARGS__)
#define FIELD_CHOICE(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_CHOICE, int, __VA_ARGS__)
#define FIELD_TEXT(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_TEXT, char *, __VA_ARGS__)
#define FIELD_DRAW(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_DRAW, Draw, __VA_ARGS__)
#define FIELD_DRAW_NUMBER(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_DRAW_NUMBER, Draw, __VA_ARGS__)
#define FIELD_TEXTS(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_TEXTS, char **, __VA_ARGS__)
#define FIELD_JSON(S, m, ...) FIELD_ROW(S, m, #m, FIELD_TYPE_JSON, const cJSON *, __VA_ARGS__)
#define FIELD_TABLE(S, m, rows, ...)                                                               \
    {                                                                                              \
        .name = #m, .type = FIELD_TYPE_TABLE, .offset = offsetof(S, m), .more = (rows),            \
        __VA_ARGS__                                                                                \
    }
/* A row whose name in the file differs from the member ("RequestInterval"):
 * FIELD_NAMED("RequestInterval", FIELD_SPAN(...)) is not possible in C; write FIELD_ROW(Struct,
 * member, "RequestInterval", FIELD_TYPE_SPAN, SimSpan, ...). */
#define FIELD_END                                                                                  \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Sets every field of `object` (zeroed before) to its default. The defaults are correct by test:
 * never fails. */
void field_defaults(const Field *fields, void *object);

/* Reads the members of `tree` (an object, or NULL for none) over what `object` holds. Reports
 * unknown names with a suggestion, wrong types, missing or unknown units, values out of limits;
 * "$comment" and "x-..." are skipped. A FIELD_REQUIRED that does not stand in `tree` is reported on
 * `tree`'s key. A field with a mistake keeps what it held. True when nothing was reported. */
bool field_read(const Field *fields, void *object, const cJSON *tree, DiagList *diags);

/* Reads one value into its place; for --set and for faults that set a field. */
bool field_read_value(const Field *field, void *object, const cJSON *value, DiagList *diags);

/* Frees what texts, lists and draws of `object` own, and zeroes them. */
void field_clear(const Field *fields, void *object);

/* Draws that are written alike hold one law of the book from now on (sim/base/draw_book.h). */
void field_share_laws(const Field *fields, void *object, DrawBook *book);

/* Deep copy of all fields from one struct to another (whose fields were cleared or zeroed). */
void field_copy(const Field *fields, void *to, const void *from);

/* The row called `name`, or NULL. */
const Field *field_find(const Field *fields, const char *name);

/* The value in the user's notation ("250ms", "4GiB", "400/s"; "" for a text that is absent; a table
 * as "name=value, name=value"). Caller frees. */
char *field_print(const Field *field, const void *object);

/* Self-test of a table, for the test over all kinds and for each table of one's own: each row has
 * help and a name of its own; defaults and limits parse, lowest <= default <= highest; a default of
 * a number, span, size, rate or draw names its source; zero lies within the limits of a row that
 * has neither default nor FIELD_REQUIRED (but for spans and draws: none). Reports without place;
 * returns how many mistakes. */
guint field_check_table(const Field *fields, DiagList *diags);
