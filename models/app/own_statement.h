/* own_statement.h - what a request asks of the database for its own datum. */
#pragma once

#include "models/app/driver.h"

/* The statement for the datum of `request`. A CAS is two: it reads (`version` is -1), and then
 * writes only if the datum still has the `version` that it was read with. */
DriverStatement own_statement(const Message *request, int64_t version);
