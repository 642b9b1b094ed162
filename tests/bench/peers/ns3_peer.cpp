/* ns3_peer.cpp - the hold model and M/M/1 on the event list of ns-3; its argument names the scheduler
 * ("ns3::MapScheduler"). */
#include <deque>
#include <string>

#include "ns3/core-module.h"
#include "tests/bench/peers/peer.hpp"

namespace {

PeerRandom generator;
uint64_t events_left;

ns3::Time after(double mean_ns)
{
    return ns3::NanoSeconds(static_cast<int64_t>(generator.exponential(mean_ns)));
}

void count_down()
{
    if (--events_left == 0) {
        ns3::Simulator::Stop();
    }
}

void run()
{
    events_left = peer_events;
    ns3::Simulator::Run();
}

void hold(uint64_t number)
{
    ns3::Simulator::Schedule(after(1e9), &hold, number);
    count_down();
}

void measure_hold(const char *name, uint64_t pending)
{
    for (uint64_t i = 0; i < pending; i++) {
        ns3::Simulator::Schedule(after(1e9), &hold, i);
    }
    peer_measure(name, run);
    ns3::Simulator::Destroy();
}

/* A line before one server, with the number there over time and the time that each spent. */
struct Queue {
    std::deque<int64_t> came;
    int64_t since = 0;
    double area = 0, sum = 0, squares = 0, most = 0;

    void note(int64_t now)
    {
        area += static_cast<double>(came.size()) * static_cast<double>(now - since);
        since = now;
    }
    void serve() { ns3::Simulator::Schedule(after(0.9e6), &Queue::depart, this); }
    void arrive()
    {
        int64_t now = ns3::Simulator::Now().GetTimeStep();

        ns3::Simulator::Schedule(after(1e6), &Queue::arrive, this);
        note(now);
        came.push_back(now);
        if (came.size() == 1) {
            serve();
        }
    }
    void depart()
    {
        int64_t now = ns3::Simulator::Now().GetTimeStep();
        double sojourn = static_cast<double>(now - came.front());

        note(now);
        came.pop_front();
        sum += sojourn;
        squares += sojourn * sojourn;
        most = std::fmax(most, sojourn);
        if (!came.empty()) {
            serve();
        }
        count_down();
    }
};

} // namespace

int main(int argc, char **argv)
{
    ns3::ObjectFactory scheduler(argc > 1 ? argv[1] : "ns3::MapScheduler");
    Queue queue;

    ns3::GlobalValue::Bind("SchedulerType", ns3::TypeIdValue(scheduler.GetTypeId()));
    measure_hold("hold, 100 pending", 100);
    measure_hold("hold, 1000 pending", 1000);
    measure_hold("hold, 10000 pending", 10000);
    measure_hold("hold, 100000 pending", 100000);
    measure_hold("hold, 1000000 pending", 1000000);
    ns3::Simulator::ScheduleNow(&Queue::arrive, &queue);
    peer_measure("M/M/1 customer, engine", run);
    ns3::Simulator::Destroy();
    return 0;
}
