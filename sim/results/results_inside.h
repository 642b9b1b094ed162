/* results_inside.h - what the two halves of the writer share: rows (results_write.c) and the file
 * they go to (results_file.c). */
#pragma once

#include <stdbool.h>

#include "sim/results/results_schema.h"
#include "sim/results/results_write.h"

struct ResultsWriter {
    char *path, *part; /* the name it will get, and the one it has until then */
    sqlite3 *database;
    sqlite3_stmt *inserts[RESULTS_TABLE_COUNT];
    GHashTable *sampled; /* run, component and metric of samples so far: only looked up */
    GError *error;       /* the first one */
    bool owns_part;      /* made by us: to be removed unless it gets its name */
    bool is_in_place;    /* goes on with a whole file, which keeps its name */
    bool has_components; /* came with the first file merged */
};

/* Keeps the first error that SQLite reports; true when `code` is none. */
bool results_writer_check(ResultsWriter *writer, int code);
