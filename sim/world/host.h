/* host.h - a VPS: vCPUs by processor sharing, memory, a disk with a queue, a clock, and a life of
 * its own. When a host falls, everything on it falls; when its power returns it boots and starts
 * everything on it again. Sources: hosts-operations-workload 1 (CPU, clock), 2.2 (disk profiles),
 * network 9 (port), as each field's help says. */
#pragma once

#include "sim/world/component.h"
#include "sim/world/tcp.h"

extern const Kind
    host_kind; /* scope KIND_PART; fields: vcpu, memory, disk, disk_profile, port, boot, ... */

/* Makes "host@PLACE" at `site` with public address `address` ("192.0.2.11", or NULL). Reported and
 * NULL when wrong. */
Host *host_add(World *world, const char *place, const char *role, Site *site, const char *address,
               const cJSON *settings, DiagList *diags);

/* The host as a component (it is one), and the other way round. */
Component *host_component(Host *host);
Host *host_of(Component *component);

/* The public IPv4 address in host byte order; 0 when it has none. The host that has an address, or
 * NULL. */
uint32_t host_address(const Host *host);
Host *host_find_address(const World *world, uint32_t address);

/* An address that wanders between hosts (VRRP, a provider's floating address): from now on `host`
 * answers for it, whoever did before. Connections that are open stay with whom they were opened. */
void host_take_address(Host *host, uint32_t address);

/* Whether its kernel answers: powered, booted, not frozen. */
bool host_is_up(const Host *host);

/* Makes `component` answer connections to `port` of its host; refused when it is down. One
 * component a port. */
void host_listen(Host *host, uint16_t port, Component *component);
Component *host_listener(const Host *host, uint16_t port);

/* `cpu` of work on one vCPU, shared equally with all other work there: when it is done `type` runs
 * on `owner`, which is a component's, with `subject` and `detail`. Takes as many times as long as
 * the component's own slowdown says. Void when the owner has another life by then. Zero work is
 * done at once, as an event. */
void host_work(Host *host, EventOwner *owner, SimSpan cpu, const EventType *type, void *subject,
               uint64_t detail);

/* The same without an event when it is done: what is charged and not waited for. */
void host_spend(Host *host, EventOwner *owner, SimSpan cpu);

/* Work now in the CPU; the vCPUs it shares. */
guint host_count_work(const Host *host);
guint host_count_vcpus(const Host *host);

/* How long a vCPU is busy with a second of work, on average over what neighbours take. */
double host_mean_stretch(const Host *host);

/* Its standard deviation over replications, as a share of the mean: neighbours stay what they are
 * for hours. 0 where there are none. */
double host_stretch_spread(const Host *host);

/* For component_stop: the work of a process that ended leaves the CPU. */
void host_forget(Host *host, const EventOwner *owner);

/* Takes `law` (copied) for the next boot instead of the field's: what a fault's end says. */
void host_set_boot(Host *host, Draw law);

/* Share of the CPU that neighbours take now, faults included. */
double host_steal(const Host *host);

/* One operation at the disk: it waits for one of the profile's slots, then takes a drawn service
 * time plus its bytes at the sequential rate; then `type` runs on `owner`. */
typedef enum DiskOp { DISK_READ, DISK_WRITE, DISK_FSYNC } DiskOp;
void host_disk(Host *host, EventOwner *owner, DiskOp op, int64_t size_bytes, const EventType *type,
               void *subject, uint64_t detail);

/* Disk space in bytes; take is false when there is not that much left, and then takes nothing. */
bool host_take_space(Host *host, int64_t size_bytes);
void host_give_space(Host *host, int64_t size_bytes);

/* What is free of the disk now, less what a fault has filled; the disk, and the main memory. */
int64_t host_free_space(const Host *host);
int64_t host_disk_size(const Host *host);
int64_t host_memory_size(const Host *host);

/* Wall clock of this VPS minus true time now: fixed offset, drift and faults. */
SimSpan host_clock_ahead(const Host *host);

/* Whether the page cache was lost at the last fall (power), so that the next boot of a process
 * reads from disk. */
bool host_is_cold(const Host *host);

/* Whose kernel its processes open connections with. */
TcpStack host_tcp_stack(const Host *host);
