#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/app/config.h"

namespace anchal::app {

/// What a setting holds, as the file spells it: durations are numbers in the setting's unit, choices the
/// index into Setting::choices.
using Value = std::variant<std::string, bool, std::int64_t, std::vector<std::string>>;

enum class ValueKind : std::uint8_t {
  text,
  secret,  // like text, never shown
  file,    // path, relative to the configuration file
  flag,
  number,
  choice,
  texts,
};

/// What the octets of a text may be.
enum class Shape : std::uint8_t {
  any,
  name,      // letters, digits, . _ -: names become Redis keys and metric labels
  digits,    // of an E.164 number, without +
  language,  // of 3GPP TS 23.038, see smpp/text/profile.h
};

/// One row per setting: it drives reading, checking, `config show` and docs/configuration.md. Defaults are
/// not written here: they are what a fresh Owner holds.
template <class Owner>
struct Setting {
  std::string_view name = {};
  ValueKind kind = ValueKind::text;
  std::string_view unit = {};  // of a number: ms, s, h, bytes, parts/s, …
  std::int64_t min = 0;        // number: the value. text, texts: octets (of each)
  std::int64_t max = 0;
  std::string_view meaning = {};
  Value (*get)(const Owner&) = nullptr;
  void (*set)(Owner&, const Value&) = nullptr;
  std::span<const std::string_view> choices = {};
  Shape shape = Shape::any;
  bool required = false;
  std::string_view default_note = {};  // where the default is worked out: says how
};

/// One table of the file.
template <class Owner>
struct Section {
  std::string_view name;
  bool repeated;  // [[name]] instead of [name]
  std::string_view meaning = {};
  std::span<const Setting<Owner>> settings;
};

std::span<const Section<AppConfig>> plain_sections();
const Section<core::CategoryConfig>& category_section();
const Section<OperatorSettings>& operator_section();

/// The value as TOML spells it; secrets come out as asterisks.
template <class Owner>
std::string toml_text(const Setting<Owner>& setting, const Value& value);

/// The whole configuration with every default spelled out, secrets masked: TOML, or JSON of the same shape.
std::string show_toml(const AppConfig& config);
std::string show_json(const AppConfig& config);

/// The text of docs/configuration.md.
std::string configuration_page();

}  // namespace anchal::app
