#pragma once

#include <optional>
#include <string>
#include <vector>

#include "smpp/pdu/pdus.h"
#include "smpp/text/reassembly.h"

namespace anchal::app {

/// What `anchal pdu decode` adds to the fields of a PDU that carries a text: the text itself, and at the end
/// the long messages whose parts were among the PDUs.
class PduTexts {
 public:
  /// The profile of the operator that sent them: packing, data_coding.
  explicit PduTexts(const smpp::EncodingProfile& profile = {}) : profile_(profile) {}

  /// For people: indented lines. For programs: a JSON object. Nothing for a PDU without user data.
  [[nodiscard]] std::optional<std::string> describe(const smpp::AnyPdu& pdu, bool json);
  /// The long messages seen so far, as far as they came; once, at the end.
  [[nodiscard]] std::vector<std::string> joined(bool json);

 private:
  smpp::EncodingProfile profile_;
  smpp::Reassembler reassembler_{{}};
  std::vector<smpp::Reassembled> done_;
};

}  // namespace anchal::app
