/* closed_forms.h - which parts of a network of textbook queues have a closed form, and what it
 * says. closed_forms.c knows how customers come to each part, closed_form_station.c one station,
 * closed_form_network.c several parts together. */
#pragma once

#include "models/queueing/station.h"
#include "sim/theory/prediction.h"

/* How customers come to a station or fork. */
typedef struct Feed {
    double rate;             /* a second, when nobody is lost on the way */
    bool is_poisson;         /* and as chance would have it, whatever has been before */
    const Component *source; /* all of one source's, and nobody else's; NULL: otherwise */
    guint from_sources, from_stations, from_forks, others; /* ways that lead here */
} Feed;

typedef struct Network {
    World *world;
    Feed *feeds;                              /* by id */
    bool is_open, has_forks, has_closed_form; /* the last: every station is as Jackson's are */
} Network;

/* Predicts all that is known of the world's one network. */
void closed_forms_predict(World *world, Predictions *predictions);

/* One station, one fork with its branches, and several parts together. */
void closed_form_station(const Network *network, const Station *station, Predictions *predictions);
void closed_form_fork(const Network *network, const Component *fork, Predictions *predictions);
void closed_form_networks(const Network *network, Predictions *predictions);

/* Whether its notation is that of `law`, like "exponential". */
bool law_is(Draw draw, const char *law);

/* Without limits to room and patience, breakdowns and the like. */
bool station_is_plain(const Station *station);
/* So many servers that nobody ever waits. */
bool station_never_waits(const Station *station, double rate);
/* Exponential work at one line, in an order that does not look at it. */
bool station_is_markov(const Station *station);
double station_service_s(const Station *station);

/* How customers come to a part; the part as a station, or NULL; whether nobody goes on from it. */
const Feed *part_feed(const Network *network, const Component *part);
const Station *part_station(const Component *part);
bool part_is_last(const Component *part);

/* "metric{station:web}" of a part. Caller frees. */
char *part_metric(const char *metric, const Component *part);

/* "family" with parameters that are numbers: pairs of a name and a double, up to NULL. */
bool closed_form_ask(Predictions *predictions, const char *family, const char *first, ...);
