#include "engine/app/pdu_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "smpp/text/decode.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;
using smpp::TlvTag;

/// The user data of those PDUs that have any. Views of the PDU.
struct UserData {
  std::string_view source, destination;
  std::uint8_t esm_class = 0, data_coding = 0;
  smpp::Octets octets;
  std::optional<smpp::PartNumber> sar;
};

/// The sar_* TLVs say the same as a concatenation header (SMPP 3.4 §5.3.2.22 to §5.3.2.24).
std::optional<smpp::PartNumber> sar_of(const smpp::Tlvs& tlvs) {
  const auto reference = tlvs.integer(TlvTag::sar_msg_ref_num),
             total = tlvs.integer(TlvTag::sar_total_segments),
             number = tlvs.integer(TlvTag::sar_segment_seqnum);
  if (!reference || !total || !number) return std::nullopt;
  return smpp::PartNumber{static_cast<std::uint16_t>(*reference), static_cast<std::uint8_t>(*total),
                          static_cast<std::uint8_t>(*number), true};
}

template <class Pdu>
UserData user_data_of(const Pdu& pdu) {
  UserData data{pdu.source_addr, pdu.destination_addr, pdu.esm_class, pdu.data_coding, {}, sar_of(pdu.tlvs)};
  if constexpr (requires { pdu.short_message; }) data.octets = pdu.short_message;
  if (const auto payload = pdu.tlvs.find(TlvTag::message_payload); payload && data.octets.empty()) {
    data.octets = payload->value;
  }
  return data;
}

std::optional<UserData> user_data_of(const smpp::AnyPdu& pdu) {
  if (const auto* submit = std::get_if<smpp::SubmitSm>(&pdu)) return user_data_of(*submit);
  if (const auto* deliver = std::get_if<smpp::DeliverSm>(&pdu)) return user_data_of(*deliver);
  if (const auto* data = std::get_if<smpp::DataSm>(&pdu)) return user_data_of(*data);
  return std::nullopt;
}

std::string alphabet_name(const smpp::BodyFormat& format) {
  std::string name(smpp::to_string(format.alphabet));
  if (format.locking != smpp::Language::none)
    name += fmt::format("+locking:{}", smpp::to_string(format.locking));
  if (format.single != smpp::Language::none)
    name += fmt::format("+single:{}", smpp::to_string(format.single));
  return name;
}

std::string json_text(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::optional<std::string> PduTexts::describe(const smpp::AnyPdu& pdu, bool json) {
  const auto data = user_data_of(pdu);
  if (!data || data->octets.empty()) return std::nullopt;
  const auto received = smpp::open_user_data(data->octets, data->data_coding, data->esm_class, profile_);
  if (!received) {
    const std::string error(smpp::to_string(received.error()));
    return json ? ordered_json{{"error", error}}.dump()
                : fmt::format("  text                      {}\n", error);
  }
  std::string text;
  const std::size_t unread = smpp::decode_body(received->body, received->format, text);
  const auto part = received->header.part ? received->header.part : data->sar;
  if (part) {
    reassembler_.add({data->source, data->destination, *part, *received}, TimePoint{}, done_);
  }
  const std::string alphabet = alphabet_name(received->format);
  if (json) {
    ordered_json out{{"alphabet", alphabet}, {"text", text}, {"unread", unread}};
    if (part) {
      out["part"] = {{"reference", part->reference}, {"total", part->total}, {"sequence", part->sequence}};
    }
    return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }
  std::string out = fmt::format("  text                      {}\n  alphabet                  {}\n",
                                json_text(text), alphabet);
  if (unread != 0) out += fmt::format("  unread                    {}\n", unread);
  if (part) {
    out += fmt::format("  part                      {} of {}, reference {}\n", part->sequence, part->total,
                       part->reference);
  }
  return out;
}

std::vector<std::string> PduTexts::joined(bool json) {
  reassembler_.expire(TimePoint::max(), done_);
  std::vector<std::string> out;
  for (const smpp::Reassembled& message : done_) {
    if (json) {
      out.push_back(ordered_json{{"joined",
                                  {{"source", message.source},
                                   {"destination", message.destination},
                                   {"total", message.total},
                                   {"missing", message.missing},
                                   {"text", message.text}}}}
                        .dump(-1, ' ', false, ordered_json::error_handler_t::replace));
      continue;
    }
    std::string line = fmt::format("long message of {} parts", message.total);
    if (!message.complete()) line += fmt::format(", missing {}", fmt::join(message.missing, ", "));
    out.push_back(line + fmt::format("\n  text                      {}\n", json_text(message.text)));
  }
  done_.clear();
  return out;
}

}  // namespace anchal::app
