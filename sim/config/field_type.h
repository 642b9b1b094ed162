/* field_type.h - one row a type of field: its words, its example, its notation. Within sim/config;
 * others use field.h. */
#pragma once

#include "sim/config/field.h"

/* A number of any ordered type, for limits. */
typedef struct FieldNumber {
    bool is_whole; /* `whole` counts, or else `real` */
    int64_t whole;
    double real;
} FieldNumber;

typedef struct FieldTypeDef {
    const char *word;    /* "duration": for pages */
    const char *phrase;  /* "a duration": for messages */
    const char *units;   /* "ns, us, ms, s, min, h, d"; NULL: a number stands bare */
    const char *guess;   /* the unit to suggest for a bare number: "s" */
    const char *example; /* "\"250ms\"", as it stands in the file */
    const char *pattern; /* of a text in this notation, for the schema; NULL: none */
    size_t size;         /* of the member; 0 for tables */
    bool is_ordered;     /* has limits */
    bool is_sourced;     /* a default names its source */
    bool takes_text;     /* its JSON form may be a string in the notation */
    bool takes_number;   /* its JSON form may be a bare number */
} FieldTypeDef;

const FieldTypeDef *field_type_def(FieldType type);

/* Reads `text` in the user's notation into `place`, the member itself, which must be valid (zeroed
 * or read before); what it owned is freed. False, `place` untouched, when it is not in the
 * notation; `why` (may be NULL) is then more to say, or NULL. Not for tables and JSON. */
bool field_type_parse(const Field *field, void *place, const char *text, char **why);

/* The member's value in the user's notation. Caller frees. */
char *field_type_print(const Field *field, const void *place);

/* Frees what the member owns and zeroes it. Not for tables. */
void field_type_clear(const Field *field, void *place);

/* Copies the member into a zeroed one. Not for tables. */
void field_type_copy(const Field *field, void *to, const void *from);

/* The member of an ordered type as a number (of a draw: its mean). */
FieldNumber field_type_number(const Field *field, const void *place);

/* The lowest and highest allowed, with the words for them: the row's or the type's own. False when
 * there is none on that side. */
bool field_type_lowest(const Field *field, FieldNumber *lowest, const char **text);
bool field_type_highest(const Field *field, FieldNumber *highest, const char **text);

/* -1, 0 or 1. */
int field_type_compare(FieldNumber one, FieldNumber other);
