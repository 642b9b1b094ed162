/* closed_form_station.c - the closed form of one station, by how customers come and what it is. */
#include <math.h>

#include "models/queueing/closed_forms.h"

/* Figures of a station under their names in the families' answers. */
typedef struct Shown {
    const char *figure, *metric, *aggregate;
} Shown;

#define SHOWN_END                                                                                  \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }
static const Shown means[] = {{"rho", "station_busy", "avg"},  {"L", "station_in_system", "avg"},
                              {"Lq", "station_queue", "avg"},  {"Wq", "station_wait", "avg"},
                              {"W", "station_sojourn", "avg"}, SHOWN_END};
static const Shown percentiles[] = {{"Wq_p95", "station_wait", "p(95)"},
                                    {"Wq_p99", "station_wait", "p(99)"},
                                    {"W_p95", "station_sojourn", "p(95)"},
                                    {"W_p99", "station_sojourn", "p(99)"},
                                    SHOWN_END};
static const Shown shared[] = {
    {"L", "station_in_system", "avg"}, {"W", "station_sojourn", "avg"}, SHOWN_END};
static const Shown bounded[] = {{"utilisation", "station_busy", "avg"},
                                {"L", "station_in_system", "avg"},
                                {"Lq", "station_queue", "avg"},
                                {"Wq", "station_wait", "avg"},
                                {"W", "station_sojourn", "avg"},
                                {"throughput", "station_throughput", "rate"},
                                SHOWN_END};
static const Shown impatient[] = {{"utilisation", "station_busy", "avg"},
                                  {"L", "station_in_system", "avg"},
                                  {"Lq", "station_queue", "avg"},
                                  {"throughput", "station_throughput", "rate"},
                                  SHOWN_END};
static const Shown timed_out[] = {
    {"Wq_served", "station_wait", "avg"}, {"throughput", "station_throughput", "rate"}, SHOWN_END};
static const Shown failing[] = {{"L_fail_any_time", "station_in_system", "avg"},
                                {"W_fail_any_time", "station_sojourn", "avg"},
                                SHOWN_END};

/* A station on its way to its closed form. */
typedef struct StationCase {
    const Station *station;
    const Feed *feed;
    double rate, service_s, scv, servers;
    Predictions *predictions;
} StationCase;

static void show_scaled(const StationCase *one, const char *figure, double scale,
                        const char *metric, const char *aggregate)
{
    g_autofree char *name = part_metric(metric, &one->station->component);

    predictions_add(one->predictions, figure, scale, name, aggregate);
}

static void show(const StationCase *one, const Shown *rows)
{
    for (; rows->figure != NULL; rows++) {
        show_scaled(one, rows->figure, 1, rows->metric, rows->aggregate);
    }
}

/* --- what nobody loses ---------------------------------------------------------------------- */

static void predict_markov(const StationCase *one)
{
    bool is_answered = one->servers > 1
                           ? closed_form_ask(one->predictions, "mmc", "lam", one->rate, "mu",
                                             1 / one->service_s, "c", one->servers, NULL)
                           : closed_form_ask(one->predictions, "mm1", "lam", one->rate, "mu",
                                             1 / one->service_s, NULL);

    if (is_answered) {
        show(one, one->station->discipline == DISCIPLINE_PS ||
                          one->station->discipline == DISCIPLINE_LCFS_PR
                      ? shared
                      : means);
    }
    if (is_answered && one->feed->is_poisson && one->station->discipline == DISCIPLINE_FCFS) {
        show(one, percentiles);
    }
}

/* The name of M/G/1's table for a law, NULL when it has none. */
static const char *work_law(Draw work, double scv)
{
    if (scv == 0) {
        return "det";
    }
    if (law_is(work, "uniform")) {
        return "uniform";
    }
    if (law_is(work, "hyperexponential")) {
        return "h2";
    }
    if (law_is(work, "lognormal")) {
        return "lognormal";
    }
    return law_is(work, "erlang") ? "erlang" : NULL;
}

static void predict_general(const StationCase *one)
{
    const char *law = work_law(one->station->service, one->scv);
    cJSON *params;

    if (law == NULL || one->servers > 1 || one->station->discipline != DISCIPLINE_FCFS) {
        return;
    }
    params = cJSON_CreateObject();
    cJSON_AddNumberToObject(params, "rho", one->rate * one->service_s);
    cJSON_AddNumberToObject(params, "mean_service", one->service_s);
    cJSON_AddStringToObject(params, "dist", law);
    cJSON_AddNumberToObject(params, "scv", one->scv);
    if (predictions_ask(one->predictions, "mg1", params)) {
        show(one, means);
        show(one, percentiles);
    }
}

