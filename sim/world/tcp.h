/* tcp.h - the times of TCP: when a SYN or a segment is sent again, how long slow start takes, and
 * who notices a peer that has fallen silent when. Plain arithmetic, for the network and for models.
 * Sources: reference network 1 to 3 (RFC 6298, 6928 and 8985, Linux ip-sysctl: tcp_syn_retries,
 * tcp_retries2, tcp_keepalive_*; Linux tcp_input.c: tcp_rtt_estimator, tcp_output.c:
 * tcp_schedule_loss_probe and tcp_send_loss_probe; BSD tcp_timer.c; widely published values for
 * Windows). */
#pragma once

#include "sim/config/field.h"

/* Whose kernel opens a connection. */
typedef enum TcpStack {
    TCP_LINUX,       /* before 6.5, Android: SYNs at 0, 1, 3, 7, 15, 31, 63 s, the end at 127 s */
    TCP_LINUX_6_5,   /* four linear time-outs first: 0 to 5, 7, 11, 19, 35, 67 s; 131 s */
    TCP_WINDOWS,     /* 0, 1, 3 s; 7 s */
    TCP_WINDOWS_OLD, /* 0, 3, 9 s; 21 s */
    TCP_APPLE,       /* macOS, iOS: 0 to 5, 7, 11, 19, 35, 67 s; 75 s */
    TCP_STACKS,
} TcpStack;

/* "linux", "linux-6.5", "windows", "windows-old", "apple", NULL: for a field of choices. */
extern const char *const tcp_stack_words[];

/* When SYN number `index` leaves, counted from the first (index 0); SIM_NEVER: there is none. */
SimSpan tcp_syn_time(TcpStack stack, uint32_t index);

/* When the kernel gives up. */
SimSpan tcp_syn_end(TcpStack stack);

#define TCP_FIRST_WINDOW 14600 /* bytes that leave at once (RFC 6928: 10 segments) */

/* Rounds that a window of 10 segments, doubling, needs for so many bytes: 1 up to 14,600. */
uint32_t tcp_rounds(uint64_t size_bytes);

/* What slow start adds to a transfer beyond its first round: the further rounds, or what loss
 * allows (Mathis et al.: 1.22 MSS / (RTT sqrt(loss))) when that is longer. */
SimSpan tcp_slow_start(uint64_t size_bytes, SimSpan round_trip, double loss_ratio);

/* How long after the sending before it retransmission `index` (0: the first) of a message leaves
 * that nobody acknowledges. Linux: RTO = SRTT + max(200 ms, 4 RTTVAR), and on a path of constant
 * delay the floor of the variance is what counts: the round trip and 200 ms. The first one is the
 * tail loss probe: of one segment alone at 2 SRTT + 200 ms, of several at 2 SRTT + 2 ms, at the RTO
 * at the latest. It starts the RTO anew and doubles nothing; from the third one on each wait is
 * twice the one before, 120 s at most. Left out: the first round trip of a connection, after which
 * RTTVAR is half of it, and other kernels' floors. */
SimSpan tcp_retransmit_wait(SimSpan round_trip, uint64_t size_bytes, uint32_t index);

/* SO_KEEPALIVE of one side; idle 0: off. */
typedef struct TcpKeepalive {
    SimSpan idle, interval;
    int64_t count;
} TcpKeepalive;

extern const Field tcp_keepalive_fields[];
