/* Every WASI function with arguments of any kind, in sequences, over a directory of its own.
 * What is outside the directory must stay as it is; the sanitizers watch the rest.
 *
 * An input is a sequence of calls: a byte for the function, and for each argument a byte that says
 * what it is. What is left over of the input lies in the guest's memory, beside structures that
 * the calls need to get far: paths, iovecs, addresses. Sockets reach one listener of our own. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p1/sockets.h"

#define MEMORY 65536u
#define MAX_CALLS 24
#define MAX_FILE (1u << 20)

static char base[64], secret[80];
static uint16_t listener_port;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)type;
  (void)ftw;
  return remove(path);
}

static void clear_root(void) {
  char root[80];
  snprintf(root, sizeof root, "%s/root", base);
  nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void end(void) { nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* A peer for the guest's sockets. Nobody accepts: its queue is as much as a guest gets. */
static void open_listener(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    abort();
  listener_port = ntohs(address.sin_port);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  const struct rlimit limit = {MAX_FILE, MAX_FILE};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const char *folder = getenv("TMPDIR");
  snprintf(base, sizeof base, "%s/fuzz-wasi-XXXXXX", folder ? folder : "/tmp");
  if (!mkdtemp(base)) abort();
  snprintf(secret, sizeof secret, "%s/secret", base);
  open_listener();
  atexit(end);
  return 0;
}

typedef struct input {
  const uint8_t *data;
  size_t size;
} input;

static uint8_t next(input *in) {
  if (in->size == 0) return 0;
  in->size--;
  return *in->data++;
}

static uint64_t next_argument(input *in) {
  uint8_t kind = next(in);
  switch (kind & 7) {
    case 0: /* a descriptor, a flag, a count, the port that may be reached */
      return kind >> 3 == 31 ? listener_port : kind >> 3;
    case 1:
      return (uint64_t)(kind >> 3) * 64; /* a place */
    case 2:
      return (uint64_t)next(in) << (kind >> 3);
    case 3:
      return MEMORY - (kind >> 3);
    case 4:
      return UINT32_MAX - (kind >> 3);
    case 5:
      return UINT64_MAX - (kind >> 3);
    case 6:
      return (uint64_t)next(in) << 8 | next(in);
    default:
      return 3 + (kind >> 5);
  }
}

static int write_nothing(void *context, const uint8_t *data, size_t size) {
  volatile uint8_t sum = 0;
  (void)context;
  for (size_t i = 0; i < size; i++) sum = (uint8_t)(sum + data[i]);
  return 0;
}

static uint64_t no_time(void *context, uint32_t id) {
  (void)context;
  return id;
}

static wr_wasi_t *make_context(uint8_t choices) {
  char root[80], peer[64];
  wr_wasi_t *wasi = wr_wasi_new();
  snprintf(root, sizeof root, "%s/root", base);
  snprintf(peer, sizeof peer, "connect=127.0.0.1:%u", listener_port);
  const char *args[] = {"fuzz", "x"};
  if (!wasi || mkdir(root, 0777) != 0) abort();
  wasi->walk_paths = choices & 1;
  wasi->never_wait = true;
  wr_wasi_set_clock(wasi, no_time, NULL, NULL);
  if (wr_wasi_preopen_dir(wasi, root, "/", choices & 2 ? WR_WASI_READ_ONLY : 0, NULL) != WR_OK ||
      wr_wasi_preopen_dir(wasi, root, "/w", 0, NULL) != WR_OK ||
      wr_wasi_set_args(wasi, args, 2, NULL) != WR_OK ||
      wr_wasi_set_env(wasi, "A", "b", NULL) != WR_OK ||
      wr_wasi_stdin_bytes(wasi, "input", 5, NULL) != WR_OK ||
      wr_wasi_stdout_callback(wasi, 1, write_nothing, NULL, NULL) != WR_OK ||
      wr_wasi_net_allow(wasi, "listen=127.0.0.1:0", NULL) != WR_OK ||
      wr_wasi_net_allow(wasi, peer, NULL) != WR_OK)
    abort();
  return wasi;
}

/* Structures that calls of sockets and bytes want, where arguments of the second kind point:
 * iovecs, and addresses of both revisions as {pointer, size}. */
static void put_structures(uint8_t *memory) {
  static const uint8_t loopback[] = {127, 0, 0, 1};
  enum {
    IOVECS = 9 * 64,
    SPAN = 10 * 64,
    STORAGE = 11 * 64,
    SHORT_SPAN = 13 * 64,
    INFOS = 14 * 64
  };
  enum { INFO = 8192, INFO_ADDR = 12, SOCKADDR = 8448, DATA = 8704, BUFFER = 4096 };
  const uint32_t words[][2] = {
      {IOVECS, BUFFER},
      {IOVECS + 4, 16},
      {IOVECS + 8, MEMORY - 8},
      {IOVECS + 12, 8},
      {SPAN, STORAGE},
      {SPAN + 4, 128},
      {STORAGE, WASI_AF_INET4},
      {SHORT_SPAN, STORAGE + 2},
      {SHORT_SPAN + 4, 4},
      {INFOS, INFO},
      {INFO + INFO_ADDR, SOCKADDR},
      {SOCKADDR + 4, 26},
      {SOCKADDR + 8, DATA},
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    wr__wire_store32(memory + words[i][0], words[i][1]);
  memcpy(memory + STORAGE + 2, loopback, sizeof loopback);
}

/* Paths that matter, where arguments of the second kind point. */
static void put_paths(uint8_t *memory) {
  static const char *const paths[] = {"a",   "b/",   "../secret", "a/../..",
                                      "b/c", "/etc", ".",         "b/../a"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
    strcpy((char *)memory + 64 * (i + 1), paths[i]);
}

static void check_outside(void) {
  char text[8] = {0};
  int fd = open(secret, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text) != 6 || memcmp(text, "secret", 6) != 0) abort();
  close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *memory = calloc(MEMORY, 1);
  input in = {data, size};
  int fd = open(secret, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!memory || fd < 0 || write(fd, "secret", 6) != 6) abort();
  close(fd);
  wr_wasi_t *wasi = make_context(next(&in));
  wr__call call = {.op.wasi = wasi, .memory = memory, .memory_size = MEMORY};
  put_paths(memory);
  put_structures(memory);
  size_t tail = size < 4096 ? size : 4096;
  memcpy(memory + 1024, data + size - tail, tail);
  for (int i = 0; i < MAX_CALLS && in.size > 0; i++) {
    const wr__p1_function *f = &wr__p1_functions[next(&in) % wr__p1_function_count];
    uint64_t args[10] = {0};
    for (size_t k = 0; f->params[k]; k++) args[k] = next_argument(&in);
    if (wr__p1_call(f, &call, args) > WASI_NOTCAPABLE) abort();
  }
  check_outside();
  wr_wasi_delete(wasi);
  free(memory);
  clear_root();
  return 0;
}
