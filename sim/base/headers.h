/* headers.h - the headers of libraries that nearly every file needs, compiled once for all; no
 * guard, since that is done to this very file. */
#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
