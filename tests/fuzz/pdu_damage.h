#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "smpp/pdu/frame.h"
#include "smpp/pdu/pdus.h"
#include "smpp/pdu/tlv_stream.h"
#include "tests/fuzz/fuzz_input.h"

namespace anchal::fuzz {

/// Where the fields and TLVs of an encoded PDU lie, by its field table: what octets that mutate seldom hit.
class Places {
 public:
  struct Piece {
    std::size_t at;
    std::size_t size;
  };

  template <class Pdu>
  explicit Places(const Pdu& pdu) {
    smpp::for_each_field(pdu, *this);
    if constexpr (smpp::PduWithBody<Pdu>) {
      for (const smpp::Tlv& tlv : pdu.tlvs) {
        tlvs_.push_back({end_, smpp::kTlvHeaderSize + tlv.value.size()});
        pieces_.push_back(tlvs_.back());
        end_ += tlvs_.back().size;
      }
    }
  }

  template <class Wire, class Value>
  void operator()(std::string_view /*name*/, Wire wire, const Value& value) {
    const std::size_t start = end_;
    pass(wire, value);
    pieces_.push_back({start, end_ - start});
  }

  /// Every field and every TLV, in wire order.
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] const std::vector<Piece>& tlvs() const { return tlvs_; }
  /// The NULs of C-octet strings, those within lists too.
  [[nodiscard]] const std::vector<std::size_t>& terminators() const { return terminators_; }
  /// sm_length, number_of_dests, no_unsuccess.
  [[nodiscard]] const std::vector<std::size_t>& counts() const { return counts_; }
  [[nodiscard]] std::size_t end() const { return end_; }

  /// Where the field or TLV starts that the octet at `at` belongs to.
  [[nodiscard]] std::size_t start_of(std::size_t at) const {
    const auto found =
        std::ranges::find_if(pieces_, [&](const Piece& piece) { return at < piece.at + piece.size; });
    return found == pieces_.end() ? at : found->at;
  }

 private:
  void pass(smpp::U8 /*wire*/, std::uint8_t /*value*/) { end_ += 1; }
  void pass(smpp::U32 /*wire*/, std::uint32_t /*value*/) { end_ += 4; }
  template <class StringWire>
  void pass(StringWire /*wire*/, std::string_view value) {
    end_ += value.size();
    terminators_.push_back(end_++);
  }
  void pass(smpp::CountedOctets /*wire*/, smpp::Octets value) {
    counts_.push_back(end_);
    end_ += 1 + value.size();
  }
  template <class Entry>
  void pass(smpp::CountedList /*wire*/, const smpp::WireList<Entry>& list) {
    counts_.push_back(end_++);
    for (const Entry& entry : list) pass_entry(entry);
  }
  void pass_entry(const smpp::DestAddress& entry) {
    end_ += 1;
    if (entry.dest_flag == smpp::DestAddress::kDistributionList) {
      pass(smpp::DlNameWire{}, entry.dl_name);
    } else {
      pass_fields(entry);
    }
  }
  void pass_entry(const smpp::UnsuccessSme& entry) { pass_fields(entry); }
  template <class Entry>
  void pass_fields(const Entry& entry) {
    smpp::for_each_field(
        entry, [this](std::string_view /*name*/, auto wire, const auto& value) { this->pass(wire, value); });
  }

  std::vector<Piece> pieces_;
  std::vector<Piece> tlvs_;
  std::vector<std::size_t> terminators_;
  std::vector<std::size_t> counts_;
  std::size_t end_ = smpp::kHeaderSize;
};

/// One to three changes to an encoded PDU. They are read off the input before the PDU is drawn: so they stay
/// what they are while its fields mutate.
class Damage {
 public:
  explicit Damage(Input& input) : count_(1U + input.octet() % kMost) {
    for (Change& change : std::span(changes_).first(count_)) {
      change = {input.octet(), input.octet(), input.octet(), input.octet()};
    }
  }

  /// Changes `wire`, whose fields lie at `places`, and sets command_length to what there is then. False: a
  /// change made command_length lie.
  bool apply(std::vector<std::byte>& wire, const Places& places) const {
    const Change* lie = nullptr;
    for (const Change& change : std::span(changes_).first(count_)) {
      if (change.kind % kKinds == 0) {
        lie = &change;
      } else {
        apply(change, wire, places);
      }
    }
    const auto size = static_cast<std::uint32_t>(wire.size());
    const std::uint32_t said = lie == nullptr ? size : lying_length(*lie, size);
    put(wire, 0, said, 4);
    return said == size;
  }

