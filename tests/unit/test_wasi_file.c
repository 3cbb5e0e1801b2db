/* Descriptors: bytes, positions, attributes, rights, directories, stdio, and wild pointers. */
#include "wasi_guest.h"

#include <pthread.h>

#define ALL UINT64_MAX
#define WRITE_READ (WR__RIGHTS_FILE)

static uint32_t open_file(guest *g, const char *path, uint32_t oflags) {
  uint32_t fd;
  assert_int_equal(guest_open(g, ROOT_FD, path, 0, oflags, WRITE_READ, &fd), WASI_SUCCESS);
  return fd;
}

static void reads_what_it_wrote(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = open_file(g, "f", WASI_OFLAGS_CREAT);
  assert_int_equal(guest_write(g, fd, "hello world"), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 11);
  assert_int_equal(WASI(g, fd_seek, fd, 6, WASI_WHENCE_SET, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT), 6);
  /* Two pieces, one of them empty. */
  wr__wire_store32(g->memory + OUT + 64, BUFFER);
  wr__wire_store32(g->memory + OUT + 68, 0);
  wr__wire_store32(g->memory + OUT + 72, BUFFER + 100);
  wr__wire_store32(g->memory + OUT + 76, 50);
  assert_int_equal(WASI(g, fd_read, fd, OUT + 64, 2, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 5);
  assert_memory_equal(g->memory + BUFFER + 100, "world", 5);
  assert_int_equal(WASI(g, fd_read, fd, OUT + 64, 2, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 0);
  assert_int_equal(WASI(g, fd_tell, fd, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT), 11);
  assert_int_equal(WASI(g, fd_pread, fd, guest_iovec(g, BUFFER, 4), 1, 1, OUT), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER, "ello", 4);
  memcpy(g->memory + BUFFER, "J", 1);
  assert_int_equal(WASI(g, fd_pwrite, fd, guest_iovec(g, BUFFER, 1), 1, 0, OUT), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/f"), "Jello world");
  assert_int_equal(WASI(g, fd_seek, fd, (uint64_t)-1, WASI_WHENCE_SET, OUT), WASI_INVAL);
  assert_int_equal(WASI(g, fd_seek, fd, 0, 3, OUT), WASI_INVAL);
  assert_int_equal(WASI(g, fd_close, fd), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_close, fd), WASI_BADF);
  guest_delete(g);
}

static void files_beyond_4_gib(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint64_t far = UINT64_C(5) << 30;
  uint32_t fd = open_file(g, "sparse", WASI_OFLAGS_CREAT);
  assert_int_equal(WASI(g, fd_seek, fd, far, WASI_WHENCE_SET, OUT), WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "end"), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_filestat_get, fd, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT + 32), far + 3);
  assert_int_equal(WASI(g, fd_pread, fd, guest_iovec(g, BUFFER, 8), 1, far, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 3);
  assert_memory_equal(g->memory + BUFFER, "end", 3);
  guest_delete(g);
}

/* More pieces than the host takes at once: done in part, whether they are empty or not. */
static void many_pieces(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = open_file(g, "f", WASI_OFLAGS_CREAT);
  for (uint32_t i = 0; i < 1500; i++) {
    wr__wire_store32(g->memory + BUFFER + 8 * i, TEXT_A + i % 2);
    wr__wire_store32(g->memory + BUFFER + 8 * i + 4, i < 100 ? 0 : 1);
  }
  guest_text(g, TEXT_A, "ab");
  assert_int_equal(WASI(g, fd_write, fd, BUFFER, 1500, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 512);
  assert_int_equal(WASI(g, fd_pwrite, fd, BUFFER, 1025, 0, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 512);
  assert_int_equal(WASI(g, fd_pread, fd, BUFFER, 1500, 0, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 512);
  assert_int_equal(WASI(g, fd_seek, fd, 0, 0, OUT), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_read, fd, BUFFER, 1025, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 512);
  memset(g->memory + BUFFER, 0, 8 * 1025);
  assert_int_equal(WASI(g, fd_write, fd, BUFFER, 1025, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 0);
  guest_delete(g);
}

static void append_and_flags(void **state) {
  (void)state;
  guest *g = guest_new(0);
  host_file(g, "root/f", "ab");
  uint64_t size = guest_text(g, TEXT_A, "f");
  assert_int_equal(WASI(g, path_open, 3, 0, TEXT_A, size, 0, WRITE_READ, 0,
                        WASI_FDFLAGS_APPEND | WASI_FDFLAGS_SYNC, OUT),
                   WASI_SUCCESS);
  uint32_t fd = guest_u32(g, OUT);
  assert_int_equal(guest_write(g, fd, "c"), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/f"), "abc");
  assert_int_equal(WASI(g, fd_fdstat_get, fd, OUT), WASI_SUCCESS);
  assert_int_equal(g->memory[OUT], WASI_FILETYPE_REGULAR_FILE);
  assert_int_equal(wr__wire_load16(g->memory + OUT + 2), WASI_FDFLAGS_APPEND | WASI_FDFLAGS_SYNC);
  assert_int_equal(WASI(g, fd_fdstat_set_flags, fd, 0), WASI_NOTSUP); /* SYNC stays */
  assert_int_equal(WASI(g, fd_fdstat_set_flags, fd, WASI_FDFLAGS_SYNC), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_seek, fd, 0, WASI_WHENCE_SET, OUT), WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "X"), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/f"), "Xbc");
  assert_int_equal(WASI(g, fd_fdstat_set_flags, fd, 32), WASI_INVAL);
  guest_delete(g);
}

static void attributes(void **state) {
  (void)state;
  guest *g = guest_new(0);
  host_file(g, "root/f", "abc");
  host_link(g, "f", "root/l");
  uint32_t fd = open_file(g, "f", 0);
  assert_int_equal(WASI(g, fd_filestat_set_size, fd, 10), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_filestat_set_times, fd, 1000000001, 2000000002,
                        WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_MTIM),
                   WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_filestat_get, fd, OUT), WASI_SUCCESS);
  assert_int_equal(g->memory[OUT + 16], WASI_FILETYPE_REGULAR_FILE);
  assert_int_equal(guest_u64(g, OUT + 24), 1);
  assert_int_equal(guest_u64(g, OUT + 32), 10);
  assert_int_equal(guest_u64(g, OUT + 40), 1000000001);
  assert_int_equal(guest_u64(g, OUT + 48), 2000000002);
  /* The older layout: the links have 32 bits. */
  g->call.unstable = true;
  assert_int_equal(WASI(g, fd_filestat_get, fd, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT + 20), 1);
  assert_int_equal(guest_u64(g, OUT + 24), 10);
  assert_int_equal(guest_u64(g, OUT + 40), 2000000002);
  g->call.unstable = false;
  uint64_t size = guest_text(g, TEXT_A, "l");
  assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, size, OUT), WASI_SUCCESS);
  assert_int_equal(g->memory[OUT + 16], WASI_FILETYPE_SYMBOLIC_LINK);
  assert_int_equal(WASI(g, path_filestat_get, 3, 1, TEXT_A, size, OUT), WASI_SUCCESS);
  assert_int_equal(g->memory[OUT + 16], WASI_FILETYPE_REGULAR_FILE);
  assert_int_equal(WASI(g, path_filestat_set_times, 3, 0, TEXT_A, size, 0, 7, WASI_FSTFLAGS_MTIM),
                   WASI_SUCCESS);
  assert_int_equal(WASI(g, path_filestat_get, 3, 0, TEXT_A, size, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT + 48), 7);
  assert_int_equal(WASI(g, path_filestat_get, 3, 1, TEXT_A, size, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT + 48), 2000000002);
  assert_int_equal(WASI(g, fd_allocate, fd, 0, 8192), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_allocate, fd, UINT64_MAX, 2), WASI_FBIG);
  assert_int_equal(WASI(g, fd_advise, fd, 0, 100, 3), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_advise, fd, 0, 100, 6), WASI_INVAL);
  assert_int_equal(WASI(g, fd_sync, fd), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_datasync, fd), WASI_SUCCESS);
  guest_delete(g);
}

