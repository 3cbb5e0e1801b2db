// The standard library without exceptions: containers, algorithms, optional, variant, strings.
#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

template <typename T>
class Matrix {
 public:
  Matrix(size_t rows, size_t columns) : columns_(columns), cells_(rows * columns) {}
  T &at(size_t row, size_t column) { return cells_[row * columns_ + column]; }
  Matrix operator*(Matrix &other) {
    size_t rows = cells_.size() / columns_;
    Matrix result(rows, other.columns_);
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < other.columns_; j++)
        for (size_t k = 0; k < columns_; k++) result.at(i, j) += at(i, k) * other.at(k, j);
    return result;
  }

 private:
  size_t columns_;
  std::vector<T> cells_;
};

static std::optional<int> parse(const std::string &text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), ::isdigit)) return std::nullopt;
  return std::stoi(text);
}

int main() {
  Matrix<long> m(2, 2);
  m.at(0, 0) = m.at(0, 1) = m.at(1, 0) = 1;
  auto power = m;
  for (int i = 0; i < 30; i++) power = power * m;
  std::cout << "fibonacci " << power.at(0, 1) << "\n";

  std::map<std::string, std::set<int>> index;
  std::istringstream words("one two two three three three");
  int position = 0;
  for (std::string word; words >> word;) index[word].insert(position++);
  for (const auto &[word, places] : index) std::cout << word << ":" << places.size() << " ";
  std::cout << "\n";

  std::cout << parse("42").value_or(-1) << " " << parse("4x2").value_or(-1) << "\n";
  std::vector<std::variant<int, std::string>> mixed{1, std::string("two"), 3};
  for (auto &value : mixed)
    std::visit([](auto &v) { std::cout << v << ","; }, value);
  std::cout << "\n";

  std::deque<int> deque(10);
  std::iota(deque.begin(), deque.end(), 1);
  std::function<int(int, int)> multiply = [](int a, int b) { return a * b; };
  std::cout << std::accumulate(deque.begin(), deque.end(), 1, multiply) << "\n";
  std::list<std::string> list{"c", "a", "b"};
  list.sort(std::greater<>());
  std::array<std::string, 3> array;
  std::copy(list.begin(), list.end(), array.begin());
  std::cout << array[0] << array[1] << array[2] << "\n";
}
