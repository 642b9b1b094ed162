/* client_user.c - what a user remembers between requests: access network, answers, connection. */
#include <string.h>

#include "models/client/client_parts.h"
#include "sim/base/fixed_math.h"
#include "sim/base/huge_pages.h"
#include "sim/config/json_place.h"

/* Access networks: round trip added to the path (lognormal), and share of packets lost there. wifi
 * is cable with a radio hop, 5g a mixture of both kinds. Left out: the 50 to 100 ms (LTE) or 0.5 to
 * 2 s (3G) that a radio takes to wake. Source: widely published figures for each technology; loss
 * is an assumption. */
typedef struct Access {
    const char *name;
    double median_ms, sigma, loss_ratio;
} Access;

static const Access access_classes[] = {
    {"fibre", 2.0, 0.4, 0.0001}, {"cable", 12.0, 0.4, 0.0005},  {"adsl", 28.0, 0.5, 0.002},
    {"wifi", 15.0, 0.6, 0.0025}, {"lte", 42.0, 0.45, 0.003},    {"5g", 20.0, 0.45, 0.002},
    {"3g", 95.0, 0.6, 0.01},     {"nb-iot", 1600.0, 0.6, 0.02}, {"lte-m", 150.0, 0.6, 0.02},
    {NULL, 0.0, 0.0, 0.0},
};

/* --- answers --- */

bool user_has_answer(const Client *client, const User *user)
{
    return user->count > 0 && world_now(client->component.world) < user->answer_until;
}

bool user_has_no_answer(const Client *client, const User *user)
{
    return user->count == 0 && world_now(client->component.world) < user->answer_until;
}

static uint16_t address_number(Client *client, uint32_t address)
{
    GArray *known = client->addresses;

    for (guint i = 0; i < known->len; i++) {
        if (g_array_index(known, uint32_t, i) == address) {
            return (uint16_t)i;
        }
    }
    g_assert_cmpuint(known->len, <, UINT16_MAX);
    g_array_append_val(known, address);
    return (uint16_t)(known->len - 1);
}

bool user_remember(Client *client, User *user, const Message *reply)
{
    SimTime now = world_now(client->component.world);

    if (reply->code != DNS_NOERROR || reply->count == 0) {
        SimTime until =
            client_cache_negative_expiry((ClientCachePolicy)user->cache, now, reply->time_to_live);

        if (until > now && client->names == NAMES_RESOLVER) {
            user->count = 0;
            user->answer_until = until;
        }
        return false;
    }
    user->count = (uint8_t)MIN(reply->count, CLIENT_CACHE_ADDRESSES);
    for (uint32_t i = 0; i < user->count; i++) {
        user->addresses[i] = address_number(client, reply->addresses[i]);
    }
    user->answer_until =
        client_cache_expiry((ClientCachePolicy)user->cache, now, reply->time_to_live);
    return true;
}

static bool is_tried(const Request *request, uint16_t address)
{
    for (uint32_t i = 0; i < request->tried_count; i++) {
        if (request->tried[i] == address) {
            return true;
        }
    }
    return false;
}

int user_next_address(const Request *request)
{
    const User *user = request->user;
    uint64_t avoided = request->avoided;
    int second_choice = -1;

    if (request->tried_count == CLIENT_CACHE_ADDRESSES) {
        return -1;
    }
    if (user->avoided != 0 && world_now(request->client->component.world) < user->avoided_until) {
        avoided |= user->avoided;
    }
    for (uint32_t i = 0; i < user->count; i++) {
        uint16_t address = user->addresses[i];

        if (is_tried(request, address)) {
            continue;
        }
        if ((avoided & address_mark(address)) == 0) {
            return address;
        }
        if (second_choice < 0) {
            second_choice = address;
        }
    }
    return second_choice;
}

void user_mark_failed(const Client *client, User *user, uint16_t address)
{
    SimTime now = world_now(client->component.world);

    if (now >= user->avoided_until) {
        user->avoided = 0;
    }
    user->avoided |= address_mark(address);
    user->avoided_until = now + client->failure_memory;
}

void user_mark_good(User *user, uint16_t address)
{
    user->avoided &= ~address_mark(address);
}