static void names_and_links(void **state) {
  (void)state;
  guest *g = guest_new(0);
  host_file(g, "root/a", "A");
  host_file(g, "root/b", "B");
  uint64_t a = guest_text(g, TEXT_A, "a"), b = guest_text(g, TEXT_B, "b");
  assert_int_equal(WASI(g, path_rename, 3, TEXT_A, a, 3, TEXT_B, b), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/b"), "A");
  assert_int_equal(WASI(g, path_link, 3, 0, TEXT_B, b, 3, TEXT_A, a), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/a"), "A");
  assert_int_equal(WASI(g, path_link, 3, 0, TEXT_B, b, 3, TEXT_A, a), WASI_EXIST);
  assert_int_equal(WASI(g, path_link, 3, 1, TEXT_B, b, 3, TEXT_A, a), WASI_INVAL);
  assert_int_equal(WASI(g, path_unlink_file, 3, TEXT_A, a), WASI_SUCCESS);
  assert_int_equal(WASI(g, path_symlink, TEXT_B, b, 3, TEXT_A, a), WASI_SUCCESS);
  memset(g->memory + BUFFER, '#', 8);
  assert_int_equal(WASI(g, path_readlink, 3, TEXT_A, a, BUFFER, 8, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 1);
  assert_memory_equal(g->memory + BUFFER, "b#######", 8);
  assert_int_equal(WASI(g, path_readlink, 3, TEXT_B, b, BUFFER, 8, OUT), WASI_INVAL);
  uint64_t absolute = guest_text(g, TEXT_B, "/etc/passwd"), c = guest_text(g, TEXT_A, "c");
  assert_int_equal(WASI(g, path_symlink, TEXT_B, absolute, 3, TEXT_A, c), WASI_NOTCAPABLE);
  uint64_t d = guest_text(g, TEXT_A, "d/");
  assert_int_equal(WASI(g, path_create_directory, 3, TEXT_A, d), WASI_SUCCESS);
  assert_int_equal(WASI(g, path_unlink_file, 3, TEXT_A, d), WASI_ISDIR);
  assert_int_equal(WASI(g, path_create_directory, 3, TEXT_A, d), WASI_EXIST);
  assert_int_equal(WASI(g, path_remove_directory, 3, TEXT_A, d), WASI_SUCCESS);
  uint64_t dot = guest_text(g, TEXT_A, ".");
  assert_int_equal(WASI(g, path_create_directory, 3, TEXT_A, dot), WASI_EXIST);
  assert_int_equal(WASI(g, path_remove_directory, 3, TEXT_A, dot), WASI_INVAL);
  guest_delete(g);
}

static void rights_only_shrink(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = open_file(g, "f", WASI_OFLAGS_CREAT), other;
  assert_int_equal(WASI(g, fd_fdstat_set_rights, fd, WR__RIGHT_FD_READ, 0), WASI_SUCCESS);
  assert_int_equal(guest_write(g, fd, "x"), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_seek, fd, 1, 0, OUT), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_fdstat_set_rights, fd, WRITE_READ, 0), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_pread, fd, guest_iovec(g, BUFFER, 1), 1, 0, OUT), WASI_NOTCAPABLE);
  /* What a directory does not hand on cannot be had below it. */
  assert_int_equal(WASI(g, fd_fdstat_get, 3, OUT), WASI_SUCCESS);
  uint64_t base = guest_u64(g, OUT + 8), inheriting = guest_u64(g, OUT + 16);
  assert_int_equal(base & WR__RIGHT_FD_SEEK, 0);
  assert_int_equal(WASI(g, fd_fdstat_set_rights, 3, base & ~WR__RIGHT_PATH_CREATE_FILE,
                        inheriting & ~WR__RIGHT_FD_WRITE),
                   WASI_SUCCESS);
  assert_int_equal(guest_open(g, 3, "f", 0, 0, WR__RIGHT_FD_WRITE, &other), WASI_NOTCAPABLE);
  assert_int_equal(guest_open(g, 3, "g", 0, WASI_OFLAGS_CREAT, 0, &other), WASI_NOTCAPABLE);
  assert_int_equal(guest_open(g, 3, "f", 0, 0, WR__RIGHT_FD_READ, &other), WASI_SUCCESS);
  /* Functions of directories on a file, and of files on a directory. */
  assert_int_equal(guest_open(g, other, "x", 0, 0, 0, &fd), WASI_NOTDIR);
  assert_int_equal(WASI(g, fd_readdir, other, BUFFER, 100, 0, OUT), WASI_NOTDIR);
  assert_int_equal(WASI(g, fd_read, 3, guest_iovec(g, BUFFER, 1), 1, OUT), WASI_ISDIR);
  assert_int_equal(WASI(g, sock_accept, 3, 0, OUT), WASI_NOTSOCK);
  guest_delete(g);
}

