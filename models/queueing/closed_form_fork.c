/* closed_form_fork.c - closed forms of a fork and its branches: k of n replies, replies from
 * several distances, quorums of quorums, two queues, health checkers that must agree, hedged
 * requests. */
#include <math.h>
#include <string.h>

#include "models/queueing/closed_forms.h"

/* So near to the end of a law that is nothing. */
#define EDGE 1e-12

/* --- equal branches ------------------------------------------------------------------------- */

/* All branches are stations of the same exponential work from which the way ends; their service,
 * else NAN. */
static double branches_service_s(const Component *fork, guint *count)
{
    Component *const *branches = fork_branches(fork, count);
    double service_s = NAN;

    for (guint i = 0; i < *count; i++) {
        const Station *station = part_station(branches[i]);

        if (station == NULL || !station_is_plain(station) || !station_is_markov(station) ||
            !part_is_last(branches[i]) || (i > 0 && station_service_s(station) != service_s)) {
            return NAN;
        }
        service_s = station_service_s(station);
    }
    return service_s;
}

static bool all_never_wait(const Network *network, const Component *fork)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    bool is_good = true;

    for (guint i = 0; i < count; i++) {
        is_good = is_good && station_never_waits(part_station(branches[i]),
                                                 part_feed(network, branches[i])->rate);
    }
    return is_good;
}

/* Two single servers that nobody else comes to. */
static bool are_two_queues(const Network *network, const Component *fork)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    bool is_good = count == 2 && branches[0] != branches[1] && fork_need(fork) == 2;

    for (guint i = 0; i < count && is_good; i++) {
        const Feed *feed = part_feed(network, branches[i]);

        is_good = part_station(branches[i])->servers == 1 && feed->from_forks == 1 &&
                  feed->from_sources + feed->from_stations + feed->others == 0;
    }
    return is_good;
}

static void predict_equal(const Network *network, const Component *fork, Predictions *predictions)
{
    const Feed *feed = part_feed(network, fork);
    g_autofree char *name = part_metric("fork_sojourn", fork);
    guint count;
    double service_s = branches_service_s(fork, &count);

    if (isnan(service_s) || feed->rate <= 0) {
        return;
    }
    if (all_never_wait(network, fork)) {
        if (closed_form_ask(predictions, "kth-of-n", "n", (double)count, "k",
                            (double)fork_need(fork), "mean", service_s, NULL)) {
            predictions_add(predictions, "mean", 1, name, "avg");
            predictions_add(predictions, "p95", 1, name, "p(95)");
            predictions_add(predictions, "p99", 1, name, "p(99)");
        }
    } else if (feed->is_poisson && are_two_queues(network, fork) &&
               closed_form_ask(predictions, "fork-join-2", "rho", feed->rate * service_s,
                               "mean_service", service_s, NULL)) {
        predictions_add(predictions, "T", 1, name, "avg");
    }
}

/* --- replies from several distances --------------------------------------------------------- */

/* A constant way, and exponential or uniform work after it. */
typedef struct Reply {
    double shift_s, own_s; /* `own_s`: mean of the exponential, width of the uniform */
} Reply;

/* Whether the only law within a notation is `law`, shifted or not. */
static bool is_shifted(Draw draw, const char *law)
{
    const char *text = draw_text(draw), *inner;

    if (law_is(draw, law)) {
        return true;
    }
    inner = strstr(text, law);
    return law_is(draw, "shifted") && inner != NULL && strstr(inner + 1, law) == NULL &&
           strstr(text, "mixture") == NULL && strstr(text, "clipped") == NULL;
}

/* The law of a station where nobody waits and from which the way ends; `own_s` is NAN for others.
 * The spread must be that of the law, so that no other one is taken for it. */
static Reply reply_of(const Network *network, const Component *part, const char *law)
{
    const Station *station = part_station(part);
    Reply reply = {NAN, NAN};
    double mean, variance;
    bool is_uniform = strcmp(law, "uniform") == 0;

    if (station == NULL || !part_is_last(part) ||
        !station_never_waits(station, part_feed(network, part)->rate) ||
        !is_shifted(station->service, law)) {
        return reply;
    }
    mean = station_service_s(station);
    variance = draw_scv(station->service) * mean * mean;
    reply.shift_s = fmax(draw_quantile(station->service, EDGE) / (double)SIM_S, 0);
    if (is_uniform) {
        reply.own_s = draw_quantile(station->service, 1 - EDGE) / (double)SIM_S - reply.shift_s;
        variance *= 12;
    } else {
        reply.own_s = mean - reply.shift_s;
    }
    if (fabs(variance - reply.own_s * reply.own_s) > 1e-6 * variance) {
        reply.own_s = NAN;
    }
    return reply;
}

static bool are_equal(Reply one, Reply other)
{
    return fabs(one.shift_s - other.shift_s) <= 1e-9 * (one.shift_s + one.own_s) &&
           fabs(one.own_s - other.own_s) <= 1e-9 * one.own_s;
}

/* The branches as groups of equal replies, in their order; NULL when one is of another kind. Caller
 * deletes. */
