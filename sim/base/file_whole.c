/* file_whole.c - files that are there whole or not at all. */
#include "sim/base/file_whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_part(const char *part, const void *bytes, size_t size)
{
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool is_written;
    int first;

    if (file < 0) {
        return false;
    }
    is_written = write_all(file, bytes, size) && fsync(file) == 0;
    first = errno;
    if (close(file) != 0 && is_written) {
        return false;
    }
    errno = first;
    return is_written;
}

/* Whether what is there takes bytes and is no file: a pipe, a terminal, /dev/null. */
static bool is_no_file(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
}

static bool write_through(const char *path, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = file >= 0 && write_all(file, bytes, size);
    int first = errno;

    if (file >= 0) {
        close(file);
    }
    errno = first;
    return is_written;
}

static bool write_and_rename(const char *path, const void *bytes, size_t size)
{
    g_autofree char *real = realpath(path, NULL); /* so that a link stays one */
    const char *place = real != NULL ? real : path;
    g_autofree char *part = g_strdup_printf("%s.part-%d", place, (int)getpid());

    if (!write_part(part, bytes, size) || rename(part, place) != 0) {
        int number = errno;

        unlink(part);
        errno = number;
        return false;
    }
    return true;
}

bool file_write_whole(const char *path, const void *bytes, size_t size, GError **error)
{
    if (!(is_no_file(path) ? write_through(path, bytes, size)
                           : write_and_rename(path, bytes, size))) {
        int number = errno;

        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number),
                    "cannot write '%s': %s", path, g_strerror(number));
        return false;
    }
    return true;
}

bool file_write_text(const char *path, const char *text, GError **error)
{
    return file_write_whole(path, text, strlen(text), error);
}