static void predict_shared(const StationCase *one)
{
    if (law_is(one->station->service, "exponential")) {
        predict_markov(one);
    } else if (one->servers <= 1 &&
               closed_form_ask(one->predictions, "ps", "rho", one->rate * one->service_s,
                               "mean_service", one->service_s, NULL)) {
        show(one, shared);
    }
}

static void predict_paused(const StationCase *one)
{
    double pause_s = draw_mean(one->station->vacation) / (double)SIM_S;

    if (one->station->discipline == DISCIPLINE_FCFS &&
        closed_form_ask(one->predictions, "vacation", "lam", one->rate, "mean_service",
                        one->service_s, "second_moment_service",
                        one->service_s * one->service_s * (1 + one->scv), "mean_vacation", pause_s,
                        "scv_vacation", draw_scv(one->station->vacation), NULL)) {
        show(one, means);
    }
}

static void predict_failing(const StationCase *one)
{
    const Breakdown *breakdown = &one->station->breakdown;

    if (one->servers <= 1 && one->station->discipline == DISCIPLINE_FCFS &&
        breakdown->while_down == WHILE_DOWN_RESUME && law_is(breakdown->up, "exponential") &&
        closed_form_ask(one->predictions, "breakdown", "lam", one->rate, "mean_service",
                        one->service_s, "scv_service", one->scv, "failure_rate",
                        (double)SIM_S / draw_mean(breakdown->up), "mean_repair",
                        draw_mean(breakdown->down) / (double)SIM_S, "scv_repair",
                        draw_scv(breakdown->down), NULL)) {
        show(one, failing);
    }
}

/* --- what is lost --------------------------------------------------------------------------- */

static void predict_bounded(const StationCase *one)
{
    if (closed_form_ask(one->predictions, "mmck", "lam", one->rate, "mu", 1 / one->service_s, "c",
                        one->servers, "K", (double)one->station->room, NULL)) {
        show(one, bounded);
        show_scaled(one, "p_block", one->rate, "station_refused", "rate");
    }
}

static void predict_impatient(const StationCase *one)
{
    const Draw patience = one->station->patience;
    double patience_s = draw_mean(patience) / (double)SIM_S;

    if (law_is(patience, "exponential") &&
        closed_form_ask(one->predictions, "impatience-exp", "lam", one->rate, "mu",
                        1 / one->service_s, "c", one->servers, "patience_rate", 1 / patience_s,
                        NULL)) {
        show(one, impatient);
        show_scaled(one, "p_abandon", one->rate, "station_abandoned", "rate");
    } else if (draw_scv(patience) == 0 && one->servers <= 1 &&
               one->station->discipline == DISCIPLINE_FCFS &&
               closed_form_ask(one->predictions, "timeout-fixed", "lam", one->rate, "mu",
                               1 / one->service_s, "timeout", patience_s, NULL)) {
        show(one, timed_out);
        show_scaled(one, "p_timeout", one->rate, "station_abandoned", "rate");
    }
}

static void predict_balking(const StationCase *one)
{
    if (one->servers <= 1 &&
        closed_form_ask(one->predictions, "balking", "offered", one->rate * one->service_s, NULL)) {
        show_scaled(one, "L", 1, "station_in_system", "avg");
        show_scaled(one, "throughput_over_mu", 1, "station_busy", "avg");
        show_scaled(one, "throughput_over_mu", 1 / one->service_s, "station_throughput", "rate");
        show_scaled(one, "W_times_mu", one->service_s, "station_sojourn", "avg");
    }
}

/* Of several such things at once no family knows. */
static guint peculiarities(const Station *station)
{
    return (guint)(station->room > 0) + (station->patience.law != NULL) +
           (station->vacation.law != NULL) + (station->breakdown.up.law != NULL) + station->balking;
}

static void predict_peculiar(const StationCase *one)
{
    const Station *station = one->station;

    if (peculiarities(station) != 1 || station->refused != NULL) {
        return;
    }
    if (station->breakdown.up.law != NULL) {
        predict_failing(one);
    } else if (station->vacation.law != NULL) {
        predict_paused(one);
    } else if (station_is_markov(station) && station->room > 0) {
        predict_bounded(one);
    } else if (station_is_markov(station) && station->patience.law != NULL) {
        predict_impatient(one);
    } else if (station_is_markov(station) && station->balking) {
        predict_balking(one);
    }
}

