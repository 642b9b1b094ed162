/* flight.h - the flight recorder: the last events of a run, for an assertion's last words.
 * Written at each event, so it is a ring in place and one store of 32 bytes. */
#pragma once

#include "sim/engine/engine.h"

#define FLIGHT_LENGTH 256

typedef struct FlightEntry {
    SimTime time;
    const EventType *type;
    uint64_t detail;
    uint32_t owner_id;
} FlightEntry;

/* Zeroed is empty. */
typedef struct Flight {
    FlightEntry entries[FLIGHT_LENGTH];
    uint64_t count; /* written so far; the newest is at (count - 1) modulo FLIGHT_LENGTH */
} Flight;

static inline void flight_note(Flight *flight, SimTime time, const EventType *type,
                               uint32_t owner_id, uint64_t detail)
{
    flight->entries[flight->count++ % FLIGHT_LENGTH] = (FlightEntry){time, type, detail, owner_id};
}

/* Prints a head line with seed and time, then the entries, oldest first, to file descriptor `fd`.
 * Calls nothing but write(2) and allocates nothing, so that it works in a signal handler. */
void flight_print(const Flight *flight, uint64_t seed, SimTime now, int fd);
