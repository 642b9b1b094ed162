/* sequential.c - a campaign that goes on until its figures are known as exactly as asked for. */
#include "sim/run/sequential.h"

#include "sim/run/wall.h"

/* How many there are to be next; 0 and `error` when the results cannot be read. */
static guint look(const CampaignOrder *order, Precision *precision, guint done, GError **error)
{
    g_autofree char *path = g_build_filename(order->directory, "results.sqlite", NULL);
    g_autoptr(Results) results = results_open(path, error);
    guint next = results != NULL ? precision_look(precision, results, done) : 0;

    return next > 0 && results_is_whole(results, error) ? next : 0;
}

bool sequential_round(const CampaignOrder *order, CampaignResult *result, GError **error)
{
    guint total = order->replications > 0 ? order->replications
                                          : (guint)order->scenario->simulation.replications;

    return (order->fetch == NULL || order->fetch(order->fetch_context, order->directory,
                                                 order->first, order->first + total, error)) &&
           campaign_run(order, result, error);
}

bool sequential_run(const CampaignOrder *order, Precision *precision, CampaignResult *result,
                    GError **error)
{
    CampaignOrder round = *order;
    double began_s = wall_seconds();
    guint taken = 0;
    guint next = precision_begin(precision, (guint)order->scenario->simulation.replications);

    round.replications = 0;
    while (next > round.replications) {
        bool is_first = round.replications == 0;

        round.replications = next;
        if (order->wall_limit_s > 0) {
            round.wall_limit_s = MAX(order->wall_limit_s - (wall_seconds() - began_s), 1e-3);
        }
        if (!sequential_round(&round, result, error)) {
            return false;
        }
        taken = is_first ? result->taken : taken;
        result->taken = taken;
        if (result->end != CAMPAIGN_COMPLETED || result->written < next) {
            return true;
        }
        next = look(&round, precision, next, error);
        if (next == 0) {
            return false;
        }
    }
    return true;
}
