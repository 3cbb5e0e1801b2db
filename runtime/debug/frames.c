/* Where the frames of native code have their callers, in DWARF's terms: for gdb, and for perf with
 * each function. Native code keeps frame pointers, but for functions in which nothing calls or
 * traps: those only move the stack pointer, at their start. */
#include <stdlib.h>

#include "debug/debug.h"

/* Spec: DWARF 4, 6.4 and 7.23; for .eh_frame and its header, the Linux Standard Base. */
enum {
  CFA_ADVANCE = 0x40, /* or'ed with bytes of code */
  CFA_OFFSET = 0x80,  /* or'ed with a register */
  CFA_SAME = 0x08,    /* register */
  CFA_DEF = 0x0c,     /* register, offset */
  CFA_DEF_REGISTER = 0x0d,
  CFA_DEF_OFFSET = 0x0e,
  RELATIVE_S32 = 0x1b, /* to the place itself */
  HEADER_S32 = 0x3b,   /* to the header's start */
  U32 = 0x03,
};

typedef struct registers {
  bool is_x86_64;
  unsigned frame, stack, back;
} registers;

static registers registers_of(const wr__image *image) {
  bool x86 = image->header->machine == WR__IMAGE_MACHINE_X86_64;
  return (registers){x86, x86 ? 6 : 29, x86 ? 7 : 31, x86 ? 16 : 30};
}

static void add_alignment(wr__buffer *b, const registers *r) {
  wr__buffer_uleb(b, 1), wr__buffer_sleb(b, -8), wr__buffer_uleb(b, r->back);
}

/* The frame pointer, its caller's and the return address lie where they do in C. */
static void add_frame_rule(wr__buffer *b, const registers *r) {
  wr__buffer_u8(b, CFA_DEF), wr__buffer_uleb(b, r->frame), wr__buffer_uleb(b, 16);
  wr__buffer_u8(b, CFA_OFFSET | r->frame), wr__buffer_uleb(b, 2);
  wr__buffer_u8(b, CFA_OFFSET | r->back), wr__buffer_uleb(b, 1);
}

/* How far an instruction of an x86-64 function's start moves the stack pointer; 0: it is none. */
static uint32_t pushed_bytes(const uint8_t *code, size_t size, unsigned *length) {
  uint32_t moved;
  *length = 1;
  if (size > 8 && (code[0] & 0xf8) == 0x50) return 8; /* push */
  *length = 2;
  if (size > 8 && code[0] == 0x41 && (code[1] & 0xf8) == 0x50) return 8;
  *length = 4; /* sub $imm, %rsp */
  if (size > 8 && !memcmp(code, "\x48\x83\xec", 3)) return code[3];
  *length = 7;
  if (size <= 8 || memcmp(code, "\x48\x81\xec", 3) != 0) return 0;
  memcpy(&moved, code + 3, sizeof moved);
  return moved;
}

/* Profilers look at any instruction, the first ones too. */
static void add_rules_x86_64(wr__buffer *b, const registers *r, const uint8_t *code, size_t size) {
  static const uint8_t set_up[] = {0x55, 0x48, 0x89, 0xe5}; /* push %rbp; mov %rsp, %rbp */
  bool framed = size >= sizeof set_up && memcmp(code, set_up, sizeof set_up) == 0;
  uint32_t offset = 8, moved;
  unsigned length;
  wr__buffer_u8(b, CFA_DEF), wr__buffer_uleb(b, r->stack), wr__buffer_uleb(b, offset);
  wr__buffer_u8(b, CFA_OFFSET | r->back), wr__buffer_uleb(b, 1);
  while ((moved = pushed_bytes(code, size, &length)) != 0) {
    offset += moved;
    wr__buffer_u8(b, CFA_ADVANCE | length);
    wr__buffer_u8(b, CFA_DEF_OFFSET), wr__buffer_uleb(b, offset);
    if (framed) break;
    code += length;
    size -= length;
  }
  if (!framed) return;
  wr__buffer_u8(b, CFA_OFFSET | r->frame), wr__buffer_uleb(b, 2);
  wr__buffer_u8(b, CFA_ADVANCE | 3);
  wr__buffer_u8(b, CFA_DEF_REGISTER), wr__buffer_uleb(b, r->frame);
}

