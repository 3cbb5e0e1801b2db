/* Finds the row of foreign.def for an option. */
#include "foreign.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct foreign {
  const char *option, *key, *ours;
} rows[] = {
#define FOREIGN(option, key, ours) {option, key, ours},
#include "foreign.def"
#undef FOREIGN
};

/* Letters may have their value at once: -Wfuel=1. */
static bool is_option(const struct foreign *row, const char *option, const char **value) {
  size_t size = strlen(row->option);
  if (row->option[size - 1] == '*') return strncmp(option, row->option, size - 1) == 0;
  if (strncmp(option, row->option, size) != 0) return false;
  bool is_letter = row->option[1] != '-';
  if (option[size] == '=' || (is_letter && option[size] != '\0'))
    *value = option + size + (option[size] == '=');
  return *value || option[size] == '\0';
}

const char *wr__foreign_hint(const char *option, const char *next) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *value = NULL;
    if (!is_option(&rows[i], option, &value)) continue;
    if (!value) value = next ? next : "";
    if (!rows[i].key || (strncmp(value, rows[i].key, strlen(rows[i].key)) == 0 &&
                         strchr("=,", value[strlen(rows[i].key)])))
      return rows[i].ours;
  }
  return NULL;
}
