/* The grammar of names of imports and exports: labels, annotated plain names, interface names with
 * versions, and the forms of imports that name a package, a place or a hash.
 * Spec: component-model/Explainer, import and export definitions. */
#include "component/decoder.h"

/* ---- Kebab case ---- */

static bool is_lower(uint8_t c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* One fragment: digits, and letters of one case; the first fragment begins with a letter. */
static bool is_fragment(wr__span text, bool is_first, bool acronyms) {
  bool lower = false, upper = false;
  if (text.size == 0 || (is_first && is_digit(text.data[0]))) return false;
  for (size_t i = 0; i < text.size; i++) {
    uint8_t c = text.data[i];
    lower |= is_lower(c);
    upper |= is_upper(c);
    if (!is_lower(c) && !is_upper(c) && !is_digit(c)) return false;
  }
  return !(lower && upper) && (acronyms || !upper);
}

/* Spec: label; without acronyms: words. */
static bool is_kebab(wr__span text, bool acronyms) {
  size_t start = 0;
  for (size_t i = 0; i <= text.size; i++) {
    if (i < text.size && text.data[i] != '-') continue;
    if (!is_fragment((wr__span){text.data + start, i - start}, start == 0, acronyms)) return false;
    start = i + 1;
  }
  return true;
}

wr_status wr__ccheck_label(wr__cdecoder *d, const uint8_t *at, wr__span name, const char *what) {
  if (is_kebab(name, true)) return WR_OK;
  return wr__cinvalid(d, at, "%s name `%.*s` is not in kebab case", what, WR__NAME(name));
}

/* ---- Reading a name from the left ---- */

typedef struct name_reader {
  wr__cdecoder *d;
  const uint8_t *at; /* in the binary */
  wr__span whole, rest;
} name_reader;

static wr_status not_kebab(const name_reader *r, wr__span part) {
  return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid extern name: `%.*s` is not in kebab case",
                      WR__NAME(r->whole), WR__NAME(part));
}

static bool take_prefix(name_reader *r, const char *prefix) {
  size_t size = strlen(prefix);
  if (r->rest.size < size || memcmp(r->rest.data, prefix, size) != 0) return false;
  r->rest.data += size;
  r->rest.size -= size;
  return true;
}

/* What comes before the first of the characters, or all. */
static wr__span take_until(name_reader *r, const char *ends) {
  size_t size = 0;
  while (size < r->rest.size && !strchr(ends, r->rest.data[size])) size++;
  while (size < r->rest.size && r->rest.data[size] == 0) size++; /* a NUL is in no set */
  wr__span part = {r->rest.data, size};
  r->rest.data += size;
  r->rest.size -= size;
  return part;
}

/* ---- Versions: semver.org ---- */

static wr_status bad_version(const name_reader *r, const char *where) {
  if (r->rest.size == 0)
    return wr__cinvalid(r->d, r->at,
                        "`%.*s` is not a valid semver: unexpected end of input while parsing %s",
                        WR__NAME(r->whole), where);
  return wr__cinvalid(r->d, r->at,
                      "`%.*s` is not a valid semver: unexpected character '%c' while parsing %s",
                      WR__NAME(r->whole), r->rest.data[0], where);
}

static wr_status read_number(name_reader *r, const char *where) {
  uint64_t value = 0;
  size_t size = 0;
  while (size < r->rest.size && is_digit(r->rest.data[size])) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, (uint64_t)(r->rest.data[size] - '0'), &value))
      return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid semver: the %s is too large",
                          WR__NAME(r->whole), where);
    size++;
  }
  if (size == 0) return bad_version(r, where);
  if (size > 1 && r->rest.data[0] == '0')
    return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid semver: the %s has a leading zero",
                        WR__NAME(r->whole), where);
  r->rest.data += size;
  r->rest.size -= size;
  return WR_OK;
}

/* Identifiers with dots between them; numbers of a pre-release have no leading zeros. */
static wr_status read_identifiers(name_reader *r, bool is_build) {
  do {
    size_t size = 0;
    bool number = true;
    while (size < r->rest.size) {
      uint8_t c = r->rest.data[size];
      if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '-') break;
      number &= is_digit(c);
      size++;
    }
    if (size == 0)
      return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid semver: empty identifier segment",
                          WR__NAME(r->whole));
    if (number && size > 1 && r->rest.data[0] == '0' && !is_build)
      return wr__cinvalid(r->d, r->at,
                          "`%.*s` is not a valid semver: a pre-release number has a leading zero",
                          WR__NAME(r->whole));
    r->rest.data += size;
    r->rest.size -= size;
  } while (take_prefix(r, "."));
  return WR_OK;
}

static wr_status read_semver(name_reader *r) {
  if (r->rest.size == 0)
    return wr__cinvalid(r->d, r->at,
                        "`%.*s` is not a valid semver: empty string, expected a version",
                        WR__NAME(r->whole));
  WR_TRY(read_number(r, "major version number"));
  if (!take_prefix(r, ".")) return bad_version(r, "major version number");
  WR_TRY(read_number(r, "minor version number"));
  if (!take_prefix(r, ".")) return bad_version(r, "minor version number");
  WR_TRY(read_number(r, "patch version number"));
  if (take_prefix(r, "-")) WR_TRY(read_identifiers(r, false));
  if (take_prefix(r, "+")) WR_TRY(read_identifiers(r, true));
  return WR_OK;
}

