/* client_bed.c - a rig with clients, a toy resolver and two web servers. */
#include "tests/support/client_bed.h"

#include <check.h>

extern const Kind client_kind;

static void toy_resolver_message(Component *self, const Message *message)
{
    ToyResolver *toy = (ToyResolver *)self;
    Message answer = {.op = MESSAGE_RESOLVE,
                      .size_bytes = 100,
                      .code = toy->code,
                      .count = toy->count,
                      .time_to_live = toy->time_to_live};

    toy->asked++;
    for (uint32_t i = 0; i < toy->count; i++) {
        answer.addresses[i] = toy->addresses[i];
    }
    if (toy->is_odd) {
        answer.addresses[0] = toy->asked % 2 == 1 ? ADDRESS_ONE : ADDRESS_TWO;
        answer.addresses[1] = 0xCB007100u + toy->asked; /* 203.0.113.x: nobody */
        answer.count = 2;
    }
    if (!toy->is_silent) {
        call_reply(self, &message->ticket, &answer);
    }
}

static const Kind toy_resolver_kind = {
    .name = "resolver",
    .help = "Says what the test wants",
    .leaves_out = "all of reality: it is a test's hand",
    .size = sizeof(ToyResolver),
    .scope = KIND_PART,
    .on_message = toy_resolver_message,
};

static Probe *add_server(Rig *rig, const char *place, const char *address)
{
    Host *host = rig_host(rig, place, address, "{ \"steal\": \"none\", \"boot\": \"1s\" }");
    Probe *server = rig_probe(rig, place);

    server->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000, .version = 7};
    host_listen(host, 443, &server->component);
    return server;
}

ClientBed client_bed_new(uint64_t seed, const char *settings)
{
    ClientBed bed = {.rig = rig_new(seed, &client_kind, &toy_resolver_kind, NULL)};
    g_autofree char *json = g_strdup_printf(
        "{ 'rate': 1, 'arrivals': 'deterministic', 'users': 1, 'tls': 'none', 'regions': "
        "{ 'EU': 1 }, 'access': { 'fibre': 1 }, 'mix': { 'read': 1, 'write': 0 }%s }",
        settings);
    g_auto(GStrv) parts = g_strsplit(json, "'", -1);
    g_autofree char *quoted = g_strjoinv("\"", parts);

    rig_site(bed.rig, "DC01");
    rig_site(bed.rig, "DC02");
    rig_site_of(bed.rig, "EU", SITE_REGION);
    bed.one = add_server(bed.rig, "DC01-web1", "192.0.2.11");
    bed.two = add_server(bed.rig, "DC02-web1", "192.0.2.21");
    bed.resolver = (ToyResolver *)rig_add(bed.rig, "resolver", "EU", NULL);
    bed.resolver->count = 2;
    bed.resolver->addresses[0] = ADDRESS_ONE;
    bed.resolver->addresses[1] = ADDRESS_TWO;
    bed.resolver->time_to_live = SIM_HOUR;
    bed.client = rig_add(bed.rig, "client", "web/EU", quoted);
    return bed;
}

void client_bed_start(ClientBed *bed)
{
    rig_link_all(bed->rig, "20ms");
    rig_start(bed->rig);
}

void client_bed_free(ClientBed *bed)
{
    rig_free(bed->rig);
}

static const char *any_reason(const HistoryCell *cell)
{
    GHashTableIter iter;
    gpointer reason = NULL;

    g_hash_table_iter_init(&iter, cell->reasons);
    g_hash_table_iter_next(&iter, &reason, NULL);
    return reason;
}

Felt client_bed_felt(const ClientBed *bed, uint32_t first, uint32_t end)
{
    History *history = world_history(bed->rig->world);
    Felt felt = {.reason = "", .dc = ""};

    for (guint i = 0; i < history_count_cells(history); i++) {
        const HistoryCell *cell = history_cell(history, i);

        if (cell->second < first || cell->second >= end) {
            continue;
        }
        felt.ok += cell->ok;
        felt.failed += cell->failed;
        felt.attempts += cell->attempts;
        felt.dc = cell->dc != NULL ? cell->dc->name : "";
        if (cell->ok > 0) {
            felt.latency = MAX(felt.latency, histogram_max(cell->latency));
        }
        if (cell->failed > 0) {
            felt.reason = any_reason(cell);
        }
    }
    return felt;
}

uint64_t client_bed_counter(const ClientBed *bed, const char *name)
{
    return rig_counter(bed->rig, CLIENT, name);
}