static void renumbering(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t a = open_file(g, "a", WASI_OFLAGS_CREAT), b = open_file(g, "b", WASI_OFLAGS_CREAT);
  assert_int_equal(a, 4);
  assert_int_equal(b, 5);
  assert_int_equal(WASI(g, fd_renumber, a, b), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_renumber, b, a), WASI_BADF);
  assert_int_equal(WASI(g, fd_renumber, b, b), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_renumber, b, 1000000), WASI_BADF);
  assert_int_equal(guest_write(g, b, "to a"), WASI_SUCCESS);
  assert_string_equal(host_text(g, "root/a"), "to a");
  assert_int_equal(open_file(g, "b", 0), 4); /* the lowest free number */
  guest_delete(g);
}

/* Reads a directory in pieces of a size; how many entries, and each name's count in seen. */
static int list(guest *g, uint32_t fd, uint32_t piece, uint8_t *seen, int delete_one) {
  uint64_t cookie = 0;
  int entries = 0;
  for (;;) {
    assert_int_equal(WASI(g, fd_readdir, fd, BUFFER, piece, cookie, OUT), WASI_SUCCESS);
    uint32_t used = guest_u32(g, OUT), at = 0;
    while (at + WASI_DIRENT_SIZE <= used) {
      const uint8_t *entry = g->memory + BUFFER + at;
      uint32_t size = wr__wire_load32(entry + 16);
      if (at + WASI_DIRENT_SIZE + size > used) break;
      char name[256] = {0};
      memcpy(name, entry + WASI_DIRENT_SIZE, size);
      int number;
      if (sscanf(name, "f%d", &number) == 1) seen[number]++;
      cookie = wr__wire_load64(entry);
      at += WASI_DIRENT_SIZE + size;
      entries++;
    }
    if (delete_one >= 0) {
      char path[32];
      snprintf(path, sizeof path, "f%d", delete_one++);
      uint64_t size = guest_text(g, TEXT_A, path);
      WASI(g, path_unlink_file, 3, TEXT_A, size);
    }
    if (used < piece) return entries;
  }
}

