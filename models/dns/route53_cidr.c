/* route53_cidr.c - IP-based routing: blocks of addresses by collection and location. The longest
 * prefix wins; the location "*" is for all others. Clients of a region have the addresses of one
 * block that the scenario names; without one they fit the default only. Source: Route 53 Developer
 * Guide (IP-based routing); API reference 2013-04-01 (ListCidrBlocks). Left out: IPv6. */
#include "models/dns/route53_parts.h"

typedef struct CidrBlock {
    char *collection, *location;
    uint32_t address; /* of the network */
    int length;
} CidrBlock;

/* The address that all clients of a region have. */
typedef struct ClientBlock {
    const Site *region;
    uint32_t address;
} ClientBlock;

/* "203.0.113.0/24". */
static bool parse_block(const char *text, uint32_t *address, int *length)
{
    g_auto(GStrv) sides = g_strsplit(text, "/", 2);
    uint64_t number = 0;

    if (sides[0] == NULL || sides[1] == NULL || !aws_parse_address(sides[0], address) ||
        !g_ascii_string_to_unsigned(sides[1], 10, 1, 32, &number, NULL)) {
        return false;
    }
    *length = (int)number;
    return true;
}

static bool is_inside(uint32_t address, uint32_t network, int length)
{
    uint32_t mask = length == 0 ? 0 : ~UINT32_C(0) << (32 - length);

    return (address & mask) == (network & mask);
}

static void read_block(Route53 *self, AwsReader *reader, const char *collection, const cJSON *item)
{
    const char *text = aws_text(reader, item, "CidrBlock", true, 1, 50);
    const char *location = aws_text(reader, item, "LocationName", true, 1, 16);
    CidrBlock block = {0};

    if (text == NULL || location == NULL) {
        return;
    }
    if (!parse_block(text, &block.address, &block.length)) {
        aws_error(reader, json_member(item, "CidrBlock"), DIAG_VALUE,
                  "'%s' is no block of IPv4 addresses, like \"203.0.113.0/24\"", text);
        return;
    }
    block.collection = g_strdup(collection);
    block.location = g_strdup(location);
    g_array_append_val(self->blocks, block);
}

static void read_collection(Route53 *self, const cJSON *node, DiagList *diags)
{
    g_autoptr(JsonDocument) document =
        cJSON_IsString(node) ? route53_open(node, node->valuestring, diags) : NULL;
    AwsReader reader = {document, diags, 0};
    const cJSON *list, *item;

    if (document == NULL) {
        return;
    }
    list = json_member(document->root, "CidrBlocks");
    if (!cJSON_IsArray(list)) {
        aws_error(&reader, document->root, DIAG_VALUE,
                  "'CidrBlocks' is required: the output of `aws route53 list-cidr-blocks`");
    }
    cJSON_ArrayForEach(item, list)
    {
        read_block(self, &reader, node->string, item);
    }
}

/* AWS refuses a record of a location that its collection does not have. */
static void check_set(const Route53 *self, const RecordSet *set, DiagList *diags)
{
    bool is_known = strcmp(set->location, "*") == 0, has_collection = false;

    for (guint i = 0; i < self->blocks->len; i++) {
        const CidrBlock *block = &g_array_index(self->blocks, CidrBlock, i);

        if (strcmp(block->collection, set->collection) == 0) {
            has_collection = true;
            is_known = is_known || strcmp(block->location, set->location) == 0;
        }
    }
    if (!has_collection) {
        diag_add_at(diags, DIAG_ERROR, set->place,
                    "'%s' type %s: there is no CIDR collection '%s' in 'cidr_collections' of "
                    "'route53'",
                    set->name, set->type, set->collection);
    } else if (!is_known) {
        diag_add_at(diags, DIAG_ERROR, set->place,
                    "'%s' type %s: CIDR collection '%s' has no location '%s'", set->name, set->type,
                    set->collection, set->location);
    }
}

static void read_client_blocks(Route53 *self, DiagList *diags)
{
    const cJSON *node;

    cJSON_ArrayForEach(node, self->client_blocks)
    {
        ClientBlock block = {0};
        int length;

        if (!cJSON_IsString(node) || !parse_block(node->valuestring, &block.address, &length)) {
            diag_add(diags, DIAG_ERROR, node, DIAG_VALUE,
                     "'%s' needs a block of IPv4 addresses, like \"203.0.113.0/24\"", node->string);
            continue;
        }
        block.region = world_find_site(self->component.world, node->string);
        if (block.region == NULL) {
            diag_add(diags, DIAG_ERROR, node, DIAG_KEY, "there is no client region '%s'",
                     node->string);
        }
        g_array_append_val(self->client_addresses, block);
    }
}

void cidr_read(Route53 *self, DiagList *diags)
{
    const cJSON *node;

    self->blocks = g_array_new(FALSE, TRUE, sizeof(CidrBlock));
    cJSON_ArrayForEach(node, self->cidr_files)
    {
        read_collection(self, node, diags);
    }
    self->client_addresses = g_array_new(FALSE, TRUE, sizeof(ClientBlock));
    read_client_blocks(self, diags);
    for (guint i = 0; i < self->zone->sets->len; i++) {
        const RecordSet *set = g_ptr_array_index(self->zone->sets, i);

        if (set->policy == ROUTING_IP_BASED) {
            check_set(self, set, diags);
        }
    }
}

void cidr_free(Route53 *self)
{
    for (guint i = 0; self->blocks != NULL && i < self->blocks->len; i++) {
        g_free(g_array_index(self->blocks, CidrBlock, i).collection);
        g_free(g_array_index(self->blocks, CidrBlock, i).location);
    }
    g_clear_pointer(&self->blocks, g_array_unref);
    g_clear_pointer(&self->client_addresses, g_array_unref);
}

static const ClientBlock *find_client(const Route53 *self, const Site *region)
{
    for (guint i = 0; region != NULL && i < self->client_addresses->len; i++) {
        const ClientBlock *client = &g_array_index(self->client_addresses, ClientBlock, i);

        if (client->region == region) {
            return client;
        }
    }
    return NULL;
}

int cidr_fit(void *context, const RecordSet *set)
{
    const LatencyFrom *from = context;
    const ClientBlock *client = find_client(from->self, from->region);
    int best = strcmp(set->location, "*") == 0 ? 1 : 0;

    for (guint i = 0; client != NULL && i < from->self->blocks->len; i++) {
        const CidrBlock *block = &g_array_index(from->self->blocks, CidrBlock, i);

        if (strcmp(block->collection, set->collection) == 0 &&
            strcmp(block->location, set->location) == 0 &&
            is_inside(client->address, block->address, block->length)) {
            best = MAX(best, block->length + 2);
        }
    }
    return best;
}
