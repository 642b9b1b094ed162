/* legs.c - see legs.h. */
#include "models/data/cassandra/legs.h"

#include "models/data/cassandra/ring.h"
#include "sim/config/json_place.h"

static const char *const leg_names[LEG_COUNT] = {"write", "acknowledge", "read", "answer"};

#define FIELD_LEG(leg, text, words)                                                                \
    {                                                                                              \
        .name = text, .type = FIELD_TYPE_DRAW,                                                     \
        .offset = offsetof(LegSettings, laws) + (leg) * sizeof(Draw),                              \
        .help = words ", in place of the network"                                                  \
    }

const Field leg_fields[] = {
    FIELD_LEG(LEG_WRITE, "write", "W: from the coordinator to a replica, the write"),
    FIELD_LEG(LEG_ACKNOWLEDGE, "acknowledge", "A: from a replica back, its acknowledgement"),
    FIELD_LEG(LEG_READ, "read", "R: from the coordinator to a replica, the question"),
    FIELD_LEG(LEG_ANSWER, "answer", "S: from a replica back, its answer"),
    FIELD_SPAN(LegSettings, distance, .initial = "0s",
               .help = "Added to each leg of all replicas but one, drawn anew for each operation",
               .source = "Bailis et al. 2012, Table 3: 75 ms in their WAN case"),
    FIELD_END,
};

static bool has_all(const LegSettings *settings, const cJSON *place, DiagList *diags)
{
    guint given = 0;

    for (Leg leg = 0; leg < LEG_COUNT; leg++) {
        given += settings->laws[leg].law != NULL;
    }
    for (Leg leg = 0; leg < LEG_COUNT && given > 0; leg++) {
        if (settings->laws[leg].law == NULL) {
            diag_add(diags, DIAG_ERROR, json_member(place, "legs"), DIAG_KEY,
                     "'legs' needs all of 'write', 'acknowledge', 'read' and 'answer': '%s' is "
                     "missing",
                     leg_names[leg]);
        }
    }
    return given == LEG_COUNT;
}

Legs *legs_new(const LegSettings *settings, Engine *engine, const cJSON *place, DiagList *diags)
{
    Legs *legs;

    if (!has_all(settings, place, diags)) {
        return NULL;
    }
    legs = g_new0(Legs, 1);
    legs->settings = *settings;
    legs->spare = g_ptr_array_new_with_free_func(g_free);
    for (Leg leg = 0; leg < LEG_COUNT; leg++) {
        g_autofree char *name = g_strconcat("cassandra/legs/", leg_names[leg], NULL);

        engine_open_stream(engine, &legs->streams[leg], name);
    }
    engine_open_stream(engine, &legs->places, "cassandra/legs/near");
    return legs;
}

void legs_free(Legs *legs)
{
    if (legs == NULL) {
        return;
    }
    g_free(legs->visible_at);
    g_ptr_array_unref(legs->spare);
    g_free(legs);
}

uint8_t legs_choose_near(Legs *legs, uint32_t count)
{
    return legs->settings.distance > 0 ? (uint8_t)rng_below(&legs->places, count) : 0;
}

SimSpan legs_draw(Legs *legs, Leg leg, uint32_t index, uint8_t near)
{
    return draw_span(legs->settings.laws[leg], &legs->streams[leg]) +
           (index == near ? 0 : legs->settings.distance);
}

void legs_write_sent(Legs *legs, uint32_t slot, SimTime arrival)
{
    if (slot >= legs->slots) {
        uint32_t slots = MAX(slot + 1, legs->slots * 2);

        legs->visible_at = g_renew(SimTime, legs->visible_at, slots);
        memset(legs->visible_at + legs->slots, 0, (slots - legs->slots) * sizeof(SimTime));
        legs->slots = slots;
    }
    legs->visible_at[slot] = arrival;
}

SimSpan legs_missing_for(const Legs *legs, uint32_t slot, SimTime now)
{
    return slot < legs->slots ? MAX(0, legs->visible_at[slot] - now) : 0;
}

SimSpan *legs_take_spans(Legs *legs)
{
    return legs->spare->len > 0 ? g_ptr_array_steal_index_fast(legs->spare, legs->spare->len - 1)
                                : g_new0(SimSpan, RING_REPLICAS_MOST);
}

void legs_give_spans(Legs *legs, SimSpan *spans)
{
    if (spans != NULL) {
        g_ptr_array_add(legs->spare, spans);
    }
}
