/* The form of native images, shared by the compiler that writes and the runtime that maps them.
 * docs/image-format.md says it in words. All numbers are little-endian; offsets are bytes from
 * the image's start. A change of meaning, of helpers.def or of the layout that layout.h pins is a
 * new WR__IMAGE_VERSION. */
#ifndef WR__IMAGE_FORMAT_H
#define WR__IMAGE_FORMAT_H

#include "base/cpu_features.h"
#include "module/module.h"

#define WR__IMAGE_SECTION "wasmrun.image"
#define WR__SIGNATURE_SECTION "wasmrun.signature"
#define WR__SIGNATURE_TAIL "WRsigned" /* 8 bytes: the end of the section, so of most files */
#define WR__IMAGE_MAGIC "WRimage"     /* and its NUL: 8 bytes */
enum {
  WR__IMAGE_VERSION = 4,
  WR__IMAGE_HEADER_OFFSET = 512, /* the ELF header and program headers are before it */
  WR__IMAGE_ALIGN = 65536,       /* of images in a file, and of their text */
  WR__IMAGE_MACHINE_X86_64 = 62, /* ELF's numbers */
  WR__IMAGE_MACHINE_AARCH64 = 183,
};

/* wr__image_header.flags */
enum {
  WR__IMAGE_GUARDED = 1,  /* memory 0 is reached without checks: it must be guarded */
  WR__IMAGE_POLLS = 2,    /* loops and calls look for interrupts */
  WR__IMAGE_FUEL = 4,     /* counts instructions; not produced in version 1 */
  WR__IMAGE_HANDLERS = 8, /* exceptions travel as a status through this image's frames */
  WR__IMAGE_PARTIAL =
      16, /* it has code of some functions: others are reached through the instance */
};

typedef struct wr__image_header {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  uint64_t image_bytes; /* all that is mapped */
  uint32_t machine;
  uint32_t flags;
  uint64_t cpu_features;  /* bits of wr__cpu_feature that the code uses */
  uint64_t module_bytes;  /* the module's size, without wasmrun's sections */
  uint64_t module_hash;   /* wr__image_module_hash of them */
  uint32_t func_count;    /* defined functions */
  uint32_t funcs_offset;  /* wr__image_func[func_count] */
  uint32_t lines_count;   /* rows of the line table */
  uint32_t lines_offset;  /* wr__image_line_block for each WR__IMAGE_LINE_BLOCK of them, rows */
  uint64_t text_offset;   /* aligned to WR__IMAGE_ALIGN */
  uint64_t text_bytes;    /* the end of the mapped image */
  char cpu[64];           /* what was asked for, NUL-terminated */
  uint64_t layout;        /* wr__image_layout: what the code takes for granted of the runtime */
  uint64_t wasm_features; /* bits of wr_feature that were on: the module is valid with them */
  uint32_t bodies_offset; /* wr__image_body[func_count] */
  uint32_t places_count;
  uint32_t places_offset; /* uint32_t for each WR__IMAGE_PLACE_BLOCK of them, rows */
  uint32_t memory_offset; /* wr__image_memory; 0: none */
  uint32_t loops_count;
  uint32_t loops_offset; /* wr__image_loop[loops_count], by func_index and loop */
} wr__image_header;

typedef struct wr__image_func {
  uint32_t code;    /* image offset: native convention; 0 in a partial image: there is none */
  uint32_t wrapper; /* image offset: void wrapper(instance, slots, code) of the function's type */
} wr__image_func;

/* A way into a function that is running in the interpreter, at a loop: void wrapper(instance,
 * frame, code) takes the locals from the frame's slots as the interpreter lays them out
 * (interp/code.h), goes on from there, and leaves the results in the first slots. */
typedef struct wr__image_loop {
  uint32_t func_index;
  uint32_t loop; /* module offset of the instruction */
  uint32_t code, wrapper;
} wr__image_loop;

/* What a partial image is to have: a function (loop 0), or besides a way into one of its loops, or
 * into all of them. */
#define WR__ALL_LOOPS UINT32_MAX
typedef struct wr__image_want {
  uint32_t func_index;
  uint32_t loop;
} wr__image_want;

/* Where a function's body is in the module, so that loading need not look through the code section.
 */
typedef wr__code_place wr__image_body;

/* What active data segments make of a part of memory 0 that the module defines: all of them, and
 * they are within its first size. All are multiples of the page size of the image's machine. */
typedef struct wr__image_memory {
  uint64_t offset;  /* of the pages, in the image */
  uint64_t address; /* of the first byte, in memory 0 */
  uint64_t size_bytes;
} wr__image_memory;

/* Where rows of the line table begin, and at which pc. A row is two numbers in LEB128: the distance
 * of its pc (an image offset) from that of the row before, in a block's first from the block's; and
 * what its code belongs to, up to the next row: 0 for nothing, or 1 + 2 * z + h for the instruction
 * at a module offset, or of a place, of which h is the highest bit, and z the difference of the
 * others to those of the last in the block with the same h, or to 0, as 0, -1, 1, -2, ... */
enum { WR__IMAGE_LINE_BLOCK = 64 };
typedef struct wr__image_line_block {
  uint32_t pc;
  uint32_t at; /* from lines_offset */
} wr__image_line_block;

static inline uint32_t wr__image_line_blocks(uint32_t lines_count) {
  return lines_count / WR__IMAGE_LINE_BLOCK + (lines_count % WR__IMAGE_LINE_BLOCK != 0);
}

/* A place: an instruction of a function whose body stands where it is called. Its id is this bit
 * and its number. The table says for each block of places where its rows begin, from places_offset.
 * A row is one or two numbers in LEB128: 2 * z + c, z the difference of the place's module offset
 * to that of the place before it in the block, or to 0, as above, and c whether the call that it
 * stands in is another one than that place's; then, with c or in a block's first, the call: 2 * d +
 * 1 for that of the place d numbers before this, or 2 * z, z the difference of the call's module
 * offset to that of the last such call in the block, or to 0. */
#define WR__IMAGE_PLACE (1u << 31)
enum { WR__IMAGE_PLACE_BLOCK = 64 };

static inline uint32_t wr__image_place_blocks(uint32_t places_count) {
  return places_count / WR__IMAGE_PLACE_BLOCK + (places_count % WR__IMAGE_PLACE_BLOCK != 0);
}

/* The contents of the signature section. What is signed is a hash of all but key, signature and
 * tail, behind WR__SIGNATURE_CONTEXT; the chunks' hashes stand for module and images.
 *
 *   wr__signature_head
 *   uint64_t image_bytes[image_count]
 *   uint8_t hashes[][32]   BLAKE2b of each chunk: of the module, then of each image in turn
 *   WR__SIGNATURE_TAIL */
enum { WR__SIGNATURE_VERSION = 1, WR__CHUNK_BYTES = 1 << 20, WR__HASH_BYTES = 32 };
#define WR__SIGNATURE_CONTEXT "wasmrun native code, signature 1"

typedef struct wr__signature_head {
  uint8_t key[32];       /* Ed25519, public */
  uint8_t signature[64]; /* by it, of the root */
  uint32_t version;
  uint32_t chunk_bytes;
  uint64_t module_bytes;
  uint32_t image_count;
  uint32_t reserved;
} wr__signature_head;

enum wr__helper {
#define HELPER(name, signature) WR__HELPER_##name,
#define OPERATION(name) WR__HELPER_##name,
#include "image/helpers.def"
#undef HELPER
#undef OPERATION
  WR__HELPER_COUNT
};

#endif
