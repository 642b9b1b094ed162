/* json_print.h - the text of a JSON tree, each number as exact as it was read.
 * cJSON prints 15 digits where those are off by no more than the last bit: read again,
 * 1.0000000000000002 is then 1. What is read back, or told apart by its text, is printed here. */
#pragma once

#include <cjson/cJSON.h>

/* On one line, or laid out over lines as cJSON_Print() does; no newline at the end. A number that
 * is none (infinite) is null. Never fails; caller frees with g_free(). */
char *json_print_line(const cJSON *tree);
char *json_print_page(const cJSON *tree);
