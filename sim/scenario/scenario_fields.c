/* scenario_fields.c - see scenario_fields.h. */
#include "sim/scenario/scenario_fields.h"

#define ROW_JSON(S, member, text, ...)                                                             \
    FIELD_ROW(S, member, text, FIELD_TYPE_JSON, const cJSON *, __VA_ARGS__)

const Field top_fields[] = {
    FIELD_ROW(TopText, schema, "$schema", FIELD_TYPE_TEXT, char *,
              .help = "The schema that editors check this file against"),
    FIELD_TEXT(TopText, version, .flags = FIELD_REQUIRED, .help = "Format of this file: \"1\""),
    FIELD_TEXT(TopText, title, .help = "What the scenario asks, in one line"),
    FIELD_TEXT(TopText, description, .help = "What it does, and why"),
    FIELD_TEXTS(TopText, tags, .help = "Words to choose scenarios by"),
    FIELD_JSON(TopText, contributions, .help = "How much the scenario says about each quality",
               .schema = "{\"type\":\"object\",\"additionalProperties\":"
                         "{\"enum\":[\"high\",\"medium\",\"low\",\"none\"]}}"),
    FIELD_JSON(TopText, configuration,
               .help = "Variables, used as ${name} in strings; {\"type\": \"env\", \"key\": ..., "
                       "\"default\": ...} reads the environment",
               .schema = "{\"type\":\"object\"}"),
    FIELD_JSON(TopText, simulation, .help = "Length, seed and replications"),
    FIELD_JSON(TopText, system, .help = "Data centres, nodes, networks and what runs there"),
    FIELD_JSON(TopText, load, .help = "Who asks how much: one entry a population"),
    ROW_JSON(TopText, hypothesis, "steady-state-hypothesis",
             .help = "Probes that hold while nothing is broken"),
    FIELD_JSON(TopText, method, .help = "Actions and probes, in order"),
    FIELD_JSON(TopText, rollbacks, .help = "Actions at the end of the measured part"),
    FIELD_JSON(TopText, thresholds, .help = "Conditions by metric, as in k6"),
    FIELD_JSON(TopText, invariants, .help = "What must hold for the data and for the users"),
    ROW_JSON(TopText, must_happen, "must-happen",
             .help = "Events without which the run proves nothing"),
    FIELD_JSON(TopText, published,
               .help =
                   "Figures that others have published of what is simulated here, by name: shown "
                   "beside the simulated ones, never judged"),
    FIELD_JSON(TopText, runtime, .help = "How probes and rollbacks are carried out"),
    FIELD_JSON(TopText, search, .help = "Kept for searches; a single run ignores it",
               .schema = "{\"type\":\"object\"}"),
    FIELD_JSON(TopText, extensions, .help = "For other tools; passed through untouched",
               .schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":"
                         "[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"}}}}"),
    FIELD_END,
};

const Field simulation_fields[] = {
    FIELD_JSON(SimulationText, seed,
               .help = "Seed of the first replication: an integer, \"0x...\" or up to 40 hex "
                       "digits; absent: 1",
               .schema = "{\"type\":[\"string\",\"integer\"],\"default\":1}",
               .source = "a choice of the command line"),
    FIELD_SPAN(SimulationText, warmup, .initial = "60s", .lowest = "0s", .highest = "24h",
               .help = "Runs before anything is measured; time 0 is its end",
               .source = "a choice of the scenario format"),
    FIELD_SPAN(SimulationText, duration, .initial = "10m", .lowest = "1ms", .highest = "30d",
               .help = "Length of the measured part", .source = "a choice of the scenario format"),
    FIELD_SPAN(SimulationText, settle, .initial = "2m", .lowest = "0s", .highest = "24h",
               .help = "Runs on with all faults healed after the measured part, so that data can "
                       "converge",
               .source = "a choice of the scenario format"),
    FIELD_SPAN(SimulationText, sample_interval, .initial = "1s", .lowest = "1ms", .highest = "1h",
               .help = "How often metrics are sampled",
               .source = "a choice of the scenario format"),
    FIELD_COUNT(SimulationText, replications, .initial = "10", .lowest = "1", .highest = "10000",
                .help = "Runs with different seeds, for intervals",
                .source = "a choice of the scenario format"),
    FIELD_END,
};

static const char *const states[] = {"live", "backup", NULL};

const Field datacenter_fields[] = {
    FIELD_TEXT(DataCentreText, city, .help = "Where it is"),
    FIELD_TEXT(DataCentreText, country, .help = "ISO 3166-1 alpha-2, like DE"),
    FIELD_TEXT(DataCentreText, continent, .help = "AF, AN, AS, EU, NA, OC or SA"),
    FIELD_TEXT(DataCentreText, provider, .help = "Who rents it out; only for reports"),
    FIELD_TEXT(DataCentreText, size, .help = "Which of 'sizes' its nodes have; absent: 'host'"),
    FIELD_CHOICE(DataCentreText, state, .more = states, .initial = "live",
                 .help = "live takes traffic in normal times, backup does not",
                 .source = "a choice of the scenario format"),
    FIELD_END,
};

