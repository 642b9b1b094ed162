/* banned.h - forced into every file of sim/ and models/: calls that would make two runs differ, or
 * lose an error. Wall clocks are allowed in sim/run and sim/cli through sim/run/wall.h only;
 * printing in sim/cli and reports. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* cJSON's own look-ups ignore case: use json_member. */
#pragma GCC poison cJSON_GetObjectItem cJSON_HasObjectItem
/* Debian 12's 1.7.15 refuses every index but 0. */
#pragma GCC poison cJSON_InsertItemInArray
#pragma GCC poison rand srand random drand48 g_random_int g_random_double g_random_int_range
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atof
