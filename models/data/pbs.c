/* pbs.c - how soon a store's reads see what was written: writes one datum after the other, reads
 * each again a given time after the write was answered, and counts how often the read returns it.
 * A reading is one combination of levels and time; each writes for itself, so that readings are
 * independent of each other. It speaks to one coordinator, through messages only.
 * Source: Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", 2012:
 * t-visibility is the p-quantile of `pbs_visibility`. */
#include "sim/base/pool.h"
#include "sim/config/json_place.h"
#include "sim/theory/prediction.h"
#include "sim/world/call.h"
#include "sim/world/world.h"

/* In the order of Consistency, from ONE on. */
static const char *const level_names[] = {"ONE", "TWO",       "THREE",        "QUORUM",
                                          "ALL", "LOCAL_ONE", "LOCAL_QUORUM", NULL};

/* --- one reading --------------------------------------------------------------------------------
 */

typedef struct Reading {
    Component component;
    /* configuration */
    int write, read; /* index into level_names */
    SimSpan after;
    Draw interarrival;
    int64_t keys, writes;
    const cJSON *published;
    /* state */
    Component *coordinator;
    Pool *trials;
    Rng gaps;
    uint64_t next_key, first_key, written;
    /* measurement */
    uint64_t pbs_unanswered;
    Histogram *pbs_visible, *pbs_visibility, *pbs_read, *pbs_write;
} Reading;

/* A write and the read of it. */
typedef struct Trial {
    Reading *home;
    uint64_t key;
    int64_t version;
    SimTime began; /* the write, then the read */
} Trial;

static SimTime now_of(const Reading *self)
{
    return world_now(self->component.world);
}

static void fail(Reading *self, Trial *trial)
{
    self->pbs_unanswered++;
    pool_give(self->trials, trial);
}

static void on_read(Component *component, void *context, Outcome outcome, const Message *reply)
{
    Reading *self = (Reading *)component;
    Trial *trial = context;

    if (outcome != OUTCOME_OK || reply->code != STORE_OK) {
        fail(self, trial);
        return;
    }
    histogram_add(self->pbs_visible, reply->version >= trial->version);
    if (self->after == 0) { /* how late a later read would have been is not known */
        histogram_add(self->pbs_visibility, (int64_t)reply->detail);
    }
    histogram_add(self->pbs_read, now_of(self) - trial->began);
    pool_give(self->trials, trial);
}

static void ask(Reading *self, Trial *trial, MessageOp op, int level, CallDone *done)
{
    Message statement = {.op = op,
                         .size_bytes = 100,
                         .key = trial->key,
                         .consistency = (int)CONSISTENCY_ONE + level};

    trial->began = now_of(self);
    call_send(&self->component, self->coordinator, &statement, SIM_NEVER, done, trial);
}

static void on_read_due(void *component, void *subject, uint64_t detail)
{
    Reading *self = component;

    (void)detail;
    ask(self, subject, MESSAGE_READ, self->read, on_read);
}

static const EventType read_due = {"pbs.read-due", on_read_due};

static void on_written(Component *component, void *context, Outcome outcome, const Message *reply)
{
    Reading *self = (Reading *)component;
    Trial *trial = context;

    if (outcome != OUTCOME_OK || reply->code != STORE_OK) {
        fail(self, trial);
        return;
    }
    histogram_add(self->pbs_write, now_of(self) - trial->began);
    trial->version = reply->version;
    if (self->after == 0) {
        on_read_due(self, trial, 0);
    } else {
        engine_after(world_engine(component->world), self->after, &component->owner, &read_due,
                     trial, 0);
    }
}

static void on_write_due(void *component, void *subject, uint64_t detail);
static const EventType write_due = {"pbs.write-due", on_write_due};

static void wait_for_next(Reading *self)
{
    engine_after(world_engine(self->component.world), draw_span(self->interarrival, &self->gaps),
                 &self->component.owner, &write_due, NULL, 0);
}

static void on_write_due(void *component, void *subject, uint64_t detail)
{
    Reading *self = component;
    Trial *trial = pool_take(self->trials);

    (void)subject;
    (void)detail;
    trial->home = self;
    trial->key = self->first_key + self->next_key;
    self->next_key = (self->next_key + 1) % (uint64_t)self->keys;
    self->written++;
    if (self->writes == 0 || self->written < (uint64_t)self->writes) {
        wait_for_next(self);
    }
    ask(self, trial, MESSAGE_WRITE, self->write, on_written);
}

static void reading_make(Component *component, World *world, DiagList *diags)
{
    (void)world;
    (void)diags;
    ((Reading *)component)->trials = pool_new("pbs trials", sizeof(Trial));
}

static void reading_wire(Component *component, World *world, DiagList *diags)
{
    Reading *self = (Reading *)component;
    const GPtrArray *stores = world_of_kind(world, "cassandra");
    g_autofree char *stream = g_strconcat(component->name, "/interarrival", NULL);

    if (stores->len == 0) {
        diag_add(diags, DIAG_ERROR, component->settings, DIAG_KEY,
                 "there is no Cassandra node to write to");
        return;
    }
    self->coordinator = stores->pdata[0];
    self->first_key = (uint64_t)component_id(component) << 32;
    engine_open_stream(world_engine(world), &self->gaps, stream);
}

static void reading_start(Component *component)
{
    wait_for_next((Reading *)component);
}

static void reading_free(Component *component)
{
    pool_free(((Reading *)component)->trials);
}

/* --- what was published -------------------------------------------------------------------------
 */

