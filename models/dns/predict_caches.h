/* predict_caches.h - closed forms for the users who still turn to a site that has gone dark. */
#pragma once

#include "models/dns/route53.h"
#include "sim/theory/prediction.h"

/* For all populations whose answer is `dc` alone. `detection`: parameters of the family
 * "dns-caches" about checks; `mean_s`: of detection. */
void predict_caches(const Component *route53, const char *dc, const cJSON *detection, double mean_s,
                    Predictions *predictions);
