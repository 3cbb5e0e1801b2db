/* A form and its answer: fields are decoded, and what a visitor wrote is escaped before it is
 * shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex(char c) {
  const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
  return at ? (int)(at - digits) : -1;
}

/* Decodes %XX and + in place. */
static void decode(char *text) {
  char *to = text;
  for (; *text; text++) {
    if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
      *to++ = (char)(hex(text[1]) << 4 | hex(text[2]));
      text += 2;
    } else {
      *to++ = *text == '+' ? ' ' : *text;
    }
  }
  *to = '\0';
}

static void print_escaped(const char *text) {
  for (; *text; text++) {
    if (*text == '<')
      fputs("&lt;", stdout);
    else if (*text == '&')
      fputs("&amp;", stdout);
    else if (*text == '"')
      fputs("&quot;", stdout);
    else
      putchar(*text);
  }
}

/* The value of name=value in a body, decoded; "" if there is none. */
static const char *field(char *body, const char *name) {
  for (char *part = strtok(body, "&"); part; part = strtok(NULL, "&")) {
    char *equals = strchr(part, '=');
    if (!equals) continue;
    *equals = '\0';
    decode(part);
    decode(equals + 1);
    if (strcmp(part, name) == 0) return equals + 1;
  }
  return "";
}

int main(void) {
  static char body[4096];
  const char *method = getenv("REQUEST_METHOD");
  printf("Content-Type: text/html; charset=utf-8\n\n<!doctype html><title>Form</title>\n");
  if (method && strcmp(method, "POST") == 0) {
    body[fread(body, 1, sizeof body - 1, stdin)] = '\0';
    printf("<p>Hello, ");
    print_escaped(field(body, "name"));
    printf("!</p>\n");
  } else {
    printf(
        "<form method=post><label>Name <input name=name></label> <button>Greet</button></form>\n");
  }
  return 0;
}
