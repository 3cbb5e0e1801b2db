/* Components through the public interface: every kind of value there and back, host functions and
 * resources, and steps that do not fit the type. */
#include "check.h"

/* Gives back its parameters, which lie in memory, and asks the host for things. */
static const char text[] =
    "(component"
    "  (import \"test:host/things@0.2.3\" (instance $h"
    "    (export \"thing\" (type $thing (sub resource)))"
    "    (export \"make\" (func (param \"n\" u32) (result (own $thing))))"
    "    (export \"value\" (func (param \"t\" (borrow $thing)) (result (option u32))))))"
    "  (core module $m (memory (export \"mem\") 4) (global $at (mut i32) (i32.const 1024))"
    "    (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local i32)"
    "      (local.set 4 (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))"
    "      (global.set $at (i32.add (local.get 4) (local.get 3)))"
    "      (memory.copy (local.get 4) (local.get 0)"
    "        (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))"
    "      (local.get 4))"
    "    (func (export \"same\") (param i32) (result i32) (local.get 0))"
    "    (func (export \"fail\") unreachable))"
    "  (core instance $i (instantiate $m))"
    "  (alias export $h \"thing\" (type $t))"
    "  (core func $make (canon lower (func $h \"make\")))"
    "  (core func $value (canon lower (func $h \"value\") (memory (core memory $i \"mem\"))))"
    "  (core func $drop (canon resource.drop $t))"
    "  (core module $n (import \"m\" \"mem\" (memory 1))"
    "    (import \"h\" \"make\" (func $make (param i32) (result i32)))"
    "    (import \"h\" \"value\" (func $value (param i32 i32)))"
    "    (import \"h\" \"drop\" (func $drop (param i32)))"
    "    (func (export \"ask\") (param i32 i32) (result i32) (local i32)"
    "      (local.set 2 (call $make (local.get 0)))"
    "      (call $value (local.get 2) (i32.const 16))"
    "      (if (local.get 1) (then (call $drop (local.get 2))))"
    "      (i32.load (i32.const 20))))"
    "  (core instance $j (instantiate $n (with \"m\" (instance $i)) (with \"h\" (instance"
    "    (export \"make\" (func $make)) (export \"value\" (func $value))"
    "    (export \"drop\" (func $drop))))))"
    "  (func (export \"ask\") (param \"n\" u32) (param \"drop\" bool) (result u32)"
    "    (canon lift (core func $j \"ask\")))"
    "  (func (export \"fail\") (canon lift (core func $i \"fail\")))"
    "  (type $color' (enum \"red\" \"green\")) (export $color \"color\" (type $color'))"
    "  (type $set' (flags \"a\" \"b\" \"c\")) (export $set \"set\" (type $set'))"
    "  (type $pair' (record (field \"x\" s8) (field \"y\" (tuple u16 s64))))"
    "  (export $pair \"pair\" (type $pair'))"
    "  (type $shape' (variant (case \"dot\") (case \"line\" f64)))"
    "  (export $shape \"shape\" (type $shape'))"
    "  (type $all' (record (field \"b\" bool) (field \"p\" $pair) (field \"f\" f32) (field \"d\" "
    "f64)"
    "    (field \"c\" char) (field \"s\" string) (field \"bytes\" (list u8))"
    "    (field \"shapes\" (list $shape)) (field \"color\" $color) (field \"set\" $set)"
    "    (field \"o\" (option string)) (field \"r\" (result u8 (error string)))))"
    "  (export $all \"all\" (type $all'))"
    "  (func (export \"same\") (param \"x\" $all) (result $all) (canon lift (core func $i \"same\")"
    "    (memory (core memory $i \"mem\")) (realloc (core func $i \"realloc\"))"
    "    string-encoding=utf16)))";

static int dropped;
static void drop_thing(void *env, void *value) {
  (void)env;
  dropped += *(int *)value;
  free(value);
}

static wr_status make_thing(void *env, wr_component_call_t *call) {
  (void)env;
  int *thing = malloc(sizeof *thing);
  CHECK(thing && wr_caller_store(wr_component_caller(call)));
  *thing = (int)wr_in_u32(call);
  if (*thing == 99) {
    free(thing);
    return wr_caller_exit(wr_component_caller(call), 9);
  }
  wr_out_handle(call, drop_thing, thing);
  return WR_OK;
}

