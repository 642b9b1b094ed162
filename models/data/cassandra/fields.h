/* fields.h - the settings of a Cassandra node. Private to this folder. */
#pragma once

#include "sim/config/field.h"

extern const Field cassandra_fields[];
