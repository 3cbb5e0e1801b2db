/* What the runtime asks of the operating system and the processor. Linux only behind it. */
#ifndef WR__PLATFORM_H
#define WR__PLATFORM_H

#include <stdatomic.h>

#include "base/base.h"

size_t wr__page_size(void);
/* Processors that can run threads now; at least 1. */
uint32_t wr__processor_count(void);

/* Address space without memory behind it; NULL when the host refuses. */
void *wr__vm_reserve(size_t size);
void wr__vm_release(void *base, size_t size);
/* Makes part of a reservation readable and writable (zeros), or inaccessible and empty again. */
bool wr__vm_commit(void *base, size_t size);
bool wr__vm_decommit(void *base, size_t size);
/* For what is touched sparsely, or at its start only: the host must not back it by large pages. */
void wr__vm_prefer_small_pages(void *base, size_t size);
/* Committed pages back to zeros without memory behind them; they stay accessible. */
bool wr__vm_clear(void *base, size_t size);
/* Whole committed pages to zeros, of a mapping that has no file: those that were never touched stay
 * without memory behind them. Costs a system call in each 4 MiB over writing. */
void wr__vm_zero(void *base, size_t size);
/* Puts pages of a file in the place of committed ones: what is written there is not the file's.
 * False where that cannot be; what is there then is committed zeros, or nothing where *gone. */
bool wr__vm_map_file(void *base, size_t size, int fd, uint64_t offset, bool *gone);
/* Moves `committed` bytes from the start of one reservation to the start of another, by page
 * tables, not by copying. The old reservation keeps its addresses (to be released). */
bool wr__vm_move(void *from, void *to, size_t committed);
/* For tests: reservations above max_bytes fail from now on; SIZE_MAX takes it back. */
void wr__vm_set_reserve_limit(size_t max_bytes);
bool wr__vm_may_reserve(size_t size);

/* Guard regions: ranges in which a fault by our own code is a trap. The table is lock-free and
 * read by the signal handler. NULL when it is full. */
typedef struct wr__region wr__region;
wr__region *wr__region_add(void *base, size_t size);
void wr__region_remove(wr__region *region);
bool wr__region_contains(uintptr_t address);

/* A pool of released 8 GiB reservations, so that short-lived instances do not pay for mmap.
 * Sizes differ by use: a reservation is reused for the same size only. NULL when the host refuses.
 * The first `committed` bytes are what was committed of it. */
void *wr__guarded_acquire(size_t size, wr__region **region);
void wr__guarded_release(void *base, size_t size, size_t committed, wr__region *region);

/* Installs the SIGSEGV/SIGBUS handler, once per process; gives the thread an alternate
 * signal stack where it has none. Called by whoever enters wasm. False: guards cannot be used. */
bool wr__fault_init_thread(void);

/* Installs it again, over whoever took the signals since: for test frameworks that do so before
 * every test. */
void wr__fault_install(void);

/* The fault handler's hook: a fault at pc on an address in a region goes to the first hook that
 * owns pc; it changes the machine context so that execution goes on at the trap. */
typedef bool (*wr__fault_hook)(uintptr_t pc, uintptr_t address, void *ucontext);
bool wr__fault_add_hook(wr__fault_hook hook);
/* The machine's program counter in a ucontext. */
uintptr_t wr__context_pc(void *ucontext);
void wr__context_set_pc(void *ucontext, uintptr_t pc);
/* A general register of the ucontext by the platform's own number (see platform/<arch>). */
uint64_t wr__context_register(void *ucontext, int number);
void wr__context_set_register(void *ucontext, int number, uint64_t value);
/* Register numbers, for the above, of the first integer arguments: of preserve_none functions
 * (which keep them there: they are callee-saved elsewhere), and of plain C functions. */
#define WR__ARGUMENT_REGISTERS 4
extern const int wr__preserve_none_registers[WR__ARGUMENT_REGISTERS];
extern const int wr__argument_registers[WR__ARGUMENT_REGISTERS];
/* Makes the thread go on with function(argument), which does not return, on its own stack below
 * what the faulting code uses. */
void wr__context_call(void *ucontext, uintptr_t function, uintptr_t argument);

/* A file's bytes, read to its end; *mapped tells whether they are in pages (to be unmapped) or from
 * malloc. They are a copy: nothing that happens to the file later can change or remove them.
 * Errors WR_IO (with the system's reason), WR_OUT_OF_MEMORY. */
wr_status wr__file_read(const char *path, const uint8_t **data, size_t *size, bool *mapped,
                        wr_error *error);
void wr__file_free(const uint8_t *data, size_t size, bool mapped);
/* The same in two steps: a descriptor, -1 with *error filled in; it is read from where it stands.
 */
int wr__file_open(const char *path, wr_error *error);
wr_status wr__file_read_open(int fd, const char *path, const uint8_t **data, size_t *size,
                             bool *mapped, wr_error *error);
void wr__file_close(int fd);
/* Gives back the pages behind `size` of data that was read into pages. */
void wr__file_trim(const uint8_t *data, size_t size, size_t old_size);

/* ---- Files by who can change them (owned.c) */

/* Which contents an open regular file has: a change makes another id. */
typedef struct wr__file_id {
  uint64_t device, inode, size, changed_ns;
} wr__file_id;
bool wr__file_identify(int fd, wr__file_id *out);
/* Has the file been at rest for so long that a change from now on cannot leave its id the same? */
bool wr__file_is_settled(const wr__file_id *id);
/* Can only root and this user change the file or put another in its place, and is it on a file
 * system of this machine's own? Then it may be mapped, and a verdict on it may be kept. */
