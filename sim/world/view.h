/* view.h - what components show to those who operate them at one instant: the table of `nodetool
 * status`, an answer of `dig`. A kind lists its views in `Kind.views`; `dcdrill status` lets a
 * world live until the instant and asks one component (sim/run/look.h, sim/cli/ask.h). */
#pragma once

#include "sim/world/component.h"

/* The same thing twice: for a terminal and for programs. Both are there and empty when a view is
 * asked for. */
typedef struct ViewAnswer {
    GString *text; /* whole lines */
    cJSON *data;   /* an object */
} ViewAnswer;

/* Fills `answer` with what `self`, which is up, believes or knows now: its own view, as a tool that
 * asks it would print it, and never what only the simulator knows. `words` are further arguments,
 * ends with NULL. Only looks: it changes nothing, draws from no stream and plans no event. False
 * and `error` when a word is wrong. */
typedef bool ViewShow(const Component *self, SimTime epoch, const char *const *words,
                      ViewAnswer *answer, GError **error);

/* What can be told of `words` before the world has lived until the instant: false and `error` when
 * one is wrong. */
typedef bool ViewCheck(const Component *self, const char *const *words, GError **error);

/* A row of `Kind.views`. `epoch` above is the engine's instant of scenario time 0. */
typedef struct ViewDef {
    const char *name, *help; /* "tpstats"; several kinds may have one of the same name */
    const char *arguments;   /* what `words` are, "NAME [TYPE]"; NULL: there are none */
    ViewShow *show;
    ViewCheck *check; /* NULL: `show` looks by itself */
} ViewDef;
#define VIEW_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }
