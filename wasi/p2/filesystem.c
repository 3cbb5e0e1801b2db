/* wasi:filesystem: preopens and types. */
#include "files.h"

#include <fcntl.h>
#include <stdlib.h>

/* ---- results */

static void out_error(wr__p2_call *c, int why) {
  if (why == EINTR) return; /* the guest ends */
  wr__out_case(c, 1);
  wr__out_enum(c, wr__p2_file_error(why));
  wr__out_end(c);
}

/* Begins ok, or writes the error. */
static bool out_begin(wr__p2_call *c, int why) {
  if (why != 0) {
    out_error(c, why);
    return false;
  }
  wr__out_ok(c);
  return true;
}

static void out_unit(wr__p2_call *c, int why) {
  if (out_begin(c, why)) wr__out_end(c);
}

static void out_result_object(wr__p2_call *c, int why, void *object) {
  if (!out_begin(c, why)) return;
  wr__out_object(c, object);
  wr__out_end(c);
}

static void out_time(wr__p2_call *c, struct timespec t) {
  wr__out_case(c, t.tv_sec >= 0);
  if (t.tv_sec >= 0) {
    wr__out_u64(c, (uint64_t)t.tv_sec);
    wr__out_u32(c, (uint32_t)t.tv_nsec);
  }
  wr__out_end(c);
}

static void out_stat(wr__p2_call *c, int why, const struct stat *st) {
  if (!out_begin(c, why)) return;
  wr__out_enum(c, wr__p2_file_type(st->st_mode));
  wr__out_u64(c, st->st_nlink);
  wr__out_u64(c, (uint64_t)st->st_size);
  out_time(c, st->st_atim);
  out_time(c, st->st_mtim);
  out_time(c, st->st_ctim);
  wr__out_end(c);
}

static void out_hash(wr__p2_call *c, int why, const struct stat *st) {
  uint64_t hash[2];
  if (!out_begin(c, why)) return;
  wr__p2_metadata_hash(st, hash);
  wr__out_u64(c, hash[0]);
  wr__out_u64(c, hash[1]);
  wr__out_end(c);
}

/* ---- arguments */

/* new-timestamp. False: no time that the host has. */
static bool in_time(wr__p2_call *c, struct timespec *out) {
  bool good = true;
  *out = (struct timespec){.tv_nsec = UTIME_OMIT};
  switch (wr__in_case(c)) {
    case 0:
      break;
    case 1:
      out->tv_nsec = UTIME_NOW;
      break;
    default: {
      uint64_t seconds = wr__in_u64(c);
      uint32_t ns = wr__in_u32(c);
      good = seconds <= INT64_MAX && ns < 1000000000u;
      *out = (struct timespec){good ? (time_t)seconds : 0, good ? (long)ns : 0};
    }
  }
  wr__in_end(c);
  return good;
}

static bool in_times(wr__p2_call *c, struct timespec times[2]) {
  bool accessed = in_time(c, &times[0]), modified = in_time(c, &times[1]);
  return accessed && modified;
}

static int check(wr__p2_call *c, const wr__p2_descriptor *file, uint64_t rights) {
  return wr__desc_check(wr__p2_of(c)->wasi, file->desc, rights);
}

/* ---- preopens */

/* The numbers of descriptors with a name, behind from. */
static uint32_t next_preopen(wr_wasi_t *wasi, uint32_t from, wr__desc **out) {
  for (uint32_t fd = from; (fd = wr__fd_next(wasi, fd, out)) != UINT32_MAX; fd++) {
    if ((*out)->preopen_name) return fd;
    wr__desc_release(*out);
  }
  return UINT32_MAX;
}

static void preopens_get_directories(wr__p2_call *c) {
  wr_wasi_t *wasi = wr__p2_of(c)->wasi;
  wr__desc *desc;
  uint32_t count = 0;
  for (uint32_t fd = 0; (fd = next_preopen(wasi, fd, &desc)) != UINT32_MAX; fd++) {
    wr__desc_release(desc);
    count++;
  }
  wr__out_list(c, count);
  for (uint32_t fd = 0; (fd = next_preopen(wasi, fd, &desc)) != UINT32_MAX; fd++) {
    const char *name = desc->preopen_name;
    wr__out_new(c, wr__p2_descriptor_new(wr__p2_of(c), desc));
    wr__out_text(c, name, strlen(name));
  }
  wr__out_list_end(c);
}

static const wr__p2_function preopen_functions[] = {{"get-directories", preopens_get_directories}};
WR__P2_FUNCTIONS(wr__p2_filesystem_preopens, "wasi:filesystem/preopens", preopen_functions);

/* ---- streams */

