/* A verdict is a small file, named by device and inode. Their number is bounded: when there are too
 * many, all go, and are made again where they are needed. */
#include "trust/verdict.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_VERDICTS = 4096, PATH_BYTES = 4096, NAME_BYTES = 40 };

typedef struct verdict {
  char magic[8];
  wr__file_id id;
  uint8_t key[32];
  uint32_t image_index;
  uint32_t reserved;
} verdict;

static const char magic[8] = "WRverd1";

static verdict make_verdict(const wr__file_id *id, const wr__public_key *key,
                            uint32_t image_index) {
  verdict v = {.id = *id, .image_index = image_index};
  memcpy(v.magic, magic, sizeof magic);
  memcpy(v.key, key->bytes, sizeof v.key);
  return v;
}

static void verdict_name(const wr__file_id *id, char name[NAME_BYTES]) {
  snprintf(name, NAME_BYTES, "%llx-%llx", (unsigned long long)id->device,
           (unsigned long long)id->inode);
}

bool wr__verdict_find(const char *folder, const wr__file_id *id, const wr__public_key *key,
                      uint32_t image_index) {
  char name[NAME_BYTES], *kept;
  size_t size;
  if (!folder) return false;
  verdict_name(id, name);
  if (wr__file_read_private(folder, name, WR__FILE_SECRET, &kept, &size, NULL) != WR_OK)
    return false;
  verdict wanted = make_verdict(id, key, image_index);
  bool found = size == sizeof wanted && memcmp(kept, &wanted, sizeof wanted) == 0;
  free(kept);
  return found;
}

static void make_room(const char *folder) {
  wr__folder_entry *entries;
  size_t count;
  wr__folder_sweep(folder);
  if (wr__folder_list(folder, &entries, &count, NULL) != WR_OK) return;
  for (size_t i = 0; count >= MAX_VERDICTS && i < count; i++) {
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i].name);
    if (length > 0 && (size_t)length < sizeof path) wr__file_remove(path);
  }
  free(entries);
}

void wr__verdict_keep(const char *folder, const wr__file_id *id, const wr__public_key *key,
                      uint32_t image_index) {
  char path[PATH_BYTES], name[NAME_BYTES];
  if (!folder || !wr__file_is_settled(id)) return;
  verdict_name(id, name);
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length < 0 || (size_t)length >= sizeof path || wr__folder_make_private(folder, NULL) != WR_OK)
    return;
  make_room(folder);
  verdict v = make_verdict(id, key, image_index);
  (void)wr__file_replace(path, &(wr__span){(const uint8_t *)&v, sizeof v}, 1, 0600, NULL);
}
