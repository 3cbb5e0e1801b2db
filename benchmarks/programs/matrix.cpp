// Templates and operators: a fixed-size matrix class, its determinant, inverse and powers, over f64
// and a prime field.
#include <array>
#include <optional>
#include <utility>

#include "bench.h"

namespace {

class Modular {
 public:
  static constexpr uint32_t kPrime = 998244353;
  Modular(uint32_t v = 0) : value_(v % kPrime) {}
  Modular operator+(Modular o) const { return value_ + o.value_; }
  Modular operator-(Modular o) const { return value_ + kPrime - o.value_; }
  Modular operator*(Modular o) const {
    return static_cast<uint32_t>(static_cast<uint64_t>(value_) * o.value_ % kPrime);
  }
  Modular operator/(Modular o) const { return *this * o.power(kPrime - 2); }
  bool operator==(Modular o) const { return value_ == o.value_; }
  uint32_t value() const { return value_; }
  Modular power(uint32_t n) const {
    Modular result = 1, base = *this;
    for (; n != 0; n >>= 1, base = base * base)
      if (n & 1) result = result * base;
    return result;
  }

 private:
  uint32_t value_;
};

template <typename T, int N>
class Matrix {
 public:
  static Matrix identity() {
    Matrix m;
    for (int i = 0; i < N; i++) m(i, i) = T(1);
    return m;
  }
  T &operator()(int i, int j) { return cells_[i * N + j]; }
  const T &operator()(int i, int j) const { return cells_[i * N + j]; }
  Matrix operator*(const Matrix &o) const {
    Matrix result;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        T sum(0);
        for (int k = 0; k < N; k++) sum = sum + (*this)(i, k) * o(k, j);
        result(i, j) = sum;
      }
    return result;
  }
  // The determinant and the inverse by Gauss and Jordan's elimination, or nothing if there is no
  // inverse.
  std::optional<std::pair<T, Matrix>> inverse() const {
    Matrix a = *this, b = identity();
    T determinant(1);
    for (int k = 0; k < N; k++) {
      int row = k;
      while (row < N && a(row, k) == T(0)) row++;
      if (row == N) return std::nullopt;
      if (row != k) {
        for (int j = 0; j < N; j++) std::swap(a(row, j), a(k, j)), std::swap(b(row, j), b(k, j));
        determinant = T(0) - determinant;
      }
      determinant = determinant * a(k, k);
      T factor = T(1) / a(k, k);
      for (int j = 0; j < N; j++) a(k, j) = a(k, j) * factor, b(k, j) = b(k, j) * factor;
      for (int i = 0; i < N; i++) {
        if (i == k) continue;
        T f = a(i, k);
        for (int j = 0; j < N; j++)
          a(i, j) = a(i, j) - f * a(k, j), b(i, j) = b(i, j) - f * b(k, j);
      }
    }
    return std::make_pair(determinant, b);
  }

 private:
  std::array<T, N * N> cells_{};
};

template <typename T, int N, typename Fill>
Matrix<T, N> fill(Fill next) {
  Matrix<T, N> m;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) m(i, j) = T(next());
  return m;
}

bool near_identity(const Matrix<double, 12> &m) {
  for (int i = 0; i < 12; i++)
    for (int j = 0; j < 12; j++)
      if (__builtin_fabs(m(i, j) - (i == j)) > 1e-6) return false;
  return true;
}

bool is_identity(const Matrix<Modular, 10> &m) {
  for (int i = 0; i < 10; i++)
    for (int j = 0; j < 10; j++)
      if (m(i, j).value() != static_cast<uint32_t>(i == j)) return false;
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 7000);
  uint64_t checksum = 1;
  bool correct = true;
  for (uint32_t r = 0; r < rounds; r++) {
    auto a = fill<double, 12>([] { return bench_random() % 1000 / 100.0 + 0.01; });
    for (int i = 0; i < 12; i++) a(i, i) += 150;
    auto b = fill<Modular, 10>([] { return bench_random(); });
    auto x = a.inverse();
    auto y = b.inverse();
    if (!x || !y) return 2;
    correct &= near_identity(a * x->second) && is_identity(b * y->second);
    checksum = bench_mix(bench_mix_f64(checksum, x->first), y->first.value());
  }
  return bench_finish(argc, argv, checksum, correct);
}
