/* `wasmrun cache`: what `run --engine compile` kept. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "commands.h"

static int fail(const wr_error *error) {
  wr__report("%s", error->message);
  return WR__EXIT_FAILED;
}

static int list(void) {
  wr_error error;
  wr_cache_entry *entries;
  size_t count;
  uint64_t total = 0;
  if (wr_cache_list(&entries, &count, &error) != WR_OK) return fail(&error);
  for (size_t i = 0; i < count; i++) {
    time_t used = (time_t)(entries[i].used_ns / 1000000000u);
    struct tm parts;
    char when[32] = "", name[4 * sizeof entries->name];
    if (localtime_r(&used, &parts)) strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
    wr_text_escape(entries[i].name, strlen(entries[i].name), name, sizeof name);
    printf("%s %12" PRIu64 "  %s\n", when, entries[i].size_bytes, name);
    total += entries[i].size_bytes;
  }
  printf("%zu modules, %" PRIu64 " bytes\n", count, total);
  wr_cache_entries_delete(entries);
  return wr__flush_output(WR__EXIT_OK);
}

int wr__command_cache(const wr__parsed *parsed) {
  wr_error error;
  const char *action = parsed->operands[0];
  if (parsed->operand_count == 1 && strcmp(action, "list") == 0) return list();
  if (parsed->operand_count == 1 && strcmp(action, "clear") == 0)
    return wr_cache_clear(&error) == WR_OK ? WR__EXIT_OK : fail(&error);
  wr__report("cache: '%s' is not one of list, clear", action);
  return WR__EXIT_USAGE;
}