static wr_status value_of_thing(void *env, wr_component_call_t *call) {
  (void)env;
  const int *thing = wr_in_handle(call, drop_thing);
  CHECK(thing);
  wr_out_case(call, 1);
  wr_out_u32(call, (uint32_t)*thing + 1);
  wr_out_end(call);
  return wr_component_call_status(call);
}

static const char accent[] = "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80";

static void write_all(wr_component_call_t *call) {
  wr_out_u8(call, true);
  wr_out_u8(call, (uint8_t)-3);
  wr_out_u16(call, 65535);
  wr_out_u64(call, (uint64_t)-5);
  wr_out_f32(call, 1.5f);
  wr_out_f64(call, -2.25);
  wr_out_u32(call, 0x1f600);
  wr_out_text(call, accent, strlen(accent));
  wr_out_text(call, "\0\xff", 2);
  wr_out_list(call, 2);
  wr_out_case(call, 0);
  wr_out_end(call);
  wr_out_case(call, 1);
  wr_out_f64(call, 7);
  wr_out_end(call);
  wr_out_list_end(call);
  wr_out_case(call, 1);
  wr_out_u8(call, 5);
  wr_out_case(call, 1);
  wr_out_text(call, "some", 4);
  wr_out_end(call);
  wr_out_case(call, 1);
  wr_out_text(call, "", 0);
  wr_out_end(call);
}

static bool next_text_is(wr_component_call_t *call, const char *expected, size_t expected_size) {
  size_t size;
  const char *got = wr_in_text(call, &size);
  return size == expected_size && !memcmp(got, expected, size);
}

static void check_all(wr_component_call_t *call) {
  CHECK(wr_in_u8(call) == 1 && (int8_t)wr_in_u8(call) == -3 && wr_in_u16(call) == 65535);
  CHECK((int64_t)wr_in_u64(call) == -5 && wr_in_f32(call) == 1.5f && wr_in_f64(call) == -2.25);
  CHECK(wr_in_u32(call) == 0x1f600 && next_text_is(call, accent, strlen(accent)));
  CHECK(next_text_is(call, "\0\xff", 2) && wr_in_list(call) == 2 && wr_in_case(call) == 0);
  wr_in_end(call);
  CHECK(wr_in_case(call) == 1 && wr_in_f64(call) == 7);
  wr_in_end(call);
  wr_in_list_end(call);
  CHECK(wr_in_case(call) == 1 && wr_in_u8(call) == 5 && wr_in_case(call) == 1);
  CHECK(next_text_is(call, "some", 4));
  wr_in_end(call);
  CHECK(wr_in_case(call) == 1 && next_text_is(call, "", 0));
  wr_in_end(call);
  CHECK(wr_component_call_status(call) == WR_OK);
}

typedef struct world {
  wasm_engine_t *engine;
  wasm_store_t *store;
  wr_component_instance_t *instance;
} world;

static world open_world(void) {
  static const char interface[] = "test:host/things@0.2.0"; /* 0.2.3 is compatible */
  world w = {.engine = wasm_engine_new()};
  w.store = wasm_store_new(w.engine);
  wr_component_t *component;
  wr_error error;
  wr_status status = wr_component_new(w.engine, text, strlen(text), &component, &error);
  if (status != WR_OK) fprintf(stderr, "%u:%u: %s\n", error.line, error.column, error.message);
  CHECK(status == WR_OK && wr_component_import_count(component) == 1);
  CHECK(!strncmp(wr_component_import(component, 0).name, "test:host/things@0.2.3", 22));
  wr_component_linker_t *linker = wr_component_linker_new(w.store);
  status = wr_component_linker_instantiate(linker, component, &w.instance, NULL, &error);
  CHECK(status == WR_UNLINKABLE && strstr(error.message, "test:host/things@0.2.3"));
  CHECK(!wr_component_linker_define(linker, interface, "make", make_thing, NULL));
  CHECK(!wr_component_linker_define(linker, interface, "value", value_of_thing, NULL));
  CHECK(!wr_component_linker_define_resource(linker, interface, "thing", drop_thing, NULL));
  status = wr_component_linker_instantiate(linker, component, &w.instance, NULL, &error);
  if (status != WR_OK) fprintf(stderr, "%s\n", error.message);
  CHECK(status == WR_OK);
  wr_component_linker_delete(linker);
  wr_component_delete(component);
  return w;
}

