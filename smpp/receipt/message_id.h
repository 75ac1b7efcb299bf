#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anchal::smpp {

/// How an operator writes an id: as is, or as a number in one of two bases.
enum class MessageIdBase : std::uint8_t { raw, dec, hex };

/// Where an id came from: submit_sm_resp, or a receipt. The two may be written differently.
enum class MessageIdSide : std::uint8_t { response, receipt };

/// The id habits of one operator (msgid.* settings).
struct MessageIdProfile {
  MessageIdBase response = MessageIdBase::raw;  ///< msgid.resp
  MessageIdBase receipt = MessageIdBase::raw;   ///< msgid.dlr
  bool fold_case = false;
  bool strip_zeros = false;
  std::uint16_t prefix_len = 0;   ///< compare only so many characters; 0 = all
  std::string strip_suffix = {};  ///< the id ends before the first occurrence, e.g. "@"
};

/// The key under which an id of either side is stored and looked up: equal keys are the same message. Trims
/// blanks and everything from the first NUL. With a base set and only digits of that base in the id, the key
/// is its value in decimal (any size up to 128 digits; longer ones stay text); other ids keep their spelling
/// but for case, zeros and length as the profile says. Replaces `out`; no allocation once it has the
/// capacity. Never fails.
void normalise(std::string_view id, MessageIdSide side, const MessageIdProfile& profile, std::string& out);

}  // namespace anchal::smpp
