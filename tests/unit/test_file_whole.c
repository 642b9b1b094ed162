/* test_file_whole.c - files come whole or not at all. */
#include "sim/base/file_whole.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"

static guint count_files(const char *directory)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

START_TEST(an_earlier_file_is_replaced_whole)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "summary.json", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    ck_assert(file_write_text(path, "a long first text", &error));
    ck_assert(file_write_text(path, "short", &error));
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, "short");
    ck_assert_uint_eq(count_files(directory), 1);
    g_unlink(path);
    g_rmdir(directory);
}
END_TEST

/* A root that asked for '--out csv=/dev/null' would have no /dev/null afterwards. */
START_TEST(a_pipe_is_written_to_and_stays)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "pipe", NULL);
    char text[16] = "";
    struct stat there;
    int end;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    end = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert(file_write_text(path, "short", NULL));
    ck_assert_int_eq(read(end, text, sizeof text - 1), 5);
    ck_assert_str_eq(text, "short");
    close(end);
    ck_assert_int_eq(lstat(path, &there), 0);
    ck_assert(S_ISFIFO(there.st_mode));
    ck_assert_uint_eq(count_files(directory), 1);
    g_unlink(path);
    g_rmdir(directory);
}
END_TEST

START_TEST(a_link_stays_and_its_file_is_replaced)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "file", NULL);
    g_autofree char *link = g_build_filename(directory, "link", NULL);
    g_autofree char *text = NULL;
    struct stat there;

    ck_assert(file_write_text(path, "before", NULL));
    ck_assert_int_eq(symlink("file", link), 0);
    ck_assert(file_write_text(link, "after", NULL));
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, "after");
    ck_assert_int_eq(lstat(link, &there), 0);
    ck_assert(S_ISLNK(there.st_mode));
    g_unlink(link);
    g_unlink(path);
    g_rmdir(directory);
}
END_TEST

/* The size that the process may write stands for a disk that is full after so many bytes. */
START_TEST(a_full_disk_at_any_size_leaves_the_earlier_file)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "summary.json", NULL);
    char bytes[200];

    memset(bytes, 'x', sizeof bytes);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert(file_write_text(path, "earlier", NULL));
    for (rlim_t limit = 0; limit < sizeof bytes; limit += 7) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        struct rlimit before;
        struct rlimit small;

        getrlimit(RLIMIT_FSIZE, &before);
        small = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        ck_assert(!file_write_whole(path, bytes, sizeof bytes, &error));
        setrlimit(RLIMIT_FSIZE, &before);
        ck_assert_ptr_nonnull(strstr(error->message, "cannot write '"));
        ck_assert(g_file_get_contents(path, &text, NULL, NULL));
        ck_assert_str_eq(text, "earlier");
        ck_assert_uint_eq(count_files(directory), 1);
    }
    g_unlink(path);
    g_rmdir(directory);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_named)
{
    g_autoptr(GError) error = NULL;

    ck_assert(!file_write_text("/nonexistent/x.json", "{}", &error));
    ck_assert_str_eq(error->message,
                     "cannot write '/nonexistent/x.json': No such file or directory");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("file_whole");
    TCase *tests = tcase_create("file_whole");

    tcase_add_test(tests, an_earlier_file_is_replaced_whole);
    tcase_add_test(tests, a_pipe_is_written_to_and_stays);
    tcase_add_test(tests, a_link_stays_and_its_file_is_replaced);
    tcase_add_test(tests, a_full_disk_at_any_size_leaves_the_earlier_file);
    tcase_add_test(tests, a_directory_that_is_not_there_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
