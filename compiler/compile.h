/* The compiler's parts and what passes between them: options in, objects between, an image out. */
#ifndef WR__COMPILE_H
#define WR__COMPILE_H

#include "base/base.h"
#include "facts.h"
#include "image/format.h"
#include "module/module.h"

typedef enum wr__compile_bounds { WR__BOUNDS_GUARD, WR__BOUNDS_EXPLICIT } wr__compile_bounds;

typedef struct wr__compile_options {
  char level;         /* '0' to '3', 's' */
  const char *target; /* "x86_64-linux", "aarch64-linux" */
  const char
      *cpu; /* "native", an LLVM name, or NULL: the baseline; "+feature,-feature" may follow */
  wr__compile_bounds bounds;
  bool polls;
  uint32_t threads;
  struct wr__progress *progress; /* where to tell how far it is */
  bool check_proofs;             /* assert in the code what lets it do without checks */
  bool wrong_proofs; /* take every access for one that cannot trap: tests of check_proofs */
  const char *dump;  /* NULL, or where the LLVM text goes */
  const struct wr__batch *batch; /* NULL: the whole module */
  uint32_t plain_from; /* functions of so many bytes and more get no effort; 0: what is right */
} wr__compile_options;

/* What of a module is to be compiled, if not all of it: functions, and ways into their loops
 * (image/format.h). By function, then by loop; a function's own row, of loop 0, comes first. */
typedef struct wr__batch {
  const wr__image_want *wants;
  uint32_t count;
} wr__batch;

/* batch.c: the first row of the function, or NULL. */
const wr__image_want *wr__batch_find(const wr__batch *batch, uint32_t func_index);
/* Is code of the function made here? */
bool wr__batch_has(const wr__batch *batch, uint32_t func_index);
/* Rows from the end of the input, *size of which are left: sorted, and of functions of the module.
 * Errors WR_MALFORMED. */
wr_status wr__batch_read(const wr__module *module, const uint8_t *rows, uint32_t count,
                         wr__batch *out, wr_error *error);

/* An instruction of a function whose body stands where it is called, and that call. */
typedef struct wr__place_row {
  uint32_t id; /* WR__IMAGE_PLACE and a number, which grows with the partition and in it */
  uint32_t module_offset;
  uint32_t call; /* its module offset, or the id of its place */
} wr__place_row;

/* How much is done for a function (optimize/effort.h). */
typedef enum wr__effort {
  WR__EFFORT_FULL, /* every pass of the level */
  WR__EFFORT_LESS, /* those that take about linear time for such a function */
  WR__EFFORT_NONE, /* level 0 */
} wr__effort;

/* A compiled partition: an ELF object in memory, and the places that its line table names. */
typedef struct wr__object_bytes {
  uint8_t *data;
  size_t size;
  wr__place_row *places; /* by id */
  size_t place_count;
} wr__object_bytes;

/* What partition `index` of `count` holds: defined functions first to end, and with index 0 also
 * the wrappers and adapters of all types. */
typedef struct wr__partition {
  uint32_t index;
  uint32_t first, end; /* in the function index space */
} wr__partition;

/* LLVM's idea of the target; made once for each thread. */
typedef struct wr__machine {
  uint32_t machine; /* WR__IMAGE_MACHINE_* */
  char triple[64];
  char cpu[64];
  char tune[64]; /* whose timing the code is made for */
  char features[512];
  uint64_t cpu_features; /* bits of wr__cpu_feature */
} wr__machine;

/* machine.c. Errors WR_UNSUPPORTED: LLVM lacks the target, or the name means nothing. */
wr_status wr__machine_init(wr__machine *machine, const wr__compile_options *options,
                           wr_error *error);

/* partition.c: the functions of a partition to objects, of which the second is that of functions
 * that get no effort, or empty. Any thread. */
wr_status wr__compile_partition(const wr__module *module, const wr__facts *facts,
                                const wr__compile_options *options, const wr__machine *machine,
                                const wr__partition *partition, wr__object_bytes out[2],
                                wr_error *error);

/* link.c: objects to an image. */
wr_status wr__link_image(const wr__module *module, const wr__facts *facts,
                         const wr__compile_options *options, const wr__machine *machine,
                         const wr__object_bytes *objects, size_t object_count,
                         wr__object_bytes *out, wr_error *error);

/* lines.c: the rows of an object's .debug_line (relocated): appended to *rows. */
typedef struct wr__line_row {
  uint64_t address;
  uint32_t line;
} wr__line_row;
typedef struct wr__line_rows {
  wr__line_row *rows;
  size_t count, capacity;
} wr__line_rows;
wr_status wr__lines_decode(const uint8_t *data, size_t size, wr__line_rows *rows, wr_error *error);
/* Sorts rows by address, and leaves those that change something; instructions without a place go
 * with those behind them. */
void wr__lines_tidy(wr__line_rows *rows);
/* Rows sorted by address as an image holds them. Returns the bytes; out, which is aligned to 4, is
 * NULL or has so many. */
size_t wr__lines_encode(const wr__line_rows *rows, uint8_t *out);

/* places.c: the places that the rows name, and those of the calls that they stand in, get numbers
 * without gaps, in the rows too. *out is malloc'ed. */
wr_status wr__places_collect(const wr__object_bytes *objects, size_t object_count,
                             wr__line_rows *lines, wr__place_row **out, size_t *count,
                             wr_error *error);
/* Places as an image holds them. Returns the bytes; out, which is aligned to 4, is NULL or has so
 * many. */
size_t wr__places_encode(const wr__place_row *places, size_t count, uint8_t *out);

/* encode.c: numbers of an image's tables in LEB128. */
typedef struct wr__encoder {
  uint8_t *at; /* NULL: only counts */
  size_t size;
} wr__encoder;
void wr__encode_uleb(wr__encoder *e, uint64_t value);
/* 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
uint32_t wr__zigzag(uint32_t difference);

/* agree.c */
/* "ilfdv_i": one letter a value, references as l; names wrappers and adapters. */
void wr__type_signature(const wr__deftype *type, char *out, size_t size);

/* The flags that an image of the module gets. */
uint32_t wr__compile_flags(const wr__module *module, const wr__compile_options *options,
                           bool handlers);

/* compile.c: everything. *out is malloc'ed. */
wr_status wr__compile_module(const wr__module *module, const wr__compile_options *options,
                             const wr__machine *machine, wr__object_bytes *out, wr_error *error);

#endif
