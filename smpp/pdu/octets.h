#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace anchal::smpp {

using Octets = std::span<const std::byte>;

/// The same octets seen as characters, and back. No copy.
[[nodiscard]] inline std::string_view as_text(Octets octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
[[nodiscard]] inline Octets as_octets(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Stands in a PDU for `count` octets that are written while it is encoded, straight into their place (Fill):
/// the text of a message need not exist anywhere else. At most 65,535, as a TLV can say.
[[nodiscard]] Octets octets_to_come(std::size_t count);
[[nodiscard]] bool are_to_come(Octets octets);

/// Writes octets that stand as octets_to_come() in a PDU. Called once for each such value, with its place and
/// nothing more; writes all of it. What `writer` is must outlive the call of encode() only.
class Fill {
 public:
  Fill() = default;
  template <class Writer>
  explicit Fill(const Writer& writer)
      : writer_(std::addressof(writer)),
        write_([](const void* to, std::span<std::byte> place) { (*static_cast<const Writer*>(to))(place); }) {
  }

  explicit operator bool() const { return write_ != nullptr; }
  void operator()(std::span<std::byte> place) const { write_(writer_, place); }

 private:
  const void* writer_ = nullptr;
  void (*write_)(const void*, std::span<std::byte>) = nullptr;
};

}  // namespace anchal::smpp
