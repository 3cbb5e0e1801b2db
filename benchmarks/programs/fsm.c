/* A lexer for a small language as a state machine of nested switches (br_table), over generated
 * text. */
#include "bench.h"

enum state {
  START,
  NAME,
  NUMBER,
  FRACTION,
  STRING,
  ESCAPE,
  SLASH,
  LINE_COMMENT,
  BLOCK_COMMENT,
  STAR,
  OPERATOR
};
enum class { SPACE, LETTER, DIGIT, QUOTE, BACKSLASH, SOLIDUS, ASTERISK, NEWLINE, POINT, SIGN };

static uint8_t classes[256];

static void make_classes(void) {
  memset(classes, SIGN, sizeof classes);
  for (int c = 'a'; c <= 'z'; c++) classes[c] = classes[c - 32] = LETTER;
  for (int c = '0'; c <= '9'; c++) classes[c] = DIGIT;
  classes['_'] = LETTER, classes[' '] = SPACE, classes['\n'] = NEWLINE, classes['"'] = QUOTE;
  classes['\\'] = BACKSLASH, classes['/'] = SOLIDUS, classes['*'] = ASTERISK, classes['.'] = POINT;
}

static enum state begin(enum class c) {
  switch (c) {
    case LETTER:
      return NAME;
    case DIGIT:
      return NUMBER;
    case QUOTE:
      return STRING;
    case SOLIDUS:
      return SLASH;
    case SPACE:
    case NEWLINE:
      return START;
    default:
      return OPERATOR;
  }
}

static BENCH_NOINLINE void lex(const char *text, uint32_t length, uint32_t *counts) {
  enum state s = START;
  for (uint32_t i = 0; i < length; i++) {
    enum class c = classes[(uint8_t)text[i]];
    switch (s) {
      case START:
        s = begin(c);
        break;
      case NAME:
        if (c == LETTER || c == DIGIT) break;
        counts[NAME]++;
        s = begin(c);
        break;
      case NUMBER:
        switch (c) {
          case DIGIT:
            break;
          case POINT:
            s = FRACTION;
            break;
          default:
            counts[NUMBER]++, s = begin(c);
            break;
        }
        break;
      case FRACTION:
        if (c == DIGIT) break;
        counts[FRACTION]++;
        s = begin(c);
        break;
      case STRING:
        switch (c) {
          case QUOTE:
            counts[STRING]++, s = START;
            break;
          case BACKSLASH:
            s = ESCAPE;
            break;
          case NEWLINE:
            counts[ESCAPE]++, s = START;
            break;
          default:
            break;
        }
        break;
      case ESCAPE:
        s = STRING;
        break;
      case SLASH:
        switch (c) {
          case SOLIDUS:
            s = LINE_COMMENT;
            break;
          case ASTERISK:
            s = BLOCK_COMMENT;
            break;
          default:
            counts[OPERATOR]++, s = begin(c);
            break;
        }
        break;
      case LINE_COMMENT:
        if (c == NEWLINE) counts[LINE_COMMENT]++, s = START;
        break;
      case BLOCK_COMMENT:
        if (c == ASTERISK) s = STAR;
        break;
      case STAR:
        if (c == SOLIDUS)
          counts[BLOCK_COMMENT]++, s = START;
        else if (c != ASTERISK)
          s = BLOCK_COMMENT;
        break;
      case OPERATOR:
        counts[OPERATOR]++, s = begin(c);
        break;
    }
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 8), length = 2 << 20, counts[16] = {0};
  static const char *pieces[] = {"while ",
                                 "x1",
                                 " = ",
                                 "3.14159",
                                 "42",
                                 "\"text \\\" more\"",
                                 "/* comment ** */",
                                 "// line\n",
                                 "(",
                                 ");\n",
                                 " / ",
                                 "name_of_it",
                                 "->",
                                 "+",
                                 "0",
                                 " "};
  make_classes();
  char *text = bench_alloc(length + 32);
  for (uint32_t at = 0; at < length;)
    for (const char *p = pieces[bench_random() % 16]; *p; p++) text[at++] = *p;
  for (uint32_t r = 0; r < rounds; r++) lex(text + r, length - r, counts);
  uint64_t checksum = 1;
  for (int i = 0; i < 16; i++) checksum = bench_mix(checksum, counts[i]);
  return bench_finish(argc, argv, checksum, counts[NAME] > 0 && counts[BLOCK_COMMENT] > 0);
}