static void directories_in_pieces(void **state) {
  (void)state;
  guest *g = guest_new(0);
  enum { COUNT = 700 };
  uint8_t seen[1000] = {0};
  for (int i = 0; i < COUNT; i++) {
    char path[32];
    snprintf(path, sizeof path, "root/f%d", i);
    host_file(g, path, "");
  }
  assert_int_equal(list(g, 3, 256, seen, -1), COUNT + 2);
  assert_int_equal(list(g, 3, 4096, seen, -1), COUNT + 2);
  assert_int_equal(list(g, 3, 100000, seen, -1), COUNT + 2);
  for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 3);
  /* "." and ".." come first, wherever the file system has them. */
  assert_int_equal(WASI(g, fd_readdir, 3, BUFFER, 51, 0, OUT), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER + 24, ".", 1);
  assert_memory_equal(g->memory + BUFFER + 49, "..", 2);
  assert_int_equal(WASI(g, fd_readdir, 3, BUFFER, 26, 1, OUT), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER + 24, "..", 2);
  /* What is not touched while it is read is seen exactly once. */
  memset(seen, 0, sizeof seen);
  list(g, 3, 300, seen, 0);
  for (int i = 300; i < COUNT; i++) assert_int_equal(seen[i], 1);
  assert_int_equal(WASI(g, fd_readdir, 3, BUFFER, 100, UINT64_MAX, OUT), WASI_INVAL);
  host_file(g, "root/bad\xff", "");
  assert_int_equal(WASI(g, fd_readdir, 3, BUFFER, 100000, 0, OUT), WASI_ILSEQ);
  guest_delete(g);
}

