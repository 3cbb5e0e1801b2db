// Counts words: the most frequent ones of its files, or of standard input. A class that owns a
// file, maps, sorting with a lambda, streams.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>

using Counts = std::unordered_map<std::string, long>;

class Input {
 public:
  explicit Input(const char *path) : file_(path ? std::fopen(path, "r") : stdin) {}
  ~Input() {
    if (file_ && file_ != stdin) std::fclose(file_);
  }
  Input(const Input &) = delete;
  Input &operator=(const Input &) = delete;
  explicit operator bool() const { return file_ != nullptr; }
  int get() { return std::getc(file_); }

 private:
  std::FILE *file_;
};

static void count_words(Input &in, Counts &counts) {
  std::string word;
  for (int c; (c = in.get()) != EOF;) {
    if (std::isalpha(c)) {
      word += static_cast<char>(std::tolower(c));
    } else if (!word.empty()) {
      counts[word]++;
      word.clear();
    }
  }
  if (!word.empty()) counts[word]++;
}

int main(int argc, char **argv) {
  Counts counts;
  for (int i = argc < 2 ? 0 : 1; i < argc; i++) {
    Input input(i == 0 ? nullptr : argv[i]);
    if (!input) {
      std::cerr << "wordfreq: cannot open " << argv[i] << "\n";
      return 1;
    }
    count_words(input, counts);
  }
  std::vector<std::pair<std::string, long>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (sorted.size() > 5) sorted.resize(5);
  for (const auto &[word, count] : sorted) std::cout << count << " " << word << "\n";
}
