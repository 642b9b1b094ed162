/* reroute.c - how long until the users of a data centre are served by another one. */
#include "sim/results/judge/reroute.h"

#include <math.h>
#include <string.h>

#define LEAST_SHARE 0.05       /* populations that used the data centre less are left out */
#define LOOK_BACK (60 * SIM_S) /* over which its share is taken */

/* One second after a fault: expected and unmoved requests of the displaced users. */
typedef struct Second {
    double expected, unmoved;
} Second;

/* One application of a fault in one run. */
typedef struct Flight {
    int run;
    double offset_s; /* from the fault to the begin of the first second, below 1 */
    GArray *seconds; /* of Second */
} Flight;

struct Reroute {
    GPtrArray *flights;
};

/* --- whom the data centre served ------------------------------------------------------------ */

typedef struct Population {
    const char *client, *region;
    double ok, ok_here; /* before the fault */
    double share;
} Population;

static Population *find_population(GArray *populations, const ResultsCell *cell)
{
    Population fresh = {.client = cell->client, .region = cell->region};

    for (guint i = 0; i < populations->len; i++) {
        Population *population = &g_array_index(populations, Population, i);

        if (population->client == cell->client && population->region == cell->region) {
            return population;
        }
    }
    g_array_append_val(populations, fresh);
    return &g_array_index(populations, Population, populations->len - 1);
}

static bool is_filtered(const ResultsUserFilter *filter, const ResultsCell *cell)
{
    return (filter->client != NULL && strcmp(filter->client, cell->client) != 0) ||
           (filter->region != NULL && strcmp(filter->region, cell->region) != 0);
}

static GArray *list_populations(Results *results, const char *dc, const ResultsUserFilter *filter,
                                const ResultsFault *fault)
{
    GArray *populations = g_array_new(FALSE, TRUE, sizeof(Population));
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    for (guint i = 0; i < count; i++) {
        const ResultsCell *cell = &cells[i];

        if (cell->run == fault->run && cell->time >= fault->applied - LOOK_BACK &&
            cell->time + SIM_S <= fault->applied && !is_filtered(filter, cell)) {
            Population *population = find_population(populations, cell);

            population->ok += (double)cell->ok;
            population->ok_here += strcmp(cell->dc, dc) == 0 ? (double)cell->ok : 0;
        }
    }
    for (guint i = 0; i < populations->len; i++) {
        Population *population = &g_array_index(populations, Population, i);

        population->share = population->ok > 0 ? population->ok_here / population->ok : 0;
    }
    return populations;
}

static double share_of(const GArray *populations, const ResultsCell *cell)
{
    for (guint i = 0; i < populations->len; i++) {
        const Population *population = &g_array_index(populations, Population, i);

        if (population->client == cell->client && population->region == cell->region) {
            return population->share >= LEAST_SHARE ? population->share : 0;
        }
    }
    return 0;
}

/* --- what became of them -------------------------------------------------------------------- */

static void add_cell(Flight *flight, const char *dc, const ResultsCell *cell, double share,
                     SimTime applied)
{
    guint index = (guint)((cell->time - applied) / SIM_S);
    Second *second;

    if (index >= flight->seconds->len) {
        g_array_set_size(flight->seconds, index + 1);
    }
    if (index == 0) {
        flight->offset_s = sim_span_to_s(cell->time - applied);
    }
    second = &g_array_index(flight->seconds, Second, index);
    second->expected += share * (double)(cell->ok + cell->failed);
    second->unmoved += (double)cell->failed + (strcmp(cell->dc, dc) == 0 ? (double)cell->ok : 0);
}

static void flight_free(Flight *flight)
{
    g_array_unref(flight->seconds);
    g_free(flight);
}

static void follow_fault(Results *results, const char *dc, const ResultsUserFilter *filter,
                         const ResultsFault *fault, GPtrArray *flights)
{
    g_autoptr(GArray) populations = list_populations(results, dc, filter, fault);
    g_autoptr(GArray) measured = results_spans(results, fault->run, NULL);
    Flight *flight = g_new0(Flight, 1);
    SimTime end = fault->lifted;
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    if (measured->len > 0) {
        end = MIN(end, g_array_index(measured, ResultsSpan, 0).end);
    }
    flight->run = fault->run;
    flight->seconds = g_array_new(FALSE, TRUE, sizeof(Second));
    for (guint i = 0; i < count; i++) {
        const ResultsCell *cell = &cells[i];

        if (cell->run == fault->run && cell->time >= fault->applied && cell->time + SIM_S <= end) {
            double share = share_of(populations, cell);

            if (share > 0) {
                add_cell(flight, dc, cell, share, fault->applied);
            }
        }
    }
    if (flight->seconds->len > 0) {
        g_ptr_array_add(flights, flight);
    } else {
        flight_free(flight);
    }
}