/* Is there a `stp x29, x30, [sp, …]` where functions begin? */
static bool stores_frame(const uint32_t *code, size_t count) {
  enum { MOST_BEFORE = 16 };
  for (size_t i = 0; i < count && i < MOST_BEFORE; i++)
    if ((code[i] & 0xfc007fff) == 0xa8007bfd) return true;
  return false;
}

static void add_rules_aarch64(wr__buffer *b, const registers *r, const uint32_t *code,
                              size_t count) {
  if (stores_frame(code, count)) {
    add_frame_rule(b, r);
    return;
  }
  wr__buffer_u8(b, CFA_DEF), wr__buffer_uleb(b, r->stack), wr__buffer_uleb(b, 0);
  wr__buffer_u8(b, CFA_SAME), wr__buffer_uleb(b, r->back);
  if (!count || (code[0] & 0xffc003ff) != 0xd10003ff) return; /* sub sp, sp, #imm */
  wr__buffer_u8(b, CFA_ADVANCE | 4);
  wr__buffer_u8(b, CFA_DEF_OFFSET), wr__buffer_uleb(b, code[0] >> 10 & 0xfff);
}

static void add_rules(wr__buffer *b, const registers *r, const uint8_t *code, size_t size) {
  if (r->is_x86_64)
    add_rules_x86_64(b, r, code, size);
  else
    add_rules_aarch64(b, r, (const uint32_t *)(const void *)code, size / 4);
}

static void finish_entry(wr__buffer *b, size_t at) {
  while (b->size % 8) wr__buffer_u8(b, 0);
  wr__buffer_close(b, at);
}

void wr__debug_frames(const wr__image *image, const wr__debug_symbols *symbols, wr__buffer *b) {
  registers r = registers_of(image);
  wr__buffer_u32(b, 0);
  wr__buffer_u32(b, UINT32_MAX); /* a common entry */
  wr__buffer_u8(b, 4), wr__buffer_u8(b, 0), wr__buffer_u8(b, 8), wr__buffer_u8(b, 0);
  add_alignment(b, &r);
  finish_entry(b, 0);
  for (uint32_t i = 0; i < symbols->count; i++) {
    const wr__debug_symbol *s = &symbols->all[i];
    size_t at = b->size;
    wr__buffer_u32(b, 0);
    wr__buffer_u32(b, 0); /* of the entry at 0 */
    wr__buffer_u64(b, (uintptr_t)image->base + s->start);
    wr__buffer_u64(b, s->size);
    add_rules(b, &r, image->base + s->start, s->size);
    finish_entry(b, at);
  }
}

size_t wr__debug_unwinding(const wr__image *image, const wr__debug_symbol *symbol, wr__buffer *b) {
  registers r = registers_of(image);
  size_t code = (symbol->size + 7u) & ~(size_t)7; /* lies before what is added */
  wr__buffer part = {0};
  wr__buffer_u32(&part, 0);
  wr__buffer_u32(&part, 0);
  wr__buffer_u8(&part, 1);
  wr__buffer_bytes(&part, "zR", 3);
  add_alignment(&part, &r);
  wr__buffer_uleb(&part, 1), wr__buffer_u8(&part, RELATIVE_S32);
  finish_entry(&part, 0);
  size_t at = part.size;
  wr__buffer_u32(&part, 0);
  wr__buffer_u32(&part, (uint32_t)(at + 4)); /* back to the common entry */
  wr__buffer_u32(&part, (uint32_t)-(code + part.size));
  wr__buffer_u32(&part, symbol->size);
  wr__buffer_uleb(&part, 0);
  add_rules(&part, &r, image->base + symbol->start, symbol->size);
  finish_entry(&part, at);
  wr__buffer_u32(&part, 0);
  wr__buffer_u32(&part, 0); /* the end; and to a multiple of 8 */
  size_t header = part.size;
  wr__buffer_u8(&part, 1), wr__buffer_u8(&part, RELATIVE_S32);
  wr__buffer_u8(&part, U32), wr__buffer_u8(&part, HEADER_S32);
  wr__buffer_u32(&part, (uint32_t)-part.size); /* to the first entry */
  wr__buffer_u32(&part, 1);
  wr__buffer_u32(&part, (uint32_t)-(code + header));
  wr__buffer_u32(&part, (uint32_t)(at - header));
  wr__buffer_u32(&part, 0);
  wr__buffer_bytes(b, part.data, part.size);
  b->failed |= part.failed;
  free(part.data);
  return part.size - header;
}
