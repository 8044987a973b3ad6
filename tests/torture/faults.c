/* The calls of libc that can fail, counted, and one of them made to fail: preloaded into a Python that runs azresp.
 *
 * fault_arm(call, nth, how, log, folder): at the nth `call` from now on something happens: it fails (how = 0), it and all
 * later ones of its kind on its kind of thing (files, one pipe, sockets) fail (-1), or the process gets a signal just
 * before it (the signal's number). A call is "kind thing", as its line in the log says; "" is none. Counted
 * are calls on files below `folder`, on pipes, terminals and internet sockets. Other files are left alone: modules don't
 * fail halfway through a program. A lock is refused once only: SQLite would wait for it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static _Atomic long seen;
static long nth, manner;
static char call[512], stuck[64];
static int log_fd = -1, owner, broke;
static char watched[1024];

static int is_calm(const char *path) {
    return !path || (strncmp(path, watched, strlen(watched)) && strcmp(path, "/dev/tty"));
}

void fault_arm(const char *which, long number, long how, const char *log, const char *folder) {
    strncpy(call, which, sizeof call - 1);
    strncpy(watched, folder, sizeof watched - 1);
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
    syscall(SYS_close, fd);
    nth = number, manner = how, owner = getpid();
}

static int is_file(const char *name) { return name[0] == '/' && strncmp(name, "/dev/", 5); }

/* Whether this call is the one that fails. */
static int hit(const char *kind, const char *thing) {
    if (log_fd < 0 || getpid() != owner) return 0;
    int saved = errno;
    char line[512], what[64];
    snprintf(line, sizeof line - 8, "%s %s", kind, thing);
    snprintf(what, sizeof what, "%s %s", kind, is_file(thing) ? "file" : thing);
    int fails = broke && manner < 0 && !strcmp(what, stuck) && strcmp(kind, "lock");
    if (!strcmp(line, call) && ++seen == nth) fails = broke = 1, strcpy(stuck, what);
    int sent = fails && manner > 0 ? manner : 0;
    strcat(line, fails ? " FAILS\n" : "\n");
    syscall(SYS_write, log_fd, line, strlen(line));
    if (sent) kill(getpid(), sent);
    errno = saved;
    return fails && !sent;
}

/* A descriptor's name for the log; NULL: left alone. */
static const char *named(int fd, char *name, int size) {
    if (fd < 0 || log_fd < 0) return NULL;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlink, link, name, size - 1);
    name[n > 0 ? n : 0] = 0;
    if (!strncmp(name, "socket:", 7)) {
        struct sockaddr_storage at;
        socklen_t length = sizeof at;
        if (getsockname(fd, (struct sockaddr *)&at, &length) || at.ss_family == AF_UNIX) return NULL;
        strcpy(name, "socket");
    } else if (!strncmp(name, "pipe:", 5)) {
        snprintf(name, size, "pipe%d", fd > 2 ? 3 : fd);
    } else if (!strncmp(name, "/dev/pts/", 9)) {
        strcpy(name, "/dev/pts");
    } else if (is_calm(name)) {
        return NULL;
    }
    return name;
}

static int broken(const char *name) {  /* what writing says */
    return is_file(name) ? ENOSPC : !strcmp(name, "socket") ? ECONNRESET : !strncmp(name, "pipe", 4) ? EPIPE : EIO;
}

#define REAL(name) ({ if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name); real_##name; })
#define BY_FD(kind, fd, error) \
    do { \
        char _n[256]; \
        const char *name = named(fd, _n, sizeof _n); \
        if (name && hit(kind, name)) { errno = (error); return -1; } \
    } while (0)
#define BY_PATH(kind, path, error) \
    do { if (log_fd >= 0 && !is_calm(path) && hit(kind, path)) { errno = (error); return -1; } } while (0)

