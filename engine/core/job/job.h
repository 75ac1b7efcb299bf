#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/time.h"
#include "smpp/text/profile.h"
#include "smpp/text/template.h"
#include "throttle/policy/names.h"
#include "throttle/policy/rule.h"

namespace anchal::core {

enum class RowState : std::uint8_t {
  waiting,  ///< read, not planned yet
  queued,   ///< in an operator queue
  active,   ///< taken from the queue: intents, parts on the wire, short retries
  settled,  ///< left this entry: final, moved, awaiting its receipt
};

/// One recipient of a job: what a queued message costs. The text is rendered when it is about to be written.
struct Row {
  std::uint64_t number = 0;   ///< digits of the E.164 number; 0 when it could not be read
  std::uint32_t json_at = 0;  ///< the recipient's object in Job::body; json_size 0: "to" at the top
  std::uint32_t json_size = 0;
  std::uint32_t index = 0;   ///< position in the job as the hub pushed it
  std::uint32_t place = 0;   ///< throttle::Names id
  std::uint32_t ref_at = 0;  ///< the raw JSON string of "ref" in Job::body; ref_size 0: none
  std::uint16_t ref_size = 0;
  RowState state = RowState::waiting;
  std::uint8_t parts_estimate = 1;
  std::uint8_t attempts = 0;  ///< in memory; moves carry Moved::attempts
  bool bad_number = false;
};

/// Parts of a long message already accepted before the message was moved: the rest must use the same operator
/// and reference (design.md §5).
struct Progress {
  std::uint16_t reference = 0;
  std::string operator_name;
  std::string accepted;  ///< one octet per part: 1 = accepted
  std::uint64_t day =
      0;  ///< since 1970, of the first accepted part: where the receipts of all parts are kept
};

/// What a moved entry knows beyond the job's own words.
struct Moved {
  std::vector<std::uint32_t> indexes;  ///< of the rows, in order
  std::uint32_t attempts = 0;
  bool resent = false;               ///< an in-doubt message sent again: its outcome says so
  std::optional<Progress> progress;  ///< only with a single row

  void pack(std::string& out) const;
  static std::optional<Moved> unpack(std::string_view packed);
};

/// A job as one stream entry carried it. Strings are views into `body`, or into `unescaped` where the JSON
/// had escapes. Not movable in memory once parsed.
struct Job {
  std::unique_ptr<char[]> body;  ///< padded for simdjson
  std::size_t body_size = 0;
  std::deque<std::string> unescaped;

  std::string_view id_json;  ///< with quotes, as it stands in the body: goes into outcomes unchanged
  std::string_view id;
  std::string_view tenant;
  std::string_view sender;
  std::string_view text;  ///< text, or the template's source
  std::unique_ptr<smpp::Template> text_template;
  std::uint16_t category = 0;   ///< index into Config::categories
  std::uint32_t tenant_id = 0;  ///< throttle::Names ids
  std::uint32_t sender_id = 0;
  std::uint64_t hash = 0;  ///< of (tenant, id)
  std::optional<WallTime> not_before;
  std::optional<WallTime> expires_at;
  std::optional<throttle::OnHold> on_hold;
  bool receipt = true;
  smpp::EncodingRequest encoding = smpp::EncodingRequest::automatic;
  bool flash = false;  ///< class 0: shown at once, not stored
  std::vector<std::pair<std::uint16_t, std::string>> tlvs;
  std::size_t recipients_at = 0, recipients_end = 0;  ///< the array in the body; equal: "to" at the top
  std::vector<Row> rows;
  std::optional<Moved> moved;

  std::string_view ref_json(const Row& row) const { return {body.get() + row.ref_at, row.ref_size}; }
  /// The same job with only the given rows: the body of a moved entry.
  std::string body_with(const std::vector<std::uint32_t>& row_numbers) const;
};

/// XXH3-64 of tenant, NUL, job id: the identity that journal and producer keys carry.
std::uint64_t job_hash(std::string_view tenant, std::string_view id);

}  // namespace anchal::core
