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
    } else if ((change & HTTP_DELETE) != 0) {
        what.flags = STORE_DELETE;
    } else if ((change & HTTP_COUNTER) != 0) {
        what.flags = STORE_COUNTER;
    } else if ((change & HTTP_BATCH) != 0) {
        what.flags = STORE_BATCH;
    }
    return what;
}