#define TEXT_OR_TEXTS                                                                              \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"

const Field node_group_fields[] = {
    FIELD_JSON(NodeGroupText, in,
               .help = "Data centres it stands in: \"*\", a name or a list; absent: all",
               .schema = TEXT_OR_TEXTS),
    FIELD_JSON(NodeGroupText, count,
               .help = "Nodes in each data centre; or by data centre, \"*\" for the others; "
                       "absent: 1",
               .schema = "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},{\"type\":\"object\","
                         "\"additionalProperties\":{\"type\":\"integer\",\"minimum\":0}}]}"),
    FIELD_TEXTS(NodeGroupText, runs, .flags = FIELD_REQUIRED,
                .help = "Kinds of component that run on each node"),
    FIELD_JSON(NodeGroupText, addresses, .help = "Public IPv4 addresses by data centre, one a node",
               .schema = "{\"type\":\"object\",\"additionalProperties\":" TEXT_OR_TEXTS "}"),
    FIELD_JSON(NodeGroupText, settings,
               .help = "By kind: what differs from the kind's section for these nodes",
               .schema = "{\"type\":\"object\"}"),
    FIELD_END,
};

#define RTT_BY_NAME                                                                                \
    "{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/definitions/duration\"}}"

const Field wan_fields[] = {
    FIELD_JSON(WanText, rtt, .help = "Round trip of each pair of data centres: \"A-B\"",
               .schema = RTT_BY_NAME),
    FIELD_SPAN(WanText, lan_rtt, .initial = "0.3ms", .lowest = "1us", .highest = "1s",
               .help = "Round trip between two hosts of one data centre",
               .source = "a choice of the scenario format"),
    FIELD_JSON(WanText, regions, .help = "Where clients are"),
    FIELD_JSON(WanText, checkers, .help = "From where health checkers probe"),
    FIELD_JSON(WanText, link, .help = "Fields of all links"),
    FIELD_JSON(WanText, links, .help = "Fields of one pair's links: \"A-B\""),
    FIELD_JSON(WanText, lan,
               .help =
                   "Fields of the network within each data centre, which is one link for all its "
                   "hosts: many hosts need more than one port's rate"),
    FIELD_END,
};

const Field region_fields[] = {
    FIELD_TEXT(RegionText, continent, .help = "AF, AN, AS, EU, NA, OC or SA"),
    FIELD_TEXT(RegionText, country, .help = "ISO 3166-1 alpha-2, like DE"),
    FIELD_TEXT(RegionText, subdivision, .help = "Second part of ISO 3166-2, like QC"),
    FIELD_JSON(RegionText, rtt, .flags = FIELD_REQUIRED,
               .help = "Round trip to each data centre, without access network",
               .schema = RTT_BY_NAME),
    FIELD_JSON(RegionText, access, .help = "Access networks of the users there"),
    FIELD_END,
};

static const char *const activity_types[] = {"action", "probe", NULL};
static const char *const probe_modes[] = {"sot", "eot", "edge", "continuous", "onchaos", NULL};

const Field activity_fields[] = {
    FIELD_CHOICE(ActivityText, type, .more = activity_types, .flags = FIELD_REQUIRED,
                 .help = "An action breaks or heals something, a probe looks"),
    FIELD_TEXT(ActivityText, name, .flags = FIELD_REQUIRED,
               .help = "What it is called in phases and reports"),
    FIELD_TEXT(ActivityText, ref,
               .help =
                   "Another activity of this file: what is not said here is as it says, but for "
                   "its name and when it begins"),
    FIELD_SPAN(ActivityText, at, .lowest = "-24h",
               .help = "Begins then, from the end of warm-up; negative: within the warm-up"),
    FIELD_TEXTS(ActivityText, after, .help = "Begins when all these activities have ended"),
    FIELD_JSON(ActivityText, when, .help = "Begins at an event, or when a level is high"),
    FIELD_JSON(ActivityText, every, .help = "Begins again and again"),
    FIELD_SPAN(ActivityText, duration, .lowest = "1us",
               .help = "Lasts so long; absent: until the end of the measured part"),
    FIELD_SPAN(ActivityText, ramp, .lowest = "0s",
               .help = "Comes on in equal steps over this time; for faults that have a strength"),
    FIELD_TEXT(ActivityText, func, .help = "The fault of an action"),
    FIELD_JSON(ActivityText, target, .help = "What the fault hits"),
    FIELD_JSON(ActivityText, arguments, .help = "What the fault reads"),
    FIELD_TEXT(ActivityText, query, .help = "What a probe looks at"),
    FIELD_JSON(ActivityText, tolerance, .help = "What a probe must see", .schema = "{}"),
    FIELD_CHOICE(ActivityText, mode, .more = probe_modes, .initial = "sot",
                 .help = "When a probe looks: start of test, end of test, both, always, or while "
                         "a fault is on",
                 .source = "Litmus probe modes"),
    FIELD_END,
};