static void descriptor_read_via_stream(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  uint64_t offset = wr__in_u64(c);
  wr__p2_input *in = NULL;
  int error = wr__p2_input_at(wr__p2_op(c), file, offset, &in);
  out_result_object(c, error, in);
}

static void descriptor_write_via_stream(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  uint64_t offset = wr__in_u64(c);
  wr__p2_output *out = NULL;
  int error = wr__p2_output_at(wr__p2_op(c), file, offset, false, &out);
  out_result_object(c, error, out);
}

static void descriptor_append_via_stream(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_output *out = NULL;
  int error = wr__p2_output_at(wr__p2_op(c), file, 0, true, &out);
  out_result_object(c, error, out);
}

/* ---- descriptors */

static void descriptor_advise(wr__p2_call *c) {
  static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  uint64_t offset = wr__in_u64(c), size = wr__in_u64(c);
  uint32_t advice = wr__in_enum(c, sizeof advices / sizeof advices[0]);
  int error = check(c, file, WR__RIGHT_FD_ADVISE);
  out_unit(c, error ? error : wr__file_advise(file->desc, offset, size, advices[advice]));
}

static void descriptor_sync_data(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  out_unit(c, wr__file_sync(file->desc, true));
}

static void descriptor_sync(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  out_unit(c, wr__file_sync(file->desc, false));
}

static void descriptor_get_flags(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__out_ok(c);
  wr__out_u8(c, (uint8_t)wr__p2_get_flags(file->desc));
  wr__out_end(c);
}

static void descriptor_get_type(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  struct stat st;
  int error = wr__file_stat(file->desc, &st);
  if (!out_begin(c, error)) return;
  wr__out_enum(c, wr__p2_file_type(st.st_mode));
  wr__out_end(c);
}

static void descriptor_set_size(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  uint64_t size = wr__in_u64(c);
  int error = check(c, file, WR__RIGHT_FD_FILESTAT_SET_SIZE);
  out_unit(c, error ? error : wr__file_set_size(file->desc, size));
}

static void descriptor_set_times(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  struct timespec times[2];
  int error = in_times(c, times) ? check(c, file, WR__RIGHT_FD_FILESTAT_SET_TIMES) : EINVAL;
  out_unit(c, error ? error : wr__file_set_times(file->desc, times));
}

static void descriptor_read(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  uint64_t length = wr__in_u64(c), offset = wr__in_u64(c);
  size_t size = length < WR__P2_PIECE ? (size_t)length : WR__P2_PIECE, wanted = size;
  uint8_t *bytes = wr__p2_scratch(wr__p2_of(c));
  int error = bytes ? wr__p2_file_read(wr__p2_op(c), file, bytes, &size, offset) : ENOMEM;
  if (!out_begin(c, error)) return;
  wr__out_text(c, bytes, size);
  wr__out_u8(c, wanted > 0 && size < wanted); /* the end */
  wr__out_end(c);
}

static void descriptor_write(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_text text = wr__in_text(c);
  uint64_t offset = wr__in_u64(c);
  size_t size = text.size;
  int error = wr__p2_file_write(wr__p2_op(c), file, (const uint8_t *)text.bytes, &size, offset);
  if (!out_begin(c, error)) return;
  wr__out_u64(c, size);
  wr__out_end(c);
}

static void descriptor_read_directory(wr__p2_call *c) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_entries *entries = NULL;
  int error = wr__p2_read_directory(wr__p2_op(c), dir, &entries);
  out_result_object(c, error, entries);
}

static void descriptor_stat(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  struct stat st;
  int error = wr__file_stat(file->desc, &st);
  out_stat(c, error, &st);
}

static void descriptor_metadata_hash(wr__p2_call *c) {
  const wr__p2_descriptor *file = wr__in_object(c, WR__P2_DESCRIPTOR);
  struct stat st;
  int error = wr__file_stat(file->desc, &st);
  out_hash(c, error, &st);
}

static void descriptor_is_same_object(wr__p2_call *c) {
  const wr__p2_descriptor *a = wr__in_object(c, WR__P2_DESCRIPTOR),
                          *b = wr__in_object(c, WR__P2_DESCRIPTOR);
  struct stat x, y;
  bool same =
      a->desc == b->desc || (wr__file_stat(a->desc, &x) == 0 && wr__file_stat(b->desc, &y) == 0 &&
                             x.st_dev == y.st_dev && x.st_ino == y.st_ino);
  wr__out_u8(c, same);
}

/* ---- paths */

/* What was denied is logged as preview 1 logs it. */
static void log_read_only(wr__p2_call *c, int error, const char *function, wr__p2_text path) {
  if (error == EROFS)
    wr__log_denied(wr__p2_op(c), "%s %.*s: the directory is given for reading only", function,
                   (int)(path.size < 256 ? path.size : 256), path.bytes);
}