/* Whether `dc` stands in the list of targets as a word: "host@DC03-db1" names DC03, not DC0. */
static bool is_named(const char *targets, const char *dc)
{
    size_t length = strlen(dc);

    for (const char *at = strstr(targets, dc); at != NULL; at = strstr(at + 1, dc)) {
        bool starts = at == targets || !g_ascii_isalnum(at[-1]);

        if (starts && !g_ascii_isalnum(at[length])) {
            return true;
        }
    }
    return false;
}

Reroute *reroute_measure(Results *results, const char *dc, const ResultsUserFilter *filter)
{
    Reroute *reroute = g_new0(Reroute, 1);
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    reroute->flights = g_ptr_array_new_with_free_func((GDestroyNotify)flight_free);
    for (guint i = 0; i < count; i++) {
        if (is_named(faults[i].targets_text, dc)) {
            follow_fault(results, dc, filter, &faults[i], reroute->flights);
        }
    }
    return reroute;
}

void reroute_free(Reroute *reroute)
{
    if (reroute != NULL) {
        g_ptr_array_unref(reroute->flights);
        g_free(reroute);
    }
}

/* --- the distribution ----------------------------------------------------------------------- */

void reroute_make_rising(double *values, const double *weights, guint count)
{
    g_autofree double *means = g_new(double, MAX(count, 1));
    g_autofree double *masses = g_new(double, MAX(count, 1));
    g_autofree guint *lengths = g_new(guint, MAX(count, 1));
    guint blocks = 0;
    guint at = 0;

    for (guint i = 0; i < count; i++) {
        means[blocks] = values[i];
        masses[blocks] = weights[i];
        lengths[blocks] = 1;
        blocks++;
        while (blocks > 1 && means[blocks - 2] >= means[blocks - 1]) {
            double mass = masses[blocks - 2] + masses[blocks - 1];

            means[blocks - 2] = mass > 0 ? (means[blocks - 2] * masses[blocks - 2] +
                                            means[blocks - 1] * masses[blocks - 1]) /
                                               mass
                                         : means[blocks - 1];
            masses[blocks - 2] = mass;
            lengths[blocks - 2] += lengths[blocks - 1];
            blocks--;
        }
    }
    for (guint i = 0; i < blocks; i++) {
        for (guint j = 0; j < lengths[i]; j++) {
            values[at++] = means[i];
        }
    }
}

static bool is_of(const Flight *flight, int run)
{
    return run < 0 || flight->run == run;
}

/* Sums the flights asked for second by second, as far as the shortest of them lasts; `offset` is
 * the largest of theirs. */
static GArray *sum_flights(const Reroute *reroute, int run, double *offset)
{
    GArray *sum = g_array_new(FALSE, TRUE, sizeof(Second));
    guint shortest = G_MAXUINT;

    *offset = 0;
    for (guint i = 0; i < reroute->flights->len; i++) {
        const Flight *flight = g_ptr_array_index(reroute->flights, i);

        if (is_of(flight, run)) {
            shortest = MIN(shortest, flight->seconds->len);
            *offset = MAX(*offset, flight->offset_s);
        }
    }
    g_array_set_size(sum, shortest == G_MAXUINT ? 0 : shortest);
    for (guint i = 0; i < reroute->flights->len; i++) {
        const Flight *flight = g_ptr_array_index(reroute->flights, i);

        for (guint j = 0; is_of(flight, run) && j < sum->len; j++) {
            const Second *second = &g_array_index(flight->seconds, Second, j);

            g_array_index(sum, Second, j).expected += second->expected;
            g_array_index(sum, Second, j).unmoved += second->unmoved;
        }
    }
    return sum;
}

RerouteTime reroute_time(const Reroute *reroute, int run, double p)
{
    double offset;
    g_autoptr(GArray) sum = sum_flights(reroute, run, &offset);
    g_autofree double *moved = g_new0(double, MAX(sum->len, 1));
    g_autofree double *weights = g_new0(double, MAX(sum->len, 1));

    if (sum->len == 0) {
        return (RerouteTime){.seconds = (double)NAN};
    }
    for (guint i = 0; i < sum->len; i++) {
        const Second *second = &g_array_index(sum, Second, i);

        weights[i] = second->expected;
        if (second->expected > 0) {
            moved[i] = CLAMP(1 - second->unmoved / second->expected, 0.0, 1.0);
        }
    }
    reroute_make_rising(moved, weights, sum->len);
    for (guint i = 0; i < sum->len; i++) {
        if (moved[i] >= p) {
            return (RerouteTime){.seconds = offset + i + 1};
        }
    }
    return (RerouteTime){.seconds = offset + sum->len, .is_censored = true};
}

double reroute_count(const Reroute *reroute, int run)
{
    double sum = 0;

    for (guint i = 0; i < reroute->flights->len; i++) {
        const Flight *flight = g_ptr_array_index(reroute->flights, i);

        for (guint j = 0; is_of(flight, run) && j < flight->seconds->len; j++) {
            sum += g_array_index(flight->seconds, Second, j).expected;
        }
    }
    return sum;
}