static void close_world(world *w) {
  wr_component_instance_delete(w->instance);
  wasm_store_delete(w->store);
  wasm_engine_delete(w->engine);
}

static wr_component_call_t *begin(world *w, const char *name) {
  wr_component_func_t *func = wr_component_instance_func(w->instance, NULL, name);
  CHECK(func && !wr_component_instance_func(w->instance, "no:such/thing", name));
  return wr_component_call_new(func);
}

static void check_values(world *w) {
  for (int round = 0; round < 3; round++) {
    wr_component_call_t *call = begin(w, "same");
    write_all(call);
    CHECK(wr_component_call_run(call, NULL) == WR_OK);
    check_all(call);
    CHECK(wr_component_call_end(call, NULL) == WR_OK);
  }
  char *result = NULL;
  wr_error error;
  CHECK(wr_component_invoke(w->instance, "ask(41, true)", &result, NULL, &error) == WR_OK);
  CHECK(result && !strcmp(result, "42") && dropped == 41);
  free(result);
  CHECK(wr_component_invoke(w->instance, "ask(41)", &result, NULL, &error) == WR_MALFORMED);
  CHECK(wr_component_invoke(w->instance, "none()", &result, NULL, &error) == WR_NOT_FOUND);
}

/* A call that fails ends in a trap that says why, and this world with it. */
static void check_failure(const char *name, void (*write)(wr_component_call_t *),
                          const char *message) {
  world w = open_world();
  wasm_trap_t *trap = NULL;
  wr_component_call_t *call = begin(&w, name);
  write(call);
  CHECK(wr_component_call_run(call, &trap) != WR_OK && trap);
  wasm_message_t said;
  wasm_trap_message(trap, &said);
  if (!strstr(said.data, message)) fprintf(stderr, "the trap says: %s\n", said.data);
  CHECK(strstr(said.data, message));
  wasm_byte_vec_delete(&said);
  wasm_trap_delete(trap);
  CHECK(wr_component_call_run(call, NULL) == WR_BAD_ARGUMENT);
  wr_component_call_end(call, NULL);
  close_world(&w);
}

static void write_wrong_kind(wr_component_call_t *call) { wr_out_f32(call, 1); }
static void write_nothing(wr_component_call_t *call) { (void)call; }
static void write_too_much(wr_component_call_t *call) {
  wr_out_u32(call, 1);
  wr_out_u8(call, 1);
  wr_out_u8(call, 1);
}
static void write_exit(wr_component_call_t *call) {
  wr_out_u32(call, 99);
  wr_out_u8(call, 0);
}

static void check_entering_again(void) {
  world w = open_world();
  wasm_trap_t *trap = NULL;
  wr_component_call_t *call = begin(&w, "fail");
  CHECK(wr_component_call_run(call, &trap) == WR_TRAPPED);
  wasm_trap_delete(trap);
  wr_component_call_end(call, NULL);
  call = begin(&w, "fail");
  CHECK(wr_component_call_run(call, &trap) == WR_TRAPPED);
  CHECK(trap_says(trap, "cannot enter component instance"));
  wasm_trap_delete(trap);
  wr_component_call_end(call, NULL);
  /* One that is given up before it runs leaves the instance as it was. */
  close_world(&w);
  w = open_world();
  wr_component_call_end(begin(&w, "same"), NULL);
  check_values(&w);
  close_world(&w);
}

int main(void) {
  world w = open_world();
  check_values(&w);
  char *result = NULL;
  CHECK(wr_component_invoke(w.instance, "ask(7, false)", &result, NULL, NULL) == WR_OK);
  free(result);
  int before = dropped;
  close_world(&w);
  CHECK(dropped == before + 7); /* what the guest left */
  check_failure("same", write_wrong_kind, "writes f32 where the type has a bool");
  check_failure("same", write_nothing, "has not written");
  check_failure("ask", write_too_much, "where the type has no value");
  check_failure("ask", write_exit, "exit");
  dropped = 0;
  check_entering_again();
  return 0;
}