static wr_status expect_end(const name_reader *r) {
  if (r->rest.size == 0) return WR_OK;
  return wr__cinvalid(r->d, r->at, "trailing characters found: `%.*s`", WR__NAME(r->rest));
}

/* ---- Interface names ---- */

static wr_status read_words(name_reader *r, const char *ends) {
  wr__span words = take_until(r, ends);
  return is_kebab(words, false) ? WR_OK : not_kebab(r, words);
}

static wr_status read_interface(name_reader *r) {
  WR_TRY(read_words(r, ":"));
  (void)take_prefix(r, ":");
  WR_TRY(read_words(r, ":/@"));
  if (!take_prefix(r, "/"))
    return wr__cinvalid(r->d, r->at, "`%.*s`: expected `/` after package name", WR__NAME(r->whole));
  wr__span label = take_until(r, "/@");
  if (!is_kebab(label, true)) return not_kebab(r, label);
  if (take_prefix(r, "@")) WR_TRY(read_semver(r));
  return expect_end(r);
}

/* ---- Plain names ---- */

static wr_status read_member(name_reader *r) {
  wr__span resource = take_until(r, ".");
  if (!take_prefix(r, "."))
    return wr__cinvalid(r->d, r->at, "`%.*s`: failed to find `.` character", WR__NAME(r->whole));
  if (!is_kebab(resource, true)) return not_kebab(r, resource);
  return is_kebab(r->rest, true) ? WR_OK : not_kebab(r, r->rest);
}

static wr_status read_plain(name_reader *r) {
  if (take_prefix(r, "[method]") || take_prefix(r, "[static]")) return read_member(r);
  if (r->rest.size > 7 && memcmp(r->rest.data, "[async", 6) == 0)
    return wr__cfail_feature(r->d, r->at, "an async name", "async");
  (void)take_prefix(r, "[constructor]");
  return is_kebab(r->rest, true) ? WR_OK : not_kebab(r, r->rest);
}

/* ---- Names of dependencies ---- */

static wr_status read_bracketed(name_reader *r, const char *what) {
  wr__span text = take_until(r, "<>");
  if (!take_prefix(r, ">"))
    return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid extern name: %s without `>`",
                        WR__NAME(r->whole), what);
  if (text.size == 0)
    return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid extern name: empty %s",
                        WR__NAME(r->whole), what);
  return WR_OK;
}

static wr_status read_integrity(name_reader *r) {
  WR_TRY(read_bracketed(r, "integrity"));
  return expect_end(r);
}

static wr_status read_optional_integrity(name_reader *r) {
  if (r->rest.size && !take_prefix(r, ",integrity=<")) return expect_end(r);
  return r->rest.size || r->rest.data[-1] == '<' ? read_integrity(r) : WR_OK;
}

/* A version, or a range of versions in braces. */
static wr_status read_range(name_reader *r) {
  if (take_prefix(r, "*")) return WR_OK;
  if (!take_prefix(r, "{")) return read_semver(r);
  bool lower = take_prefix(r, ">=");
  if (lower) WR_TRY(read_semver(r));
  if (take_prefix(r, lower ? " <" : "<")) WR_TRY(read_semver(r));
  return take_prefix(r, "}") ? WR_OK : bad_version(r, "a range of versions");
}

static wr_status read_package(name_reader *r, bool is_locked) {
  WR_TRY(read_words(r, ":"));
  if (!take_prefix(r, ":")) return not_kebab(r, r->rest);
  WR_TRY(read_words(r, "@>"));
  if (take_prefix(r, "@")) WR_TRY(is_locked ? read_semver(r) : read_range(r));
  if (!take_prefix(r, ">"))
    return wr__cinvalid(r->d, r->at, "`%.*s` is not a valid extern name: a package without `>`",
                        WR__NAME(r->whole));
  return is_locked ? read_optional_integrity(r) : expect_end(r);
}

/* ---- By form ---- */

static wr_status read_extern_name(name_reader *r, bool is_import) {
  if (is_import) {
    if (take_prefix(r, "unlocked-dep=<")) return read_package(r, false);
    if (take_prefix(r, "locked-dep=<")) return read_package(r, true);
    if (take_prefix(r, "integrity=<")) return read_integrity(r);
    if (take_prefix(r, "url=<")) {
      WR_TRY(read_bracketed(r, "url"));
      return read_optional_integrity(r);
    }
  }
  return memchr(r->whole.data, ':', r->whole.size) ? read_interface(r) : read_plain(r);
}

wr_status wr__ccheck_extern_name(wr__cdecoder *d, const uint8_t *at, wr__span name,
                                 bool is_import) {
  name_reader r = {.d = d, .at = at, .whole = name, .rest = name};
  return read_extern_name(&r, is_import);
}

wr_status wr__ccheck_interface_name(wr__cdecoder *d, const uint8_t *at, wr__span name) {
  name_reader r = {.d = d, .at = at, .whole = name, .rest = name};
  if (name.size == 0) return wr__cinvalid(d, at, "`implements`: `` is not a valid name");
  if (!memchr(name.data, ':', name.size))
    return wr__cinvalid(d, at, "the value of `implements` must be an interface name: `%.*s`",
                        WR__NAME(name));
  return read_interface(&r);
}
