/* failing_disk.c - a disk that fails at the n-th call that changes it; loaded before the C library
 * (LD_PRELOAD), so that every write of a program and of SQLite within it meets it.
 * FAILING_DISK says how:
 *   full      this call and all later ones that need room end with ENOSPC
 *   once      this call alone does
 *   kill      the process that makes it is killed before it is done
 *   worker    the same, counting only calls of processes that the first one began
 *   readonly  calls that change anything below FAILING_DISK_BELOW end with EROFS
 * FAILING_DISK_AT is n, counted over the program and the processes it forks. FAILING_DISK_MARK
 * names a file that is made when it came to that. FAILING_DISK_NO_SWAP: names cannot be exchanged.
 * Only regular files count; standard error does not. Nothing is brought to a real disk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum Mode { MODE_NONE, MODE_FULL, MODE_ONCE, MODE_KILL, MODE_WORKER, MODE_READONLY } Mode;

static struct {
    Mode mode;
    long at;
    bool has_no_swap;
    char mark[4096], below[4096];
    pid_t first;
    atomic_long *count; /* shared with the processes that are forked */
} disk;

static void copy_text(char *to, size_t size, const char *name)
{
    const char *value = getenv(name);

    snprintf(to, size, "%s", value != NULL ? value : "");
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const words[] = {"none", "full", "once", "kill", "worker", "readonly"};
    const char *word = getenv("FAILING_DISK");
    const char *at = getenv("FAILING_DISK_AT");

    for (int i = 0; word != NULL && i < (int)(sizeof words / sizeof words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            disk.mode = (Mode)i;
        }
    }
    disk.at = at != NULL ? strtol(at, NULL, 10) : 0;
    disk.has_no_swap = getenv("FAILING_DISK_NO_SWAP") != NULL;
    disk.first = getpid();
    copy_text(disk.mark, sizeof disk.mark, "FAILING_DISK_MARK");
    copy_text(disk.below, sizeof disk.below, "FAILING_DISK_BELOW");
    disk.count =
        mmap(NULL, sizeof *disk.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (disk.count == MAP_FAILED) {
        abort();
    }
    unsetenv("LD_PRELOAD"); /* other programs that it starts are not meant */
}

static void mark(void)
{
    if (disk.mark[0] != '\0') {
        syscall(SYS_close, syscall(SYS_open, disk.mark, O_CREAT | O_WRONLY, 0666));
    }
}

/* Whether the call that is about to be made must end with ENOSPC; may not return at all. */
static bool is_refused(void)
{
    bool is_worker = getpid() != disk.first;
    long n;

    if (disk.mode == MODE_NONE || disk.mode == MODE_READONLY ||
        (disk.mode == MODE_WORKER && !is_worker)) {
        return false;
    }
    n = atomic_fetch_add(disk.count, 1) + 1;
    if (n == disk.at) {
        mark();
        if (disk.mode == MODE_KILL || disk.mode == MODE_WORKER) {
            syscall(SYS_kill, getpid(), SIGKILL);
        }
    }
    errno = ENOSPC;
    return n == disk.at || (disk.mode == MODE_FULL && n > disk.at);
}

static bool is_closed(const char *path)
{
    bool is_below =
        disk.mode == MODE_READONLY && strncmp(path, disk.below, strlen(disk.below)) == 0;

    if (is_below) {
        mark();
        errno = EROFS;
    }
    return is_below;
}

static bool is_of_disk(int file)
{
    struct stat status;

    return file != STDERR_FILENO && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    return is_of_disk(file) && is_refused() ? -1 : syscall(SYS_write, file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    return is_of_disk(file) && is_refused() ? -1 : syscall(SYS_pwrite64, file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    return pwrite(file, bytes, size, at);
}

int fsync(int file)
{
    return is_of_disk(file) && is_refused() ? -1 : 0;
}

int fdatasync(int file)
{
    return fsync(file);
}

int rename(const char *from, const char *to)
{
    return is_closed(to) || is_refused() ? -1 : (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    if (disk.has_no_swap && flags == RENAME_EXCHANGE) {
        errno = EINVAL;
        return -1;
    }
    return is_closed(to) || is_refused()
               ? -1
               : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int mkdir(const char *path, mode_t mode)
{
    return is_closed(path) || is_refused() ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int unlink(const char *path)
{
    return is_closed(path) ? -1 : (int)syscall(SYS_unlink, path);
}

static int open_file(const char *path, int flags, mode_t mode)
{
    bool is_new = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;

    if (((flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 && is_closed(path)) ||
        (is_new && is_refused())) {
        return -1;
    }
    return (int)syscall(SYS_open, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode = 0;

    va_start(rest, flags);
    if ((flags & O_CREAT) != 0) {
        mode = va_arg(rest, mode_t);
    }
    va_end(rest);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode = 0;

    va_start(rest, flags);
    if ((flags & O_CREAT) != 0) {
        mode = va_arg(rest, mode_t);
    }
    va_end(rest);
    return open_file(path, flags, mode);
}
