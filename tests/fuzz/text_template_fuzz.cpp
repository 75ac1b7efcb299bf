// Templates: parsed, filled with a fixed value for each variable, measured beforehand.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/text/template.h"

namespace {

void check(bool law) {
  if (!law) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anchal::smpp;
  const std::vector<char> copy(data, data + size);
  const std::string_view source(copy.data(), copy.size());
  const auto parsed = Template::parse(source);
  if (!parsed) {
    check(parsed.error().offset < source.size());
    return 0;
  }
  check(!parsed->check(parsed->variables()).has_value());
  const std::vector<std::string_view> values(parsed->variables().size(), "v{a}");
  std::string out(parsed->rendered_octets(values), '\0');
  check(parsed->render(out, values) == out.size());
  if (!out.empty()) check(!parsed->render(std::span(out).first(out.size() - 1), values).has_value());
  return 0;
}
