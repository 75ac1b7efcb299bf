#include "engine/simulator/receipt_writer.h"

#include <algorithm>
#include <chrono>

namespace anchal::simulator {
namespace {

using std::chrono::floor;

constexpr std::uint8_t kReceipt = 0x04;       // SMPP 3.4 §5.2.12
constexpr std::uint8_t kIntermediate = 0x20;  // the same
constexpr std::byte kGsmNetwork{3};           // §5.3.2.31

struct StateWords {
  std::string_view stat;
  std::string_view error;
  std::uint16_t error_code;
};

constexpr StateWords words_of(MessageState state) {
  switch (state) {
    case MessageState::delivered:
      return {"DELIVRD", "000", 0};
    case MessageState::undeliverable:
      return {"UNDELIV", "011", 11};
    case MessageState::deleted:
      return {"DELETED", "000", 0};
    case MessageState::enroute:
      break;
  }
  return {"ENROUTE", "000", 0};
}

char* put(char* at, std::string_view text) {
  return std::copy(text.begin(), text.end(), at);
}

char* put_two(char* at, unsigned value) {
  *at++ = static_cast<char>('0' + value / 10 % 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

}  // namespace

// Dates change once a minute and are asked for a million times: the digits of the last minute are kept.
std::string_view ReceiptWriter::minute_text(TimePoint at, MinuteText& cache) const {
  const WallTime wall = wall_at_epoch_ + floor<std::chrono::milliseconds>(at.time_since_epoch());
  const auto minute = floor<std::chrono::minutes>(wall);
  if (minute.time_since_epoch().count() != cache.minute) {
    cache.minute = minute.time_since_epoch().count();
    const auto day = floor<std::chrono::days>(wall);
    const std::chrono::year_month_day date{day};
    const auto of_day = static_cast<unsigned>((minute - day).count());
    char* at_text = cache.text.data();
    at_text = put_two(at_text, static_cast<unsigned>(static_cast<int>(date.year()) % 100));
    at_text = put_two(at_text, static_cast<unsigned>(date.month()));
    at_text = put_two(at_text, static_cast<unsigned>(date.day()));
    at_text = put_two(at_text, of_day / 60);
    put_two(at_text, of_day % 60);
  }
  return {cache.text.data(), cache.text.size()};
}

std::string_view ReceiptWriter::date(TimePoint at, bool absolute) {
  char* end = put(date_text_.data(), minute_text(at, date_minute_));
  if (absolute) end = put(end, "00000+");
  if (absolute) {
    const WallTime wall = wall_at_epoch_ + floor<std::chrono::milliseconds>(at.time_since_epoch());
    const auto seconds = floor<std::chrono::seconds>(wall) - floor<std::chrono::minutes>(wall);
    put_two(date_text_.data() + 10, static_cast<unsigned>(seconds.count()));
  }
  return {date_text_.data(), static_cast<std::size_t>(end - date_text_.data())};
}

std::string_view ReceiptWriter::compose_text(const Message& message, std::string_view id, MessageState state,
                                             TimePoint now) {
  const StateWords words = words_of(state);
  char* at = put(text_.data(), "id:");
  at = put(at, id);
  at = put(at, state == MessageState::delivered ? " sub:001 dlvrd:001 submit date:"
                                                : " sub:001 dlvrd:000 submit date:");
  at = put(at, minute_text(message.accepted_at, submit_minute_));
  at = put(at, " done date:");
  at = put(at, minute_text(now, done_minute_));
  at = put(at, " stat:");
  at = put(at, words.stat);
  at = put(at, " err:");
  at = put(at, words.error);
  at = put(at, " text:");
  at = put(at, message.text.view());
  return {text_.data(), static_cast<std::size_t>(at - text_.data())};
}

std::span<const smpp::Tlv> ReceiptWriter::compose_tlvs(std::string_view id, MessageState state,
                                                       std::string_view payload,
                                                       std::optional<std::uint16_t> reference) {
  const std::uint16_t code = words_of(state).error_code;
  *put(id_with_nul_.data(), id) = '\0';
  state_octet_[0] = static_cast<std::byte>(state);
  error_code_ = {kGsmNetwork, static_cast<std::byte>(code >> 8), static_cast<std::byte>(code & 0xFF)};
  std::size_t count = 0;
  if (!payload.empty()) tlvs_[count++] = {smpp::TlvTag::message_payload, smpp::as_octets(payload)};
  tlvs_[count++] = {smpp::TlvTag::receipted_message_id,
                    smpp::as_octets({id_with_nul_.data(), id.size() + 1})};
  tlvs_[count++] = {smpp::TlvTag::message_state, state_octet_};
  if (code != 0) tlvs_[count++] = {smpp::TlvTag::network_error_code, error_code_};
  if (reference) {
    reference_ = {static_cast<std::byte>(*reference >> 8), static_cast<std::byte>(*reference & 0xFF)};
    tlvs_[count++] = {smpp::TlvTag::user_message_reference, reference_};
  }
  return {tlvs_.data(), count};
}

const smpp::DeliverSm& ReceiptWriter::deliver_sm(const Message& message, std::string_view id,
                                                 MessageState state, ReceiptForm form, TimePoint now,
                                                 bool repeat_reference) {
  const auto reference = repeat_reference ? message.reference : std::nullopt;
  deliver_ = {};
  deliver_.source_addr_ton = message.dest_ton;  // a receipt comes from the recipient (SMPP 3.4 §2.11)
  deliver_.source_addr_npi = message.dest_npi;
  deliver_.source_addr = message.destination.view();
  deliver_.dest_addr_ton = message.source_ton;
  deliver_.dest_addr_npi = message.source_npi;
  deliver_.destination_addr = message.source.view();
  deliver_.esm_class = state == MessageState::enroute ? kIntermediate : kReceipt;

  const std::string_view text =
      form == ReceiptForm::tlvs ? std::string_view{} : compose_text(message, id, state, now);
  switch (form) {
    case ReceiptForm::ucs2: {
      char* at = wide_text_.data();
      for (const char c : text.substr(0, 127)) {  // 254 octets are all that fit
        *at++ = '\0';
        *at++ = c;
      }
      deliver_.data_coding = 0x08;
      deliver_.short_message =
          smpp::as_octets({wide_text_.data(), static_cast<std::size_t>(at - wide_text_.data())});
      break;
    }
    case ReceiptForm::payload:
      deliver_.tlvs = smpp::Tlvs(compose_tlvs(id, state, text, reference));
      break;
    case ReceiptForm::text:
      deliver_.short_message = smpp::as_octets(text);
      break;
    case ReceiptForm::text_and_tlvs:
    case ReceiptForm::tlvs:
    case ReceiptForm::data_sm:
      deliver_.short_message = smpp::as_octets(text);
      deliver_.tlvs = smpp::Tlvs(compose_tlvs(id, state, {}, reference));
      break;
  }
  return deliver_;
}

const smpp::DataSm& ReceiptWriter::data_sm(const Message& message, std::string_view id, MessageState state,
                                           TimePoint now, bool repeat_reference) {
  const auto reference = repeat_reference ? message.reference : std::nullopt;
  data_ = {};
  data_.source_addr_ton = message.dest_ton;
  data_.source_addr_npi = message.dest_npi;
  data_.source_addr = message.destination.view();
  data_.dest_addr_ton = message.source_ton;
  data_.dest_addr_npi = message.source_npi;
  data_.destination_addr = message.source.view();
  data_.esm_class = state == MessageState::enroute ? kIntermediate : kReceipt;
  data_.tlvs = smpp::Tlvs(compose_tlvs(id, state, compose_text(message, id, state, now), reference));
  return data_;
}

}  // namespace anchal::simulator
