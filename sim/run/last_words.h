/* last_words.h - what a replication says when an assertion ends it: which one, and what happened
 * last. */
#pragma once

#include "sim/engine/engine.h"

/* Until last_words_end: should the process abort, it first prints to standard error the number of
 * the replication, the engine time at which its scenario time 0 is, and the last events of `engine`
 * with seed and time. One replication at a time. */
void last_words_begin(const Engine *engine, int run, SimTime start);
void last_words_end(void);