static void predict(const Reading *self, const char *figure, const char *metric,
                    const char *aggregate, Predictions *predictions)
{
    const cJSON *value = json_member(self->published, figure);
    const cJSON *source = json_member(self->published, "source");
    g_autofree char *name = g_strdup_printf("%s{component:%s}", metric, self->component.name);
    SimSpan span;

    if (cJSON_IsString(value) && sim_span_parse(value->valuestring, &span)) {
        predictions_state(predictions, "published", source->valuestring, sim_span_to_s(span), name,
                          aggregate);
    } else if (cJSON_IsNumber(value)) {
        predictions_state(predictions, "published", source->valuestring, value->valuedouble, name,
                          aggregate);
    }
}

static void reading_predict(const Component *component, Predictions *predictions)
{
    const Reading *self = (const Reading *)component;

    if (!cJSON_IsString(json_member(self->published, "source"))) {
        return;
    }
    predict(self, "visible", "pbs_visible", "avg", predictions);
    predict(self, "visibility_p99", "pbs_visibility", "p(99)", predictions);
    predict(self, "visibility_p99.9", "pbs_visibility", "p(99.9)", predictions);
    predict(self, "read_p50", "pbs_read", "p(50)", predictions);
    predict(self, "read_p99.9", "pbs_read", "p(99.9)", predictions);
    predict(self, "write_p50", "pbs_write", "p(50)", predictions);
    predict(self, "write_p99.9", "pbs_write", "p(99.9)", predictions);
}

/* --- tables -------------------------------------------------------------------------------------
 */

#define PUBLISHED_SCHEMA                                                                           \
    "{\"type\":\"object\",\"required\":[\"source\"],\"additionalProperties\":false,"               \
    "\"properties\":{\"source\":{\"type\":\"string\"},\"visible\":{\"type\":\"number\"},"          \
    "\"visibility_p99\":{\"type\":\"string\"},\"visibility_p99.9\":{\"type\":\"string\"},"         \
    "\"read_p50\":{\"type\":\"string\"},\"read_p99.9\":{\"type\":\"string\"},"                     \
    "\"write_p50\":{\"type\":\"string\"},\"write_p99.9\":{\"type\":\"string\"}}}"

static const Field reading_fields[] = {
    FIELD_CHOICE(Reading, write, .initial = "ONE", .more = level_names, .help = "Level of writes",
                 .source = "assumption"),
    FIELD_CHOICE(Reading, read, .initial = "ONE", .more = level_names, .help = "Level of reads",
                 .source = "assumption"),
    FIELD_SPAN(Reading, after, .initial = "0s", .lowest = "0s",
               .help = "From the answer to a write until it is read", .source = "assumption"),
    FIELD_DRAW(Reading, interarrival, .initial = "100us", .lowest = "1us",
               .help = "From one write to the next", .source = "assumption"),
    FIELD_COUNT(Reading, keys, .initial = "100000", .lowest = "1", .highest = "10000000",
                .help = "Data that are written in turn", .source = "assumption"),
    FIELD_COUNT(Reading, writes, .initial = "0", .lowest = "0",
                .help = "How many it writes in all; 0: without end", .source = "assumption"),
    FIELD_JSON(Reading, published, .schema = PUBLISHED_SCHEMA,
               .help = "What others have found, to be shown beside what is measured"),
    FIELD_END,
};

static const MetricDef reading_metrics[] = {
    METRIC_COUNTER(Reading, pbs_unanswered, "Writes or reads of a reading that failed"),
    METRIC_HISTOGRAM(Reading, pbs_visible, "1", "1 for a read that saw the write, 0 for another"),
    METRIC_HISTOGRAM(
        Reading, pbs_visibility, "s",
        "How long after the write a read at once would have seen it, legs as they were"),
    METRIC_HISTOGRAM(Reading, pbs_read, "s", "Reads, at the coordinator"),
    METRIC_HISTOGRAM(Reading, pbs_write, "s", "Writes, at the coordinator"),
    METRIC_END,
};

const Kind reading_kind = {
    .name = "reading",
    .help = "Writes at one level that are read at another after a given time",
    .leaves_out = "ways between users and coordinator: what is measured begins and ends there",
    .size = sizeof(Reading),
    .scope = KIND_PART,
    .fields = reading_fields,
    .metrics = reading_metrics,
    .on_make = reading_make,
    .on_wire = reading_wire,
    .on_start = reading_start,
    .on_predict = reading_predict,
    .on_free = reading_free,
};

typedef struct Pbs {
    Component component;
    const cJSON *readings; /* configuration */
} Pbs;

static void pbs_make(Component *component, World *world, DiagList *diags)
{
    const cJSON *readings = ((Pbs *)component)->readings, *reading;

    if (!cJSON_IsObject(readings)) {
        diag_add(diags, DIAG_ERROR, readings, DIAG_KEY, "'readings' must be an object by name");
        return;
    }
    cJSON_ArrayForEach(reading, readings)
    {
        if (strcmp(reading->string, "$comment") != 0 && !g_str_has_prefix(reading->string, "x-")) {
            world_add(world, &reading_kind, reading->string, NULL, NULL, NULL, reading, diags);
        }
    }
}

static const Field pbs_fields[] = {
    FIELD_JSON(Pbs, readings, .flags = FIELD_REQUIRED,
               .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\"}}",
               .help = "Readings by name; thresholds know them as component:reading@NAME"),
    FIELD_END,
};

const Kind pbs_kind = {
    .name = "pbs",
    .help = "Measures how soon reads of a Cassandra cluster see what was written",
    .leaves_out = "ways between users and coordinator: what is measured begins and ends there",
    .size = sizeof(Pbs),
    .scope = KIND_ONE,
    .fields = pbs_fields,
    .on_make = pbs_make,
};
