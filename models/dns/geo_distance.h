/* geo_distance.h - where AWS regions and countries lie, and how far apart two places are. Sources:
 * AWS regions by the city or state that AWS names for each; countries by their most populous city,
 * to half a degree. */
#pragma once

#include <stdbool.h>

typedef struct GeoPoint {
    double latitude, longitude; /* degrees, north and east */
} GeoPoint;

/* False, `point` untouched, for a name that the table does not have. */
bool geo_find_region(const char *aws_region, GeoPoint *point);
bool geo_find_country(const char *country, GeoPoint *point);
bool geo_find_continent(const char *continent, GeoPoint *point);

/* "eu-central-1, ...": all regions; ends with NULL. */
extern const char *const geo_regions[];

/* Along a great circle, in degrees; the same bits everywhere. */
double geo_distance(GeoPoint one, GeoPoint other);
