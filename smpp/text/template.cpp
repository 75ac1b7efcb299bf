#include "smpp/text/template.h"

#include <algorithm>
#include <array>

namespace anchal::smpp {
namespace {

constexpr std::size_t kNameOctetsMax = 64;
constexpr std::size_t kVariablesMax = 256;  // each is looked for by reading the list

bool is_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return name.size() <= kNameOctetsMax && std::ranges::none_of(name, control);
}

void append_names(std::string& text, std::string_view title, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!text.empty()) text += "; ";
  text += title;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? ": " : ", ";
    text += names[i];
  }
}

}  // namespace

std::string_view to_string(TemplateErrorKind kind) {
  constexpr std::array<std::string_view, 5> names = {"unclosed_brace", "unopened_brace", "empty_name",
                                                     "bad_name", "too_many_variables"};
  return names[static_cast<std::size_t>(kind)];
}

std::string TemplateMismatch::describe() const {
  std::string text;
  append_names(text, "missing variables", missing);
  append_names(text, "extra variables", extra);
  return text;
}

/// One walk over a template's source.
class TemplateParser {
 public:
  explicit TemplateParser(std::string_view source) : source_(source) {}

  std::expected<Template, TemplateError> run() {
    while (at_ < source_.size()) {
      const std::size_t brace = source_.find_first_of("{}", at_);
      if (brace == std::string_view::npos) break;
      if (source_.substr(brace, 2) == "{{" || source_.substr(brace, 2) == "}}") {
        // The literal ends with one brace; the other is skipped.
        add_literal(brace + 1);
        at_ = brace + 2;
      } else if (source_[brace] == '}') {
        return std::unexpected(TemplateError{TemplateErrorKind::unopened_brace, brace});
      } else {
        add_literal(brace);
        if (auto error = add_variable(brace)) return std::unexpected(*error);
      }
    }
    add_literal(source_.size());
    return std::move(result_);
  }

 private:
  void add_literal(std::size_t end) {
    if (end <= at_) return;
    const std::string_view literal = source_.substr(at_, end - at_);
    result_.pieces_.push_back({literal, std::nullopt});
    result_.literal_octets_ += literal.size();
    at_ = end;
  }

  std::optional<TemplateError> add_variable(std::size_t brace) {
    const std::size_t close = source_.find_first_of("{}", brace + 1);
    if (close == std::string_view::npos || source_[close] == '{') {
      return TemplateError{TemplateErrorKind::unclosed_brace, brace};
    }
    const std::string_view name = source_.substr(brace + 1, close - brace - 1);
    if (name.empty()) return TemplateError{TemplateErrorKind::empty_name, brace};
    if (!is_name(name)) return TemplateError{TemplateErrorKind::bad_name, brace + 1};
    auto& names = result_.variables_;
    const auto known = std::ranges::find(names, name);
    const auto number = static_cast<std::uint16_t>(known - names.begin());
    if (known == names.end()) {
      if (names.size() == kVariablesMax)
        return TemplateError{TemplateErrorKind::too_many_variables, brace + 1};
      names.push_back(name);
    }
    result_.pieces_.push_back({{}, number});
    at_ = close + 1;
    return std::nullopt;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  Template result_;
};

std::expected<Template, TemplateError> Template::parse(std::string_view source) {
  return TemplateParser(source).run();
}

std::optional<TemplateMismatch> Template::check(std::span<const std::string_view> given) const {
  TemplateMismatch mismatch;
  for (const std::string_view name : variables_) {
    if (std::ranges::find(given, name) == given.end()) mismatch.missing.emplace_back(name);
  }
  for (const std::string_view name : given) {
    if (std::ranges::find(variables_, name) == variables_.end()) mismatch.extra.emplace_back(name);
  }
  if (mismatch.missing.empty() && mismatch.extra.empty()) return std::nullopt;
  return mismatch;
}

std::optional<std::size_t> Template::render(std::span<char> out,
                                            std::span<const std::string_view> values) const {
  if (values.size() < variables_.size()) return std::nullopt;
  std::size_t size = 0;
  for (const Piece& piece : pieces_) {
    const std::string_view part = piece.variable ? values[*piece.variable] : piece.literal;
    if (part.size() > out.size() - size) return std::nullopt;
    part.copy(out.data() + size, part.size());
    size += part.size();
  }
  return size;
}

std::size_t Template::rendered_octets(std::span<const std::string_view> values) const {
  std::size_t size = literal_octets_;
  for (const Piece& piece : pieces_) {
    if (piece.variable) size += values[*piece.variable].size();
  }
  return size;
}

}  // namespace anchal::smpp
