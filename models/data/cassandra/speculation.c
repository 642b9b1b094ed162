/* speculation.c - how long a coordinator waits before it asks one more replica: of the latencies of
 * its recent reads, those that timed out included, each 5 s anew.
 * Source: Cassandra 3.11 db/ColumnFamilyStore, metrics/DecayingEstimatedHistogramReservoir. */
#include "models/data/cassandra/node.h"

static void on_threshold_due(void *self, void *subject, uint64_t detail);
static const EventType threshold_due = {"cassandra.threshold-due", on_threshold_due};

static void on_threshold_due(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    node->speculation_after =
        latency_reservoir_quantile(&node->latencies, node->speculation_percentile);
    latency_reservoir_age(&node->latencies);
    engine_after(node->engine, 5 * SIM_S, &node->component.owner, &threshold_due, NULL, 0);
}

void read_start(Cassandra *node)
{
    latency_reservoir_init(&node->latencies);
    node->speculation_after = node->speculation_fixed;
    if (node->speculation_percentile > 0) {
        node->speculation_after = node->read_request_timeout / 2;
        engine_after(node->engine, 5 * SIM_S, &node->component.owner, &threshold_due, NULL, 0);
    }
}

void speculation_read_setting(Cassandra *node, DiagList *diags)
{
    const char *text = node->speculative_retry;
    g_autofree char *upper = g_ascii_strup(text, -1);
    char *end;
    double percent = g_ascii_strtod(upper, &end);

    node->speculation_fixed = SIM_NEVER;
    if (strcmp(upper, "NONE") == 0) {
        return;
    }
    if (strcmp(upper, "ALWAYS") == 0) {
        node->speculates_always = true;
        return;
    }
    if (end != upper && (strcmp(end, "PERCENTILE") == 0 || strcmp(end, "P") == 0) && percent > 0 &&
        percent <= 100) {
        node->speculation_percentile = percent / 100;
        return;
    }
    if (!sim_span_parse(text, &node->speculation_fixed)) {
        diag_add(diags, DIAG_ERROR, node->component.settings, DIAG_VALUE,
                 "'speculative_retry' must be NONE, ALWAYS, a span like '50ms' or '99PERCENTILE'");
    }
}
