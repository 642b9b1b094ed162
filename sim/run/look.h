/* look.h - one replication, lived until an instant and looked at there: exactly the world that a
 * run has at that time, faults and all. Nothing is left behind. */
#pragma once

#include "sim/run/run.h"

/* Lives the replication that `order` names (scenario, kinds, run; `path`, `until` and `look` are
 * not read) until scenario time `at`, when all events of that instant have happened, and hands the
 * world to `look`. `at` lies from the end of the warm-up to the end of the drain. False after
 * mistakes in the configuration (told to `diags`), or with `error`: a broken law, a full disk, a
 * run that ended before `at`. */
bool look_at(const RunOrder *order, SimTime at, RunLook *look, void *context, DiagList *diags,
             GError **error);

/* The last scenario time that can be looked at. */
SimTime look_latest(const Scenario *scenario);
