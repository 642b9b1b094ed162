/* metric.h - measurements declared once, in a kind's table: counters, gauges and histograms.
 * The sampler reads them through the offset and writes name, type, unit and help beside the
 * figures, so that a report can print them while knowing no kind. Results add the labels dc, role,
 * node, kind by themselves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sim/base/histogram.h"
#include "sim/base/sim_time.h"

typedef enum MetricType {
    METRIC_TYPE_COUNTER,   /* uint64_t, only rises within a run */
    METRIC_TYPE_GAUGE,     /* Gauge, kept as a time-weighted mean */
    METRIC_TYPE_HISTOGRAM, /* Histogram *, made and freed by the world */
} MetricType;

/* A level over time. Zeroed is 0 since the run began. */
typedef struct Gauge {
    double value; /* now */
    double area;  /* integral of value over time since the run began, in value x nanoseconds */
    double most;  /* largest value since the sampler last looked */
    SimTime since;
} Gauge;

static inline void gauge_set(Gauge *gauge, SimTime now, double value)
{
    gauge->area += gauge->value * (double)(now - gauge->since);
    gauge->since = now;
    gauge->value = value;
    if (value > gauge->most) {
        gauge->most = value;
    }
}

static inline void gauge_add(Gauge *gauge, SimTime now, double change)
{
    gauge_set(gauge, now, gauge->value + change);
}

typedef struct MetricDef {
    const char *name; /* as scenarios and results name it: "hints_pending" */
    MetricType type;
    size_t offset;
    const char *unit; /* "1", "s", "B", "ratio"; histograms of unit "s" hold nanoseconds */
    const char *help;
} MetricDef;

#define METRIC_AT(Struct, member, ctype)                                                           \
    (offsetof(Struct, member) + 0 * sizeof(char[_Generic(&((Struct *)0)->member, ctype * : 1)]))
#define METRIC_COUNTER(Struct, member, text)                                                       \
    {                                                                                              \
#member, METRIC_TYPE_COUNTER, METRIC_AT(Struct, member, uint64_t), "1", text               \
    }
#define METRIC_GAUGE(Struct, member, units, text)                                                  \
    {                                                                                              \
#member, METRIC_TYPE_GAUGE, METRIC_AT(Struct, member, Gauge), units, text                  \
    }
#define METRIC_HISTOGRAM(Struct, member, units, text)                                              \
    {                                                                                              \
#member, METRIC_TYPE_HISTOGRAM, METRIC_AT(Struct, member, Histogram *), units, text        \
    }
#define METRIC_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }
