/* record.h - what a run leaves behind besides samples: users, occurrences, faults, phases, data
 * checks. */
#pragma once

#include "sim/results/results_write.h"
#include "sim/run/chaos.h"

/* What the record is made from. `start` and `end`: engine instants of scenario time 0 and of the
 * end of the measured part; `settled` of the settle phase. */
typedef struct RecordOrder {
    World *world;
    const Chaos *chaos;
    const Scenario *scenario;
    int run;
    uint64_t seed;
    SimTime start, end, settled;
    const char *ended, *note;
} RecordOrder;

/* Writes users' seconds that are complete, so that they need not be kept: at each sample interval.
 * `start` as in RecordOrder. */
void record_write_users(ResultsWriter *writer, History *history, int run, SimTime start);

/* Writes what a judge of thresholds needs besides samples and users: the run itself, its phases and
 * its faults, as if it ended at `order->end`; results_write_take_back undoes it. */
void record_write_frame(ResultsWriter *writer, const RecordOrder *order);

/* Writes all the rest. Errors stick to the writer. */
void record_write(ResultsWriter *writer, const RecordOrder *order);
