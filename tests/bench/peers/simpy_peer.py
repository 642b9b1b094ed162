"""simpy_peer.py - the hold model and M/M/1 on SimPy 2, as Debian packages it: a process for each pending event, a server as a
resource. Times are the least of several runs, of processor time."""
import random
import sys
import time

from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

EVENTS = 20000
RUNS = 5
draw = random.Random(1).expovariate


class Clock:
    """Counts operations; every EVENTS of them a run is over."""

    def __init__(self):
        self.begin = time.process_time()
        self.least = float("inf")
        self.done = self.runs = 0

    def count(self, simulation):
        self.done += 1
        if self.done % EVENTS == 0:
            self.least = min(self.least, (time.process_time() - self.begin) / EVENTS)
            self.begin = time.process_time()
            self.runs += 1
            if self.runs == RUNS:
                simulation.stopSimulation()


class Holder(Process):
    def life(self, clock):
        while True:
            yield hold, self, draw(1.0)
            clock.count(self.sim)


class Customer(Process):
    def life(self, clock, server, sojourns):
        came = self.sim.now()
        yield request, self, server
        yield hold, self, draw(1 / 0.9)
        yield release, self, server
        sojourns.append(self.sim.now() - came)
        clock.count(self.sim)


class Source(Process):
    def life(self, clock, server, sojourns):
        while True:
            yield hold, self, draw(1.0)
            customer = Customer(sim=self.sim)
            self.sim.activate(customer, customer.life(clock, server, sojourns))


def measure(name, start):
    simulation = Simulation()
    simulation.initialize()
    clock = Clock()
    start(simulation, clock)
    simulation.simulate(until=float("inf"))
    print("%s\t%.1f" % (name, clock.least * 1e9))
    sys.stdout.flush()


def start_holders(pending):
    def start(simulation, clock):
        for _ in range(pending):
            holder = Holder(sim=simulation)
            simulation.activate(holder, holder.life(clock), at=draw(1.0))

    return start


def start_queue(simulation, clock):
    server = Resource(capacity=1, monitored=False, sim=simulation)
    source = Source(sim=simulation)
    simulation.activate(source, source.life(clock, server, []))


for count in (100, 1000, 10000, 100000):
    measure("hold, %d pending" % count, start_holders(count))
measure("M/M/1 customer, engine", start_queue)
