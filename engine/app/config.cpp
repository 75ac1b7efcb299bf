#include "engine/app/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "engine/app/config_rules.h"
#include "engine/app/settings.h"
#include "engine/app/suggest.h"
#include "smpp/text/profile.h"

namespace anchal::app {
namespace {

constexpr std::size_t kFileMax = 1 << 20;
constexpr std::size_t kSecretMax = 4096;

Positions::Position begin_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

/// How a value looks in a message: short, and never a secret (the caller does not ask for one).
std::string shown(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return text->get().size() <= 40 ? fmt::format("\"{}\"", text->get())
                                    : fmt::format("a text of {} octets", text->get().size());
  }
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_array()) return "a list";
  if (node.is_table()) return "a table";
  return "a date or time";
}

bool fits(Shape shape, std::string_view text) {
  switch (shape) {
    case Shape::any:
      return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    case Shape::name:
      return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
      });
    case Shape::digits:
      return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
    case Shape::language:
      return text == "all" || smpp::parse_language(text).has_value();
  }
  return false;
}

std::string_view wanted(Shape shape) {
  switch (shape) {
    case Shape::name:
      return "hold only letters, digits, '.', '_' and '-'";
    case Shape::digits:
      return "hold only digits, without '+'";
    case Shape::language:
      return "be a language of 3GPP TS 23.038, such as malayalam";
    case Shape::any:
      break;
  }
  return "hold no control characters";
}

/// Walks one parsed file into an AppConfig; collects mistakes instead of stopping.
class Reader {
 public:
  Reader(const Surroundings& surroundings, Findings& findings, Positions& positions)
      : surroundings_(surroundings), findings_(findings), positions_(positions) {}

  void read(const toml::table& root, AppConfig& config, std::vector<OperatorSettings>& operators) {
    for (const auto& [key, node] : root) {
      if (!read_table(key, node, config, operators)) unknown_table(key);
    }
  }

  void mistake(Positions::Position at, std::string message) {
    findings_.mistakes.push_back({at.line, at.column, std::move(message)});
  }

 private:
  bool read_table(const toml::key& key, const toml::node& node, AppConfig& config,
                  std::vector<OperatorSettings>& operators) {
    for (const Section<AppConfig>& section : plain_sections()) {
      if (section.name != key.str()) continue;
      if (const auto* table = node.as_table()) {
        read_settings(section, *table, std::string(section.name), config);
      } else if (node.is_array_of_tables()) {
        mistake(begin_of(key.source()), fmt::format("[[{0}]] stands once: write [{0}]", section.name));
      } else {
        mistake(begin_of(key.source()), fmt::format("{0} is a table: write [{0}]", section.name));
      }
      return true;
    }
    if (key.str() == category_section().name)
      return read_tables(category_section(), key, node, config.core.categories);
    if (key.str() == operator_section().name) return read_tables(operator_section(), key, node, operators);
    return false;
  }

  template <class Owner>
  bool read_tables(const Section<Owner>& section, const toml::key& key, const toml::node& node,
                   std::vector<Owner>& out) {
    const auto* list = node.as_array();
    if (list == nullptr || !node.is_array_of_tables()) {
      mistake(begin_of(key.source()),
              fmt::format("{0} may stand more than once: write [[{0}]]", section.name));
      return true;
    }
    for (const toml::node& element : *list) {
      const std::string path = fmt::format("{}[{}]", section.name, out.size());
      read_settings(section, *element.as_table(), path, out.emplace_back());
    }
    return true;
  }

  template <class Owner>
  void read_settings(const Section<Owner>& section, const toml::table& table, const std::string& path,
                     Owner& owner) {
    positions_.add(path, begin_of(table.source()));
    for (const auto& [key, node] : table) {
      const auto row = std::find_if(section.settings.begin(), section.settings.end(),
                                    [&](const Setting<Owner>& setting) { return setting.name == key.str(); });
      if (row == section.settings.end()) {
        unknown_key(section, key);
        continue;
      }
      positions_.add(fmt::format("{}.{}", path, row->name), begin_of(node.source()));
      if (auto value = value_of(*row, node, fmt::format("{}.{}", section.name, row->name), path)) {
        row->set(owner, std::move(*value));
      }
    }
    for (const Setting<Owner>& setting : section.settings) {
      if (setting.required && !table.contains(setting.name)) {
        mistake(begin_of(table.source()), missing(section, setting, table));
      }
    }
  }

