/* A small Lisp: reads its program from text, and evaluates it with cons cells, symbols and
 * closures. */
#include "bench.h"

typedef struct cell {
  enum { PAIR, INTEGER, SYMBOL, PRIMITIVE, CLOSURE } type;
  union {
    int32_t integer;
    char name[8];
    struct {
      struct cell *head, *tail;
    } pair;
    struct cell *(*primitive)(struct cell *arguments);
    struct {
      struct cell *parameters, *body, *environment;
    } closure;
  } u;
} cell;

enum { CELLS = 1 << 20 };
static cell *cells, *symbols, *truth;
static uint32_t used;
static const char *at;

static cell *new_cell(int type) {
  if (used == CELLS) exit(3);
  cell *c = &cells[used++];
  c->type = type;
  return c;
}

static cell *cons(cell *head, cell *tail) {
  cell *c = new_cell(PAIR);
  c->u.pair.head = head;
  c->u.pair.tail = tail;
  return c;
}

static cell *integer(int32_t value) {
  cell *c = new_cell(INTEGER);
  c->u.integer = value;
  return c;
}

static cell *symbol(const char *name, size_t length) {
  for (cell *s = symbols; s != NULL; s = s->u.pair.tail)
    if (strncmp(s->u.pair.head->u.name, name, length) == 0 && s->u.pair.head->u.name[length] == 0)
      return s->u.pair.head;
  cell *c = new_cell(SYMBOL);
  memset(c->u.name, 0, sizeof c->u.name);
  memcpy(c->u.name, name, length);
  symbols = cons(c, symbols);
  return c;
}

static cell *read_form(void);

static cell *read_list(void) {
  while (*at == ' ') at++;
  if (*at == ')') {
    at++;
    return NULL;
  }
  cell *head = read_form();
  return cons(head, read_list());
}

static cell *read_form(void) {
  while (*at == ' ') at++;
  if (*at == '(') {
    at++;
    return read_list();
  }
  if (*at >= '0' && *at <= '9') {
    int32_t value = 0;
    while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
    return integer(value);
  }
  const char *start = at;
  while (*at != ' ' && *at != ')' && *at != 0) at++;
  return symbol(start, (size_t)(at - start));
}

static cell *head(cell *c) { return c->u.pair.head; }
static cell *tail(cell *c) { return c->u.pair.tail; }

static cell *p_add(cell *a) { return integer(head(a)->u.integer + head(tail(a))->u.integer); }
static cell *p_sub(cell *a) { return integer(head(a)->u.integer - head(tail(a))->u.integer); }
static cell *p_less(cell *a) {
  return head(a)->u.integer < head(tail(a))->u.integer ? truth : NULL;
}
static cell *p_cons(cell *a) { return cons(head(a), head(tail(a))); }
static cell *p_head(cell *a) { return head(head(a)); }
static cell *p_tail(cell *a) { return tail(head(a)); }
static cell *p_null(cell *a) { return head(a) == NULL ? truth : NULL; }

static cell *s_if, *s_lambda, *s_quote, *globals;

static cell *lookup(cell *name, cell *environment) {
  for (cell *e = environment; e != NULL; e = tail(e))
    if (head(head(e)) == name) return tail(head(e));
  for (cell *e = globals; e != NULL; e = tail(e))
    if (head(head(e)) == name) return tail(head(e));
  exit(4);
}

static cell *evaluate(cell *form, cell *environment);

static cell *evaluate_all(cell *forms, cell *environment) {
  if (forms == NULL) return NULL;
  cell *first = evaluate(head(forms), environment);
  return cons(first, evaluate_all(tail(forms), environment));
}

static cell *evaluate(cell *form, cell *environment) {
  for (;;) {
    if (form == NULL || form->type == INTEGER) return form;
    if (form->type == SYMBOL) return lookup(form, environment);
    cell *first = head(form);
    if (first == s_quote) return head(tail(form));
    if (first == s_if) {
      form = evaluate(head(tail(form)), environment) != NULL ? head(tail(tail(form)))
                                                             : head(tail(tail(tail(form))));
      continue;
    }
    if (first == s_lambda) {
      cell *c = new_cell(CLOSURE);
      c->u.closure.parameters = head(tail(form));
      c->u.closure.body = head(tail(tail(form)));
      c->u.closure.environment = environment;
      return c;
    }
    cell *function = evaluate(first, environment),
         *arguments = evaluate_all(tail(form), environment);
    if (function->type == PRIMITIVE) return function->u.primitive(arguments);
    environment = function->u.closure.environment;
    for (cell *p = function->u.closure.parameters; p != NULL;
         p = tail(p), arguments = tail(arguments))
      environment = cons(cons(head(p), head(arguments)), environment);
    form = function->u.closure.body;
  }
}

static void define(const char *name, cell *value) {
  globals = cons(cons(symbol(name, strlen(name)), value), globals);
}

static void define_primitive(const char *name, cell *(*function)(cell *)) {
  cell *c = new_cell(PRIMITIVE);
  c->u.primitive = function;
  define(name, c);
}

static cell *parse(const char *text) {
  at = text;
  return read_form();
}

static cell *run(const char *text) { return evaluate(parse(text), NULL); }

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 14);
  cells = bench_alloc(CELLS * sizeof *cells);
  s_if = symbol("if", 2), s_lambda = symbol("lambda", 6), s_quote = symbol("quote", 5),
  truth = symbol("t", 1);
  define("t", truth);
  define_primitive("+", p_add), define_primitive("-", p_sub), define_primitive("<", p_less),
      define_primitive("cons", p_cons);
  define_primitive("head", p_head), define_primitive("tail", p_tail),
      define_primitive("null", p_null);
  define("fib", run("(lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))"));
  define("range", run("(lambda (n) (if (< n 1) (quote ()) (cons n (range (- n 1)))))"));
  define("map", run("(lambda (f l) (if (null l) l (cons (f (head l)) (map f (tail l)))))"));
  define("sum", run("(lambda (l) (if (null l) 0 (+ (head l) (sum (tail l)))))"));
  uint64_t checksum = 1;
  int correct = 1;
  cell *fib_form = parse("(fib 20)"),
       *sum_form = parse("(sum (map (lambda (x) (+ x (+ x 1))) (range 200)))");
  uint32_t kept = used;
  for (uint32_t r = 0; r < rounds; r++) {
    used = kept;
    int32_t fib = evaluate(fib_form, NULL)->u.integer;
    int32_t sum = evaluate(sum_form, NULL)->u.integer;
    correct &= fib == 6765 && sum == 40400;
    checksum = bench_mix(bench_mix(bench_mix(checksum, (uint32_t)fib), (uint32_t)sum), used);
  }
  return bench_finish(argc, argv, checksum, correct);
}
