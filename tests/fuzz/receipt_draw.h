#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smpp/receipt/receipt.h"
#include "tests/fuzz/fuzz_input.h"

namespace anchal::fuzz {

/// The number that both ids of a receipt are, and the base that each is written in.
struct DrawnNumber {
  std::uint64_t value = 0;
  bool id_is_hex = false;
  bool tlv_is_hex = false;
};

/// A receipt as meant, and as it is written on the wire. The wire's parts are strings of their own size.
struct DrawnReceipt {
  // As meant; empty where the wire does not say it.
  std::string id;
  std::string tlv_id;
  std::string stat;
  std::optional<smpp::ReceiptState> stat_means;
  std::optional<smpp::ReceiptState> tlv_state;
  std::string err;
  std::string text;
  std::optional<smpp::ReceiptDate> submit_date;
  std::optional<smpp::ReceiptDate> done_date;
  bool labelled_id = false;
  bool labelled_stat = false;
  std::optional<DrawnNumber> number;

  // As written.
  std::string short_message;
  std::optional<std::string> message_payload;
  std::optional<std::string> receipted_message_id;
  std::optional<std::string> message_state;
  std::optional<std::string> network_error_code;

  smpp::ReceiptInput pdu(std::uint8_t esm_class) const {
    return {.esm_class = esm_class,
            .short_message = octets(short_message),
            .message_payload = maybe(message_payload),
            .receipted_message_id = maybe(receipted_message_id),
            .message_state = maybe(message_state),
            .network_error_code = maybe(network_error_code)};
  }

 private:
  static std::span<const std::byte> octets(const std::string& text) { return std::as_bytes(std::span(text)); }
  static std::optional<std::span<const std::byte>> maybe(const std::optional<std::string>& text) {
    return text ? std::optional(octets(*text)) : std::nullopt;
  }
};

/// Reads a fuzzer's input as a receipt by the fields of SMPP 3.4 Appendix B. Zeros draw the standard form;
/// other octets choose what operators do instead. Only values that their place on the wire can hold.
class ReceiptDraw {
 public:
  ReceiptDraw(Input& input, const smpp::ReceiptSettings& settings) : input_(input), settings_(settings) {}

  DrawnReceipt receipt() {
    draw_ids();
    draw_state();
    out_.err = octet() % 8 == 7 ? "" : value(input_.text(12));
    out_.submit_date = date(submit_wire_);
    out_.done_date = date(done_wire_);
    out_.text = input_.text(60);
    draw_tlvs();
    place(settings_.format == smpp::ReceiptSettings::Format::csv ? csv() : labelled());
    if (settings_.format == smpp::ReceiptSettings::Format::tlv_only) forget_text();
    return std::move(out_);
  }

 private:
  using State = smpp::ReceiptState;
  enum Key : std::uint8_t { id, sub, dlvrd, submit_date, done_date, stat, err, text };

  struct Word {
    std::string_view word;
    State means;
  };
  // Appendix B's words first.
  static constexpr std::array<Word, 16> kWords{{{"DELIVRD", State::delivered},
                                                {"EXPIRED", State::expired},
                                                {"DELETED", State::deleted},
                                                {"UNDELIV", State::undeliverable},
                                                {"ACCEPTD", State::accepted},
                                                {"UNKNOWN", State::unknown},
                                                {"REJECTD", State::rejected},
                                                {"ENROUTE", State::enroute},
                                                {"SKIPPED", State::skipped},
                                                {"SCHEDULED", State::scheduled},
                                                {"DELIVERED", State::delivered},
                                                {"FAILED", State::undeliverable},
                                                {"NOCRED", State::rejected},
                                                {"BUFFRED", State::enroute},
                                                {"ACKED", State::accepted},
                                                {"000", State::delivered}}};
  static constexpr std::array<std::string_view, 8> kAbsent{"",    "0000000000", "00000000000000", "null",
                                                           "...", "NULL",       "000000000000",   "Null"};
  static constexpr std::array<std::string_view, 6> kSeparators{" ", "  ", "\r\n", "\t", "\n", " \r\n\t "};

  std::uint8_t octet() { return input_.octet(); }

