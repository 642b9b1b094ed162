/* client_arrivals.c - when the next request comes: an open model, with constant or ramping rate. */
#include <string.h>

#include "models/client/client_parts.h"
#include "sim/config/json_place.h"

enum { EXECUTOR_CONSTANT, EXECUTOR_RAMPING };
enum { ARRIVALS_POISSON, ARRIVALS_UNIFORM, ARRIVALS_DETERMINISTIC };

static void on_arrival(void *self, void *subject, uint64_t detail);
static const EventType arrival_event = {"client.arrival", on_arrival};

/* --- the rate over time --- */

static SimSpan stage_span(const cJSON *stage)
{
    SimSpan span = 0;
    const cJSON *text = json_member(stage, "duration");

    if (cJSON_IsString(text)) {
        sim_span_parse(text->valuestring, &span);
    }
    return span;
}

static double stage_target(const cJSON *stage)
{
    const cJSON *target = json_member(stage, "target");

    return cJSON_IsNumber(target) ? target->valuedouble : 0.0;
}

/* Requests per time unit at `now`: k6's ramping executor goes in a straight line to each target. */
static double rate_at(const Client *client, SimTime now)
{
    double rate = client->rate;
    SimTime begin = client->start_time;

    for (guint i = 0; i < client->ramp->len; i++) {
        const Stage *stage = &g_array_index(client->ramp, Stage, i);

        if (now < begin + stage->length) {
            double done = (double)MAX(now - begin, 0) / (double)stage->length;

            return rate + (stage->target - rate) * done;
        }
        rate = stage->target;
        begin += stage->length;
    }
    return rate;
}

static bool is_over(const Client *client, SimTime now)
{
    return client->duration > 0 && now >= client->start_time + client->duration;
}

static double draw_gap_ns(Client *client)
{
    double mean = 1e9 / client->top_rate_per_s;

    switch (client->arrivals) {
    case ARRIVALS_POISSON:
        return (double)draw_exponential_span(SIM_S, &client->arrival_rng) / client->top_rate_per_s;
    case ARRIVALS_UNIFORM:
        return 2.0 * rng_uniform(&client->arrival_rng) * mean;
    default:
        return mean;
    }
}

static void wait_for_arrival(Client *client)
{
    Engine *engine = world_engine(client->component.world);
    SimSpan ahead = client->arrival_since - engine_now(engine);

    engine_cancel(engine, client->arrival_event);
    client->arrival_event = EVENT_NONE;
    client->arrival_factor = client->component.condition.load_factor;
    if (client->arrival_factor > 0.0 && client->top_rate_per_s > 0.0 &&
        !is_over(client, engine_now(engine))) {
        SimSpan wait = (SimSpan)(client->arrival_left_ns / client->arrival_factor);

        client->arrival_event =
            engine_after(engine, ahead + wait, &client->component.owner, &arrival_event, NULL, 0);
    }
}

/* Candidates come at the highest rate of all stages and are accepted in proportion to the rate of
 * their instant, which is exact for a Poisson process whose rate changes. */
void arrivals_schedule(Client *client)
{
    SimTime now = world_now(client->component.world);

    client->arrival_since = MAX(now, client->start_time);
    if (client->top_rate_per_s > 0.0 && !is_over(client, now)) {
        client->arrival_left_ns = draw_gap_ns(client);
    }
    wait_for_arrival(client);
}

/* No new draw: those after a surge are those that would have come without it, and a wait of any law
 * loses nothing of what it has waited. */
void arrivals_change_speed(Client *client)
{
    SimTime now = world_now(client->component.world);
    double spent_ns = (double)MAX(now - client->arrival_since, 0) * client->arrival_factor;

    client->arrival_left_ns = MAX(client->arrival_left_ns - spent_ns, 0.0);
    client->arrival_since = MAX(now, client->arrival_since);
    wait_for_arrival(client);
}

/* Who asks next is drawn when he asks, but can be seen now from a copy of the stream: users are
 * more than a cache holds. */
static void fetch_next_user(const Client *client)
{
    Rng stream = client->user_rng;
    const User *user = &client->population[rng_below(&stream, (uint64_t)client->users)];

    __builtin_prefetch(user);
    __builtin_prefetch((const char *)user + 64);
}

static bool is_accepted(Client *client, SimTime now)
{
    if (client->executor == EXECUTOR_CONSTANT) {
        return true;
    }
    double now_per_s = rate_at(client, now) * client->share * 1e9 / (double)client->time_unit;

    return rng_chance(&client->arrival_rng, now_per_s / client->top_rate_per_s);
}

