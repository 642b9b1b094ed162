/* wall.c - the wall clock, for progress and run-meta.json only. */
#include "sim/run/wall.h"

double wall_seconds(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

char *wall_timestamp(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_format_iso8601(now);
}
