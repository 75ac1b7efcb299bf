#include "engine/simulator/ledger_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

namespace anchal::simulator {
namespace {

constexpr std::size_t kBufferBytes = 1U << 20;
constexpr std::size_t kFlushAbove = kBufferBytes / 2;
constexpr std::string_view kHex = "0123456789abcdef";

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_number(char* at, std::int64_t number) {
  return std::to_chars(at, at + 24, number).ptr;
}

// Inside a JSON string: anything but plain printable ASCII as \u00XX.
char* put_text(char* at, std::string_view text) {
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet >= 0x7F || c == '"' || c == '\\') {
      at = put(at, "\\u00");
      *at++ = kHex[octet >> 4];
      *at++ = kHex[octet & 15];
    } else {
      *at++ = c;
    }
  }
  return at;
}

char* put_hex(char* at, std::span<const std::byte> octets) {
  for (const std::byte octet : octets) {
    *at++ = kHex[std::to_integer<unsigned>(octet) >> 4];
    *at++ = kHex[std::to_integer<unsigned>(octet) & 15];
  }
  return at;
}

}  // namespace

std::expected<LedgerFile, std::string> LedgerFile::open(const std::string& path,
                                                        std::int64_t wall_us_at_epoch,
                                                        const std::string& prefix) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0)
    return std::unexpected("cannot write the ledger '" + path +
                           "': " + std::generic_category().message(errno));
  return LedgerFile(file, wall_us_at_epoch, prefix);
}

LedgerFile::LedgerFile(int file, std::int64_t wall_us_at_epoch, const std::string& prefix)
    : file_(file), wall_us_at_epoch_(wall_us_at_epoch), prefix_(prefix), buffer_(kBufferBytes) {}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : Observer(other),
      file_(std::exchange(other.file_, -1)),
      wall_us_at_epoch_(other.wall_us_at_epoch_),
      prefix_(std::move(other.prefix_)),
      buffer_(std::move(other.buffer_)),
      used_(std::exchange(other.used_, 0)),
      error_(std::move(other.error_)) {}

LedgerFile::~LedgerFile() {
  if (file_ < 0) return;
  flush();
  ::close(file_);
}

void LedgerFile::on_accepted(const AcceptedPart& part) {
  if (!part.destination.starts_with(prefix_)) return;
  const std::size_t needed = 2 * part.user_data.size() +
                             6 * (part.destination.size() + part.source.size() + part.message_id.size()) +
                             256;
  if (used_ + needed > buffer_.size()) flush();
  if (needed > buffer_.size()) buffer_.resize(needed);

  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(part.at.time_since_epoch()).count();
  char* at = buffer_.data() + used_;
  at = put_number(put(at, "{\"t_us\":"), wall_us_at_epoch_ + since);
  at = put_number(put(at, ",\"bind\":"), part.bind);
  at = put_text(put(at, ",\"to\":\""), part.destination);
  at = put_number(put(at, "\",\"seq\":"), part.sequence_number);
  at = put_number(put(at, ",\"dcs\":"), part.data_coding);
  at = put_number(put(at, ",\"esm\":"), part.esm_class);
  at = put_text(put(at, ",\"from\":\""), part.source);
  at = put_text(put(at, "\",\"id\":\""), part.message_id);
  at = put_hex(put(at, "\",\"hex\":\""), part.user_data);
  at = put(at, "\"}\n");
  used_ = static_cast<std::size_t>(at - buffer_.data());
  if (used_ > kFlushAbove) flush();
}

void LedgerFile::flush() {
  std::size_t done = 0;
  while (done < used_ && error_.empty()) {
    const ssize_t wrote = ::write(file_, buffer_.data() + done, used_ - done);
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
    } else if (errno != EINTR) {
      error_ = std::string("cannot write the ledger: ") + std::generic_category().message(errno);
    }
  }
  used_ = 0;
}

}  // namespace anchal::simulator
