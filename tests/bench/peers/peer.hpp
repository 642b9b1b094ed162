/* peer.hpp - what all programs that hold us against others share: the same numbers, the same clock and
 * the same form of a row ("name<TAB>nanoseconds"), the least of several runs. */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

constexpr uint64_t peer_events = 200000;
constexpr int peer_runs = 5;

/* xoshiro256++, and exponential by inversion. */
struct PeerRandom {
    uint64_t state[4] = {1, 2, 3, 4};

    double exponential(double mean)
    {
        uint64_t *s = state, sum = s[0] + s[3], bits = ((sum << 23) | (sum >> 41)) + s[0];
        uint64_t shifted = s[1] << 17;

        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = (s[3] << 45) | (s[3] >> 19);
        return -mean * std::log((static_cast<double>(bits >> 12) + 0.5) * 0x1p-52);
    }
};

inline double peer_cpu_ns()
{
    timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/* Times `run`, which does peer_events operations. */
template <class Run> void peer_measure(const char *name, Run run)
{
    double least = INFINITY;

    for (int i = 0; i < peer_runs; i++) {
        double begin = peer_cpu_ns();

        run();
        least = std::fmin(least, (peer_cpu_ns() - begin) / peer_events);
    }
    std::printf("%s\t%.1f\n", name, least);
    std::fflush(stdout);
}
