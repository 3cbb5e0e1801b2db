/* Sockets on Linux. */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../serve.h"

#define FIRST_GIVEN 3

void wr__peer_text(const struct sockaddr_storage *address, char *text, size_t size,
                   uint16_t *port) {
  text[0] = '\0';
  *port = 0;
  if (address->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const void *)address;
    inet_ntop(AF_INET, &v4->sin_addr, text, (socklen_t)size);
    *port = ntohs(v4->sin_port);
  } else if (address->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const void *)address;
    *port = ntohs(v6->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
      inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, (socklen_t)size);
    else
      inet_ntop(AF_INET6, &v6->sin6_addr, text, (socklen_t)size);
  }
}

static bool open_local(const char *path, wr__socket *out, char *reason, size_t size) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat st;
  if (strlen(path) >= sizeof address.sun_path) {
    snprintf(reason, size, "the path is too long");
    return false;
  }
  strcpy(address.sun_path, path);
  /* What a server that is gone left behind. */
  if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool dead =
        connect(probe, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED;
    close(probe);
    if (dead) unlink(path);
  }
  out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  out->is_local = true;
  if (out->fd >= 0 && bind(out->fd, (struct sockaddr *)&address, sizeof address) == 0) return true;
  snprintf(reason, size, "%s", strerror(errno));
  if (out->fd >= 0) close(out->fd);
  return false;
}

/* HOST and PORT of an address, either of which may be missing. */
static void split(const char *address, char host[256], char port[8]) {
  const char *colon = strrchr(address, ':');
  bool bare = !colon && strspn(address, "0123456789") == strlen(address);
  size_t length = bare ? 0 : colon ? (size_t)(colon - address) : strlen(address);
  snprintf(port, 8, "%s", bare ? address : colon ? colon + 1 : "8080");
  if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
    address++;
    length -= 2;
  }
  snprintf(host, 256, "%.*s", (int)(length < 255 ? length : 255), address);
}

static int open_info(const struct addrinfo *info, bool shared) {
  int on = 1;
  int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, info->ai_addr, info->ai_addrlen) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static uint16_t port_of(int fd) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  char text[64];
  uint16_t port = 0;
  if (getsockname(fd, (struct sockaddr *)&address, &length) == 0)
    wr__peer_text(&address, text, sizeof text, &port);
  return port;
}

bool wr__listen_open(const char *address, bool shared, wr__socket *out, char *reason, size_t size) {
  char host[256], port[8];
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
  *out = (wr__socket){.fd = -1};
  if (strncmp(address, "unix:", 5) == 0) return open_local(address + 5, out, reason, size);
  split(address, host, port);
  int error = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
  if (error) {
    snprintf(reason, size, "%s", gai_strerror(error));
    return false;
  }
  for (struct addrinfo *info = found; info && out->fd < 0; info = info->ai_next)
    out->fd = open_info(info, shared);
  if (out->fd < 0) snprintf(reason, size, "%s", strerror(errno));
  freeaddrinfo(found);
  if (out->fd >= 0) out->port = port_of(out->fd);
  return out->fd >= 0;
}

bool wr__listen_given(size_t index, wr__socket *out) {
  const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
  if (!process || !count || strtol(process, NULL, 10) != getpid()) return false;
  if (index >= strtoul(count, NULL, 10)) return false;
  int domain = 0;
  socklen_t length = sizeof domain;
  out->fd = FIRST_GIVEN + (int)index;
  if (getsockopt(out->fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) return false;
  fcntl(out->fd, F_SETFD, FD_CLOEXEC);
  fcntl(out->fd, F_SETFL, fcntl(out->fd, F_GETFL) | O_NONBLOCK);
  out->is_local = domain == AF_UNIX;
  out->port = port_of(out->fd);
  return true;
}

int wr__listen_again(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

void wr__listen_name(const wr__socket *socket, char *text, size_t size) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  char host[64];
  uint16_t port;
  if (socket->is_local || getsockname(socket->fd, (struct sockaddr *)&address, &length) != 0) {
    snprintf(text, size, "a local socket");
    return;
  }
  wr__peer_text(&address, host, sizeof host, &port);
  snprintf(text, size, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

void wr__notify(const char *state) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || strlen(path) >= sizeof address.sun_path) return;
  strcpy(address.sun_path, path);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length);
  close(fd);
}

void wr__raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned wr__processors(void) {
  cpu_set_t set;
  int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return count > 0 ? (unsigned)count : 1;
}
