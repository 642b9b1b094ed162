/* utilisation.h - the utilisation law of a site's nodes: work that comes times what it costs, over
 * their vCPUs. */
#pragma once

#include "models/data/cassandra/node.h"

/* Part of on_predict of the kind. */
void utilisation_predict(const Component *self, Predictions *predictions);
