/* network_parts.h - the parts of a network of textbook queues, as they know each other: the kind
 * `queueing` makes them, routes lead from one to the next. */
#pragma once

#include "models/queueing/customer.h"
#include "models/queueing/route.h"

extern const Kind source_kind, population_kind, station_kind, fork_kind, queueing_kind;

/* The customers of the world's one network; `component` is a part of it. */
Customers *queueing_customers(const Component *component);

/* The route that leads out of a part, NULL for none; the text of it stands in `to`. */
typedef struct PartRoute {
    Route *route;
    const cJSON *to; /* NULL: leads out */
    const char *use; /* of the stream that picks: "routing" */
} PartRoute;

PartRoute source_route(Component *source);
PartRoute population_route(Component *population);
PartRoute station_route(Component *station);
PartRoute station_refused_route(Component *station);
PartRoute fork_route(Component *fork);

/* What comes out of each, told when its way ended; both take the customer back. */
void source_hear(Customer *customer, CustomerEnd end);
void population_hear(Customer *customer, CustomerEnd end);

/* A customer comes to a station: it is served, waits or is lost. */
void station_enter(Component *station, Customer *customer);
/* Takes it out as if it had never needed service. */
void station_cancel(Customer *customer);
uint32_t station_count(const Component *station);

/* A customer comes to a fork: a part of it goes to each station of `to`. */
void fork_enter(Component *fork, Customer *customer);
void join_hear(Customer *part, CustomerEnd end);
/* Nobody waits for the join any more: takes out all its parts. */
void join_cancel(Join *join);
size_t join_size(void);

/* Finds the stations and forks of `to`, once all components exist. */
void fork_find_branches(Component *fork, World *world, DiagList *diags);

/* Whether a fork leads to itself through nothing but forks: a customer would be split for ever. */
bool fork_is_endless(const Component *fork);

/* Who is refused at two stations in turn would go round at one instant. Once routes are read. */
void station_check_refused(Component *station, DiagList *diags);

/* For closed forms: what a part was configured with. */
typedef struct SourceLaw {
    Draw interarrival, burst, usual, lasts; /* without a burst the latter have no law */
    double batch;
    int64_t priority;
} SourceLaw;
SourceLaw source_law(const Component *source);

typedef struct PopulationLaw {
    int64_t customers;
    double think_s; /* mean */
} PopulationLaw;
PopulationLaw population_law(const Component *population);

int64_t fork_need(const Component *fork);

/* For the offered load: arrivals in a second, on average. */
double source_rate(const Component *source);

typedef struct StationCapacity {
    double servers;   /* less those that breakdowns take, on average */
    double service_s; /* mean */
    bool is_bounded;  /* sheds what it cannot serve: it has room or its customers patience */
    bool has_wait;    /* whether customers wait for a finite time on average, given a queue that
                         does not grow: not behind services without a finite variance */
} StationCapacity;
StationCapacity station_capacity(const Component *station);

/* What the station tells when it starts, for those who judge what it measures: that it is offered
 * `load` times what it can serve, and that the mean wait is infinite. */
void station_warn_overload(Component *station, double load);
void station_warn_wait(Component *station);

/* The stations and forks of `to`, `count` of them. */
Component *const *fork_branches(const Component *fork, guint *count);
