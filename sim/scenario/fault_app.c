/* fault_app.c - faults of an application server: wrong answers, slow ones, broken ones, threads
 * or connections that are gone, pauses of the virtual machine. Sources: Chaos Mesh HTTPChaos
 * (abort, delay, replace); Huang et al., "Gray Failure", HotOS 2017. */
#include "sim/scenario/fault_front.h"

typedef struct App {
    double share;
    int64_t status;
    SimSpan latency;
    double rate_per_s;
    int64_t size;
    SimSpan wait;
} App;

#define APPLICATIONS "assumption: all unless given"
#define STATUS                                                                                     \
    FIELD_ROW(App, status, "status", FIELD_TYPE_COUNT, int64_t, .initial = "500", .lowest = "400", \
              .highest = "599", .help = "HTTP status of the answers that are spoilt",              \
              .source = "RFC 9110, 15.6.1: 500 is what an application answers by itself")

static const Field error_fields[] = {
    FIELD_RATIO(App, share, .initial = "1",
                .help = "Share of all requests, those for the health page too",
                .source = APPLICATIONS),
    STATUS,
    FIELD_END,
};

static Effect error_effect(const void *arguments, bool forward)
{
    const App *app = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.shares[SHARE_APP_ERRORS] = app->share;
    effect.answer_code = (uint32_t)app->status;
    return effect;
}

static const Field gray_fields[] = {
    FIELD_ROW(App, share, "error_share", FIELD_TYPE_RATIO, double, .initial = "1",
              .help = "Share of the requests that do work; the health page is well",
              .source = APPLICATIONS),
    STATUS,
    FIELD_SPAN(App, latency, .initial = "0s", .highest = "10min",
               .help = "What requests that do work take longer, each with its thread",
               .source = "assumption: none unless given"),
    FIELD_END,
};

static Effect gray_effect(const void *arguments, bool forward)
{
    const App *app = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.shares[SHARE_APP_GRAY] = app->share;
    effect.spans[SPAN_APP_GRAY] = app->latency;
    effect.answer_code = (uint32_t)app->status;
    return effect;
}

static const Field latency_fields[] = {
    FIELD_SPAN(App, latency, .flags = FIELD_REQUIRED, .lowest = "1ms", .highest = "10min",
               .help = "What each request takes longer, with its thread, the health page too",
               .source = "no default: required"),
    FIELD_END,
};

static Effect latency_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.spans[SPAN_APP_LATENCY] = ((const App *)arguments)->latency;
    return effect;
}

static const Field abort_fields[] = {
    FIELD_RATIO(App, share, .initial = "1",
                .help = "Share of the requests whose connection is closed in place of the answer, "
                        "after the work was done",
                .source = "Chaos Mesh HTTPChaos: abort; all unless given"),
    FIELD_END,
};

static Effect abort_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.shares[SHARE_APP_ABORTS] = ((const App *)arguments)->share;
    return effect;
}

static const Field pool_fields[] = {
    FIELD_RATIO(App, share, .initial = "1",
                .help = "Share of the task threads that something holds; one is always left",
                .source = APPLICATIONS),
    FIELD_END,
};

static Effect pool_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.shares[SHARE_APP_THREADS] = ((const App *)arguments)->share;
    return effect;
}

static const Field leak_fields[] = {
    FIELD_ROW(App, rate_per_s, "rate", FIELD_TYPE_NUMBER, double, .initial = "1",
              .lowest = "0.0001", .highest = "1000000",
              .help = "Connections a second that requests take and never give back, as long as "
                      "there are requests",
              .source = "assumption"),
    FIELD_COUNT(App, size, .initial = "20", .lowest = "1", .highest = "1000000",
                .help = "Connections in the pool; each request holds one from its begin to its "
                        "answer, the health page too",
                .source = "WildFly 18, data source: max-pool-size, default 20"),
    FIELD_SPAN(App, wait, .initial = "30s", .lowest = "1ms", .highest = "10min",
               .help = "How long a request waits for one, with its thread, before it fails",
               .source = "WildFly 18, data source: blocking-timeout-wait-millis, default 30000"),
    FIELD_ROW(App, status, "status", FIELD_TYPE_COUNT, int64_t, .initial = "500", .lowest = "400",
              .highest = "599", .help = "HTTP status of requests that got none",
              .source = "RFC 9110, 15.6.1: 500 is what an application answers by itself"),
    FIELD_END,
};

static Effect leak_effect(const void *arguments, bool forward)
{
    const App *app = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.pool_leak_per_s = app->rate_per_s;
    effect.pool_size = app->size;
    effect.spans[SPAN_APP_POOL_WAIT] = app->wait;
    effect.answer_code = (uint32_t)app->status;
    return effect;
}

static const Field no_arguments[] = {FIELD_END};

static Effect pause_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.paused = true;
    return effect;
}

#define ON_APPLICATION .scope = FAULT_ON_PROCESSES, .process = "wildfly", .size = sizeof(App)

const FaultDef fault_app_defs[] = {
    {.func = "app.error",
     .help = "An application server answers a share of all requests with an error, at once",
     .bites = "the share of errors changed",
     ON_APPLICATION,
     .arguments = error_fields,
     .effect = error_effect},
    {.func = "app.gray",
     .help =
         "An application server fails at its work, or is slow at it, while its health page says "
         "that all is well",
     .bites = "the share of errors or the latency of its work changed",
     ON_APPLICATION,
     .arguments = gray_fields,
     .effect = gray_effect},
    {.func = "app.latency",
     .help = "An application server takes longer for each request",
     .bites = "its latency changed",
     ON_APPLICATION,
     .arguments = latency_fields,
     .effect = latency_effect},
    {.func = "app.leak-connections",
     .help = "Requests of an application server do not give their connections back: the pool runs "
             "dry, who then needs one waits with a thread and fails; at the end, and at a restart, "
             "all are back",
     .bites = "the pool of connections changed",
     ON_APPLICATION,
     .arguments = leak_fields,
     .effect = leak_effect},
    {.func = "app.pool",
     .help = "Threads of an application server are held by something else; with a ramp ever more",
     .bites = "the share of threads that are held changed",
     ON_APPLICATION,
     .arguments = pool_fields,
     .effect = pool_effect},
    {.func = "http.abort",
     .help = "An application server closes connections in place of its answers",
     .bites = "the share of aborts changed",
     ON_APPLICATION,
     .arguments = abort_fields,
     .effect = abort_effect},
    {.func = "jvm.gc-pause",
     .help = "The virtual machine of an application server stops the world for its garbage "
             "collector: connections are accepted, nothing runs; 'every' repeats it",
     .bites = "it was running",
     ON_APPLICATION,
     .arguments = no_arguments,
     .effect = pause_effect,
     .needs_duration = true},
    {.func = NULL},
};
