/* look.c - one replication, lived until an instant and looked at there. */
#include "sim/run/look.h"

#include <unistd.h>

/* Whether the instant was reached, and who wants to see it. */
typedef struct Look {
    RunLook *look;
    void *context;
    bool is_done;
} Look;

static void on_look(void *context, const World *world, SimTime epoch)
{
    Look *look = context;

    look->is_done = true;
    look->look(look->context, world, epoch);
}

SimTime look_latest(const Scenario *scenario)
{
    return scenario->simulation.duration + scenario->simulation.settle + run_drain_span();
}

/* Results are written as in every run, so that it is the same run, and thrown away. */
bool look_at(const RunOrder *order, SimTime at, RunLook *look, void *context, DiagList *diags,
             GError **error)
{
    g_autofree char *path =
        g_strdup_printf("%s/dcdrill-look-%ld.sqlite", g_get_tmp_dir(), (long)getpid());
    Look inner = {.look = look, .context = context};
    RunOrder run = *order;

    g_assert_cmpint(at, >=, 0);
    g_assert_cmpint(at, <=, look_latest(order->scenario));
    run.path = path;
    run.until = 0;
    run.look = on_look;
    run.look_context = &inner;
    run.look_at = at;
    if (!run_execute(&run, diags, error)) {
        return false;
    }
    unlink(path);
    if (!inner.is_done) {
        g_set_error(error, g_quark_from_static_string("look"), 0,
                    "the run ended before this instant ('abortOnFail', or it was interrupted)");
    }
    return inner.is_done;
}