static int collect(void *context, const uint8_t *data, size_t size) {
  char *text = context;
  if (memchr(data, '!', size)) return EIO;
  strncat(text, (const char *)data, size);
  return 0;
}

static int64_t produce(void *context, uint8_t *data, size_t capacity) {
  int *calls = context;
  if ((*calls)++ == 2) return -ECONNRESET;
  if (*calls > 3) return 0;
  memset(data, 'p', capacity < 3 ? capacity : 3);
  return capacity < 3 ? (int64_t)capacity : 3;
}

static void stdio_of_every_kind(void **state) {
  (void)state;
  guest *g = guest_new(0);
  char text[64] = "";
  int calls = 0;
  assert_int_equal(guest_write(g, 1, "x"), WASI_BADF); /* nothing is granted by itself */
  assert_int_equal(wr_wasi_stdout_callback(g->wasi, 1, collect, text, NULL), WR_OK);
  assert_int_equal(wr_wasi_stdin_bytes(g->wasi, "input", 5, NULL), WR_OK);
  assert_int_equal(guest_write(g, 1, "out"), WASI_SUCCESS);
  assert_int_equal(guest_write(g, 1, "put"), WASI_SUCCESS);
  assert_int_equal(guest_write(g, 1, "!"), WASI_IO);
  assert_string_equal(text, "output");
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 3), 1, OUT), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER + 3, 9), 1, OUT), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER, "input", 5);
  assert_int_equal(guest_u32(g, OUT), 2);
  assert_int_equal(guest_write(g, 0, "x"), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_seek, 0, 0, 0, OUT), WASI_SPIPE);
  assert_int_equal(wr_wasi_stdin_callback(g->wasi, produce, &calls, NULL), WR_OK);
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 2), 1, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 2);
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 9), 1, OUT), WASI_SUCCESS);
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 9), 1, OUT), WASI_CONNRESET);
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 9), 1, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 0);
  assert_int_equal(wr_wasi_stdout_callback(g->wasi, 0, collect, text, NULL), WR_BAD_ARGUMENT);
  guest_delete(g);
}

/* A folder as standard input, which a shell may give: nothing can be read, opened or listed. */
static void a_folder_as_stdin(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd;
  int folder = open(g->root, O_RDONLY | O_DIRECTORY);
  assert_int_equal(wr_wasi_stdio_fd(g->wasi, 0, folder, NULL), WR_OK);
  close(folder);
  host_file(g, "root/f", "x");
  assert_int_equal(WASI(g, fd_read, 0, guest_iovec(g, BUFFER, 3), 1, OUT), WASI_ISDIR);
  assert_int_equal(guest_write(g, 0, "x"), WASI_ISDIR);
  assert_int_equal(guest_open(g, 0, "f", 0, 0, WR__RIGHT_FD_READ, &fd), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_readdir, 0, BUFFER, 100, 0, OUT), WASI_NOTCAPABLE);
  assert_int_equal(WASI(g, fd_prestat_get, 0, OUT), WASI_BADF);
  assert_int_equal(WASI(g, fd_filestat_get, 0, OUT), WASI_SUCCESS);
  guest_delete(g);
}

static void pipes_without_signals(void **state) {
  (void)state;
  guest *g = guest_new(0);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(wr_wasi_stdio_fd(g->wasi, 1, ends[1], NULL), WR_OK);
  assert_int_equal(guest_write(g, 1, "through"), WASI_SUCCESS);
  assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); /* others write there too */
  close(ends[1]);
  char text[16] = {0};
  assert_int_equal(read(ends[0], text, sizeof text), 7);
  assert_string_equal(text, "through");
  assert_int_equal(WASI(g, fd_fdstat_set_flags, 1, WASI_FDFLAGS_NONBLOCK), WASI_SUCCESS);
  assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
  uint32_t error;
  do {
    error = WASI(g, fd_write, 1, guest_iovec(g, BUFFER, 65536), 1, OUT);
  } while (error == WASI_SUCCESS);
  assert_int_equal(error, WASI_AGAIN);
  close(ends[0]);
  assert_int_equal(guest_write(g, 1, "x"), WASI_PIPE); /* and we live */
  guest_delete(g);
}

