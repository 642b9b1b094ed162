/* json_sort.h - objects in the order of their members' names. JSON gives the order of members no
 * meaning: what is made from them, one thing a member, must not depend on it. */
#pragma once

#include <cjson/cJSON.h>

/* Sorts the members of `tree` and of all objects within it by name, byte for byte; arrays keep
 * their order, and what stands in them stays as it is. Nodes keep their addresses. */
void json_sort_members(cJSON *tree);