/* What a request does: 0 when it reads. Loads that only read and write draw once. */
static uint32_t draw_change(Client *client)
{
    const struct {
        double share;
        uint32_t change;
    } kinds[] = {{client->mix.delete, HTTP_DELETE},
                 {client->mix.cas, HTTP_CAS},
                 {client->mix.batch, HTTP_BATCH},
                 {client->mix.counter, HTTP_COUNTER},
                 {client->mix.update, HTTP_UPDATE}};
    double changes = client_changes(client), below = client->mix.write, at;
    uint32_t change = HTTP_WRITE;

    if (!rng_chance(&client->mix_rng, changes / (client->mix.read + changes))) {
        return 0;
    }
    if (changes <= client->mix.write) {
        return HTTP_WRITE;
    }
    at = rng_uniform(&client->mix_rng) * changes;
    for (guint i = 0; i < G_N_ELEMENTS(kinds) && at >= below; i++) {
        below += kinds[i].share;
        change = kinds[i].share > 0.0 ? HTTP_WRITE | kinds[i].change : change;
    }
    return change;
}

static void on_arrival(void *self, void *subject, uint64_t detail)
{
    Client *client = self;
    SimTime now = world_now(client->component.world);

    (void)subject;
    (void)detail;
    client->arrival_event = EVENT_NONE;
    if (is_accepted(client, now) && !is_over(client, now)) {
        uint64_t user = rng_below(&client->user_rng, (uint64_t)client->users);
        bool is_own = rng_chance(&client->user_rng, client->own_key);
        uint64_t key = is_own ? client->first_datum + user
                              : rng_below(&client->user_rng, (uint64_t)client->keys);

        request_begin(client, &client->population[user], key % (uint64_t)client->keys,
                      draw_change(client));
    }
    arrivals_schedule(client);
    fetch_next_user(client);
}

/* --- set-up --- */

static bool read_stages(Client *client, DiagList *diags)
{
    const cJSON *stage;
    guint before = diag_count_errors(diags);

    if (client->executor == EXECUTOR_RAMPING && !cJSON_IsArray(client->stages)) {
        diag_add(diags, DIAG_ERROR, client->component.settings, DIAG_KEY,
                 "'ramping-arrival-rate' needs 'stages', like "
                 "[{\"target\": 3000, \"duration\": \"1m\"}]");
    }
    cJSON_ArrayForEach(stage, client->stages)
    {
        if (stage_span(stage) <= 0) {
            diag_add(diags, DIAG_ERROR, stage, DIAG_VALUE,
                     "a stage needs a 'duration' with a unit, like \"30s\"");
        }
        if (!cJSON_IsNumber(json_member(stage, "target")) || stage_target(stage) < 0.0) {
            diag_add(diags, DIAG_ERROR, stage, DIAG_VALUE,
                     "a stage needs a 'target', the rate at its end, as a number of at least 0");
        }
        if (client->executor == EXECUTOR_RAMPING) {
            Stage read = {stage_span(stage), stage_target(stage)};

            g_array_append_val(client->ramp, read);
        }
    }
    return diag_count_errors(diags) == before;
}

/* Shares are relative to their sum, so that 0.35 and 35 mean the same. */
static void read_share(Client *client, DiagList *diags)
{
    double sum = 0.0;
    double mine = 0.0;
    double before = 0.0;
    const cJSON *share;

    cJSON_ArrayForEach(share, client->regions)
    {
        if (!cJSON_IsNumber(share) || share->valuedouble < 0.0) {
            diag_add(diags, DIAG_ERROR, share, DIAG_VALUE,
                     "the share of region '%s' must be a number of at least 0", share->string);
            continue;
        }
        if (client->component.site != NULL &&
            strcmp(share->string, client->component.site->name) == 0) {
            before = sum;
            mine = share->valuedouble;
        }
        sum += share->valuedouble;
    }
    client->share = sum > 0.0 ? mine / sum : 0.0;
    client->share_before = sum > 0.0 ? before / sum : 0.0;
}

bool arrivals_read(Client *client, DiagList *diags)
{
    double top = client->rate;

    if (!read_stages(client, diags)) {
        return false;
    }
    read_share(client, diags);
    for (guint i = 0; i < client->ramp->len; i++) {
        top = MAX(top, g_array_index(client->ramp, Stage, i).target);
    }
    client->top_rate_per_s = top * client->share * 1e9 / (double)client->time_unit;
    return true;
}
