/* Fails the k-th operation that changes files below a folder, and counts them all.
 *
 * Loaded with LD_PRELOAD, so it meets every write of a process: Python's, C++'s and Rust's.
 * fault_arm(folder, k, number) arms it: the k-th operation, counted from 1, fails with that errno
 * and does nothing; k = 0 only counts. With `forever` all that follow fail, too, as on a disk that
 * stays full. fault_count() says how many there were; fault_failed() names the first that failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int armed, number, forever;
static long target, count;
static char failed[PATH_MAX + 32];

void fault_arm(const char *path, long k, int error, int stays) {
    strncpy(folder, path, sizeof folder - 1);
    target = k, number = error, forever = stays, count = 0, armed = 1;
    failed[0] = 0;
}
void fault_disarm(void) { armed = 0; }
long fault_count(void) { return count; }
const char *fault_failed(void) { return failed; }

static int below(const char *path) {
    size_t n = strlen(folder);
    return armed && strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static int below_at(int dir, const char *path, char *full) {
    if (!armed || !path) return 0;
    if (path[0] == '/' || dir == AT_FDCWD) {
        snprintf(full, PATH_MAX, "%s", path);
    } else {
        char link[64], base[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t n = readlink(link, base, sizeof base - 1);
        if (n < 0) return 0;
        base[n] = 0;
        snprintf(full, PATH_MAX, "%.2000s/%.2000s", base, path);
    }
    return below(full);
}

static int below_fd(int fd, char *full) {
    if (!armed || fd < 0) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, full, PATH_MAX - 1);
    if (n < 0) return 0;
    full[n] = 0;
    return below(full);
}

/* Whether this operation is to fail. */
static int fails(const char *what, const char *path) {
    long mine = __sync_add_and_fetch(&count, 1);
    if (target && (mine == target || (forever && mine > target))) {
        if (!failed[0]) snprintf(failed, sizeof failed, "%s %s", what, path);
        errno = number;
        return 1;
    }
    return 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND))

#define OPEN(name)                                                              \
    int name(const char *path, int flags, ...) {                                \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest); \
        char full[PATH_MAX];                                                    \
        if (WRITES(flags) && below_at(AT_FDCWD, path, full) && fails("open", full)) return -1; \
        return REAL(name)(path, flags, mode);                                   \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                            \
    int name(int dir, const char *path, int flags, ...) {                       \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest); \
        char full[PATH_MAX];                                                    \
        if (WRITES(flags) && below_at(dir, path, full) && fails("open", full)) return -1; \
        return REAL(name)(dir, path, flags, mode);                              \
    }
OPENAT(openat)
OPENAT(openat64)

#define ON_FD(type, name, params, ...)                                          \
    type name params {                                                          \
        char full[PATH_MAX];                                                    \
        if (below_fd(fd, full) && fails(#name, full)) return -1;                \
        return REAL(name)(__VA_ARGS__);                                         \
    }
ON_FD(ssize_t, write, (int fd, const void *data, size_t size), fd, data, size)
ON_FD(ssize_t, writev, (int fd, const struct iovec *data, int n), fd, data, n)
ON_FD(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
ON_FD(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
ON_FD(int, fsync, (int fd), fd)
ON_FD(int, fdatasync, (int fd), fd)
ON_FD(int, ftruncate, (int fd, off_t size), fd, size)
ON_FD(int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FD(ssize_t, sendfile, (int fd, int in, off_t *at, size_t size), fd, in, at, size)
ON_FD(ssize_t, sendfile64, (int fd, int in, off64_t *at, size_t size), fd, in, at, size)

/* A folder that is there already changes nothing: it does not count. */
int mkdir(const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (access(path, F_OK) && below_at(AT_FDCWD, path, full) && fails("mkdir", full)) return -1;
    return REAL(mkdir)(path, mode);
}

#define ON_PATH(name, params, dir, path, ...)                                   \
    int name params {                                                           \
        char full[PATH_MAX];                                                    \
        if (below_at(dir, path, full) && fails(#name, full)) return -1;         \
        return REAL(name)(__VA_ARGS__);                                         \
    }
ON_PATH(rename, (const char *a, const char *b), AT_FDCWD, b, a, b)
ON_PATH(renameat, (int d, const char *a, int e, const char *b), e, b, d, a, e, b)
ON_PATH(mkdirat, (int d, const char *a, mode_t mode), d, a, d, a, mode)
ON_PATH(unlink, (const char *a), AT_FDCWD, a, a)
ON_PATH(unlinkat, (int d, const char *a, int flags), d, a, d, a, flags)
ON_PATH(rmdir, (const char *a), AT_FDCWD, a, a)