  /// What a place between two blanks can hold and mean: no blank, no label, no spelling of "absent".
  static std::string value(std::string kept) {
    for (char& c : kept) {
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == ':' || c == ',') c = '-';
    }
    if (kept.empty()) return kept;
    std::string lower = kept;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool absent = lower == "null" || lower == "...";
    const bool part_of_label = lower == "message";  // in front of "text:"
    if (absent || part_of_label || kept.front() == '"' || kept.front() == '\'') kept.front() = 'x';
    return kept;
  }

  static std::string in_base(std::uint64_t number, int base, bool upper, std::size_t width) {
    std::array<char, 20> digits{};
    const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    std::string shown(digits.data(), static_cast<std::size_t>(end - digits.data()));
    for (char& c : shown) c = upper && c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    if (shown.size() < width) shown.insert(0, width - shown.size(), '0');
    return shown;
  }

  /// In the text, and in receipted_message_id: the same, the same number written otherwise, another, none.
  void draw_ids() {
    const std::uint8_t kind = octet();
    if (kind % 4 == 3) {
      const std::uint64_t number = input_.number64();
      const std::uint8_t form = octet();
      DrawnNumber& both = out_.number.emplace();
      both = {number, (form & 1) != 0, (form & 2) != 0};
      const auto written = [&](bool hex, bool suffix) {
        return in_base(number, hex ? 16 : 10, (form & 4) != 0, form >> 4) + (suffix ? "@smsc-1" : "");
      };
      out_.id = written(both.id_is_hex, (form & 8) != 0);
      out_.tlv_id = written(both.tlv_is_hex, (kind & 0x40) != 0);
    } else {
      out_.id = value(input_.text(64));
      if (kind % 4 == 1) out_.tlv_id = out_.id;
      if (kind % 4 == 2) out_.tlv_id = value(input_.text(64));
    }
    if ((kind & 0x80) != 0) out_.id.clear();
    if (out_.tlv_id.empty() && (kind & 0x10) == 0) return;
    out_.receipted_message_id = out_.tlv_id;
    if ((kind & 0x20) == 0) *out_.receipted_message_id += std::string_view("\0", 1);
  }

  void draw_state() {
    const std::uint8_t which = octet();
    const std::uint8_t cases = octet();
    if (which < 0xD0) {
      const Word& word = kWords[which % kWords.size()];
      out_.stat = word.word;
      out_.stat_means = word.means;
    } else if (which < 0xE0) {
      out_.stat = "foo";
      if (!settings_.stat_map.empty()) out_.stat_means = settings_.stat_map.front().second;
    } else if (which < 0xF0) {
      out_.stat = "~" + value(input_.text(12));  // no table has such a word
    }
    mix_case(out_.stat, cases);
  }

