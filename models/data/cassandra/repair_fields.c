/* repair_fields.c - the settings of anti-entropy repair. */
#include "models/data/cassandra/repair.h"

const Field repair_fields[] = {
    FIELD_SPAN(
        RepairSettings, interval, .initial = "0s", .lowest = "0s",
        .help = "How often each node repairs its ranges, one node after the other; 0s: never",
        .source = "assumption: nobody repairs unless a timer does; Cassandra's documentation "
                  "asks for more often than gc_grace_seconds"),
    FIELD_ROW(RepairSettings, scope.primary_range, "primary_range", FIELD_TYPE_FLAG, bool,
              .initial = "true", .help = "Only ranges whose first replica the node is (-pr)",
              .source = "Cassandra 3.11 nodetool repair -pr; needs a run on every node of every "
                        "data centre"),
    FIELD_ROW(RepairSettings, scope.full, "full", FIELD_TYPE_FLAG, bool, .initial = "true",
              .help = "Reads all data again (-full) and not only what no repair has covered",
              .source = "assumption: who repairs by timer avoids incremental repair; Cassandra "
                        "3.11 nodetool repair is incremental unless -full"),
    FIELD_BYTE_RATE(RepairSettings, validation_rate, .initial = "16MiB/s", .lowest = "1KiB/s",
                    .help = "How fast a replica reads what it validates",
                    .source = "Cassandra 3.11.10 compaction_throughput_mb_per_sec; unthrottled "
                              "before"),
    FIELD_BYTE_RATE(RepairSettings, stream_rate, .initial = "25MB/s", .lowest = "1KiB/s",
                    .help = "Outbound streaming of a node, shared by all its streams",
                    .source = "Cassandra 3.11.12 stream_throughput_outbound_megabits_per_sec 200; "
                              "26.2MB/s before (CASSANDRA-17243)"),
    FIELD_ROW(RepairSettings, stream_cpu_rate, "stream_cpu_rate", FIELD_TYPE_NUMBER, double,
              .initial = "15e6", .lowest = "1",
              .help = "Bytes a second that one vCPU takes in from streams",
              .source = "assumption: 10 to 20 MB/s on 2 vCPU"),
    FIELD_ROW(RepairSettings, validation_cpu_rate, "validation_cpu_rate", FIELD_TYPE_NUMBER, double,
              .initial = "40e6", .lowest = "1", .help = "Bytes a second that one vCPU validates",
              .source = "assumption: as compaction, 30 to 60 MB/s"),
    FIELD_END,
};