static void preopens(void **state) {
  (void)state;
  guest *g = guest_new(0);
  int fd = open(g->root, O_PATH | O_DIRECTORY);
  assert_int_equal(wr_wasi_preopen_fd(g->wasi, fd, "/second/name", 0, NULL), WR_OK);
  close(fd);
  assert_int_equal(WASI(g, fd_prestat_get, 4, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), WASI_PREOPEN_DIR);
  assert_int_equal(guest_u32(g, OUT + 4), 12);
  assert_int_equal(WASI(g, fd_prestat_dir_name, 4, BUFFER, 11), WASI_NAMETOOLONG);
  assert_int_equal(WASI(g, fd_prestat_dir_name, 4, BUFFER, 13), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER, "/second/name", 12);
  assert_int_equal(WASI(g, fd_prestat_get, 5, OUT), WASI_BADF);
  assert_int_equal(WASI(g, fd_prestat_get, UINT32_MAX, OUT), WASI_BADF);
  wr_error error;
  assert_int_equal(wr_wasi_preopen_dir(g->wasi, "/nowhere", "/n", 0, &error), WR_NOT_FOUND);
  assert_int_equal(wr_wasi_preopen_dir(g->wasi, "/etc/passwd", "/n", 0, &error), WR_IO);
  assert_int_equal(wr_wasi_preopen_dir(g->wasi, g->root, "\xff", 0, &error), WR_BAD_ARGUMENT);
  guest_delete(g);
}

static void arguments_and_variables(void **state) {
  (void)state;
  guest *g = guest_new(0);
  const char *args[] = {"prog", "one", ""};
  assert_int_equal(wr_wasi_set_args(g->wasi, args, 3, NULL), WR_OK);
  assert_int_equal(wr_wasi_set_env(g->wasi, "A", "1", NULL), WR_OK);
  assert_int_equal(wr_wasi_set_env(g->wasi, "B", "2", NULL), WR_OK);
  assert_int_equal(wr_wasi_set_env(g->wasi, "A", "three", NULL), WR_OK);
  assert_int_equal(wr_wasi_set_env(g->wasi, "A=", "x", NULL), WR_BAD_ARGUMENT);
  assert_int_equal(WASI(g, args_sizes_get, OUT, OUT + 4), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 3);
  assert_int_equal(guest_u32(g, OUT + 4), 10);
  assert_int_equal(WASI(g, args_get, OUT, BUFFER), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT + 4), BUFFER + 5);
  assert_memory_equal(g->memory + BUFFER, "prog\0one\0", 10);
  assert_int_equal(WASI(g, environ_sizes_get, OUT, OUT + 4), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 2);
  assert_int_equal(guest_u32(g, OUT + 4), 12);
  assert_int_equal(WASI(g, environ_get, OUT, BUFFER), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER, "A=three\0B=2", 12);
  guest_delete(g);
}

/* Every function, with each argument in turn wild: an errno, and nothing else. */
static void wild_arguments(void **state) {
  (void)state;
  static const uint64_t wild[] = {
      UINT32_MAX, UINT32_MAX - 3,   GUEST_MEMORY, GUEST_MEMORY - 1, 0x80000000u,       0,
      1,          GUEST_MEMORY - 7, UINT64_MAX,   INT64_MAX,        UINT64_C(1) << 63, 1024};
  guest *g = guest_new(0);
  for (size_t f = 0; f < wr__p1_function_count; f++) {
    const wr__p1_function *function = &wr__p1_functions[f];
    size_t count = strlen(function->params);
    if (strcmp(function->name, "proc_exit") == 0) continue;
    for (size_t i = 0; i < count; i++) {
      for (size_t w = 0; w < sizeof wild / sizeof wild[0]; w++) {
        uint64_t args[10] = {3};
        for (size_t k = 1; k < count; k++) args[k] = 64 * k;
        args[i] = wild[w];
        if (strcmp(function->name, "poll_oneoff") == 0) memset(g->memory, 0, 4096);
        assert_in_range(wr__p1_call(function, &g->call, args), 0, WASI_NOTCAPABLE);
      }
    }
  }
  g->call.trap = NULL;
  guest_delete(g);
}