/* --- arrivals of their own kind ------------------------------------------------------------- */

static void predict_renewal(const StationCase *one, const SourceLaw *law)
{
    double ca2 = draw_scv(law->interarrival);
    const char *name = ca2 == 0                                        ? "D"
                       : law_is(law->interarrival, "erlang")           ? "E"
                       : law_is(law->interarrival, "hyperexponential") ? "H2"
                                                                       : NULL;
    cJSON *params;

    if (name == NULL) {
        return;
    }
    params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "arrival", name);
    cJSON_AddNumberToObject(params, "par", ca2 == 0 ? 1 : ca2 < 1 ? round(1 / ca2) : ca2);
    cJSON_AddNumberToObject(params, "rho", one->rate * one->service_s);
    cJSON_AddNumberToObject(params, "mean_service", one->service_s);
    if (predictions_ask(one->predictions, "gm1", params)) {
        show(one, means);
        show(one, percentiles);
    }
}

static void predict_source(const StationCase *one)
{
    SourceLaw law = source_law(one->feed->source);
    bool is_exponential = law_is(law.interarrival, "exponential");
    double gap_s = draw_mean(law.interarrival) / (double)SIM_S;

    if (one->servers > 1 || one->station->discipline != DISCIPLINE_FCFS) {
        return;
    }
    if (law.usual.law != NULL) {
        if (law.batch <= 1 && is_exponential && law_is(law.burst, "exponential") &&
            law_is(law.usual, "exponential") && law_is(law.lasts, "exponential") &&
            closed_form_ask(one->predictions, "mmpp2-m1", "rate1", 1 / gap_s, "rate2",
                            (double)SIM_S / draw_mean(law.burst), "switch12",
                            (double)SIM_S / draw_mean(law.usual), "switch21",
                            (double)SIM_S / draw_mean(law.lasts), "mu", 1 / one->service_s, NULL)) {
            show(one, means);
        }
    } else if (law.batch > 1) {
        if (is_exponential &&
            closed_form_ask(one->predictions, "bulk-geometric", "batch_rate", 1 / gap_s,
                            "mean_batch", law.batch, "mu", 1 / one->service_s, NULL)) {
            show(one, means);
        }
    } else {
        predict_renewal(one, &law);
    }
}

/* --- the choice ----------------------------------------------------------------------------- */

/* Whatever the laws are: busy servers are arrivals times work. */
static void predict_utilisation(const StationCase *one)
{
    g_autofree char *name = part_metric("station_busy", &one->station->component);
    g_autofree char *terms =
        g_strdup_printf("%.6g/s x %.6g s / %.6g", one->rate, one->service_s, one->servers);
    double load = one->rate * one->service_s / one->servers;

    if (load < 1) {
        predictions_state(one->predictions, "utilisation law", terms, load, name, "avg");
    }
}

void closed_form_station(const Network *network, const Station *station, Predictions *predictions)
{
    const Feed *feed = &network->feeds[component_id(&station->component)];
    StationCase one = {.station = station,
                       .feed = feed,
                       .rate = feed->rate,
                       .service_s = station_service_s(station),
                       .scv = draw_scv(station->service),
                       .servers = (double)station->servers,
                       .predictions = predictions};
    bool is_plain = station_is_plain(station);
    guint before = predictions->list->len;

    if (feed->rate <= 0 || !isfinite(one.service_s)) {
        return;
    }
    if (!is_plain && feed->is_poisson) {
        predict_peculiar(&one);
    } else if (!is_plain || station_never_waits(station, feed->rate)) {
        return;
    } else if (station->discipline == DISCIPLINE_PS || station->discipline == DISCIPLINE_LCFS_PR) {
        if (feed->is_poisson || network->has_closed_form) {
            predict_shared(&one);
        }
    } else if (station_is_markov(station) && (feed->is_poisson || network->has_closed_form)) {
        predict_markov(&one);
    } else if (feed->is_poisson) {
        predict_general(&one);
    } else if (station_is_markov(station) && feed->source != NULL) {
        predict_source(&one);
    }
    if (is_plain && predictions->list->len == before && feed->is_poisson) {
        predict_utilisation(&one);
    }
}
