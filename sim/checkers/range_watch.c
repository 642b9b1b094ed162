/* range_watch.c - ranges as rows of replicas, counted anew at each death: deaths are rare. */
#include "sim/checkers/range_watch.h"

typedef struct Replica {
    const char *name;
    SimTime down_since;
    bool is_down;
} Replica;

struct RangeWatch {
    GArray *replicas; /* of Replica, by number */
    GArray *members;  /* of uint32_t: replicas, range after range */
    GArray *ends;     /* of guint: of each range in members */
    guint most, allowed;
    SimTime most_since;
    bool is_over; /* told, and not back below since */
    RangeFinding *tell;
    void *context;
};

RangeWatch *range_watch_new(void)
{
    RangeWatch *watch = g_new0(RangeWatch, 1);

    watch->replicas = g_array_new(false, true, sizeof(Replica));
    watch->members = g_array_new(false, false, sizeof(uint32_t));
    watch->ends = g_array_new(false, false, sizeof(guint));
    return watch;
}

void range_watch_free(RangeWatch *watch)
{
    g_array_unref(watch->replicas);
    g_array_unref(watch->members);
    g_array_unref(watch->ends);
    g_free(watch);
}

void range_watch_allow(RangeWatch *watch, guint most, RangeFinding *tell, void *context)
{
    watch->allowed = most;
    watch->tell = tell;
    watch->context = context;
}

void range_watch_replica(RangeWatch *watch, uint32_t replica, const char *name)
{
    if (replica >= watch->replicas->len) {
        g_array_set_size(watch->replicas, replica + 1);
    }
    g_array_index(watch->replicas, Replica, replica).name = name;
}

void range_watch_add(RangeWatch *watch, const uint32_t *replicas, guint count)
{
    guint end;

    for (guint i = 0; i < count; i++) {
        g_assert_cmpuint(replicas[i], <, watch->replicas->len);
    }
    g_array_append_vals(watch->members, replicas, count);
    end = watch->members->len;
    g_array_append_val(watch->ends, end);
}

void range_watch_forget(RangeWatch *watch)
{
    g_array_set_size(watch->members, 0);
    g_array_set_size(watch->ends, 0);
}

static guint count_down(const RangeWatch *watch, guint begin, guint end)
{
    guint down = 0;

    for (guint i = begin; i < end; i++) {
        uint32_t replica = g_array_index(watch->members, uint32_t, i);

        down += g_array_index(watch->replicas, Replica, replica).is_down;
    }
    return down;
}

static void tell(RangeWatch *watch, SimTime now, guint begin, guint end)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint down = 0;

    for (guint i = begin; i < end; i++) {
        uint32_t number = g_array_index(watch->members, uint32_t, i);
        const Replica *replica = &g_array_index(watch->replicas, Replica, number);

        if (replica->is_down) {
            g_string_append_printf(names, "%s%s (for %.6f s)", down++ > 0 ? ", " : "",
                                   replica->name, sim_span_to_s(now - replica->down_since));
        }
    }
    watch->tell(watch->context, now, down, end - begin, names->str);
}

static void look(RangeWatch *watch, SimTime now)
{
    guint begin = 0, most = 0, most_begin = 0, most_end = 0;

    for (guint i = 0; i < watch->ends->len; i++) {
        guint end = g_array_index(watch->ends, guint, i);
        guint down = count_down(watch, begin, end);

        if (down > most) {
            most = down;
            most_begin = begin;
            most_end = end;
        }
        begin = end;
    }
    if (most > watch->most) {
        watch->most = most;
        watch->most_since = now;
        watch->is_over = false; /* worse than what was told */
    }
    if (most <= watch->allowed) {
        watch->is_over = false;
    } else if (!watch->is_over && watch->tell != NULL) {
        watch->is_over = true;
        tell(watch, now, most_begin, most_end);
    }
}

void range_watch_ready(RangeWatch *watch, SimTime now)
{
    look(watch, now);
}

void range_watch_change(RangeWatch *watch, uint32_t replica, bool serves, SimTime now)
{
    Replica *row;

    if (replica >= watch->replicas->len) {
        return;
    }
    row = &g_array_index(watch->replicas, Replica, replica);
    if (row->is_down == serves) {
        row->is_down = !serves;
        row->down_since = now;
        look(watch, now);
    }
}

guint range_watch_count(const RangeWatch *watch)
{
    return watch->ends->len;
}

guint range_watch_most(const RangeWatch *watch, SimTime *since)
{
    *since = watch->most_since;
    return watch->most;
}