#define WRITER(call, params, ...) \
    ssize_t call params { static ssize_t (*real_##call) params; BY_FD("write", fd, broken(name)); return REAL(call)(__VA_ARGS__); }
#define READER(call, params, ...) \
    ssize_t call params { static ssize_t (*real_##call) params; \
        BY_FD("read", fd, strcmp(name, "socket") ? EIO : ECONNRESET); return REAL(call)(__VA_ARGS__); }
#define SYNC(call, kind, error, params, ...) \
    int call params { static int (*real_##call) params; BY_FD(kind, fd, error); return REAL(call)(__VA_ARGS__); }
#define PATH(call, kind, path, error, params, ...) \
    int call params { static int (*real_##call) params; BY_PATH(kind, path, error); return REAL(call)(__VA_ARGS__); }

WRITER(write, (int fd, const void *data, size_t n), fd, data, n)
WRITER(writev, (int fd, const struct iovec *data, int n), fd, data, n)
WRITER(pwrite, (int fd, const void *data, size_t n, off_t at), fd, data, n, at)
WRITER(pwrite64, (int fd, const void *data, size_t n, off64_t at), fd, data, n, at)
WRITER(send, (int fd, const void *data, size_t n, int flags), fd, data, n, flags)
WRITER(sendmsg, (int fd, const struct msghdr *data, int flags), fd, data, flags)
READER(read, (int fd, void *data, size_t n), fd, data, n)
READER(pread, (int fd, void *data, size_t n, off_t at), fd, data, n, at)
READER(pread64, (int fd, void *data, size_t n, off64_t at), fd, data, n, at)
READER(recv, (int fd, void *data, size_t n, int flags), fd, data, n, flags)
SYNC(fsync, "sync", EIO, (int fd), fd)
SYNC(fdatasync, "sync", EIO, (int fd), fd)
SYNC(ftruncate, "truncate", ENOSPC, (int fd, off_t n), fd, n)
SYNC(ftruncate64, "truncate", ENOSPC, (int fd, off64_t n), fd, n)
SYNC(fchmod, "mode", EPERM, (int fd, mode_t mode), fd, mode)
SYNC(connect, "connect", ECONNREFUSED, (int fd, const struct sockaddr *to, socklen_t n), fd, to, n)
SYNC(tcsetattr, "terminal", EIO, (int fd, int when, const struct termios *modes), fd, when, modes)
SYNC(tcgetattr, "terminal", EIO, (int fd, struct termios *modes), fd, modes)
PATH(rename, "rename", to, EACCES, (const char *from, const char *to), from, to)
PATH(renameat, "rename", to, EACCES, (int a, const char *from, int b, const char *to), a, from, b, to)
PATH(link, "link", to, EPERM, (const char *from, const char *to), from, to)
PATH(linkat, "link", to, EPERM, (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
PATH(unlink, "unlink", path, EACCES, (const char *path), path)
PATH(unlinkat, "unlink", path, EACCES, (int at, const char *path, int flags), at, path, flags)
PATH(mkdir, "mkdir", path, EACCES, (const char *path, mode_t mode), path, mode)
PATH(mkdirat, "mkdir", path, EACCES, (int at, const char *path, mode_t mode), at, path, mode)
PATH(chmod, "mode", path, EPERM, (const char *path, mode_t mode), path, mode)
PATH(stat, "look", path, EACCES, (const char *path, struct stat *found), path, found)
PATH(stat64, "look", path, EACCES, (const char *path, struct stat64 *found), path, found)
PATH(lstat64, "look", path, EACCES, (const char *path, struct stat64 *found), path, found)

#define OPENER(call, at, params, ...) \
    int call params { \
        static int (*real_##call)(at const char *, int, ...); \
        va_list more; va_start(more, flags); \
        int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more); \
        BY_PATH("open", path, EACCES); \
        return REAL(call)(__VA_ARGS__, mode); \
    }
#define NONE
OPENER(open, NONE, (const char *path, int flags, ...), path, flags)
OPENER(open64, NONE, (const char *path, int flags, ...), path, flags)
#define AT int,
OPENER(openat, AT, (int at, const char *path, int flags, ...), at, path, flags)
OPENER(openat64, AT, (int at, const char *path, int flags, ...), at, path, flags)

/* SQLite's locks. Letting one go never fails: no system does that, and SQLite would wait for itself. */
#define CONTROL(call) \
    int call(int fd, int what, ...) { \
        static int (*real_##call)(int, int, ...); \
        va_list more; va_start(more, what); \
        void *value = va_arg(more, void *); \
        va_end(more); \
        if (what == F_SETLK && ((struct flock *)value)->l_type != F_UNLCK) BY_FD("lock", fd, EIO); \
        return REAL(call)(fd, what, value); \
    }
CONTROL(fcntl)
CONTROL(fcntl64)

#define MAPPER(call, offset) \
    void *call(void *at, size_t n, int kind, int flags, int fd, offset from) { \
        static void *(*real_##call)(void *, size_t, int, int, int, offset); \
        char _n[256]; \
        const char *name = fd < 0 ? NULL : named(fd, _n, sizeof _n); \
        if (name && hit("map", name)) { errno = ENOMEM; return MAP_FAILED; } \
        return REAL(call)(at, n, kind, flags, fd, from); \
    }
MAPPER(mmap, off_t)
MAPPER(mmap64, off64_t)

int socket(int family, int type, int protocol) {
    static int (*real_socket)(int, int, int);
    if (family != AF_UNIX && family != AF_NETLINK && hit("socket", "")) { errno = EMFILE; return -1; }
    return REAL(socket)(family, type, protocol);
}

int pipe2(int ends[2], int flags) {
    static int (*real_pipe2)(int *, int);
    if (hit("pipe", "")) { errno = EMFILE; return -1; }
    return REAL(pipe2)(ends, flags);
}

pid_t fork(void) {
    static pid_t (*real_fork)(void);
    if (hit("fork", "")) { errno = EAGAIN; return -1; }
    return REAL(fork)();
}

/* No wrapper can return twice, as vfork does: the program is told not to use it. */

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    static int (*real_getaddrinfo)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (hit("resolve", host ? host : "")) return EAI_AGAIN;
    return REAL(getaddrinfo)(host, port, hints, found);
}
