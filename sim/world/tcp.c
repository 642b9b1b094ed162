/* tcp.c - the times of TCP. */
#include "sim/world/tcp.h"

#include <math.h>

#define SEGMENT_BYTES 1460
#define RTO_VARIANCE_LEAST (200 * SIM_MS) /* TCP_RTO_MIN, of the variance alone */
#define RTO_MOST (120 * SIM_S)            /* TCP_RTO_MAX */
#define PROBE_LEAST (2 * SIM_MS)          /* TCP_TIMEOUT_MIN: two ticks of 1 ms */
#define SYNS_MOST 12

const char *const tcp_stack_words[] = {"linux",       "linux-6.5", "windows",
                                       "windows-old", "apple",     NULL};

/* Seconds at which SYNs leave; after the last one the end. */
static const struct {
    uint8_t count;
    uint8_t at_s[SYNS_MOST];
    uint8_t end_s;
} stacks[TCP_STACKS] = {
    [TCP_LINUX] = {7, {0, 1, 3, 7, 15, 31, 63}, 127},
    [TCP_LINUX_6_5] = {11, {0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67}, 131},
    [TCP_WINDOWS] = {3, {0, 1, 3}, 7},
    [TCP_WINDOWS_OLD] = {3, {0, 3, 9}, 21},
    [TCP_APPLE] = {11, {0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67}, 75},
};

SimSpan tcp_syn_time(TcpStack stack, uint32_t index)
{
    return index < stacks[stack].count ? stacks[stack].at_s[index] * SIM_S : SIM_NEVER;
}

SimSpan tcp_syn_end(TcpStack stack)
{
    return stacks[stack].end_s * SIM_S;
}

uint32_t tcp_rounds(uint64_t size_bytes)
{
    uint32_t rounds = 1;
    uint64_t window = TCP_FIRST_WINDOW;

    for (uint64_t sent = window; sent < size_bytes; sent += window) {
        window *= 2;
        rounds++;
    }
    return rounds;
}

SimSpan tcp_slow_start(uint64_t size_bytes, SimSpan round_trip, double loss_ratio)
{
    SimSpan rounds;

    if (size_bytes <= TCP_FIRST_WINDOW) {
        return 0;
    }
    rounds = (SimSpan)(tcp_rounds(size_bytes) - 1) * round_trip;
    if (loss_ratio <= 0) {
        return rounds;
    }
    /* bytes / rate, rate = 1.22 MSS / (RTT sqrt p) */
    double steady =
        (double)size_bytes / (1.22 * SEGMENT_BYTES) * (double)round_trip * sqrt(loss_ratio);

    return MAX(rounds, (SimSpan)steady);
}

SimSpan tcp_retransmit_wait(SimSpan round_trip, uint64_t size_bytes, uint32_t index)
{
    SimSpan rto = MIN(round_trip + RTO_VARIANCE_LEAST, RTO_MOST);
    SimSpan probe =
        2 * round_trip + (size_bytes > SEGMENT_BYTES ? PROBE_LEAST : RTO_VARIANCE_LEAST);

    if (index == 0) {
        return MIN(probe, rto);
    }
    for (uint32_t i = 1; i < index && rto < RTO_MOST; i++) {
        rto = MIN(2 * rto, RTO_MOST);
    }
    return rto;
}

const Field tcp_keepalive_fields[] = {
    FIELD_SPAN(TcpKeepalive, idle, .initial = "0s",
               .help = "Silence after which the kernel asks the peer for a sign; 0s: never",
               .source = "off per socket; tcp_keepalive_time is 7200 s when on"),
    FIELD_SPAN(TcpKeepalive, interval, .initial = "75s", .lowest = "1s",
               .help = "Wait for that sign before it is asked for again",
               .source = "Linux tcp_keepalive_intvl 75"),
    FIELD_COUNT(TcpKeepalive, count, .initial = "9", .lowest = "1", .highest = "127",
                .help = "Questions without a sign before the connection is given up",
                .source = "Linux tcp_keepalive_probes 9"),
    FIELD_END,
};
