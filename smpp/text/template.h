#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::smpp {

enum class TemplateErrorKind : std::uint8_t {
  unclosed_brace,      // `{` without `}`
  unopened_brace,      // `}` alone; a literal one is written `}}`
  empty_name,          // `{}`
  bad_name,            // over 64 octets, or with a control character
  too_many_variables,  // over 256 different ones
};

/// offset: octet of the brace or name in the template.
struct TemplateError {
  TemplateErrorKind kind = TemplateErrorKind::unclosed_brace;
  std::size_t offset = 0;
};
[[nodiscard]] std::string_view to_string(TemplateErrorKind kind);

/// Where a template and the given variables disagree, names in order of appearance.
struct TemplateMismatch {
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  /// `missing variables: name, date; extra variables: nmae`
  [[nodiscard]] std::string describe() const;
};

/// A text with `{name}` variables (any characters but braces), `{{` and `}}` for literal braces. Parsed once
/// per job; the pieces are views of the source, which must outlive it. Immutable after parse(): any thread
/// may render.
class Template {
 public:
  /// A literal, or a variable: its number in variables().
  struct Piece {
    std::string_view literal;
    std::optional<std::uint16_t> variable;
  };

  [[nodiscard]] static std::expected<Template, TemplateError> parse(std::string_view source);

  [[nodiscard]] std::span<const Piece> pieces() const { return pieces_; }
  /// Distinct names in order of first appearance.
  [[nodiscard]] std::span<const std::string_view> variables() const { return variables_; }
  /// Octets of all literals together.
  [[nodiscard]] std::size_t literal_octets() const { return literal_octets_; }

  /// Nothing if the names are exactly those of the template. Allocates only to report.
  [[nodiscard]] std::optional<TemplateMismatch> check(std::span<const std::string_view> given) const;

  /// Renders into `out` without allocating; `value_of(name)` gives std::optional<std::string_view>. Returns
  /// the octets written, or nothing if a variable is missing or `out` is too short.
  template <std::invocable<std::string_view> ValueOf>
  [[nodiscard]] std::optional<std::size_t> render(std::span<char> out, ValueOf&& value_of) const {
    std::size_t size = 0;
    for (const Piece& piece : pieces_) {
      std::string_view part = piece.literal;
      if (piece.variable) {
        const std::optional<std::string_view> value = value_of(variables_[*piece.variable]);
        if (!value) return std::nullopt;
        part = *value;
      }
      if (part.size() > out.size() - size) return std::nullopt;
      part.copy(out.data() + size, part.size());
      size += part.size();
    }
    return size;
  }

  /// The same with values already ordered as variables(): no look-up by name.
  [[nodiscard]] std::optional<std::size_t> render(std::span<char> out,
                                                  std::span<const std::string_view> values) const;

  /// Octets render() will write with these values.
  [[nodiscard]] std::size_t rendered_octets(std::span<const std::string_view> values) const;

 private:
  friend class TemplateParser;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> variables_;
  std::size_t literal_octets_ = 0;
};

}  // namespace anchal::smpp