 private:
  struct Change {
    std::uint8_t kind;
    std::uint8_t which;
    std::uint8_t how;
    std::uint8_t octet;
    [[nodiscard]] std::size_t place() const { return std::size_t{which} << 8 | how; }
  };
  static constexpr std::size_t kMost = 3;
  static constexpr std::uint8_t kKinds = 11;

  using Wire = std::vector<std::byte>;

  static std::uint32_t lying_length(const Change& change, std::uint32_t size) {
    constexpr std::uint32_t kHeader = smpp::kHeaderSize;
    const std::array<std::uint32_t, 8> lies{
        size - 1,   size + 1,
        0,          kHeader - 1,
        kHeader,    smpp::kMaxCommandLength + 1,
        0xFFFFFFFF, static_cast<std::uint32_t>(change.which << 8 | change.octet)};
    return lies[change.how % lies.size()];
  }

  /// A length that lies: one less, one more, none, all that `octets` octets can say, or any.
  static std::uint32_t lie(const Change& change, std::uint32_t length, unsigned octets) {
    const std::array<std::uint32_t, 5> lies{length - 1, length + 1, 0, octets == 1 ? 0xFFU : 0xFFFFU,
                                            change.octet};
    return lies[change.how % lies.size()];
  }

  static void put(Wire& wire, std::size_t at, std::uint32_t value, unsigned octets) {
    for (unsigned index = 0; index < octets; ++index) {
      wire[at + index] = static_cast<std::byte>(value >> 8 * (octets - 1 - index));
    }
  }

  static auto place(Wire& wire, std::size_t at) { return wire.begin() + static_cast<std::ptrdiff_t>(at); }

  template <class Element>
  static const Element* chosen(const std::vector<Element>& of, const Change& change) {
    return of.empty() ? nullptr : &of[change.which % of.size()];
  }

  /// A change that finds nothing to change, since the PDU has none of it or another change took it, is none.
  static void apply(const Change& change, Wire& wire, const Places& places) {
    switch (change.kind % kKinds) {
      case 1:  // sm_length, number_of_dests, no_unsuccess
        if (const auto* at = chosen(places.counts(), change); at != nullptr && *at < wire.size()) {
          put(wire, *at, lie(change, std::to_integer<std::uint8_t>(wire[*at]), 1), 1);
        }
        return;
      case 2:  // the length of a TLV
        if (const auto* tlv = chosen(places.tlvs(), change); tlv != nullptr && tlv->at + 4 <= wire.size()) {
          put(wire, tlv->at + 2, lie(change, smpp::load_u16(&wire[tlv->at + 2]), 2), 2);
        }
        return;
      case 3:  // no NUL where a string ends
        if (const auto* at = chosen(places.terminators(), change); at != nullptr && *at < wire.size()) {
          wire[*at] = std::byte{change.octet} | std::byte{1};
        }
        return;
      case 4:  // the NUL left out
        if (const auto* at = chosen(places.terminators(), change); at != nullptr && *at < wire.size()) {
          wire.erase(place(wire, *at));
        }
        return;
      case 5:
        return wire.resize(smpp::kHeaderSize + change.place() % (wire.size() - smpp::kHeaderSize + 1));
      case 6:
        return wire.resize(wire.size() + 1 + change.how % 8, std::byte{change.octet});
      case 7:
        return repeat(chosen(places.tlvs(), change), change, wire);
      case 8:
        return repeat(chosen(places.pieces(), change), change, wire);
      case 9:  // a field or a TLV left out
        if (const auto* piece = chosen(places.pieces(), change); piece != nullptr && fits(*piece, wire)) {
          wire.erase(place(wire, piece->at), place(wire, piece->at + piece->size));
        }
        return;
      default:  // one octet; command_length has its own change
        wire[4 + change.place() % (wire.size() - 4)] = std::byte{change.octet};
    }
  }

  static bool fits(const Places::Piece& piece, const Wire& wire) {
    return piece.at + piece.size <= wire.size();
  }

  /// Puts it in a second time, next to the first or at the end.
  static void repeat(const Places::Piece* piece, const Change& change, Wire& wire) {
    if (piece == nullptr || !fits(*piece, wire)) return;
    const Wire again(place(wire, piece->at), place(wire, piece->at + piece->size));
    const std::size_t at = change.how % 2 == 0 ? piece->at : wire.size();
    wire.insert(place(wire, at), again.begin(), again.end());
  }

  std::size_t count_;
  std::array<Change, kMost> changes_{};
};

}  // namespace anchal::fuzz
