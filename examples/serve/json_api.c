/* An API in JSON over a file: a list of tasks. GET /tasks, POST /tasks with a title as text, DELETE
 * /tasks/{id}. docs/serve.md shows its route. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "/data/tasks.txt" /* a line "ID TITLE" each */
#define MOST 1000

typedef struct task {
  long id;
  char title[200];
} task;

static task tasks[MOST];
static int count;

static void load(void) {
  FILE *file = fopen(FILE_NAME, "r");
  while (file && count < MOST &&
         fscanf(file, "%ld %199[^\n]", &tasks[count].id, tasks[count].title) == 2)
    count++;
  if (file) fclose(file);
}

static int save(void) {
  FILE *file = fopen(FILE_NAME ".new", "w");
  if (!file) return -1;
  for (int i = 0; i < count; i++) fprintf(file, "%ld %s\n", tasks[i].id, tasks[i].title);
  return fclose(file) == 0 ? rename(FILE_NAME ".new", FILE_NAME) : -1;
}

static void print_task(const task *t) {
  printf("{\"id\":%ld,\"title\":\"", t->id);
  for (const char *c = t->title; *c; c++) {
    if (*c == '"' || *c == '\\')
      printf("\\%c", *c);
    else if ((unsigned char)*c < 0x20)
      printf("\\u%04x", *c);
    else
      putchar(*c);
  }
  printf("\"}");
}

static void head(int status) { printf("Status: %d\nContent-Type: application/json\n\n", status); }

static int fail(int status, const char *why) {
  head(status);
  printf("{\"error\":\"%s\"}\n", why);
  return 0;
}

static int list(void) {
  head(200);
  putchar('[');
  for (int i = 0; i < count; i++) {
    if (i) putchar(',');
    print_task(&tasks[i]);
  }
  puts("]");
  return 0;
}

static int add(void) {
  task *t = &tasks[count];
  if (count == MOST) return fail(507, "too many tasks");
  if (!fgets(t->title, sizeof t->title, stdin)) return fail(400, "a title is missing");
  t->title[strcspn(t->title, "\r\n")] = '\0';
  if (!t->title[0]) return fail(400, "a title is missing");
  t->id = count ? tasks[count - 1].id + 1 : 1;
  count++;
  if (save()) return fail(500, "not saved");
  head(201);
  print_task(t);
  putchar('\n');
  return 0;
}

static int delete(long id) {
  for (int i = 0; i < count; i++) {
    if (tasks[i].id != id) continue;
    memmove(&tasks[i], &tasks[i + 1], (size_t)(count - i - 1) * sizeof *tasks);
    count--;
    if (save()) return fail(500, "not saved");
    printf("Status: 204\n\n");
    return 0;
  }
  return fail(404, "no such task");
}

int main(void) {
  const char *method = getenv("REQUEST_METHOD"), *rest = getenv("PATH_INFO");
  if (!method || !rest) return 1;
  load();
  int is_list = rest[0] == '\0' || strcmp(rest, "/") == 0;
  if (is_list && strcmp(method, "GET") == 0) return list();
  if (is_list && strcmp(method, "POST") == 0) return add();
  if (!is_list && strcmp(method, "DELETE") == 0) return delete (atol(rest + 1));
  return fail(405, "GET and POST of tasks, DELETE of a task");
}
