/* log_format.h - messages on standard error as text or as one JSON object a line. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One line of standard error as JSON: level (error, warning, note, debug, info), message and, where
 * the line names one, file, line and column. Caller frees. */
char *log_line_to_json(const char *line);

/* From now on what this process and its children write to standard error comes out so: a process of
 * its own reads it, and ends when all of them have. False when it cannot be started. */
bool log_begin_json(void);

/* Waits until all has come out; to be called last, when log_begin_json was. */
void log_end_json(void);
