#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "engine/app/settings.h"

namespace anchal::app {
namespace {

constexpr std::string_view kMask = "********";

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// redis://user:password@host: the password masked.
std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos) return url;
  const std::size_t colon = url.find(':', scheme + 3);
  if (colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + std::string(kMask) + url.substr(at);
}

template <class Owner>
Value shown_value(const Setting<Owner>& setting, const Owner& owner) {
  Value value = setting.get(owner);
  if (setting.name == "url") std::get<std::string>(value) = without_password(std::get<std::string>(value));
  return value;
}

template <class Owner>
void append_table(std::string& out, const Section<Owner>& section, const Owner& owner) {
  out += section.repeated ? fmt::format("{}[[{}]]\n", out.empty() ? "" : "\n", section.name)
                          : fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section.name);
  for (const Setting<Owner>& setting : section.settings) {
    out += fmt::format("{} = {}\n", setting.name, toml_text(setting, shown_value(setting, owner)));
  }
}

template <class Owner>
nlohmann::ordered_json json_of(const Section<Owner>& section, const Owner& owner) {
  nlohmann::ordered_json table = nlohmann::ordered_json::object();
  for (const Setting<Owner>& setting : section.settings) {
    const Value value = shown_value(setting, owner);
    const std::string key(setting.name);
    if (setting.kind == ValueKind::choice) {
      table[key] = setting.choices[static_cast<std::size_t>(std::get<std::int64_t>(value))];
    } else if (setting.kind == ValueKind::secret && !std::get<std::string>(value).empty()) {
      table[key] = kMask;
    } else {
      std::visit([&](const auto& plain) { table[key] = plain; }, value);
    }
  }
  return table;
}

OperatorSettings joined(const AppConfig& config, std::size_t index) {
  OperatorSettings settings{config.core.operators[index], config.links[index]};
  if (!settings.link.password_file.empty()) settings.core.password.clear();
  return settings;
}

template <class Owner>
std::string bounds_of(const Setting<Owner>& setting) {
  switch (setting.kind) {
    case ValueKind::flag:
      return "true, false";
    case ValueKind::choice:
      return fmt::format("`{}`", fmt::join(setting.choices, "`, `"));
    case ValueKind::number:
      return fmt::format("{} … {}", setting.min, setting.max);
    case ValueKind::texts:
      return fmt::format("list of texts, each ≤ {} octets{}", setting.max,
                         setting.shape == Shape::digits ? " of digits" : "");
    case ValueKind::file:
      return "path";
    case ValueKind::text:
    case ValueKind::secret:
      break;
  }
  return fmt::format("text, {}≤ {} octets", setting.min > 0 ? "not empty, " : "", setting.max);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

template <class Owner>
void append_section(std::string& out, const Section<Owner>& section) {
  out += section.repeated ? fmt::format("\n## `[[{}]]`\n\n{}\n\n", section.name, section.meaning)
                          : fmt::format("\n## `[{}]`\n\n{}\n\n", section.name, section.meaning);
  out += "| setting | meaning | unit | default | bounds |\n|---|---|---|---|---|\n";
  const Owner fresh{};
  for (const Setting<Owner>& setting : section.settings) {
    std::string fallback = fmt::format("`{}`", toml_text(setting, setting.get(fresh)));
    if (!setting.default_note.empty()) fallback = setting.default_note;
    if (setting.required) fallback = "*required*";
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", setting.name, cell(setting.meaning), setting.unit,
                       fallback, bounds_of(setting));
  }
}

}  // namespace

template <class Owner>
std::string toml_text(const Setting<Owner>& setting, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (setting.kind != ValueKind::choice) return fmt::format("{}", *number);
    return toml_quoted(setting.choices[static_cast<std::size_t>(*number)]);
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::vector<std::string> each;
    each.reserve(texts->size());
    for (const std::string& text : *texts) each.push_back(toml_quoted(text));
    return fmt::format("[{}]", fmt::join(each, ", "));
  }
  const auto& text = std::get<std::string>(value);
  return toml_quoted(setting.kind == ValueKind::secret && !text.empty() ? kMask : std::string_view(text));
}

template std::string toml_text(const Setting<AppConfig>&, const Value&);
template std::string toml_text(const Setting<core::CategoryConfig>&, const Value&);
template std::string toml_text(const Setting<OperatorSettings>&, const Value&);

std::string show_toml(const AppConfig& config) {
  std::string out;
  for (const Section<AppConfig>& section : plain_sections()) append_table(out, section, config);
  for (const core::CategoryConfig& category : config.core.categories) {
    append_table(out, category_section(), category);
  }
  for (std::size_t index = 0; index < config.links.size(); ++index) {
    append_table(out, operator_section(), joined(config, index));
  }
  return out;
}

std::string show_json(const AppConfig& config) {
  nlohmann::ordered_json root;
  for (const Section<AppConfig>& section : plain_sections())
    root[std::string(section.name)] = json_of(section, config);
  root["category"] = nlohmann::ordered_json::array();
  for (const core::CategoryConfig& category : config.core.categories) {
    root["category"].push_back(json_of(category_section(), category));
  }
  root["operator"] = nlohmann::ordered_json::array();
  for (std::size_t index = 0; index < config.links.size(); ++index) {
    root["operator"].push_back(json_of(operator_section(), joined(config, index)));
  }
  return root.dump(2);
}

std::string configuration_page() {
  std::string out =
      "# Configuration\n\n"
      "One TOML file, given as `anchal serve --config FILE`. This page is made from the table in\n"
      "`engine/app/settings.cpp` by `anchal config reference`; a test keeps the two the same.\n\n"
      "`anchal config check FILE` reads the file without starting anything and reports the first syntax\n"
      "error, or every other mistake at once, each with file, line and column. Unknown settings are\n"
      "mistakes. `anchal config show FILE` prints every setting with its value, secrets masked.\n\n"
      "Paths are relative to the configuration file. Secrets come from files: the first line counts.\n";
  for (const Section<AppConfig>& section : plain_sections()) append_section(out, section);
  append_section(out, category_section());
  append_section(out, operator_section());
  return out;
}

}  // namespace anchal::app
