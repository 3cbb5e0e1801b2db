/* Listening sockets: opened here, or given by whoever started the server. */
#ifndef WR__SERVE_SOCKETS_H
#define WR__SERVE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wr__socket {
  int fd;
  bool is_local;
  uint16_t port; /* 0 for a local one */
} wr__socket;

/* wr__listen_open: "HOST:PORT", "[::1]:80", ":8080", "PORT" or "unix:PATH", not yet listening.
 * shared   others of this process listen at the same address, each with its own queue.
 * Returns  false, and a line of reason. */
bool wr__listen_open(const char *address, bool shared, wr__socket *out, char *reason, size_t size);
/* wr__listen_given: the index-th socket that was given by LISTEN_FDS; false: there is none. */
bool wr__listen_given(size_t index, wr__socket *out);
/* wr__listen_again: another descriptor of the same. */
int wr__listen_again(int fd);
/* wr__listen_name: the address that it listens at: "127.0.0.1:8080". */
void wr__listen_name(const wr__socket *socket, char *text, size_t size);
/* wr__notify: tells the service manager (NOTIFY_SOCKET), if there is one. */
void wr__notify(const char *state);
/* wr__raise_file_limit: as many descriptors as this process may have. */
void wr__raise_file_limit(void);
/* wr__processors: that this process may use. */
unsigned wr__processors(void);

#endif