typedef int (*operation)(wr__op *op, wr__place *at);

static void act_at(wr__p2_call *c, const char *function, uint64_t right, operation act) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_text path = wr__in_text(c);
  wr__place at;
  int error = wr__p2_place(wr__p2_op(c), dir, right, path, &at);
  if (error == 0) error = act(wr__p2_op(c), &at);
  log_read_only(c, error, function, path);
  out_unit(c, error);
}

static void descriptor_create_directory_at(wr__p2_call *c) {
  act_at(c, "create-directory-at", WR__RIGHT_PATH_CREATE_DIRECTORY, wr__path_create_directory);
}
static void descriptor_remove_directory_at(wr__p2_call *c) {
  act_at(c, "remove-directory-at", WR__RIGHT_PATH_REMOVE_DIRECTORY, wr__path_remove_directory);
}
static void descriptor_unlink_file_at(wr__p2_call *c) {
  act_at(c, "unlink-file-at", WR__RIGHT_PATH_UNLINK_FILE, wr__path_unlink_file);
}

static int stat_at(wr__p2_call *c, struct stat *st) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  bool follow = wr__in_u8(c) & 1;
  wr__p2_text path = wr__in_text(c);
  wr__place at;
  int error = wr__p2_place(wr__p2_op(c), dir, WR__RIGHT_PATH_FILESTAT_GET, path, &at);
  return error ? error : wr__path_stat(wr__p2_op(c), &at, follow, st);
}

static void descriptor_stat_at(wr__p2_call *c) {
  struct stat st;
  int error = stat_at(c, &st);
  out_stat(c, error, &st);
}

static void descriptor_metadata_hash_at(wr__p2_call *c) {
  struct stat st;
  int error = stat_at(c, &st);
  out_hash(c, error, &st);
}

static void descriptor_set_times_at(wr__p2_call *c) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  bool follow = wr__in_u8(c) & 1;
  wr__p2_text path = wr__in_text(c);
  struct timespec times[2];
  wr__place at;
  int error = in_times(c, times) ? 0 : EINVAL;
  if (error == 0)
    error = wr__p2_place(wr__p2_op(c), dir, WR__RIGHT_PATH_FILESTAT_SET_TIMES, path, &at);
  if (error == 0) error = wr__path_set_times(wr__p2_op(c), &at, follow, times);
  log_read_only(c, error, "set-times-at", path);
  out_unit(c, error);
}

typedef int (*paired)(wr__op *op, wr__place *from, wr__place *to);

/* rename-at, and link-at without its flags. */
static void act_on_both(wr__p2_call *c, const char *function, int error,
                        const wr__p2_descriptor *dir, const uint64_t rights[2], paired act) {
  wr__p2_text old_path = wr__in_text(c);
  const wr__p2_descriptor *new_dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_text new_path = wr__in_text(c);
  wr__place from, to;
  if (error == 0) error = wr__p2_place(wr__p2_op(c), dir, rights[0], old_path, &from);
  if (error == 0) error = wr__p2_place(wr__p2_op(c), new_dir, rights[1], new_path, &to);
  if (error == 0) error = act(wr__p2_op(c), &from, &to);
  log_read_only(c, error, function, old_path);
  out_unit(c, error);
}

static void descriptor_link_at(wr__p2_call *c) {
  static const uint64_t rights[] = {WR__RIGHT_PATH_LINK_SOURCE, WR__RIGHT_PATH_LINK_TARGET};
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  bool follow = wr__in_u8(c) & 1; /* the host would follow out of the directory */
  act_on_both(c, "link-at", follow ? EINVAL : 0, dir, rights, wr__path_link);
}

static void descriptor_rename_at(wr__p2_call *c) {
  static const uint64_t rights[] = {WR__RIGHT_PATH_RENAME_SOURCE, WR__RIGHT_PATH_RENAME_TARGET};
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  act_on_both(c, "rename-at", 0, dir, rights, wr__path_rename);
}

static void descriptor_open_at(wr__p2_call *c) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  bool follow = wr__in_u8(c) & 1;
  wr__p2_text path = wr__in_text(c);
  uint32_t open_flags = wr__in_u8(c), flags = wr__in_u8(c);
  wr__p2_descriptor *file = NULL;
  int error = wr__p2_open_at(wr__p2_op(c), dir, follow, path, open_flags, flags, &file);
  log_read_only(c, error, "open-at", path);
  out_result_object(c, error, file);
}

