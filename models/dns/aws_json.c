/* aws_json.c - members of the AWS CLI's JSON, checked one by one. */
#include "models/dns/aws_json.h"

#include <arpa/inet.h>

static void tell(AwsReader *reader, DiagLevel level, const cJSON *node, DiagSide side,
                 const char *format, va_list arguments) G_GNUC_PRINTF(5, 0);

static void tell(AwsReader *reader, DiagLevel level, const cJSON *node, DiagSide side,
                 const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    DiagPlace place = {.file = reader->document->file};

    if (!json_document_find(reader->document, node, side, &place)) {
        place = (DiagPlace){.file = reader->document->file};
    }
    diag_add_at(reader->diags, level, place, "%s", text);
}

void aws_error(AwsReader *reader, const cJSON *node, DiagSide side, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(reader, DIAG_ERROR, node, side, format, arguments);
    va_end(arguments);
    reader->errors++;
}

void aws_warning(AwsReader *reader, const cJSON *node, DiagSide side, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(reader, DIAG_WARNING, node, side, format, arguments);
    va_end(arguments);
}

/* The member, or NULL; a missing required one is reported on the object. */
static const cJSON *find(AwsReader *reader, const cJSON *object, const char *name, bool is_required)
{
    const cJSON *member = json_member(object, name);

    if (member == NULL && is_required) {
        aws_error(reader, object, DIAG_VALUE, "'%s' is required", name);
    }
    return member;
}

const char *aws_text(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
                     size_t shortest, size_t longest)
{
    const cJSON *member = find(reader, object, name, is_required);
    size_t length;

    if (member == NULL) {
        return NULL;
    }
    if (!cJSON_IsString(member)) {
        aws_error(reader, member, DIAG_VALUE, "'%s' must be a text", name);
        return NULL;
    }
    length = strlen(member->valuestring);
    if (length < shortest || length > longest) {
        aws_error(reader, member, DIAG_VALUE, "'%s' must have %zu to %zu characters", name,
                  shortest, longest);
        return NULL;
    }
    return member->valuestring;
}

bool aws_whole(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
               int64_t lowest, int64_t highest, int64_t *value)
{
    const cJSON *member = find(reader, object, name, is_required);

    if (member == NULL) {
        return false;
    }
    if (!cJSON_IsNumber(member) || !(member->valuedouble >= (double)lowest) ||
        !(member->valuedouble <= (double)highest) ||
        (double)(int64_t)member->valuedouble != member->valuedouble) {
        aws_error(reader, member, DIAG_VALUE,
                  "'%s' must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                  name, lowest, highest);
        return false;
    }
    *value = (int64_t)member->valuedouble;
    return true;
}

bool aws_flag(AwsReader *reader, const cJSON *object, const char *name, bool is_required)
{
    const cJSON *member = find(reader, object, name, is_required);

    if (member != NULL && !cJSON_IsBool(member)) {
        aws_error(reader, member, DIAG_VALUE, "'%s' must be true or false", name);
        return false;
    }
    return cJSON_IsTrue(member);
}

int aws_choice(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
               const char *const *words)
{
    const char *text = aws_text(reader, object, name, is_required, 0, G_MAXSIZE);
    g_autofree char *hint = NULL;

    if (text == NULL) {
        return -1;
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }
    hint = diag_suggest(text, words);
    aws_error(reader, json_member(object, name), DIAG_VALUE, "'%s' cannot be '%s'%s", name, text,
              hint);
    return -1;
}

bool aws_parse_address(const char *text, uint32_t *address)
{
    struct in_addr parsed;

    if (inet_pton(AF_INET, text, &parsed) != 1) {
        return false;
    }
    *address = ntohl(parsed.s_addr);
    return true;
}
