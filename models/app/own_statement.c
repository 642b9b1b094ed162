/* own_statement.c - what a request asks of the database for its own datum. */
#include "models/app/own_statement.h"

DriverStatement own_statement(const Message *request, int64_t version)
{
    uint32_t change = request->flags;
    DriverStatement what = {.is_write = (change & HTTP_WRITE) != 0, .key = request->key};

    if ((change & HTTP_CAS) != 0) {
        what.is_write = version >= 0;
        what.flags = version >= 0 ? STORE_CAS : 0;
        what.expected = version >= 0 ? (uint64_t)version : 0;
    } else if ((change & HTTP_UPDATE) != 0) {
        what.is_write = version >= 0;
    } else if ((change & HTTP_DELETE) != 0) {
        what.flags = STORE_DELETE;
    } else if ((change & HTTP_COUNTER) != 0) {
        what.flags = STORE_COUNTER;
    } else if ((change & HTTP_BATCH) != 0) {
        what.flags = STORE_BATCH;
    }
    return what;
}

const Field own_column_fields[] = {
    FIELD_TEXT(OwnColumn, name, .initial = "",
               .help = "Column that statements on a request's own datum name, where "
                       "ops.alter-schema adds or drops it; empty: none",
               .source = "assumption"),
    FIELD_RATIO(OwnColumn, share, .initial = "1", .help = "Share of the data that have the column",
                .source = "assumption"),
    FIELD_END,
};

const char *own_column(uint64_t key, const OwnColumn *column)
{
    uint64_t spread = (key + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 32;

    return *column->name != '\0' && (double)spread < column->share * 4294967296.0
               ? g_intern_string(column->name)
               : NULL;
}