bool wr__file_is_guarded(int fd);
/* The file's pages, to be read and unmapped by wr__code_unmap; NULL where it cannot be mapped. */
const uint8_t *wr__file_map(int fd, size_t size);
/* The last bytes of a file of that size. */
bool wr__file_tail(int fd, uint64_t size, uint8_t *out, size_t count);

/* Who else may do what with a small file that is read by wr__file_read_closed. */
typedef enum wr__file_closure {
  WR__FILE_UNWRITABLE, /* others may not write it */
  WR__FILE_OWN,        /* and it is this user's or root's */
  WR__FILE_SECRET,     /* this user's, and nobody else may even read it */
} wr__file_closure;
/* A small file as text that ends with a NUL, malloc'ed. Errors WR_NOT_FOUND: there is none; WR_IO,
 * with the file and the reason, or what is wrong with its permissions. */
wr_status wr__file_read_closed(const char *path, wr__file_closure closure, char **out, size_t *size,
                               wr_error *error);
/* The same for a file of a private folder (wr__folder_is_private); neither may be a link.
 * WR_NOT_FOUND also if there is no folder. */
wr_status wr__file_read_private(const char *folder, const char *name, wr__file_closure closure,
                                char **out, size_t *size, wr_error *error);
/* Several spans as a file, whole or not at all: it is written without a name, or aside, and then
 * put in the place of what is there. Errors WR_IO. */
wr_status wr__file_replace(const char *path, const wr__span *spans, size_t count, unsigned mode,
                           wr_error *error);
/* Appends to a file of this user's; afresh: to a new one. executable: and maps its first page so,
 * which is how perf learns of a dump. */
bool wr__file_append(const char *path, const wr__span *spans, size_t count, bool afresh,
                     bool executable);
/* Makes a file's modification time now; the file, an empty one, where there is none. */
void wr__file_touch(const char *path);
void wr__file_remove(const char *path);
bool wr__file_exists(const char *path);

/* $XDG_CONFIG_HOME/wasmrun or $XDG_CACHE_HOME/wasmrun, with `name` below it ("" for itself); false
 * where the environment names no home. */
typedef enum wr__user_folder { WR__USER_CONFIG, WR__USER_CACHE } wr__user_folder;
bool wr__user_path(wr__user_folder folder, const char *name, char *path, size_t size);
/* Makes a folder, and those above it, where there are none. Errors WR_IO: it cannot be made, or is
 * not this user's alone. */
wr_status wr__folder_make_private(const char *path, wr_error *error);
/* Is it this user's folder, not a link, and closed to others? *there tells whether there is one. */
bool wr__folder_is_private(const char *path, bool *there);
/* Waits until no other process holds the folder; -1 where it cannot be had. */
int wr__folder_lock(const char *path);
void wr__folder_unlock(int lock);
/* Removes what wr__file_replace left there when its process was killed: it is gone, or that was a
 * day ago. */
void wr__folder_sweep(const char *path);
/* The regular files of a folder, in no order. *out is malloc'ed. */
typedef wr_cache_entry wr__folder_entry;
wr_status wr__folder_list(const char *path, wr__folder_entry **out, size_t *count, wr_error *error);

uint64_t wr__monotonic_ns(void);
uint32_t wr__process_id(void);

/* Maps a part of a file that does not change to read, and a part of that, in whole pages, to read
 * and execute; never to write. The pages stay the file's, shared and clean. NULL where the offset
 * is no page's, the file system allows no execution, or the host refuses. */
void *wr__code_map(int fd, uint64_t offset, size_t size, size_t text_offset, size_t text_size);
/* Bytes, or a file, as a file in memory that nobody can change any more; -1 where it cannot be had.
 */
int wr__memory_file(const uint8_t *bytes, size_t size);
int wr__file_copy(int fd, uint64_t size);
/* Another descriptor of the same file; -1 where there is none. */
int wr__file_duplicate(int fd);
void wr__code_unmap(void *base, size_t size);

/* Runs a program with `input` on its standard input, and returns what it wrote; both are malloc'ed,
 * the message ends with a NUL. The child can tell how far it is (wr__progress_open), and ends when
 * the thread that started it does. Errors WR_IO: it cannot be started; WR_OUT_OF_MEMORY. */
typedef struct wr__process_job {
  const char *path;
  const char *const *arguments;
  wr__span input;
  uint64_t memory_bytes; /* of address space; 0: no limit */
  void (*progress)(void *context, uint64_t done,
                   uint64_t total); /* every now and then; may be NULL */
  void *context;
} wr__process_job;
typedef struct wr__process_result {
  uint8_t *output;
  size_t output_size;
  char *message;
  int exit_status; /* 0 to 255, or 256 + the signal */
} wr__process_result;
wr_status wr__process_run(const wr__process_job *job, wr__process_result *out, wr_error *error);

/* What a child and its parent share. */
typedef struct wr__progress {
  _Atomic uint64_t done, total;
} wr__progress;
/* In the child: where to tell it, never NULL. And the child ends with its parent from now on. */
wr__progress *wr__progress_open(void);
/* The path of the running program's folder with `name` appended; false where it does not fit. */
bool wr__program_sibling(const char *name, char *path, size_t size);

/* The lowest address of the calling thread's stack; 0 where it cannot be told. */
uintptr_t wr__stack_low(void);
/* The register number of the frame pointer. */
extern const int wr__frame_register;
/* The processor's features, as bits of image/format.h. */
uint64_t wr__cpu_features(void);
/* Has it what interp/handlers_wide.c is compiled for? */
bool wr__cpu_is_wide(void);

/* A descriptor that polls readable from signal to clear. -1 if none can be made. signal and clear
 * may be called from any thread, any number of times. */
int wr__event_new(void);
void wr__event_signal(int event);
void wr__event_clear(int event);
void wr__event_delete(int event);

#endif