static void wild_pointers_are_faults(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint32_t fd = open_file(g, "f", WASI_OFLAGS_CREAT);
  uint64_t end = GUEST_MEMORY;
  assert_int_equal(WASI(g, fd_read, fd, end - 4, 1, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, fd_read, fd, 0, UINT32_MAX, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, fd_read, fd, guest_iovec(g, BUFFER, UINT32_MAX), 1, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, fd_read, fd, guest_iovec(g, UINT32_MAX, 2), 1, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, fd_write, fd, guest_iovec(g, BUFFER, 1), 1, end - 3), WASI_FAULT);
  assert_int_equal(WASI(g, clock_time_get, 0, 0, end - 7), WASI_FAULT);
  assert_int_equal(WASI(g, clock_time_get, 0, 0, end - 8), WASI_SUCCESS);
  assert_int_equal(WASI(g, clock_time_get, 4, 0, OUT), WASI_INVAL);
  assert_int_equal(WASI(g, random_get, end - 1, 2), WASI_FAULT);
  assert_int_equal(WASI(g, random_get, BUFFER, 70000), WASI_SUCCESS);
  assert_int_equal(WASI(g, path_open, 3, 0, end, 1, 0, 0, 0, 0, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, poll_oneoff, 0, 0, UINT32_MAX, OUT), WASI_FAULT);
  assert_int_equal(WASI(g, fd_prestat_dir_name, 3, BUFFER, UINT32_MAX), WASI_FAULT);
  /* No memory at all. */
  g->call.memory = NULL;
  g->call.memory_size = 0;
  assert_int_equal(WASI(g, random_get, 0, 0), WASI_FAULT);
  assert_int_equal(WASI(g, fd_tell, fd, 0), WASI_FAULT);
  guest_delete(g);
}

static uint64_t fixed_now(void *context, uint32_t id) { return *(uint64_t *)context + id; }
static void fixed_sleep(void *context, uint32_t id, uint64_t until) {
  *(uint64_t *)context = until - id;
}
static int fixed_random(void *context, uint8_t *data, size_t size) {
  (void)context;
  memset(data, 42, size);
  return 0;
}

