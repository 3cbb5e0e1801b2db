/* Objects behind the resources of WASI 0.2: counted, and counted together. */
#include "p2.h"

#include <stdlib.h>

/* Objects without a file of the host's are small; a guest may hold so many for each that has one.
 */
#define OBJECTS_PER_DESCRIPTOR 16u

void *wr__p2_new(wr__p2 *p2, wr__p2_kind kind, size_t size_bytes, bool holds_file) {
  uint32_t most = p2->wasi->max_fds;
  if ((holds_file && p2->descriptors >= most) || p2->objects / OBJECTS_PER_DESCRIPTOR >= most) {
    errno = EMFILE;
    return NULL;
  }
  wr__p2_object *object = calloc(1, size_bytes);
  if (!object) {
    errno = ENOMEM;
    return NULL;
  }
  *object = (wr__p2_object){.ref_count = 1, .kind = kind, .holds_file = holds_file, .p2 = p2};
  p2->ref_count++;
  p2->objects++;
  p2->descriptors += holds_file;
  return object;
}

void wr__p2_retain(void *object) { ((wr__p2_object *)object)->ref_count++; }

void wr__p2_release_context(wr__p2 *p2) {
  if (--p2->ref_count > 0) return;
  free(p2->scratch);
  free(p2);
}

static void release_desc(wr__desc *desc) {
  if (desc) wr__desc_release(desc);
}

static void release_entries(wr__p2_entries *entries) {
  release_desc(entries->desc);
  while (entries->first) {
    wr__p2_entry *next = entries->first->next;
    free(entries->first);
    entries->first = next;
  }
}

/* What the object holds. */
static void release_parts(wr__p2_object *object) {
  switch (object->kind) {
    case WR__P2_POLLABLE:
      if (((wr__p2_pollable *)object)->of) wr__p2_release(((wr__p2_pollable *)object)->of);
      break;
    case WR__P2_INPUT:
      release_desc(((wr__p2_input *)object)->desc);
      break;
    case WR__P2_OUTPUT:
      wr__p2_output_drop((wr__p2_output *)object);
      release_desc(((wr__p2_output *)object)->desc);
      free(((wr__p2_output *)object)->pending);
      break;
    case WR__P2_DESCRIPTOR:
      release_desc(((wr__p2_descriptor *)object)->desc);
      break;
    case WR__P2_ENTRIES:
      release_entries((wr__p2_entries *)object);
      break;
    case WR__P2_TCP:
      release_desc(((wr__p2_tcp *)object)->desc);
      break;
    case WR__P2_UDP:
      release_desc(((wr__p2_udp *)object)->desc);
      break;
    case WR__P2_INCOMING:
    case WR__P2_OUTGOING:
      release_desc(((wr__p2_datagrams *)object)->desc);
      break;
    default:
      break;
  }
}

void wr__p2_release(void *pointer) {
  wr__p2_object *object = pointer;
  wr__p2 *p2 = object->p2;
  if (--object->ref_count > 0) return;
  if (object->release)
    object->release(object);
  else
    release_parts(object);
  p2->objects--;
  p2->descriptors -= object->holds_file;
  free(object);
  wr__p2_release_context(p2);
}

uint8_t *wr__p2_scratch(wr__p2 *p2) {
  if (!p2->scratch) p2->scratch = malloc(WR__P2_PIECE);
  return p2->scratch;
}
