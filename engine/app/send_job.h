#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anchal::app {

/// What all recipients of a job share (docs/job.schema.json). Empty strings are left out.
struct JobHeader {
  std::string tenant, category, sender;
  std::string text;          ///< or the template, when is_template
  bool is_template = false;  ///< `{name}` stands for a variable
  std::string purpose, source, campaign;
  std::string not_before, expires_at;  ///< RFC 3339
  std::string on_hold, encoding;
  bool receipt = true;
  bool flash = false;
};

struct JobRecipient {
  std::string to;  ///< "+919800000001"
  std::string ref, place;
  std::vector<std::pair<std::string, std::string>> vars;
};

/// Writes job bodies one after the other into one buffer that stays warm. Texts must be valid UTF-8.
class JobWriter {
 public:
  explicit JobWriter(JobHeader header) : header_(std::move(header)) {}

  void start(std::string_view id);
  void add(const JobRecipient& recipient);
  /// The body; valid until the next start().
  std::string_view finish();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::size_t recipients() const { return recipients_; }
  [[nodiscard]] std::size_t octets() const { return body_.size(); }

 private:
  void field(std::string_view name, std::string_view value);

  JobHeader header_;
  std::string id_;
  std::string body_;
  std::size_t recipients_ = 0;
};

/// zlib's CRC-32 (ISO 3309, reflected, 0xEDB88320).
std::uint32_t crc32(std::string_view octets);

/// The partition that the documented snippets take for a job: zlib's CRC-32 of its id modulo `partitions`.
inline unsigned partition_of(std::string_view job_id, unsigned partitions) {
  return crc32(job_id) % partitions;
}

/// "+919800000001" from what people write: spaces, dots, dashes and parentheses go, a leading 00 becomes +.
/// Empty when it is no E.164 number then (ITU-T E.164 §6: + and 7 to 15 digits, the first not 0).
std::string normal_number(std::string_view written);

/// "+9198******01": enough to find a row by, not enough to call anybody.
std::string masked_number(std::string_view written);

}  // namespace anchal::app
