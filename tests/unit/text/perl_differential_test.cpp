#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "smpp/text/plan.h"
#include "tests/unit/text/model.h"
#include "tests/unit/text/text_support.h"

/// Perl's Encode::GSM0338 is a default alphabet made by others, and a part of Perl everywhere.
namespace anchal::smpp {
namespace {

using test::to_hex;
using test::to_utf8;

constexpr const char* kScript = R"(
use Encode;
binmode STDIN, ':raw';
while (my $line = <STDIN>) {
  chomp $line;
  my $text = decode('UTF-8', pack('H*', $line));
  my $octets = eval { encode('gsm0338', $text, Encode::FB_CROAK) };
  print defined $octets ? uc unpack('H*', $octets) : 'none', "\n";
}
)";

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("anchal-perl-" + std::to_string(::getpid()) + ".txt");
  ~TemporaryFile() { std::filesystem::remove(path); }
};

std::vector<std::string> perl_answers(const std::vector<std::string>& texts) {
  const TemporaryFile questions;
  std::ofstream out(questions.path);
  for (const std::string& text : texts) {
    out << to_hex(std::as_bytes(std::span(text.data(), text.size()))) << '\n';
  }
  out.close();
  const std::string command = std::string("perl -e '") + [] {
    std::string script = kScript;
    std::string quoted;
    for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted;
  }() + "' < " + questions.path.string();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::vector<std::string> answers;
  std::string line;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c == '\n') {
      answers.push_back(std::exchange(line, {}));
    } else {
      line += static_cast<char>(c);
    }
  }
  return answers;
}

std::string our_answer(const std::string& text) {
  EncodingProfile profile{.allowed = {Alphabet::gsm7}, .concatenation = Concatenation::payload};
  profile.chillu = false;
  const auto result = plan(text, profile);
  if (!result) return "none";
  std::vector<std::byte> out(result->octets_in(0));
  EXPECT_EQ(write_part(*result, 0, 0, out), out.size());
  return to_hex(out);
}

void compare(const std::vector<std::string>& texts) {
  const auto answers = perl_answers(texts);
  ASSERT_EQ(answers.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(our_answer(texts[i]), answers[i])
        << to_hex(std::as_bytes(std::span(texts[i].data(), texts[i].size())));
  }
}

TEST(PerlDifferential, EveryCharacterOfThePlaneHasTheSameSeptets) {
  std::vector<std::string> texts;
  for (char32_t c = 0x20; c < 0xFFFE; ++c) {
    const bool refused =
        (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c <= 0xDFFF) || (c >= 0xFDD0 && c <= 0xFDEF);
    if (!refused && c != 0xFEFF) texts.push_back(to_utf8(std::u32string(1, c)));
  }
  for (const char c : {'\n', '\r', '\f', '\t'}) texts.emplace_back(1, c);
  compare(texts);
}

TEST(PerlDifferential, RandomTextsHaveTheSameSeptets) {
  constexpr std::u32string_view alphabet =
      U"@\u00A3$\u00A5\u00E8\u00E9\u00F9\u00EC\u00F2\u00C7\n\u00D8\r\u00C5\u0394_"
      U"\u03A6\u0393\u039B\u00C6\u00DF "
      U"!\"#\u00A4%&'()*+,-./0189:;<=>?\u00A1AZ\u00C4\u00A7\u00BFaz\u00E4\u00E0\f^{}\\[~]|\u20AC`";
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) {
    std::u32string text;
    for (unsigned n = random() % 400; n > 0; --n) {
      // The backtick, which neither has, comes rarely.
      text += alphabet[random() % (alphabet.size() - (random() % 50 == 0 ? 0 : 1))];
    }
    texts.push_back(to_utf8(text));
  }
  compare(texts);
}

}  // namespace
}  // namespace anchal::smpp
