/* json_merge.c - RFC 7396 and RFC 6902 on cJSON trees, in place. */
#include "sim/config/json_merge.h"

#include <stdlib.h>
#include <string.h>

#include "sim/config/json_place.h"

/* Where new nodes are told. */
typedef struct JsonTeller {
    JsonCopied *copied;
    void *context;
} JsonTeller;

static void tell(const JsonTeller *teller, const cJSON *from, const cJSON *to)
{
    if (teller->copied != NULL) {
        teller->copied(teller->context, from, to);
    }
}

static cJSON *copy_shallow(const JsonTeller *teller, const cJSON *node)
{
    cJSON *copy;

    if (cJSON_IsString(node)) {
        copy = cJSON_CreateString(node->valuestring);
    } else if (cJSON_IsNumber(node)) {
        copy = cJSON_CreateNumber(node->valuedouble);
    } else if (cJSON_IsBool(node)) {
        copy = cJSON_CreateBool(cJSON_IsTrue(node));
    } else if (cJSON_IsObject(node)) {
        copy = cJSON_CreateObject();
    } else if (cJSON_IsArray(node)) {
        copy = cJSON_CreateArray();
    } else {
        copy = cJSON_CreateNull();
    }
    tell(teller, node, copy);
    return copy;
}

/* Without its key, which whoever puts it somewhere gives it. */
static cJSON *copy_deep(const JsonTeller *teller, const cJSON *node)
{
    cJSON *copy = copy_shallow(teller, node);
    const cJSON *child;

    cJSON_ArrayForEach(child, node)
    {
        if (cJSON_IsObject(node)) {
            cJSON_AddItemToObject(copy, child->string, copy_deep(teller, child));
        } else {
            cJSON_AddItemToArray(copy, copy_deep(teller, child));
        }
    }
    return copy;
}

cJSON *json_copy(const cJSON *node, JsonCopied *copied, void *context)
{
    JsonTeller teller = {copied, context};
    cJSON *copy = copy_deep(&teller, node);

    if (node->string != NULL) {
        copy->string = cJSON_malloc(strlen(node->string) + 1);
        memcpy(copy->string, node->string, strlen(node->string) + 1);
    }
    return copy;
}

/* Puts `node` (taken) in the place of member `old`, under the same key. */
static void replace(cJSON *parent, cJSON *old, cJSON *node)
{
    if (cJSON_IsObject(parent) && node->string == NULL) {
        node->string = old->string;
        old->string = NULL;
    }
    cJSON_ReplaceItemViaPointer(parent, old, node);
}

static cJSON *merge(const JsonTeller *teller, cJSON *target, const cJSON *patch);

static void merge_member(const JsonTeller *teller, cJSON *object, const cJSON *patch)
{
    cJSON *member = json_member(object, patch->string);

    if (cJSON_IsNull(patch)) {
        if (member != NULL) {
            cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
        }
    } else if (member == NULL) {
        cJSON_AddItemToObject(object, patch->string, merge(teller, NULL, patch));
    } else if (cJSON_IsObject(member) && cJSON_IsObject(patch)) {
        merge(teller, member, patch);
    } else {
        replace(object, member, merge(teller, NULL, patch));
    }
}

/* An object `target` is changed and returned; anything else is deleted and made new. */
static cJSON *merge(const JsonTeller *teller, cJSON *target, const cJSON *patch)
{
    const cJSON *member;

    if (!cJSON_IsObject(patch)) {
        cJSON_Delete(target);
        return copy_deep(teller, patch);
    }
    if (!cJSON_IsObject(target)) {
        cJSON_Delete(target);
        target = copy_shallow(teller, patch);
    }
    cJSON_ArrayForEach(member, patch)
    {
        merge_member(teller, target, member);
    }
    return target;
}

cJSON *json_merge(cJSON *target, const cJSON *patch, JsonCopied *copied, void *context)
{
    JsonTeller teller = {copied, context};

    return merge(&teller, target, patch);
}

static bool is_equal_object(const cJSON *one, const cJSON *other)
{
    const cJSON *member;

    if (cJSON_GetArraySize(one) != cJSON_GetArraySize(other)) {
        return false;
    }
    cJSON_ArrayForEach(member, one)
    {
        const cJSON *match = json_member(other, member->string);

        if (match == NULL || !json_equal(member, match)) {
            return false;
        }
    }
    return true;
}

static bool is_equal_array(const cJSON *one, const cJSON *other)
{
    const cJSON *a = one->child, *b = other->child;

    while (a != NULL && b != NULL && json_equal(a, b)) {
        a = a->next;
        b = b->next;
    }
    return a == NULL && b == NULL;
}

bool json_equal(const cJSON *one, const cJSON *other)
{
    if ((one->type & 0xFF) != (other->type & 0xFF)) {
        return false;
    }
    if (cJSON_IsObject(one)) {
        return is_equal_object(one, other);
    }
    if (cJSON_IsArray(one)) {
        return is_equal_array(one, other);
    }
    if (cJSON_IsString(one)) {
        return strcmp(one->valuestring, other->valuestring) == 0;
    }
    return !cJSON_IsNumber(one) ||
           (one->valuedouble >= other->valuedouble && one->valuedouble <= other->valuedouble);
}