static void replaced_clock_and_random(void **state) {
  (void)state;
  guest *g = guest_new(0);
  uint64_t now = 1000;
  wr_wasi_set_clock(g->wasi, fixed_now, fixed_sleep, &now);
  wr_wasi_set_random(g->wasi, fixed_random, NULL);
  assert_int_equal(WASI(g, clock_time_get, 1, 0, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u64(g, OUT), 1001);
  assert_int_equal(WASI(g, random_get, BUFFER, 4), WASI_SUCCESS);
  assert_memory_equal(g->memory + BUFFER, "****", 4);
  /* An hour passes at once. */
  uint64_t hour = UINT64_C(3600000000000);
  memset(g->memory + BUFFER, 0, 48);
  wr__wire_store32(g->memory + BUFFER + 16, WASI_CLOCK_MONOTONIC);
  wr__wire_store64(g->memory + BUFFER + 24, hour);
  assert_int_equal(WASI(g, poll_oneoff, BUFFER, BUFFER + 100, 1, OUT), WASI_SUCCESS);
  assert_int_equal(guest_u32(g, OUT), 1);
  assert_int_equal(now, 1000 + hour);
  guest_delete(g);
}

static void signals(void **state) {
  (void)state;
  guest *g = guest_new(0);
  assert_int_equal(WASI(g, proc_raise, 16), WASI_SUCCESS); /* chld */
  assert_null(g->call.trap);
  assert_int_equal(WASI(g, proc_raise, 31), WASI_INVAL);
  assert_int_equal(WASI(g, proc_raise, 6), WASI_SUCCESS); /* abrt */
  assert_non_null(g->call.trap);
  WASI(g, proc_exit, 7);
  assert_true(g->call.exited);
  assert_int_equal(g->call.exit_status, 7);
  assert_int_equal(WASI(g, sched_yield), WASI_SUCCESS);
  guest_delete(g);
}

/* An opened directory can do what its parent hands on, whatever rights were asked for. */
static void rights_of_directories(void **state) {
  (void)state;
  static const uint64_t asked[] = {0, WR__RIGHT_FD_READ | WR__RIGHT_FD_FILESTAT_SET_SIZE,
                                   WR__RIGHT_FD_ALLOCATE | WR__RIGHT_FD_SEEK, UINT64_MAX};
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    guest *g = guest_new(0);
    uint32_t dir, fd;
    host_dir(g, "root/d");
    uint64_t size = guest_text(g, TEXT_A, "d");
    uint64_t rights = asked[i] & ~WR__RIGHT_FD_WRITE;
    assert_int_equal(WASI(g, path_open, 3, 0, TEXT_A, size, 0, rights, 0, 0, OUT), WASI_SUCCESS);
    dir = guest_u32(g, OUT);
    assert_int_equal(guest_open(g, dir, "f", 0, WASI_OFLAGS_CREAT, WRITE_READ, &fd), WASI_SUCCESS);
    assert_int_equal(guest_write(g, fd, "x"), WASI_SUCCESS);
    size = guest_text(g, TEXT_A, "sub");
    assert_int_equal(WASI(g, path_create_directory, dir, TEXT_A, size), WASI_SUCCESS);
    assert_int_equal(WASI(g, path_remove_directory, dir, TEXT_A, size), WASI_SUCCESS);
    assert_int_equal(WASI(g, fd_read, dir, guest_iovec(g, BUFFER, 3), 1, OUT), WASI_ISDIR);
    guest_delete(g);
  }
  guest *g = guest_new(WR_WASI_READ_ONLY);
  uint32_t dir;
  host_dir(g, "root/d");
  assert_int_equal(guest_open(g, 3, "d", 0, 0, 0, &dir), WASI_SUCCESS);
  uint64_t size = guest_text(g, TEXT_A, "sub");
  assert_int_equal(WASI(g, path_create_directory, dir, TEXT_A, size), WASI_ROFS);
  guest_delete(g);
}

/* One context, several threads: descriptors come and go without harm. */
static void *hammer(void *argument) {
  guest *shared = argument;
  guest *g = calloc(1, sizeof *g);
  g->call = (wr__call){.op.wasi = shared->wasi, .memory = g->memory, .memory_size = GUEST_MEMORY};
  for (int i = 0; i < 2000; i++) {
    uint32_t fd;
    if (guest_open(g, 3, "f", 0, WASI_OFLAGS_CREAT, WRITE_READ, &fd) != WASI_SUCCESS) continue;
    guest_write(g, (uint32_t)(4 + i % 5), "x");
    WASI(g, fd_renumber, fd, 4 + i % 3);
    WASI(g, fd_close, 4 + i % 5);
  }
  free(g);
  return NULL;
}

static void threads_share_a_context(void **state) {
  (void)state;
  guest *g = guest_new(0);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, hammer, g);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  guest_delete(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_it_wrote),
      cmocka_unit_test(files_beyond_4_gib),
      cmocka_unit_test(many_pieces),
      cmocka_unit_test(append_and_flags),
      cmocka_unit_test(attributes),
      cmocka_unit_test(names_and_links),
      cmocka_unit_test(rights_only_shrink),
      cmocka_unit_test(renumbering),
      cmocka_unit_test(directories_in_pieces),
      cmocka_unit_test(stdio_of_every_kind),
      cmocka_unit_test(a_folder_as_stdin),
      cmocka_unit_test(pipes_without_signals),
      cmocka_unit_test(preopens),
      cmocka_unit_test(arguments_and_variables),
      cmocka_unit_test(wild_arguments),
      cmocka_unit_test(wild_pointers_are_faults),
      cmocka_unit_test(replaced_clock_and_random),
      cmocka_unit_test(rights_of_directories),
      cmocka_unit_test(signals),
      cmocka_unit_test(threads_share_a_context),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