  template <class Owner>
  static std::string missing(const Section<Owner>& section, const Setting<Owner>& setting,
                             const toml::table& table) {
    const auto name = table["name"].value<std::string>();
    std::string text = fmt::format("{}{} has no {}: add {} = ", section.name,
                                   name && setting.name != "name" ? fmt::format(" \"{}\"", *name) : "",
                                   setting.name, setting.name);
    if (setting.choices.empty()) return text + "\"…\"";
    return text + fmt::format("\"{}\"", fmt::join(setting.choices, "\" or \""));
  }

  template <class Owner>
  std::optional<Value> value_of(const Setting<Owner>& setting, const toml::node& node,
                                const std::string& name, const std::string& path) {
    const Positions::Position at = begin_of(node.source());
    switch (setting.kind) {
      case ValueKind::flag:
        if (const auto* flag = node.as_boolean()) return flag->get();
        mistake(at, fmt::format("{} is {}, must be true or false", name, shown(node)));
        return std::nullopt;
      case ValueKind::number:
        return number_of(setting, node, name);
      case ValueKind::choice:
        return choice_of(setting, node, name);
      case ValueKind::texts:
        return texts_of(setting, node, name, path);
      case ValueKind::text:
      case ValueKind::secret:
      case ValueKind::file:
        break;
    }
    const auto* text = node.as_string();
    if (text == nullptr) {
      mistake(at, fmt::format("{} must be a text in quotes", name));
      return std::nullopt;
    }
    if (!text_fits(setting, text->get(), at, name)) return std::nullopt;
    if (setting.kind == ValueKind::file && !text->get().empty()) {
      return (std::filesystem::path(surroundings_.directory) / text->get()).lexically_normal().string();
    }
    return text->get();
  }

  template <class Owner>
  bool text_fits(const Setting<Owner>& setting, const std::string& text, Positions::Position at,
                 const std::string& name) {
    const auto size = static_cast<std::int64_t>(text.size());
    if (size > setting.max) {
      mistake(at, fmt::format("{} has {} octets, at most {} are allowed", name, size, setting.max));
      return false;
    }
    if (size < setting.min) {
      mistake(at, fmt::format("{} must not be empty", name));
      return false;
    }
    if (!fits(setting.shape, text)) {
      const bool showable = setting.kind != ValueKind::secret && setting.shape != Shape::any;
      const std::string value = showable ? fmt::format(" is \"{}\",", text) : "";
      mistake(at, fmt::format("{}{} must {}", name, value, wanted(setting.shape)));
      return false;
    }
    return true;
  }

  template <class Owner>
  std::optional<Value> number_of(const Setting<Owner>& setting, const toml::node& node,
                                 const std::string& name) {
    const auto* number = node.as_integer();
    if (number == nullptr) {
      mistake(begin_of(node.source()), fmt::format("{} is {}, must be a whole number", name, shown(node)));
      return std::nullopt;
    }
    if (number->get() < setting.min || number->get() > setting.max) {
      mistake(begin_of(node.source()),
              fmt::format("{} is {}, must be from {} to {}{}{}", name, number->get(), setting.min,
                          setting.max, setting.unit.empty() ? "" : " ", setting.unit));
      return std::nullopt;
    }
    return number->get();
  }

  template <class Owner>
  std::optional<Value> choice_of(const Setting<Owner>& setting, const toml::node& node,
                                 const std::string& name) {
    if (const auto* text = node.as_string()) {
      const auto found = std::find(setting.choices.begin(), setting.choices.end(), text->get());
      if (found != setting.choices.end()) return std::int64_t{found - setting.choices.begin()};
    }
    mistake(begin_of(node.source()), fmt::format("{} is {}, must be \"{}\"", name, shown(node),
                                                 fmt::join(setting.choices, "\" or \"")));
    return std::nullopt;
  }

