/* own_statement.h - what a request asks of the database for its own datum. */
#pragma once

#include "models/app/driver.h"

/* The statement for the datum of `request`. A CAS or an update is two: it reads (`version` is
 * -1), and then writes, a CAS only if the datum still has the `version` that it was read with. */
DriverStatement own_statement(const Message *request, int64_t version);

/* A column that some data have, for scenarios that change the schema. */
typedef struct OwnColumn {
    char *name;
    double share;
} OwnColumn;
extern const Field own_column_fields[];

/* Its name, interned, when the datum is one of the share that has it (always the same ones), or
 * NULL. */
const char *own_column(uint64_t key, const OwnColumn *column);
