#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "smpp/pdu/command_status.h"

namespace anchal::smpp {

/// The wire types of SMPP 3.4 §3.1. A member of a PDU struct is a plain number or a view; how it lies on the
/// wire is said by one of these in the PDU's field table, with the status that answers a bad one (kError).
struct U8 {
  static constexpr std::uint32_t kError = ESME_RINVCMDLEN;
};
struct U32 {
  static constexpr std::uint32_t kError = ESME_RINVCMDLEN;
};

/// C-octet string of at most `Max` octets, the NUL included.
template <std::size_t Max, std::uint32_t Error = ESME_RINVCMDLEN>
struct CString {
  static constexpr std::size_t kMax = Max;
  static constexpr std::uint32_t kError = Error;
};

/// Time of 1 or 17 octets with the NUL (SMPP 3.4 §7.1). `Reported` times come from the SMSC, where the local
/// forms of 10 and 12 characters are accepted too.
template <std::uint32_t Error, bool Reported = false>
struct Time {
  static constexpr std::size_t kMax = 17;
  static constexpr std::uint32_t kError = Error;
  static constexpr bool kReported = Reported;
};

/// sm_length and as many octets (SMPP 3.4 §5.2.21, §5.2.22).
struct CountedOctets {
  static constexpr std::size_t kMax = 255;
  static constexpr std::uint32_t kError = ESME_RINVMSGLEN;
};

/// A count octet and as many entries: number_of_dests with dest_address, no_unsuccess with unsuccess_sme.
struct CountedList {
  static constexpr std::uint32_t kError = ESME_RINVCMDLEN;
};

/// One row of a field table: the name of the specification, where the value lives, how it lies on the wire.
template <class W, class Owner, class Member>
struct Field {
  using Wire = W;
  std::string_view name;
  Member Owner::* member;
};

template <class Wire, class Owner, class Member>
constexpr Field<Wire, Owner, Member> field(std::string_view name, Member Owner::* member) {
  return {name, member};
}

/// The field table of a PDU (or of an entry of a list), in wire order: encode, decode, print and the
/// generators of the tests are visitors of it.
template <class Pdu>
inline constexpr std::tuple<> kFields{};

template <class Pdu>
inline constexpr std::size_t kFieldCount = std::tuple_size_v<std::remove_cvref_t<decltype(kFields<Pdu>)>>;

/// Calls visit(name, wire, value) for each field in wire order.
template <class Pdu, class Visit>
constexpr void for_each_field(Pdu& pdu, Visit&& visit) {
  std::apply(
      [&](const auto&... row) {
        (visit(row.name, typename std::remove_cvref_t<decltype(row)>::Wire{}, pdu.*row.member), ...);
      },
      kFields<std::remove_cv_t<Pdu>>);
}

}  // namespace anchal::smpp
