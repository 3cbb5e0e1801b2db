/* The Mandelbrot set in letters: floating-point loops. */
#include <stdio.h>

int main(void) {
  for (int row = 0; row < 24; row++) {
    char line[73];
    for (int column = 0; column < 72; column++) {
      double cx = -2.2 + column * (3.2 / 72), cy = -1.2 + row * (2.4 / 23), x = 0, y = 0;
      int n = 0;
      for (; n < 1000 && x * x + y * y < 4; n++) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
      }
      line[column] = n == 1000 ? '#' : " .:-=+*%@"[n < 9 ? n : 8];
    }
    line[72] = '\0';
    puts(line);
  }
}
