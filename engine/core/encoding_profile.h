#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/config.h"
#include "smpp/text/profile.h"

namespace anchal::core {

/// How texts become parts at this operator: the one translation of its settings, which the dispatcher, the
/// command and the API share. A language that is none is left out; the configuration check has named it.
[[nodiscard]] smpp::EncodingProfile encoding_profile(const OperatorConfig& config);

/// How a flash message (class 0) in this alphabet is marked at this operator.
struct FlashMark {
  std::optional<std::uint8_t> data_coding;  ///< instead of the alphabet's own
  bool subunit = false;                     ///< TLV dest_addr_subunit = 1 (SMPP 3.4 §5.3.2.1)
};
/// Neither where the operator's style cannot say it: then it goes as a plain message. A GSM data coding
/// scheme speaks of septets, so it does not fit a default alphabet that is Latin-1 or ASCII.
[[nodiscard]] FlashMark flash_mark(const OperatorConfig& config, smpp::Alphabet alphabet);

}  // namespace anchal::core
