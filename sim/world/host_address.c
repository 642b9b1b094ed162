/* host_address.c - see host_address.h. */
#include "sim/world/host_address.h"

#include "sim/world/world.h"

/* An address that is nobody's own. */
typedef struct Wandering {
    uint32_t address;
    Host *host;
} Wandering;

/* All hosts of a world that have an address: open addressing, at most half full. */
struct HostTable {
    Host **hosts;
    uint32_t capacity; /* a power of two */
    uint32_t count;
    GArray *wandering; /* of Wandering; NULL: none */
};

static void table_clear(void *object)
{
    struct HostTable *table = object;

    g_clear_pointer(&table->wandering, g_array_unref);
    g_free(table->hosts);
}

static inline uint32_t table_begin(const struct HostTable *table, uint32_t address)
{
    return (address * 0x9e3779b1u >> 8) & (table->capacity - 1);
}

static Host *table_find(const struct HostTable *table, uint32_t address)
{
    uint32_t i = table_begin(table, address);

    while (table->hosts[i] != NULL && host_address(table->hosts[i]) != address) {
        i = (i + 1) & (table->capacity - 1);
    }
    return table->hosts[i];
}

static void table_put(struct HostTable *table, Host *host)
{
    uint32_t i = table_begin(table, host_address(host));

    while (table->hosts[i] != NULL) {
        i = (i + 1) & (table->capacity - 1);
    }
    table->hosts[i] = host;
    table->count++;
}

static void table_add(struct HostTable *table, Host *host)
{
    if (2 * (table->count + 1) > table->capacity) {
        g_autofree Host **before = table->hosts;
        uint32_t capacity = table->capacity;

        table->capacity = capacity == 0 ? 64 : 2 * capacity;
        table->hosts = g_new0(Host *, table->capacity);
        table->count = 0;
        for (uint32_t i = 0; i < capacity; i++) {
            if (before[i] != NULL) {
                table_put(table, before[i]);
            }
        }
    }
    table_put(table, host);
}

static struct HostTable *world_hosts(World *world)
{
    struct WorldHead *head = (struct WorldHead *)world;

    if (head->hosts == NULL) {
        head->hosts = world_shared(world, "host/addresses", sizeof(struct HostTable), table_clear);
    }
    return head->hosts;
}

static Wandering *find_wandering(const struct HostTable *table, uint32_t address)
{
    for (guint i = 0; table->wandering != NULL && i < table->wandering->len; i++) {
        Wandering *one = &g_array_index(table->wandering, Wandering, i);

        if (one->address == address) {
            return one;
        }
    }
    return NULL;
}

Host *host_find_address(const World *world, uint32_t address)
{
    const struct HostTable *table = ((const struct WorldHead *)world)->hosts;
    Host *host = NULL;

    if (table != NULL && address != 0) {
        host = table->capacity > 0 ? table_find(table, address) : NULL;
        const Wandering *wandering = host == NULL ? find_wandering(table, address) : NULL;

        host = wandering != NULL ? wandering->host : host;
    }
    return host;
}

void host_take_address(Host *host, uint32_t address)
{
    struct HostTable *table = world_hosts(host_component(host)->world);
    Wandering *before = find_wandering(table, address), taken = {address, host};

    if (before != NULL) {
        before->host = host;
        return;
    }
    if (table->wandering == NULL) {
        table->wandering = g_array_new(false, false, sizeof(Wandering));
    }
    g_array_append_val(table->wandering, taken);
}

void host_address_add(Host *host)
{
    table_add(world_hosts(host_component(host)->world), host);
}