const Field every_fields[] = {
    FIELD_SPAN(EveryText, interval, .flags = FIELD_REQUIRED, .lowest = "1ms",
               .help = "From one begin to the next"),
    FIELD_SPAN(EveryText, jitter, .initial = "0s", .lowest = "0s",
               .help = "Each begin comes later by up to so much, by the seed",
               .source = "a choice of the scenario format"),
    FIELD_COUNT(EveryText, count, .initial = "0", .lowest = "0", .highest = "1000000",
                .help = "At most so many times; 0: until the end of the measured part",
                .source = "a choice of the scenario format"),
    FIELD_END,
};

const Field when_fields[] = {
    FIELD_TEXT(WhenText, event, .flags = FIELD_REQUIRED,
               .help =
                   "Name of an event, like route53.health-changed, or of a level or count, like "
                   "cassandra.hints-pending"),
    FIELD_JSON(WhenText, above,
               .help = "Begins when the event has been seen more often than this (absent: 0), or "
                       "when the sum over all components, looked at each sample interval, is above "
                       "it; with the level's unit, like \"256MiB\"",
               .schema = "{\"type\":[\"number\",\"string\"]}"),
    FIELD_JSON(WhenText, where, .help = "Labels that the event or the component must have",
               .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"),
    FIELD_END,
};

static const char *const target_modes[] = {
    "all",      "one",       "fixed", "fixed-percent", "random-max-percent", "minority",
    "majority", "primaries", NULL};

const Field target_fields[] = {
    FIELD_TEXTS(TargetText, dc, .help = "Data centres; \"*\" or absent: all"),
    FIELD_TEXTS(TargetText, node, .help = "Nodes, like DC03-db1"),
    FIELD_TEXT(TargetText, role, .help = "Node group, like db"),
    FIELD_TEXT(TargetText, process, .help = "Kind of the process that is meant"),
    FIELD_TEXT(TargetText, group, .help = "Entry of 'load'"),
    FIELD_JSON(TargetText, link, .help = "The link from one site to another"),
    FIELD_TEXT(TargetText, record, .help = "Name of a DNS record, for faults of records"),
    FIELD_TEXT(TargetText, topic, .help = "MQTT topic, for faults of brokers"),
    FIELD_CHOICE(TargetText, mode, .more = target_modes, .initial = "all",
                 .help = "How many of those that match, picked by the seed",
                 .source = "Chaos Mesh selector modes"),
    FIELD_NUMBER(TargetText, value, .initial = "0", .lowest = "0",
                 .help = "Number of 'fixed', or per cent of 'fixed-percent' and "
                         "'random-max-percent'",
                 .source = "Chaos Mesh selector modes"),
    FIELD_END,
};

const Field link_target_fields[] = {
    FIELD_TEXT(LinkText, from, .flags = FIELD_REQUIRED, .help = "Site that packets come from"),
    FIELD_TEXT(LinkText, to, .flags = FIELD_REQUIRED, .help = "Site that packets go to"),
    FIELD_END,
};

static const char *const severities[] = {"critical", "warning", NULL};

const Field threshold_fields[] = {
    FIELD_TEXT(ThresholdText, threshold, .flags = FIELD_REQUIRED,
               .help = "Condition, like p(99)<300ms"),
    FIELD_SPAN(ThresholdText, window, .initial = "0s", .lowest = "0s",
               .help = "Judged in each window of this length, the worst one counts; 0s: over all",
               .source = "a choice of the scenario format"),
    FIELD_RATIO(ThresholdText, confidence, .initial = "0.95", .lowest = "0.5", .highest = "0.9999",
                .help = "Level of the interval that must clear the limit",
                .source = "a choice of the scenario format"),
    FIELD_ROW(ThresholdText, abort_on_fail, "abortOnFail", FIELD_TYPE_FLAG, bool,
              .initial = "false",
              .help = "A replication ends early, and is the last one, when what it has seen so far "
                      "does not meet the condition; looked at 40 times a run",
              .source = "k6 thresholds"),
    FIELD_ROW(ThresholdText, delay_abort, "delayAbortEval", FIELD_TYPE_SPAN, SimSpan,
              .initial = "0s", .lowest = "0s",
              .help = "It does not end before this time of the scenario, so that the first few "
                      "requests do not decide",
              .source = "k6 thresholds"),
    FIELD_CHOICE(ThresholdText, severity, .more = severities, .initial = "critical",
                 .help = "A warning is shown and does not decide the verdict",
                 .source = "a choice of the scenario format"),
    FIELD_END,
};

const char *const invariant_checks[] = {"no-lost-acked-write",
                                        "no-resurrected-delete",
                                        "staleness-bound",
                                        "monotonic-reads",
                                        "read-your-writes",
                                        "lww-overwrite",
                                        "no-lost-update",
                                        "linearizable",
                                        "replicas-down-per-range",
                                        "max-outage",
                                        "converges",
                                        NULL};

static const char *const expect_names[] = {"holds", "broken", NULL};

const Field invariant_fields[] = {
    FIELD_TEXT(InvariantText, check, .flags = FIELD_REQUIRED, .help = "What must hold"),
    FIELD_SPAN(InvariantText, max, .lowest = "0s",
               .help = "Limit of staleness-bound, max-outage and converges"),
    FIELD_COUNT(InvariantText, most, .lowest = "0",
                .help = "Limit of replicas-down-per-range: so many replicas of one range may be "
                        "down at once"),
    FIELD_CHOICE(InvariantText, expect, .initial = "holds", .more = expect_names,
                 .help = "'broken' for a drill that is to show how it breaks: fails when it holds",
                 .source = "assumption: most are to hold"),
    FIELD_END,
};

const Field must_happen_fields[] = {
    FIELD_TEXT(MustHappenText, event, .flags = FIELD_REQUIRED,
               .help = "Name of an event, like client.rerouted"),
    FIELD_JSON(MustHappenText, where, .help = "Labels that the event must have",
               .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"),
    FIELD_COUNT(MustHappenText, min, .initial = "1", .lowest = "1",
                .help = "At least so often in each replication, from the end of the warm-up on",
                .source = "a choice of the scenario format"),
    FIELD_END,
};

const Field published_fields[] = {
    FIELD_TEXT(PublishedText, metric, .flags = FIELD_REQUIRED,
               .help = "A metric with its labels, as in 'thresholds'"),
    FIELD_TEXT(PublishedText, figure, .flags = FIELD_REQUIRED,
               .help = "What was published of it, like a condition: \"rate==0.82\", "
                       "\"max==27min\", \"rate>0.18\" where only a bound is known"),
    FIELD_TEXT(PublishedText, source, .flags = FIELD_REQUIRED, .help = "Who published it where"),
    FIELD_TEXT(PublishedText, note, .help = "Why the two may differ"),
    FIELD_END,
};

const Field hypothesis_fields[] = {
    FIELD_TEXT(HypothesisText, title, .flags = FIELD_REQUIRED, .help = "What is normal"),
    FIELD_JSON(HypothesisText, probes, .flags = FIELD_REQUIRED, .help = "How one sees it"),
    FIELD_END,
};

static const char *const hypothesis_strategies[] = {"default",           "before-method-only",
                                                    "after-method-only", "during-method-only",
                                                    "continuously",      NULL};
static const char *const rollback_strategies[] = {"default", "always", "never", "deviated", NULL};

static const Field runtime_hypothesis_fields[] = {
    {.name = "strategy",
     .type = FIELD_TYPE_CHOICE,
     .offset = 0,
     .more = hypothesis_strategies,
     .initial = "default",
     .help = "When the hypothesis is looked at",
     .source = "Chaos Toolkit runtime strategies"},
    {.name = "frequency",
     .type = FIELD_TYPE_SPAN,
     .offset = offsetof(RuntimeText, hypothesis.frequency) - offsetof(RuntimeText, hypothesis),
     .initial = "1s",
     .lowest = "1ms",
     .help = "How often, while it is looked at",
     .source = "Chaos Toolkit runtime strategies"},
    FIELD_END,
};

static const Field runtime_rollbacks_fields[] = {
    {.name = "strategy",
     .type = FIELD_TYPE_CHOICE,
     .offset = 0,
     .more = rollback_strategies,
     .initial = "default",
     .help = "When rollbacks are carried out",
     .source = "Chaos Toolkit runtime strategies"},
    FIELD_END,
};

const Field runtime_fields[] = {
    FIELD_TABLE(RuntimeText, hypothesis, runtime_hypothesis_fields, .help = "Probes"),
    FIELD_TABLE(RuntimeText, rollbacks, runtime_rollbacks_fields, .help = "Rollbacks"),
    FIELD_ROW(RuntimeText, fail_fast, "fail-fast", FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "Stop at the first replication that breaks a check",
              .source = "Chaos Toolkit runtime strategies"),
    FIELD_END,
};
