// The configuration file. The first octet: an odd one takes the rest as TOML, an even one reads it as a
// choice of settings and values by the tables of engine/app/settings.h. The laws: a configuration or
// mistakes; each mistake has its place in the file and tells no secret; what `config show` prints is a
// configuration again, and the same one.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engine/app/settings.h"
#include "smpp/text/utf8.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal::app;
using anchal::fuzz::check;
using anchal::fuzz::Input;

constexpr std::string_view kSecret = "q7Zk#secret";

Surroundings surroundings() {
  Surroundings made;
  made.host_name = "host-a";
  made.cores = 4;
  made.directory = "/etc/anchal";
  made.read_file = [](const std::string& path) -> std::expected<std::string, std::string> {
    if (path.ends_with('x')) return std::unexpected("cannot read " + path);
    return std::string(kSecret) + "\n";
  };
  return made;
}

/// Writes tables of settings whose values mostly fit: what is wrong is then the rules between them.
class Draw {
 public:
  explicit Draw(Input& input) : input_(input) {}

  std::string toml() {
    for (const auto& section : plain_sections()) {
      if (input_.octet() % 4 == 0) table(section);
    }
    for (unsigned left = input_.octet() % 4U; left > 0; --left) table(category_section());
    for (unsigned left = input_.octet() % 4U; left > 0; --left) table(operator_section());
    return std::move(out_);
  }

 private:
  template <class Owner>
  void table(const Section<Owner>& section) {
    out_ += fmt::format(fmt::runtime(section.repeated ? "[[{}]]\n" : "[{}]\n"), section.name);
    const unsigned one_in = 1U + input_.octet() % 16U;
    for (const Setting<Owner>& setting : section.settings) {
      if (setting.required || input_.octet() % one_in == 0)
        out_ += fmt::format("{} = {}\n", setting.name, value(setting));
    }
  }

  template <class Owner>
  std::string value(const Setting<Owner>& setting) {
    const std::uint8_t how = input_.octet();
    if (how == 0xFF) return quoted(input_.text(40));
    if (setting.name == "url") return quoted(fmt::format("redis://u:{}@h:1/{}", kSecret, how % 4));
    switch (setting.kind) {
      case ValueKind::flag:
        return how % 2 == 0 ? "true" : "false";
      case ValueKind::number:
        return std::to_string(number(how, setting.min, setting.max));
      case ValueKind::choice:
        return quoted(setting.choices[how % setting.choices.size()]);
      case ValueKind::secret:
        return quoted(kSecret);
      case ValueKind::file:
        return quoted(how % 4 == 0 ? "" : how % 4 == 1 ? "x" : "/run/secret");
      case ValueKind::texts: {
        std::string list = "[";
        for (unsigned left = how % 4U; left > 0; --left) list += word(setting.shape) + ",";
        return list + "]";
      }
      case ValueKind::text:
        break;
    }
    return word(setting.shape);
  }

  std::int64_t number(std::uint8_t how, std::int64_t min, std::int64_t max) {
    if (how < 16) return how < 8 ? min : max;
    if (how < 20) return how < 18 ? min - 1 : max == INT64_MAX ? max : max + 1;
    return min + static_cast<std::int64_t>(input_.number64() % (static_cast<std::uint64_t>(max - min) + 1));
  }

  std::string word(Shape shape) {
    static constexpr std::string_view kNames[] = {"alpha", "beta", "otp", "bulk", "127.0.0.1", "anchal.toml"};
    const std::uint8_t which = input_.octet();
    if (which >= 0xF0) return quoted(input_.text(30));
    if (shape == Shape::digits) return quoted(std::to_string(which));
    if (shape == Shape::language) return quoted(which % 2 == 0 ? "malayalam" : "all");
    if (which >= 0xD8) return quoted("127.0.0.1:0");
    return quoted(kNames[which % std::size(kNames)]);
  }

  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }

  Input& input_;
  std::string out_;
};

void check_place(const Mistake& mistake, const std::string& toml) {
  check(!mistake.message.empty() && !mistake.message.contains(kSecret));
  check((mistake.line == 0) == (mistake.column == 0));
  const auto lines = 1 + std::count(toml.begin(), toml.end(), '\n');
  check(mistake.line <= lines + 1);
  // People read it on terminals, and so may a journal that wants UTF-8.
  check(anchal::fuzz::is_one_line(mistake.message));
  const auto error = anchal::smpp::utf8::find_error(mistake.message);
  check(!error || error->kind != anchal::smpp::TextErrorKind::invalid_utf8);
  check(mistake.text("f.toml").starts_with("f.toml:"));
}

void check_configuration(const AppConfig& config) {
  check(config.core.operators.size() == config.links.size() && !config.links.empty());
  check(!config.core.categories.empty() && config.shards > 0);
  const std::string shown = show_toml(config);
  check(!shown.contains(kSecret) && !show_json(config).contains(kSecret));
  const ConfigResult again = parse_config(shown, surroundings());
  check(again.config.has_value());
  check(show_toml(*again.config) == shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Surroundings around = surroundings();
  Input input(data, size);
  const std::string toml = input.octet() % 2 == 0 ? Draw(input).toml() : input.rest();
  const ConfigResult result = parse_config(toml, around);
  check(result.config.has_value() == result.mistakes.empty());
  for (const Mistake& mistake : result.mistakes) check_place(mistake, toml);
  for (const Mistake& warning : result.warnings) check_place(warning, toml);
  if (result.config) check_configuration(*result.config);
  return 0;
}
