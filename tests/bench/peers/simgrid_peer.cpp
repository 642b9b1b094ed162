/* simgrid_peer.cpp - the hold model and M/M/1 on the timers of SimGrid, one process a row (its first
 * argument: the pending events, 0 for the queue; the second: the row's name), for an engine lives as
 * long as its process. */
#include <cstdlib>
#include <deque>

#include "simgrid/kernel/Timer.hpp"
#include "simgrid/s4u.hpp"
#include "tests/bench/peers/peer.hpp"

namespace {

using simgrid::kernel::timer::Timer;

PeerRandom generator;
uint64_t done;
double begin_ns, least_ns = INFINITY;
int runs;

double now()
{
    return simgrid::s4u::Engine::get_clock();
}

/* Every peer_events events a run ends; after the last one the program does. */
void count(const char *name)
{
    double ns = peer_cpu_ns();

    if (++done % peer_events != 0) {
        return;
    }
    least_ns = std::fmin(least_ns, (ns - begin_ns) / peer_events);
    if (++runs == peer_runs) {
        std::printf("%s\t%.1f\n", name, least_ns);
        std::fflush(stdout);
        std::_Exit(0);
    }
    begin_ns = peer_cpu_ns();
}

void hold(const char *name)
{
    Timer::set(now() + generator.exponential(1), [name] { hold(name); });
    count(name);
}

struct Queue {
    const char *name;
    std::deque<double> came;
    double since = 0, area = 0, sum = 0, squares = 0, most = 0;

    void note()
    {
        area += static_cast<double>(came.size()) * (now() - since);
        since = now();
    }
    void serve()
    {
        Timer::set(now() + generator.exponential(0.9), [this] { depart(); });
    }
    void arrive()
    {
        Timer::set(now() + generator.exponential(1), [this] { arrive(); });
        note();
        came.push_back(now());
        if (came.size() == 1) {
            serve();
        }
    }
    void depart()
    {
        double sojourn = now() - came.front();

        note();
        came.pop_front();
        sum += sojourn;
        squares += sojourn * sojourn;
        most = std::fmax(most, sojourn);
        if (!came.empty()) {
            serve();
        }
        count(name);
    }
};

} // namespace

int main(int argc, char **argv)
{
    simgrid::s4u::Engine engine(&argc, argv);
    uint64_t pending = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
    const char *name = argc > 2 ? argv[2] : "";
    auto *zone = simgrid::s4u::create_full_zone("zone");
    auto *host = zone->create_host("host", 1e9);
    Queue queue{name};

    zone->seal();
    /* Timers alone do not keep the engine running. */
    simgrid::s4u::Actor::create("sleeper", host, [] { simgrid::s4u::this_actor::sleep_for(1e12); });
    for (uint64_t i = 0; i < pending; i++) {
        Timer::set(generator.exponential(1), [name] { hold(name); });
    }
    if (pending == 0) {
        Timer::set(0, [&queue] { queue.arrive(); });
    }
    begin_ns = peer_cpu_ns();
    engine.run();
    return 1;
}