static void descriptor_readlink_at(wr__p2_call *c) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_text path = wr__in_text(c);
  char target[WR__WASI_MAX_PATH];
  size_t size = 0;
  wr__place at;
  int error = wr__p2_place(wr__p2_op(c), dir, WR__RIGHT_PATH_READLINK, path, &at);
  if (error == 0) error = wr__path_readlink(wr__p2_op(c), &at, target, &size);
  /* It names nothing that the guest may have. */
  if (error == 0 && size > 0 && target[0] == '/') error = WR__ENOTCAPABLE;
  if (!out_begin(c, error)) return;
  wr__out_text(c, target, size);
  wr__out_end(c);
}

static void descriptor_symlink_at(wr__p2_call *c) {
  const wr__p2_descriptor *dir = wr__in_object(c, WR__P2_DESCRIPTOR);
  wr__p2_text old_path = wr__in_text(c), new_path = wr__in_text(c);
  char target[WR__WASI_MAX_PATH];
  wr__place at;
  int error = wr__p2_place(wr__p2_op(c), dir, WR__RIGHT_PATH_SYMLINK, new_path, &at);
  if (error == 0 && old_path.size >= sizeof target) error = ENAMETOOLONG;
  if (error == 0 && (old_path.size == 0 || memchr(old_path.bytes, 0, old_path.size)))
    error = old_path.size == 0 ? ENOENT : EINVAL;
  if (error == 0) {
    memcpy(target, old_path.bytes, old_path.size);
    target[old_path.size] = 0;
    error = wr__path_symlink(wr__p2_op(c), target, &at);
  }
  log_read_only(c, error, "symlink-at", new_path);
  out_unit(c, error);
}

/* ---- entries, errors */

static void entries_read_directory_entry(wr__p2_call *c) {
  wr__p2_entries *entries = wr__in_object(c, WR__P2_ENTRIES);
  wr__p2_entry *entry = NULL;
  int error = wr__p2_next_entry(wr__p2_op(c), entries, &entry);
  if (!out_begin(c, error)) return;
  wr__out_case(c, entry ? 1 : 0);
  if (entry) {
    wr__out_enum(c, wr__p2_entry_type(entry->type));
    wr__out_text(c, entry->name, strlen(entry->name));
    free(entry);
  }
  wr__out_end(c);
  wr__out_end(c);
}

static void types_filesystem_error_code(wr__p2_call *c) {
  const wr__p2_error *error = wr__in_object(c, WR__P2_ERROR);
  wr__out_case(c, 1);
  wr__out_enum(c, wr__p2_file_error(error->why));
  wr__out_end(c);
}

static const wr__p2_function type_functions[] = {
    {"[method]descriptor.read-via-stream", descriptor_read_via_stream},
    {"[method]descriptor.write-via-stream", descriptor_write_via_stream},
    {"[method]descriptor.append-via-stream", descriptor_append_via_stream},
    {"[method]descriptor.advise", descriptor_advise},
    {"[method]descriptor.sync-data", descriptor_sync_data},
    {"[method]descriptor.get-flags", descriptor_get_flags},
    {"[method]descriptor.get-type", descriptor_get_type},
    {"[method]descriptor.set-size", descriptor_set_size},
    {"[method]descriptor.set-times", descriptor_set_times},
    {"[method]descriptor.read", descriptor_read},
    {"[method]descriptor.write", descriptor_write},
    {"[method]descriptor.read-directory", descriptor_read_directory},
    {"[method]descriptor.sync", descriptor_sync},
    {"[method]descriptor.create-directory-at", descriptor_create_directory_at},
    {"[method]descriptor.stat", descriptor_stat},
    {"[method]descriptor.stat-at", descriptor_stat_at},
    {"[method]descriptor.set-times-at", descriptor_set_times_at},
    {"[method]descriptor.link-at", descriptor_link_at},
    {"[method]descriptor.open-at", descriptor_open_at},
    {"[method]descriptor.readlink-at", descriptor_readlink_at},
    {"[method]descriptor.remove-directory-at", descriptor_remove_directory_at},
    {"[method]descriptor.rename-at", descriptor_rename_at},
    {"[method]descriptor.symlink-at", descriptor_symlink_at},
    {"[method]descriptor.unlink-file-at", descriptor_unlink_file_at},
    {"[method]descriptor.is-same-object", descriptor_is_same_object},
    {"[method]descriptor.metadata-hash", descriptor_metadata_hash},
    {"[method]descriptor.metadata-hash-at", descriptor_metadata_hash_at},
    {"[method]directory-entry-stream.read-directory-entry", entries_read_directory_entry},
    {"filesystem-error-code", types_filesystem_error_code},
};
static const wr__p2_resource type_resources[] = {{"descriptor"}, {"directory-entry-stream"}};
WR__P2_INTERFACE(wr__p2_filesystem_types, "wasi:filesystem/types", type_functions, type_resources);