bool user_has_connection(const Client *client, const User *user)
{
    return user->peer != NULL && !user->is_busy && user->left > 0 &&
           world_now(client->component.world) < user->kept_until;
}

void user_keep_connection(const Client *client, User *user, Component *peer, const Message *reply)
{
    SimSpan kept =
        reply->time_to_live > 0 ? MIN(reply->time_to_live, client->keep_alive) : client->keep_alive;

    user->peer = (reply->flags & HTTP_CLOSE) != 0 || client->keep_alive == 0 ? NULL : peer;
    user->used_at = world_now(client->component.world);
    user->is_busy = false;
    user->left = (uint16_t)MAX(user->left - 1, 0);
    user->kept_until = world_now(client->component.world) + kept;
}

/* --- the population --- */

/* Reads { "word": share, ... } into `shares`, in order of `words`; without any share all is
 * `words[otherwise]`. False when something was reported. */
static bool read_mix(const cJSON *tree, const char *const *words, guint otherwise, double *shares,
                     DiagList *diags)
{
    const cJSON *share;
    double sum = 0.0;
    guint before = diag_count_errors(diags);

    cJSON_ArrayForEach(share, tree)
    {
        guint i = 0;

        while (words[i] != NULL && strcmp(words[i], share->string) != 0) {
            i++;
        }
        if (words[i] == NULL) {
            g_autofree char *hint = diag_suggest(share->string, words);

            diag_add(diags, DIAG_ERROR, share, DIAG_KEY, "unknown name '%s'%s", share->string,
                     hint);
        } else if (!cJSON_IsNumber(share) || share->valuedouble < 0.0) {
            diag_add(diags, DIAG_ERROR, share, DIAG_VALUE,
                     "the share of '%s' must be a number of at least 0", share->string);
        } else {
            shares[i] = share->valuedouble;
            sum += share->valuedouble;
        }
    }
    if (sum <= 0.0) {
        shares[otherwise] = 1.0;
        sum = 1.0;
    }
    for (guint i = 0; words[i] != NULL; i++) {
        shares[i] /= sum;
    }
    return diag_count_errors(diags) == before;
}

static guint pick(const double *shares, guint count, double u)
{
    double below = 0.0;

    for (guint i = 0; i + 1 < count; i++) {
        below += shares[i];
        if (u < below) {
            return i;
        }
    }
    return count - 1;
}

static void user_make(Client *client, User *user, const double *caches, const double *accesses)
{
    guint count = G_N_ELEMENTS(access_classes) - 1;
    const Access *access = &access_classes[pick(accesses, count, rng_uniform(&client->user_rng))];
    double z = fixed_normal_quantile(rng_uniform(&client->user_rng));
    double rtt_ms = access->median_ms * fixed_exp(access->sigma * z);

    user->access_delay_us = (float)(rtt_ms * 500.0);
    user->access_loss = (float)access->loss_ratio;
    user->cache = (uint8_t)pick(caches, CLIENT_CACHE_POLICIES, rng_uniform(&client->user_rng));
    user->has_ticket = rng_chance(&client->user_rng, client->ticket_ratio);
    user->last_dc = 255;
}

bool users_make(Client *client, DiagList *diags)
{
    const char *words[G_N_ELEMENTS(access_classes)];
    double accesses[G_N_ELEMENTS(access_classes)] = {0.0};
    double caches[CLIENT_CACHE_POLICIES] = {0.0};

    for (guint i = 0; i < G_N_ELEMENTS(access_classes); i++) {
        words[i] = access_classes[i].name;
    }
    bool is_good = read_mix(client->access, words, 0, accesses, diags);

    is_good =
        read_mix(client->caches, client_cache_policies, CLIENT_CACHE_HONOURS, caches, diags) &&
        is_good;
    if (!is_good) {
        return false;
    }
    client->population = g_new0(User, (gsize)client->users);
    huge_pages_advise(client->population, (gsize)client->users * sizeof(User));
    for (int64_t i = 0; i < client->users; i++) {
        user_make(client, &client->population[i], caches, accesses);
    }
    return true;
}
