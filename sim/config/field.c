/* field.c - a table of fields over a struct: defaults, copies, looking up, printing. */
#include "sim/config/field.h"

#include <glib.h>
#include <string.h>

#include "sim/config/field_type.h"

void field_defaults(const Field *fields, void *object)
{
    for (; fields->name != NULL; fields++) {
        void *member = (char *)object + fields->offset;

        if (fields->type == FIELD_TYPE_TABLE) {
            field_defaults(fields->more, member);
        } else if (fields->initial != NULL &&
                   !field_type_parse(fields, member, fields->initial, NULL)) {
            g_error("default '%s' of field '%s' is no %s", fields->initial, fields->name,
                    field_type_def(fields->type)->word);
        }
    }
}

void field_clear(const Field *fields, void *object)
{
    for (; fields->name != NULL; fields++) {
        void *member = (char *)object + fields->offset;

        if (fields->type == FIELD_TYPE_TABLE) {
            field_clear(fields->more, member);
        } else {
            field_type_clear(fields, member);
        }
    }
}

void field_share_laws(const Field *fields, void *object, DrawBook *book)
{
    for (; fields->name != NULL; fields++) {
        void *member = (char *)object + fields->offset;

        if (fields->type == FIELD_TYPE_TABLE) {
            field_share_laws(fields->more, member, book);
        } else if (fields->type == FIELD_TYPE_DRAW || fields->type == FIELD_TYPE_DRAW_NUMBER) {
            draw_book_share(book, member);
        }
    }
}

void field_copy(const Field *fields, void *to, const void *from)
{
    for (; fields->name != NULL; fields++) {
        void *target = (char *)to + fields->offset;
        const void *member = (const char *)from + fields->offset;

        if (fields->type == FIELD_TYPE_TABLE) {
            field_copy(fields->more, target, member);
        } else {
            field_type_copy(fields, target, member);
        }
    }
}

const Field *field_find(const Field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

char *field_print(const Field *field, const void *object)
{
    return field_type_print(field, (const char *)object + field->offset);
}
