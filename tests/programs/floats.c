/* Floating-point printing and reading, and the math library. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  printf("%f %e %g %a\n", 3.14159265358979, 6.02214076e23, 1e-10, 0.1);
  printf("%.17g %.9g %.0f %5.1f|%-8.3f|%+g\n", 0.1, 1.0f / 3, 2.5, 9.96, 1.0, 7.0);
  printf("%g %g %g %g\n", INFINITY, -INFINITY, NAN, -0.0);
  printf("%g %g %g\n", DBL_MAX, DBL_MIN, 4.9406564584124654e-324);
  printf("%.12g %.12g %.12g %.12g\n", sin(1), exp(1), log(10), cbrt(27));
  printf("%.12g %.12g %.12g\n", tgamma(5), atan2(-1, -1), fmod(-7.5, 2));
  printf("%.1f %.1f %.1f %.1f\n", floor(-1.5), ceil(-1.5), trunc(-1.5), rint(2.5));
  printf("%.17g\n", strtod("2.2250738585072011e-308", NULL));
}
