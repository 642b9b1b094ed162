/* station.h - one station's insides, shared by the files that tell its life: station.c (who comes
 * and goes), station_service.c (who is served, at what speed, by which discipline). */
#pragma once

#include "models/queueing/network_parts.h"
#include "sim/base/draw_ahead.h"
#include "sim/world/host_cpu.h"

typedef enum Discipline {
    DISCIPLINE_FCFS,     /* first come, first served */
    DISCIPLINE_PS,       /* all at once, each with its share of the servers */
    DISCIPLINE_LCFS_PR,  /* the last to come displaces the first; who is displaced goes on later */
    DISCIPLINE_RANDOM,   /* who waits is called in any order */
    DISCIPLINE_PRIORITY, /* the highest priority first, of equals the first to come; nobody in
                            service is displaced */
} Discipline;

/* What a breakdown does to those in service. */
typedef enum WhileDown {
    WHILE_DOWN_RESUME, /* they go on where they were */
    WHILE_DOWN_REPEAT, /* they begin the same work again */
    WHILE_DOWN_LOSE,   /* they are lost */
    WHILE_DOWN_REFUSE, /* so is who waits, and who comes is refused */
} WhileDown;

typedef struct Breakdown {
    Draw up, down;
    int while_down;
} Breakdown;

struct Station {
    Component component;
    /* configuration */
    int64_t servers, room;
    int discipline;
    Draw service, patience, vacation;
    Breakdown breakdown;
    bool balking;
    const cJSON *to, *refused;
    /* derived */
    Engine *engine;
    Route route, refused_route;
    Customers *customers;
    DrawAhead services, patiences;
    Rng breakdowns, choices, vacations, balks;
    double overload; /* what it is offered over what it can serve; 0 when it can */
    bool has_no_mean_wait;
    /* state */
    Line waiting;         /* in order of arrival; of lcfs-pr the last displaced comes first */
    Customer **unordered; /* who waits, of discipline random */
    uint32_t unordered_room;
    Line in_service; /* in order of their begin */
    HostCpu sharing; /* of discipline ps: whole virtual servers are its vCPUs */
    bool is_open, is_broken, is_away;
    double speed; /* work done in a nanosecond by one server */
    /* measurement */
    Gauge station_in_system, station_queue, station_busy, sharers;
    Ledger ledger;
    double given_ns, seen, lost_ns; /* of the work: see station_ledger_work */
    uint64_t station_throughput, station_refused, station_abandoned, station_lost;
    Histogram *station_wait, *station_sojourn;
};

/* Sets up what the discipline needs, and gives it back. */
void service_init(Station *self);
void service_clear(Station *self);

/* For the LedgerDef of `ledger`, which is a Station's. */
LedgerWork station_ledger_work(const Ledger *ledger);
LedgerWork station_sharing_work(const Ledger *ledger);

/* One more who came: served at once or in the line. */
void service_admit(Station *self, Customer *customer);

/* Takes one out who is served or waits; what it left behind is given to the next only by
 * service_fill. */
void service_take(Station *self, Customer *customer);

/* Calls the next as long as there is a free server. */
void service_fill(Station *self);

/* After a breakdown, a repair or a change of condition: all in service go on at the new speed.
 */
void service_set_speed(Station *self);

/* The server goes away, or comes back, while nobody is in service. */
void service_set_away(Station *self, bool is_away);

/* Those in service begin again with the work that they came with. */
void service_repeat(Station *self);

/* The customer's service has ended, or its patience: told to the station, which owns the way on. */
void station_served(Station *self, Customer *customer);
void station_gives_up(Station *self, Customer *customer);
