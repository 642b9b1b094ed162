/* test_murmur3.c - tokens against the published vectors of the drivers and the signed tail. */
#include "models/data/cassandra/murmur3.h"

#include <string.h>

#include "tests/support/suite.h"

static int64_t token_of_text(const char *text)
{
    return murmur3_token(text, strlen(text));
}

static int64_t token_of_repeated(const char *pattern, size_t size, size_t times)
{
    char bytes[64];

    for (size_t i = 0; i < times; i++) {
        memcpy(bytes + i * size, pattern, size);
    }
    return murmur3_token(bytes, size * times);
}

static int64_t token_of_int(int32_t number)
{
    uint8_t bytes[4];

    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)((uint32_t)number >> (24 - 8 * i));
    }
    return murmur3_token(bytes, sizeof bytes);
}

/* DataStax C# driver TokenTests; elixir-cassandra murmur tests. */
START_TEST(published_vectors_agree)
{
    static const struct {
        const char *bytes;
        size_t size, times;
        int64_t token;
    } vectors[] = {
        {"123", 3, 1, -7468325962851647638},
        {"9223372036854775807", 19, 1, 7162290910810015547},
        {"\x00\xff\x10\xfa\x99", 5, 10, 5837342703291459765},
        {"\xfe", 1, 8, -8927430733708461935},
        {"\xfe", 1, 16, -833317529301936754},
        {"\xfe", 1, 17, -1672437813826982685},
        {"\xfe", 1, 4, 4566408979886474012},
        {"\x10", 1, 8, 1446172840243228796},
        {"\x00", 1, 4, -3485513579396041028},
        {"\x00\x01\x7f\x7f", 4, 1, 6573459401642635627},
        {"\xff\x01\x02\x03", 4, 1, -2839127690952877842},
        {"\xe2\xe7", 2, 1, -8582699461035929883},
        {"\x00", 1, 16, 5457549051747178710},
        {"\xff", 1, 16, -2824192546314762522},
        {"\x00\xff\xff\xff", 4, 1, 123573637386978882},
        {"\x00\x01\x02\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, 1,
         6463632673159404390},
        {"\xe2\xe7\xe2\xe7\xe2\xe7\x01", 7, 1, 2222373981930033306},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        ck_assert_int_eq(token_of_repeated(vectors[i].bytes, vectors[i].size, vectors[i].times),
                         vectors[i].token);
    }
}
END_TEST

START_TEST(published_vectors_of_rising_bytes_agree)
{
    static const int64_t tokens[] = {
        -5563837382979743776, -1513403162740402161, -495360443712684655, 1734091135765407943,
        -3199412112042527988, -6316563938475080831, 8228893370679682632,
    };

    for (uint8_t first = 1; first <= 7; first++) {
        uint8_t bytes[16];

        for (uint8_t i = 0; i < 16; i++) {
            bytes[i] = (uint8_t)(first + i);
        }
        ck_assert_int_eq(murmur3_token(bytes, sizeof bytes), tokens[first - 1]);
    }
}
END_TEST

START_TEST(texts_have_their_tokens)
{
    ck_assert_int_eq(token_of_text("a"), -8839064797231613815);
    ck_assert_int_eq(token_of_text("user1"), -1727604350198519072);
    ck_assert_int_eq(token_of_text("hello"), -3758069500696749310);
    ck_assert_int_eq(token_of_text("cassandra"), 356242581507269238);
    ck_assert_int_eq(token_of_text("Montreal"), -3070923081762784382);
}
END_TEST

/* With an unsigned tail these would be 1006771304977341163, 4889297221962843713,
 * 1399089839639637702, -6853156495446839949 and -2600770587608565490. */
START_TEST(tail_bytes_are_signed)
{
    ck_assert_int_eq(token_of_text("N\xc3\xbcrnberg"), 7779738982252621991);
    ck_assert_int_eq(token_of_int(-1), 7297452126230313552);
    ck_assert_int_eq(token_of_int(2147483647), -765994672030311617);
    ck_assert_int_eq(murmur3_token_of_bigint(-1), 7071048584287372947);
    ck_assert_int_eq(murmur3_token_of_bigint(1234567890123), 8056999751681019901);
}
END_TEST

START_TEST(numbers_uuids_and_composites_have_their_tokens)
{
    static const uint8_t uuid[] = {0x55, 0x0e, 0x84, 0x00, 0xe2, 0x9b, 0x41, 0xd4,
                                   0xa7, 0x16, 0x44, 0x66, 0x55, 0x44, 0x00, 0x00};
    static const char composite[] = "\x00\x05user1\x00\x00\x04\x00\x00\x00\x07";

    ck_assert_int_eq(token_of_int(0), -3485513579396041028);
    ck_assert_int_eq(token_of_int(1), -4069959284402364209);
    ck_assert_int_eq(token_of_int(2), -3248873570005575792);
    ck_assert_int_eq(token_of_int(10), -6715243485458697746);
    ck_assert_int_eq(murmur3_token_of_bigint(0), 2945182322382062539);
    ck_assert_int_eq(murmur3_token_of_bigint(1), 6292367497774912474);
    ck_assert_int_eq(murmur3_token(uuid, sizeof uuid), 4277286421682315655);
    ck_assert_int_eq(murmur3_token(composite, sizeof composite), 621578763449673092);
}
END_TEST

START_TEST(empty_key_has_the_smallest_token)
{
    ck_assert_int_eq(murmur3_token("", 0), MURMUR3_TOKEN_LEAST);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("murmur3");
    TCase *tests = tcase_create("tokens");

    tcase_add_test(tests, published_vectors_agree);
    tcase_add_test(tests, published_vectors_of_rising_bytes_agree);
    tcase_add_test(tests, texts_have_their_tokens);
    tcase_add_test(tests, tail_bytes_are_signed);
    tcase_add_test(tests, numbers_uuids_and_composites_have_their_tokens);
    tcase_add_test(tests, empty_key_has_the_smallest_token);
    suite_add_tcase(suite, tests);
    return suite;
}