static cJSON *groups_of(const Network *network, const Component *fork)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    cJSON *groups = cJSON_CreateArray();
    Reply last = {NAN, NAN};
    guint members = 0;

    for (guint i = 0; i <= count; i++) {
        Reply reply = i < count ? reply_of(network, branches[i], "exponential") : last;

        if (isnan(reply.own_s)) {
            cJSON_Delete(groups);
            return NULL;
        }
        if (members > 0 && (i == count || !are_equal(reply, last))) {
            cJSON *group = cJSON_CreateObject();

            cJSON_AddNumberToObject(group, "count", members);
            cJSON_AddNumberToObject(group, "shift", last.shift_s);
            cJSON_AddNumberToObject(group, "mean", last.own_s);
            cJSON_AddItemToArray(groups, group);
            members = 0;
        }
        last = reply;
        members++;
    }
    return groups;
}

static void add_sojourn(const Component *fork, Predictions *predictions)
{
    g_autofree char *name = part_metric("fork_sojourn", fork);

    predictions_add(predictions, "mean", 1, name, "avg");
    predictions_add(predictions, "p95", 1, name, "p(95)");
    predictions_add(predictions, "p99", 1, name, "p(99)");
}

static void predict_mix(const Network *network, const Component *fork, Predictions *predictions)
{
    cJSON *groups = groups_of(network, fork), *params;

    if (groups == NULL) {
        return;
    }
    params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "groups", groups);
    cJSON_AddNumberToObject(params, "k", (double)fork_need(fork));
    if (predictions_ask(predictions, "quorum-mix", params)) {
        add_sojourn(fork, predictions);
    }
}

/* A fork that needs all of its forks, each of one group. */
static void predict_each(const Network *network, const Component *fork, Predictions *predictions)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    cJSON *params = cJSON_CreateObject(), *all, *needs;
    bool is_good = fork_need(fork) == count;

    all = cJSON_AddArrayToObject(params, "groups");
    needs = cJSON_AddArrayToObject(params, "need");
    for (guint i = 0; i < count && is_good; i++) {
        bool is_inner = branches[i]->kind == &fork_kind && part_is_last(branches[i]);
        cJSON *groups = is_inner ? groups_of(network, branches[i]) : NULL;

        is_good = groups != NULL && cJSON_GetArraySize(groups) == 1;
        if (is_good) {
            cJSON_AddItemToArray(all, cJSON_DetachItemFromArray(groups, 0));
            cJSON_AddItemToArray(needs, cJSON_CreateNumber((double)fork_need(branches[i])));
        }
        cJSON_Delete(groups);
    }
    if (!is_good) {
        cJSON_Delete(params);
    } else if (predictions_ask(predictions, "each-quorum", params)) {
        add_sojourn(fork, predictions);
    }
}

/* --- checkers and hedges -------------------------------------------------------------------- */

/* All branches are one uniform phase and the same constant after it: as checkers that must agree.
 */
static void predict_checkers(const Network *network, const Component *fork,
                             Predictions *predictions)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    Reply reply = reply_of(network, branches[0], "uniform");
    g_autofree char *name = part_metric("fork_sojourn", fork);

    for (guint i = 1; i < count; i++) {
        if (!are_equal(reply_of(network, branches[i], "uniform"), reply)) { /* NAN, too */
            return;
        }
    }
    if (!isnan(reply.own_s) &&
        closed_form_ask(predictions, "dns-checkers", "interval", reply.own_s, "threshold", 1.0,
                        "check_timeout", reply.shift_s, "ttl", 0.0, "checkers", (double)count,
                        "need_failed", (double)fork_need(fork), NULL)) {
        predictions_add(predictions, "detect_mean", 1, name, "avg");
    }
}

/* One reply, and another that is asked for after a constant delay; the first of them counts. */
static void predict_hedge(const Network *network, const Component *fork, Predictions *predictions)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    const Station *delay = count == 2 ? part_station(branches[1]) : NULL;
    const Route *way = delay != NULL ? &delay->route : NULL;
    const Component *second = way != NULL && way->count == 1 ? way->steps[0].goal : NULL;
    Reply first, other;

    if (second == NULL || fork_need(fork) != 1 || draw_scv(delay->service) != 0 ||
        !station_never_waits(delay, part_feed(network, branches[1])->rate)) {
        return;
    }
    first = reply_of(network, branches[0], "exponential");
    other = reply_of(network, second, "exponential");
    if (first.shift_s < 1e-9 * first.own_s && are_equal(first, other) &&
        closed_form_ask(predictions, "hedge-exp", "mean", first.own_s, "hedge_delay",
                        station_service_s(delay), NULL)) {
        add_sojourn(fork, predictions);
    }
}

void closed_form_fork(const Network *network, const Component *fork, Predictions *predictions)
{
    guint before = predictions->list->len, count;

    fork_branches(fork, &count);
    if (count == 0 || part_feed(network, fork)->rate <= 0) {
        return;
    }
    predict_equal(network, fork, predictions);
    if (predictions->list->len == before) {
        predict_mix(network, fork, predictions);
        predict_each(network, fork, predictions);
        predict_checkers(network, fork, predictions);
        predict_hedge(network, fork, predictions);
    }
}