  static void mix_case(std::string& word, std::uint8_t cases) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool letter = (word[i] >= 'a' && word[i] <= 'z') || (word[i] >= 'A' && word[i] <= 'Z');
      if (letter && (cases >> i % 8 & 1) != 0) word[i] = static_cast<char>(word[i] ^ 0x20);
    }
  }

  void draw_tlvs() {
    const std::uint8_t which = octet();
    if ((which & 1) != 0) {
      const std::uint8_t state = octet() % 12;  // 10 and 11 are no states
      out_.message_state = std::string(1, static_cast<char>(state));
      if (state < 10) out_.tlv_state = static_cast<State>(state);
    }
    if ((which & 2) != 0) out_.network_error_code = std::string(as_text(input_.take(3)));
    if ((which & 4) != 0) out_.network_error_code = in_base(octet(), 10, false, 3);
    if ((which & 8) != 0) out_.network_error_code = input_.text(8);
  }

  static std::string_view as_text(std::span<const std::byte> octets) {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
  }

  /// A date that its form, under these settings, cannot be taken for another.
  std::optional<smpp::ReceiptDate> date(std::string& wire) {
    using Form = smpp::ReceiptDateForm;
    const std::uint8_t form = octet();
    if (form >= 0xE0) {
      wire = kAbsent[form % kAbsent.size()];
      return std::nullopt;
    }
    const std::uint32_t seed = input_.number();
    smpp::ReceiptDate drawn{.year = static_cast<std::uint16_t>(1970 + seed % 68),
                            .month = static_cast<std::uint8_t>(1 + seed / 68 % 12),
                            .day = static_cast<std::uint8_t>(1 + seed / 816 % 28),
                            .hour = static_cast<std::uint8_t>(seed / 22848 % 24),
                            .minute = static_cast<std::uint8_t>(seed / 548352 % 60),
                            .second = static_cast<std::uint8_t>(octet() % 60),
                            .has_second = true};
    const bool long_year_is_clear =
        settings_.date == Form::yyyymmddhhmm ||
        (settings_.date != Form::yymmddhhmmss && (drawn.year < 2001 || drawn.year > 2012));
    const std::string year = in_base(drawn.year, 10, false, 4);
    const std::string to_minute = pair(drawn.month) + pair(drawn.day) + pair(drawn.hour) + pair(drawn.minute);
    switch (form % 5) {
      case 1:
        wire = year + to_minute + pair(drawn.second);
        return drawn;
      case 2:
        if (settings_.date == Form::yyyymmddhhmm) break;
        wire = year.substr(2) + to_minute + pair(drawn.second);
        return drawn;
      case 3:
        if (!long_year_is_clear) break;
        drawn.second = 0;
        drawn.has_second = false;
        wire = year + to_minute;
        return drawn;
      case 4: {
        const int quarters = octet() % 49;
        const bool west = octet() % 2 != 0;
        drawn.offset_minutes = static_cast<std::int16_t>(west ? -15 * quarters : 15 * quarters);
        wire = year.substr(2) + to_minute + pair(drawn.second) + static_cast<char>('0' + form / 5 % 10) +
               pair(static_cast<std::uint8_t>(quarters)) + (west ? '-' : '+');
        return drawn;
      }
      default:
        break;
    }
    if (settings_.date == Form::epoch_seconds) {
      drawn.year = static_cast<std::uint16_t>(std::max<int>(drawn.year, 2002));  // ten digits
      const auto instant = drawn.instant(settings_.utc_offset_minutes).time_since_epoch();
      wire = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(instant).count());
      return drawn;
    }
    drawn.second = 0;
    drawn.has_second = false;
    wire = year.substr(2) + to_minute;
    return drawn;
  }

  static std::string pair(std::uint8_t number) { return in_base(number, 10, false, 2); }

  /// One value in quotes, now and then.
  static std::string quoted(const std::string& value, bool quotes) {
    return quotes && !value.empty() ? "\"" + value + "\"" : value;
  }

  std::string csv() {
    using Column = smpp::ReceiptSettings::Column;
    const std::uint8_t form = octet();
    std::ranges::replace(out_.text, ',', ';');
    out_.text = value(out_.text);
    const std::string pad = (form & 1) != 0 ? " " : "";
    std::string body;
    for (const Column& column : settings_.csv_columns) {
      if (&column != settings_.csv_columns.data()) body += ',';
      body += pad;
      if (column == Column::id) body += quoted(out_.id, (form & 2) != 0);
      if (column == Column::stat) body += quoted(out_.stat, (form & 4) != 0);
      if (column == Column::err) body += quoted(out_.err, (form & 8) != 0);
      if (column == Column::submit_date) body += submit_wire_;
      if (column == Column::done_date) body += done_wire_;
      if (column == Column::text) body += out_.text;
      body += pad;
    }
    return body;
  }

  std::string label(Key key, std::uint8_t form) const {
    static constexpr std::array<std::string_view, 8> kKeys{"id",        "sub",  "dlvrd", "submit date",
                                                           "done date", "stat", "err",   "text"};
    std::string written(kKeys[key]);
    const bool other = (form & 1) != 0;
    if (other && key == submit_date) written = "submitdate";
    if (other && key == done_date) written = "donedate";
    if (other && key == text) written = "message text";
    if ((form & 2) != 0) mix_case(written, form);
    return written + ':';
  }

  std::string labelled() {
    const std::uint8_t form =
        octet();  // bits: order, labels, separators, quotes, a bare stat, missing fields
    std::vector<Key> order{id, sub, dlvrd, submit_date, done_date, stat, err, text};
    if ((form & 1) != 0) shuffle(order);
    const std::uint8_t missing = (form & 0x20) != 0 ? octet() : 0;
    std::erase_if(order, [missing](Key key) { return (missing >> key & 1) != 0; });
    const auto has = [&order](Key key) { return std::ranges::find(order, key) != order.end(); };
    if (!has(id)) out_.id.clear();
    if (!has(stat)) out_.stat.clear();
    if (!has(err)) out_.err.clear();
    if (!has(text)) out_.text.clear();
    if (!has(submit_date)) out_.submit_date.reset();
    if (!has(done_date)) out_.done_date.reset();
    // Without its label a state is looked for behind the dates only, and words only.
    const bool bare = (form & 0x10) != 0 && (form & 1) == 0 && has(stat) && out_.done_date &&
                      out_.stat_means && out_.stat != "000";
    if (!has(stat)) out_.stat_means.reset();
    out_.labelled_id = has(id);
    out_.labelled_stat = has(stat) && !bare;
    settle_text(order);

    std::string body;
    std::size_t text_at = std::string::npos;
    for (const Key key : order) {
      if (!body.empty()) body += (form & 4) != 0 ? kSeparators[octet() % kSeparators.size()] : " ";
      const std::uint8_t spelling = (form & 2) != 0 ? octet() : 0;
      if (!(key == stat && bare)) body += label(key, spelling);
      if (key == text) text_at = body.size();
      const bool quotes = (form & 8) != 0 && (spelling & 4) != 0 && !bare;
      // A word behind a blank might be taken for a state without its label.
      if ((spelling & 8) != 0 && key != text && out_.labelled_stat)
        body += (spelling & 0x10) != 0 ? "  " : " ";
      body += quoted(wire_of(key), quotes && key != text);
    }
    // Blanks and NULs behind a body are none of it.
    while (!body.empty() && std::string_view(" \t\r\n\0", 5).contains(body.back())) body.pop_back();
    out_.text = text_at < body.size() ? body.substr(text_at) : "";
    return body;
  }

  std::string wire_of(Key key) {
    switch (key) {
      case id:
        return out_.id;
      case sub:
      case dlvrd:
        return in_base(octet(), 10, false, 3);
      case submit_date:
        return submit_wire_;
      case done_date:
        return done_wire_;
      case stat:
        return out_.stat;
      case err:
        return out_.err;
      case text:
        return out_.text;
    }
    return {};
  }

  void shuffle(std::vector<Key>& order) {
    for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[octet() % left]);
  }

  /// What stands behind text: is read only as long as the id or the stat is missing; then it holds labels.
  void settle_text(std::vector<Key>& order) {
    const auto at = std::ranges::find(order, text);
    if (at == order.end()) return;
    const auto before = [&](Key key) { return std::find(order.begin(), at, key) != at; };
    if (before(id) && before(stat) && out_.labelled_stat) {
      std::rotate(at, at + 1, order.end());
    } else {
      std::ranges::replace(out_.text, ':', ';');
    }
  }

  /// Into short_message or message_payload, in octets or in UTF-16, alone or beside a text that is no
  /// receipt.
  void place(std::string body) {
    const std::uint8_t form = octet();
    const std::uint8_t width = form & 3;
    if (width != 0 && body.size() >= 4) body = wide(body, width == 1, (form & 4) != 0);
    const bool beside = (form & 0x10) != 0 && out_.labelled_id;
    std::string other = beside ? input_.text(40) : "";
    std::ranges::replace(other, ':', ';');
    if ((form & 8) == 0) {
      out_.short_message = std::move(body);
      if (beside) out_.message_payload = std::move(other);
    } else {
      out_.message_payload = std::move(body);
      out_.short_message = std::move(other);
    }
  }

  void forget_text() {
    out_.id.clear();
    out_.stat.clear();
    out_.stat_means.reset();
    out_.err.clear();
    out_.text.clear();
    out_.submit_date.reset();
    out_.done_date.reset();
    out_.labelled_id = out_.labelled_stat = false;
  }

  static std::string wide(const std::string& text, bool big_endian, bool mark) {
    std::string out = mark ? (big_endian ? "\xFE\xFF" : "\xFF\xFE") : "";
    for (const char c : text) {
      if (big_endian) out += '\0';
      out += c;
      if (!big_endian) out += '\0';
    }
    return out;
  }

  Input& input_;
  const smpp::ReceiptSettings& settings_;
  DrawnReceipt out_;
  std::string submit_wire_;
  std::string done_wire_;
};

}  // namespace anchal::fuzz
