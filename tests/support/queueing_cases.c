/* queueing_cases.c - see queueing_cases.h. Insensitivity: shared and preemptive last-come queues
 * have the means of M/M/c whatever the law of the work; the order in which equals are called does
 * not change means; a closed network of shared queues is one of single servers. */
#include "tests/support/queueing_cases.h"

#include <check.h>
#include <math.h>

#include "sim/theory/theory.h"

/* One station "a" that all come to and leave from. */
#define ONE(interarrival, station)                                                                 \
    "{ 'sources': { 'in': { 'interarrival': '" interarrival "', 'to': 'a' } }, 'stations': { "     \
    "'a': { " station " } } }"
#define EXP "'service': 'exponential(mean=1s)'"
#define MM1_08 "exponential(mean=1.25s)"
#define MM1_05 "exponential(mean=2s)"
#define AT_08 "mm1", "{'lam':0.8,'mu':1}"
#define AT_05 "mm1", "{'lam':0.5,'mu':1}"

#define SOJOURN "station@a", "station_sojourn", FIGURE_MEAN
#define WAIT "station@a", "station_wait", FIGURE_MEAN
#define THERE "station@a", "station_in_system", FIGURE_LEVEL
#define BUSY "station@a", "station_busy", FIGURE_LEVEL
#define DONE "station@a", "station_throughput", FIGURE_RATE

/* Replies of three, of which two are needed; nobody ever waits. */
#define QUORUM                                                                                     \
    "{ 'sources': { 'in': { 'interarrival': '1s', 'to': 'quorum' } }, 'forks': { 'quorum': { "     \
    "'to': ['a', 'b', 'c'], 'need': 2, 'cancel': true } }, 'stations': { "                         \
    "'a': { 'servers': 1000, " EXP " }, 'b': { 'servers': 1000, " EXP                              \
    " }, 'c': { 'servers': 1000, " EXP " } } }"
#define SHARED                                                                                     \
    "{ 'populations': { 'users': { 'customers': 100, 'think': '2s', 'to': 'a' } }, 'stations': { " \
    "'a': { 'service': '10ms', 'discipline': 'ps', 'to': 'b' }, 'b': { 'service': 'uniform(0s, "   \
    "16ms)', 'discipline': 'ps', 'to': 'c' }, 'c': { 'service': 'exponential(mean=4ms)' } } }"

typedef struct Expected {
    const char *part, *metric;
    FigureOf of;
    const char *family, *params, *figure; /* of the closed form, or ... */
    double value;                         /* ... the value itself */
} Expected;

typedef struct QueueingCase {
    const char *name, *queueing;
    double warmup_s, length_s, precision;
    Expected expected[4];
} QueueingCase;

static const QueueingCase cases[] = {
    {"M/M/1 in random order",
     ONE(MM1_05, EXP ", 'discipline': 'random'"),
     200,
     20000,
     0.04,
     {{WAIT, AT_05, "Wq", 0}, {SOJOURN, AT_05, "W", 0}, {BUSY, AT_05, "rho", 0}}},
    {"M/M/1-PS at 80 %",
     ONE(MM1_08, EXP ", 'discipline': 'ps'"),
     1000,
     14000,
     0.08,
     {{SOJOURN, AT_08, "W", 0}, {THERE, AT_08, "L", 0}, {BUSY, AT_08, "rho", 0}}},
    {"M/M/4-PS at 80 %",
     ONE("exponential(mean=312.5ms)", EXP ", 'servers': 4, 'discipline': 'ps'"),
     300,
     6000,
     0.06,
     {{SOJOURN, "mmc", "{'lam':3.2,'mu':1,'c':4}", "W", 0},
      {THERE, "mmc", "{'lam':3.2,'mu':1,'c':4}", "L", 0},
      {BUSY, "mmc", "{'lam':3.2,'mu':1,'c':4}", "rho", 0}}},
    {"M/U/1-LCFS-PR at 50 %",
     ONE(MM1_05, "'service': 'uniform(0s, 2s)', 'discipline': 'lcfs-pr'"),
     200,
     14000,
     0.04,
     {{SOJOURN, AT_05, "W", 0}, {THERE, AT_05, "L", 0}}},
    {"M/M/1-LCFS-PR at 80 %",
     ONE(MM1_08, EXP ", 'discipline': 'lcfs-pr'"),
     1000,
     14000,
     0.08,
     {{SOJOURN, AT_08, "W", 0}, {THERE, AT_08, "L", 0}}},
    {"closed, by processor sharing",
     SHARED,
     20,
     100,
     0.04,
     {{DONE, "mva", "{'demands':[0.01,0.008,0.004],'think':2,'N':100}", "X", 0}}},
    {"one priority is none",
     "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=2s)', 'priority': 7, 'to': 'a' } }, "
     "'stations': { 'a': { " EXP ", 'discipline': 'priority' } } }",
     200,
     20000,
     0.04,
     {{WAIT, AT_05, "Wq", 0}, {SOJOURN, AT_05, "W", 0}}},
    {"refused and done elsewhere",
     "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=125ms)', 'to': 'a' } }, 'stations': "
     "{ 'a': { 'servers': 10, 'room': 10, " EXP ", 'refused': 'b' }, 'b': { 'servers': 1000, " EXP
     " } } }",
     100,
     2000,
     0.04,
     {{DONE, "mmck", "{'lam':8,'mu':1,'c':10,'K':10}", "throughput", 0},
      {"source@in", "journey", FIGURE_MEAN, NULL, NULL, NULL, 1}}},
    {"two of three, the third called off",
     QUORUM,
     20,
     3000,
     0.04,
     {{"source@in", "journey", FIGURE_MEAN, "kth-of-n", "{'n':3,'k':2,'mean':1}", "mean", 0},
      /* (1/3 + 5/6 + 5/6) / 3: the first, the second and who is cut */
      {THERE, NULL, NULL, NULL, 2.0 / 3},
      {DONE, NULL, NULL, NULL, 2.0 / 3}}},
};

bool queueing_case_make(int i, FigureCase *test)
{
    const QueueingCase *from = &cases[i];

    if (i >= (int)G_N_ELEMENTS(cases)) {
        return false;
    }
    *test = (FigureCase){.queueing = g_strdup(from->queueing),
                         .warmup_s = from->warmup_s,
                         .pilot_s = from->length_s,
                         .precision = from->precision};
    g_strlcpy(test->name, from->name, sizeof test->name);
    while (test->count < (int)G_N_ELEMENTS(from->expected) &&
           from->expected[test->count].part != NULL) {
        const Expected *expected = &from->expected[test->count];
        Figure *figure = &test->figures[test->count++];

        *figure = (Figure){.of = expected->of,
                           .metric = expected->metric,
                           .expected = expected->value,
                           .scale = 1};
        g_strlcpy(figure->part, expected->part, sizeof figure->part);
        g_strlcpy(figure->name, expected->metric, sizeof figure->name);
        if (expected->family != NULL) {
            g_autofree char *text = g_strdelimit(g_strdup(expected->params), "'", '"');

            figure->expected = theory_figure(expected->family, expected->figure, cJSON_Parse(text));
        }
        ck_assert(isfinite(figure->expected));
    }
    return true;
}
