/* token_allocator.c - see token_allocator.h. The original keeps what each candidate would change in
 * a heap and looks at its head anew until it stays the best; here all candidates are weighed for
 * each token. */
#include "models/data/cassandra/token_allocator.h"

#define RING_LENGTH 18446744073709551614.0

typedef struct Owned {
    int64_t token;
    guint node, group;
    double share; /* of the site's keys, as a replica through this token */
} Owned;

struct TokenAllocator {
    guint factor;
    GArray *tokens; /* of Owned, in order */
    GArray *nodes;  /* of double, by node: share of keys; negative: not of this site */
};

TokenAllocator *token_allocator_new(guint factor)
{
    TokenAllocator *allocator = g_new0(TokenAllocator, 1);

    allocator->factor = factor;
    allocator->tokens = g_array_new(FALSE, FALSE, sizeof(Owned));
    allocator->nodes = g_array_new(FALSE, FALSE, sizeof(double));
    return allocator;
}

void token_allocator_free(TokenAllocator *allocator)
{
    if (allocator != NULL) {
        g_array_free(allocator->tokens, TRUE);
        g_array_free(allocator->nodes, TRUE);
        g_free(allocator);
    }
}

static Owned *token_at(const TokenAllocator *allocator, guint place)
{
    return &g_array_index(allocator->tokens, Owned, place);
}

/* Where a token stands or would stand. */
static guint place_of(const TokenAllocator *allocator, int64_t token)
{
    guint low = 0, high = allocator->tokens->len;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (token_at(allocator, middle)->token < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void token_allocator_add(TokenAllocator *allocator, int64_t token, guint node, guint group)
{
    Owned owned = {token, node, group, 0};

    g_array_insert_val(allocator->tokens, place_of(allocator, token), owned);
    while (allocator->nodes->len <= node) {
        double none = -1;

        g_array_append_val(allocator->nodes, none);
    }
    g_array_index(allocator->nodes, double, node) = 0;
}

/* The keys of (token before, token]. */
static double range_of(const TokenAllocator *allocator, guint place)
{
    guint before = (place + allocator->tokens->len - 1) % allocator->tokens->len;

    return allocator->tokens->len == 1 ? 1
                                       : (double)((uint64_t)token_at(allocator, place)->token -
                                                  (uint64_t)token_at(allocator, before)->token) /
                                             RING_LENGTH;
}

/* Adds a range's keys to the tokens through which it is held: the first of each of `factor` groups
 * that are met from it on. */
static void share_range(TokenAllocator *allocator, guint place)
{
    double range = range_of(allocator, place);
    guint groups[RING_REPLICAS_MOST], found = 0;

    for (guint step = 0; step < allocator->tokens->len && found < allocator->factor; step++) {
        Owned *owned = token_at(allocator, (place + step) % allocator->tokens->len);
        bool is_new = true;

        for (guint i = 0; i < found; i++) {
            is_new &= groups[i] != owned->group;
        }
        if (is_new) {
            groups[found++] = owned->group;
            owned->share += range;
            g_array_index(allocator->nodes, double, owned->node) += range;
        }
    }
}

static void share_all(TokenAllocator *allocator)
{
    for (guint i = 0; i < allocator->tokens->len; i++) {
        token_at(allocator, i)->share = 0;
    }
    for (guint i = 0; i < allocator->nodes->len; i++) {
        double *share = &g_array_index(allocator->nodes, double, i);

        *share = *share < 0 ? *share : 0;
    }
    for (guint i = 0; i < allocator->tokens->len; i++) {
        share_range(allocator, i);
    }
}

static guint count_nodes(const TokenAllocator *allocator)
{
    guint count = 0;

    for (guint i = 0; i < allocator->nodes->len; i++) {
        count += g_array_index(allocator->nodes, double, i) >= 0 ? 1 : 0;
    }
    return count;
}

bool token_allocator_can_choose(const TokenAllocator *allocator, guint count)
{
    return count_nodes(allocator) >= allocator->factor && allocator->tokens->len >= count;
}

static guint count_tokens(const TokenAllocator *allocator, guint node)
{
    guint count = 0;

    for (guint i = 0; i < allocator->tokens->len; i++) {
        count += token_at(allocator, i)->node == node ? 1 : 0;
    }
    return count;
}

double token_allocator_unevenness(TokenAllocator *allocator, guint tokens)
{
    double of_tokens = 0, of_nodes = 0, mean, scale = (double)tokens * (double)tokens;
    guint nodes = count_nodes(allocator);

    share_all(allocator);
    mean = (double)allocator->factor / (double)allocator->tokens->len;
    for (guint i = 0; i < allocator->tokens->len; i++) {
        double off = token_at(allocator, i)->share - mean;

        of_tokens += off * off;
    }
    mean = (double)allocator->factor / (double)nodes;
    for (guint i = 0; i < allocator->nodes->len; i++) {
        double share = g_array_index(allocator->nodes, double, i);
        double part = (double)MIN(count_tokens(allocator, i), tokens) / (double)tokens;

        of_nodes += share < 0 ? 0 : (share - mean * part) * (share - mean * part);
    }
    return of_tokens / (double)allocator->tokens->len / scale + of_nodes / (double)nodes;
}

static double weigh(TokenAllocator *allocator, int64_t token, guint node, guint group, guint count)
{
    guint place = place_of(allocator, token);
    double unevenness;

    token_allocator_add(allocator, token, node, group);
    unevenness = token_allocator_unevenness(allocator, count);
    g_array_remove_index(allocator->tokens, place);
    return unevenness;
}

int64_t token_allocator_choose(TokenAllocator *allocator, guint node, guint group, guint count)
{
    guint candidates = allocator->tokens->len;
    double least = 0;
    int64_t best = 0;

    g_assert_cmpuint(candidates, >, 0);
    for (guint i = 0; i < candidates; i++) {
        uint64_t to = (uint64_t)token_at(allocator, i)->token;
        uint64_t from = (uint64_t)token_at(allocator, (i + candidates - 1) % candidates)->token;
        uint64_t length = candidates == 1 ? UINT64_MAX : to - from;
        int64_t middle = (int64_t)(to - length / 2);
        double unevenness;

        if (length < 2) {
            continue;
        }
        unevenness = weigh(allocator, middle, node, group, count);
        if (best == 0 || unevenness < least) {
            least = unevenness;
            best = middle;
        }
    }
    return best;
}