  template <class Owner>
  std::optional<Value> texts_of(const Setting<Owner>& setting, const toml::node& node,
                                const std::string& name, const std::string& path) {
    const auto* list = node.as_array();
    if (list == nullptr) {
      mistake(begin_of(node.source()), fmt::format("{} is {}, must be a list of texts", name, shown(node)));
      return std::nullopt;
    }
    std::vector<std::string> texts;
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) {
        mistake(begin_of(element.source()),
                fmt::format("{} holds {}, must hold texts in quotes", name, shown(element)));
      } else if (text_fits(setting, text->get(), begin_of(element.source()), name)) {
        positions_.add(fmt::format("{}.{}[{}]", path, setting.name, texts.size()),
                       begin_of(element.source()));
        if (std::find(texts.begin(), texts.end(), text->get()) != texts.end()) {
          mistake(begin_of(element.source()), fmt::format("{} names \"{}\" twice", name, text->get()));
        }
        texts.push_back(text->get());
      }
    }
    return texts;
  }

  template <class Owner>
  void unknown_key(const Section<Owner>& section, const toml::key& key) {
    std::vector<std::string_view> names;
    names.reserve(section.settings.size());
    for (const Setting<Owner>& setting : section.settings) names.push_back(setting.name);
    std::string text = fmt::format("unknown setting {}.{}", section.name, key.str());
    if (const std::string_view near = nearest(key.str(), names); !near.empty()) {
      text += fmt::format("; did you mean {}?", near);
    } else if (const std::string home = table_with(key.str()); !home.empty()) {
      text += fmt::format("; it belongs to {}", home);
    }
    mistake(begin_of(key.source()), std::move(text));
  }

  void unknown_table(const toml::key& key) {
    std::vector<std::string_view> names{category_section().name, operator_section().name};
    for (const Section<AppConfig>& section : plain_sections()) names.push_back(section.name);
    std::string text;
    if (const std::string home = table_with(key.str()); !home.empty()) {
      text = fmt::format("setting {} stands outside of its table; it belongs to {}", key.str(), home);
    } else {
      text = fmt::format("unknown table [{}]", key.str());
      if (const std::string_view near = nearest(key.str(), names); !near.empty()) {
        text += fmt::format("; did you mean {}?", near);
      }
    }
    mistake(begin_of(key.source()), std::move(text));
  }

  /// The tables that have such a setting, as the file would write them.
  static std::string table_with(std::string_view name) {
    std::vector<std::string> homes;
    const auto look = [&](const auto& section) {
      for (const auto& setting : section.settings) {
        if (setting.name == name) {
          homes.push_back(section.repeated ? fmt::format("[[{}]]", section.name)
                                           : fmt::format("[{}]", section.name));
        }
      }
    };
    for (const Section<AppConfig>& section : plain_sections()) look(section);
    look(category_section());
    look(operator_section());
    return fmt::format("{}", fmt::join(homes, " or "));
  }

  const Surroundings& surroundings_;
  Findings& findings_;
  Positions& positions_;
};

void sort_by_place(std::vector<Mistake>& mistakes) {
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

/// What a message repeats of the file must not break its line, nor give orders to a terminal.
void on_one_line(std::vector<Mistake>& mistakes) {
  for (Mistake& mistake : mistakes) {
    for (char& c : mistake.message) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
  }
}

std::expected<std::string, std::string> read_secret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("cannot read {}", path));
  std::string text(kSecretMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kSecretMax) {
    return std::unexpected(fmt::format("{} has more than {} octets", path, kSecretMax));
  }
  return text;
}

}  // namespace

std::string Mistake::text(std::string_view file) const {
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

Surroundings real_surroundings(const std::string& directory) {
  Surroundings surroundings;
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0) surroundings.host_name = name;
  surroundings.cores = std::max(1U, std::thread::hardware_concurrency());
  surroundings.directory = directory;
  surroundings.read_file = read_secret;
  return surroundings;
}

ConfigResult parse_config(std::string_view toml, const Surroundings& surroundings) {
  ConfigResult result;
  toml::table root;
  try {
    root = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    const Positions::Position at = begin_of(error.source());
    result.mistakes.push_back({at.line, at.column, std::string(error.description())});
    on_one_line(result.mistakes);
    return result;
  }
  AppConfig config;
  std::vector<OperatorSettings> operators;
  Findings findings;
  Positions positions;
  Reader(surroundings, findings, positions).read(root, config, operators);
  check_rules(config, operators, positions, surroundings, findings);
  sort_by_place(findings.mistakes);
  sort_by_place(findings.warnings);
  on_one_line(findings.mistakes);
  on_one_line(findings.warnings);
  result.mistakes = std::move(findings.mistakes);
  result.warnings = std::move(findings.warnings);
  if (!result.mistakes.empty()) return result;
  for (OperatorSettings& settings : operators) {
    config.core.operators.push_back(std::move(settings.core));
    config.links.push_back(std::move(settings.link));
  }
  result.config = std::move(config);
  return result;
}

ConfigResult load_config(const std::string& path, bool with_secrets) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  const auto failed = [](std::string message) {
    ConfigResult result;
    result.mistakes.push_back({0, 0, std::move(message)});
    return result;
  };
  if (!file || std::filesystem::is_directory(path, error)) return failed("cannot read the file");
  std::string text(kFileMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileMax) return failed(fmt::format("the file has more than {} octets", kFileMax));
  Surroundings surroundings =
      real_surroundings(std::filesystem::absolute(path, error).parent_path().string());
  if (!with_secrets) surroundings.read_file = [](const std::string&) { return std::string("unread"); };
  return parse_config(text, surroundings);
}

}  // namespace anchal::app
