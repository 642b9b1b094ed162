/* margin.h - how far a trial is from its limits: the smallest margin of its thresholds. */
#pragma once

#include "sim/study/frontier.h"
#include "sim/study/study.h"

/* Sets low, middle, high, margins and binding of `point` from the thresholds of a trial. A
 * threshold that asks for a worst case (a window, a minimum or maximum, an outage) has no interval:
 * the worst of all replications stands for it. What cannot be judged since it is not steady has
 * margin -1. False and `error` when a threshold
 * measured nothing, or too little for an interval, unless it or another one is broken all the same:
 * in overload too few requests go well to tell their times. */
bool margin_measure(const Trial *trial, FrontierPoint *point, GError **error);
