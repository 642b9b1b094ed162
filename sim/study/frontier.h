/* frontier.h - the highest rate at which something still holds, when each look is noisy: a bracket
 * by short looks, narrowed between its ends under common random numbers, then more replications of
 * the looks at both ends until the interval of the crossing is narrow enough. At a rate the margin
 * to the limit is known with an interval, [low, high]; the set of rates whose interval holds 0 is
 * the interval of the frontier (inversion of the interval at each rate), so it is as honest as
 * that. Margins fall as the rate rises: the curves through low, middle and high are the best
 * falling ones (isotonic), interpolated between looks as limit / (limit - margin), which is a
 * straight line for a queue; the first of several crossings would be too low on average. Where the
 * fall is a cliff between two looks the interval holds both, else half of their distance. Where
 * replications fall to either side of a cliff, means of their margins say nothing: the frontier is
 * then the rate at which a replication holds with an even chance, found by looks with fresh ones up
 * and down beside it (chance.h). Sources:
 * simulation methodology, section 10; Illinois rule: Dowell and Jarratt, 1971; Barlow and others,
 * 1972 (isotonic regression). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct FrontierPoint {
    double rate;
    double low, middle, high; /* margins as shares of the limit; -1 where nothing holds at all */
    double ceiling; /* rate beyond which it cannot hold, as far as this look tells; 0: unknown */
    guint first, replications;
    double *margins; /* of each replication; NULL: not known, then nothing counts as a wall */
    char *binding;   /* what has the smallest margin, and why when it could not be judged */
} FrontierPoint;

/* Looks at the rate of `point` with its replications, `first` to `first` + `replications`, and
 * fills in the rest. False and `error` when that is not possible. */
typedef bool FrontierProbe(void *context, FrontierPoint *point, GError **error);

typedef struct FrontierOrder {
    double from, to, first; /* rates: limits of the search, and where it begins */
    double step;   /* ratio of the first step up or down; 0: by the ceiling of a look, or 15 % */
    bool has_wall; /* it is known to have one: looked for at once, by steps from `first` */
    double width;  /* half-width wanted, as a share of the frontier */
    guint scouts;  /* replications of looks that only bracket; 0: as many as of the others */
    guint replications, most;
    double confidence; /* of the interval where there is a wall; others have that of the looks */
    FrontierProbe *probe;
    void *context;
} FrontierOrder;

typedef enum FrontierEnd {
    FRONTIER_FOUND,
    FRONTIER_WIDE,   /* the interval is wider than asked for after the most replications */
    FRONTIER_NEVER,  /* it does not hold at the lowest rate */
    FRONTIER_ALWAYS, /* it holds at the highest rate */
    FRONTIER_ENDED,  /* a look could not be taken any more */
} FrontierEnd;

typedef struct Frontier {
    FrontierEnd end;
    double rate, low, high; /* NAN when not found */
    guint replications;     /* of each look at the crossing; at a wall of all looks */
    bool is_wall;           /* the rate is that of an even chance, */
    double spread;          /* walls differ by this standard deviation, as a share, */
    double sure, sure_low;  /* and nine in ten hold at this rate; the lower end of its interval */
    GArray *points;         /* of FrontierPoint, by rate; binding and margins belong to them */
    char *binding;          /* what stops holding */
} Frontier;

/* Searches. When a look fails, `error` is set and what was seen by then is returned; NULL when that
 * is nothing. */
Frontier *frontier_search(const FrontierOrder *order, GError **error);
void frontier_free(Frontier *frontier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Frontier, frontier_free)
