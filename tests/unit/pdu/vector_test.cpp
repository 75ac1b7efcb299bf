#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "tests/unit/pdu/hex.h"
#include "tests/unit/pdu/vectors.h"

namespace anchal::smpp::test {
namespace {

using nlohmann::json;

/// What one read of a stream gives.
struct Reading {
  json pdus = json::array();
  std::size_t remaining = 0;
  std::optional<FramingError> lost;
};

/// The form a stream vector uses: command, sequence_number and, where it fails, error.
json summary(const Frame& frame) {
  const std::string_view name = command_name(frame.header.command_id);
  json entry = {{"command", name.empty() ? json() : json(name)},
                {"sequence_number", frame.header.sequence_number}};
  const auto decoded = decode_any(frame, DecodeMode::strict);
  if (!decoded) entry["error"] = to_string(decoded.error().kind);
  return entry;
}

Reading read_stream(Octets octets, std::size_t piece) {
  Reading reading;
  Framer framer;
  while (!octets.empty() && !reading.lost) {
    const Octets now = octets.first(std::min(piece, octets.size()));
    octets = octets.subspan(now.size());
    const auto fed = framer.feed(now, [&](const Frame& frame) {
      reading.pdus.push_back(summary(frame));
      return true;
    });
    if (!fed) reading.lost = fed.error();
  }
  reading.remaining = framer.remaining();
  return reading;
}

/// The one PDU of a vector, or what framing says of it.
std::expected<Frame, FramingError> only_frame(const PduVector& vector) {
  Framer framer;  // its end ends no view: a PDU that lies whole in the input stays there
  std::expected<Frame, FramingError> only;
  int frames = 0;
  const auto fed = framer.feed(vector.octets, [&](const Frame& frame) {
    only = frame;
    ++frames;
    return true;
  });
  if (!fed) return std::unexpected(fed.error());
  EXPECT_EQ(frames, 1);
  EXPECT_EQ(framer.remaining(), 0U);
  return only;
}

/// What `actual` says under the keys that `expected` names.
json only_keys_of(const json& expected, const json& actual) {
  json chosen = json::object();
  for (const auto& [key, value] : expected.items())
    chosen[key] = actual.contains(key) ? actual.at(key) : json();
  return chosen;
}

void expect_decodes_to(const json& expected, const Frame& frame, DecodeMode mode) {
  const auto decoded = decode_any(frame, mode);
  ASSERT_TRUE(decoded) << to_string(decoded.error().kind) << " in " << decoded.error().field;
  EXPECT_EQ(expected, only_keys_of(expected, json::parse(print_json(frame, *decoded))));
}

/// Puts the decoded PDU on the wire again, once with its views of the frame and once with TLVs listed apart.
void expect_encodes_to(const PduVector& vector, const Frame& frame, Decoded<AnyPdu> decoded) {
  Buffer again;
  std::visit(
      [&](auto& pdu) {
        if (decoded.form == BodyForm::whole) {
          ASSERT_TRUE(encode(again, frame.header.sequence_number, pdu, frame.header.command_status));
          EXPECT_EQ(to_hex(again.bytes()), to_hex(vector.octets));
          if constexpr (PduWithBody<std::remove_cvref_t<decltype(pdu)>>) {
            std::vector<Tlv> list;
            for (const Tlv& tlv : pdu.tlvs) list.push_back(tlv);
            pdu.tlvs = Tlvs(list);
            again.clear();
            ASSERT_TRUE(encode(again, frame.header.sequence_number, pdu, frame.header.command_status));
            EXPECT_EQ(to_hex(again.bytes()), to_hex(vector.octets));
          }
        } else if (decoded.form == BodyForm::empty) {
          encode_header(again, frame.header.command_id, frame.header.command_status,
                        frame.header.sequence_number);
          EXPECT_EQ(to_hex(again.bytes()), to_hex(vector.octets));
        }
      },
      decoded.pdu);
}

std::set<std::string> names_of(const DecodeWarnings& warnings) {
  std::set<std::string> names;
  for (int index = 0; index < kDecodeWarningCount; ++index) {
    const auto warning = static_cast<DecodeWarning>(index);
    if (warnings.has(warning)) names.emplace(to_string(warning));
  }
  return names;
}

TEST(PduVector, WellFormedVectorsDecodeInBothModesAndEncodeAgain) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    SCOPED_TRACE(vector.name);
    const auto frame = only_frame(vector);
    ASSERT_TRUE(frame);
    expect_decodes_to(vector.line.at("pdu"), *frame, DecodeMode::strict);
    expect_decodes_to(vector.line.at("pdu"), *frame, DecodeMode::lenient);
    if (const auto decoded = decode_any(*frame, DecodeMode::strict))
      expect_encodes_to(vector, *frame, *decoded);
  }
}

TEST(PduVector, VectorWarningsAreReportedWithoutFailing) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    SCOPED_TRACE(vector.name);
    const auto frame = only_frame(vector);
    ASSERT_TRUE(frame);
    const std::set<std::string> expected = vector.line.value("warn", std::set<std::string>());
    for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
      const auto decoded = decode_any(*frame, mode);
      ASSERT_TRUE(decoded);
      const std::set<std::string> reported = names_of(decoded->warnings);
      EXPECT_TRUE(std::ranges::includes(reported, expected)) << testing::PrintToString(reported);
      if (own_vectors()) {
        EXPECT_EQ(reported, expected);
      }
    }
  }
}

TEST(PduVector, MalformedVectorsGiveErrorAnswerAndSessionInStrictMode) {
  for (const PduVector& vector : pdu_vectors("error")) {
    SCOPED_TRACE(vector.name);
    const auto frame = only_frame(vector);
    const Header header = frame ? frame->header : frame.error().header;
    std::optional<DecodeError> error;
    if (frame) {
      const auto decoded = decode_any(*frame, DecodeMode::strict);
      ASSERT_FALSE(decoded);
      error = decoded.error();
    } else {
      error = frame.error().error;
    }
    EXPECT_EQ(vector.line.at("error"), to_string(error->kind));

    const auto answer = answer_to(*error, header);
    const json& expected = vector.line.at("answer");
    ASSERT_EQ(expected.is_null(), !answer.has_value());
    if (answer) {
      EXPECT_EQ(expected.at("command"), command_name(answer->command_id));
      EXPECT_EQ(std::stoul(expected.at("command_status").get<std::string>(), nullptr, 16),
                answer->command_status);
      EXPECT_EQ(expected.at("sequence_number"), answer->sequence_number);
    }
    EXPECT_EQ(vector.line.at("session") == "close", closes_session(*error, header));
  }
}

TEST(PduVector, MalformedVectorsGiveWhatCanBeHadInLenientMode) {
  for (const PduVector& vector : pdu_vectors("error")) {
    SCOPED_TRACE(vector.name);
    const auto frame = only_frame(vector);
    if (!frame) continue;  // no mode can read behind a bad command_length
    const auto decoded = decode_any(*frame, DecodeMode::lenient);
    if (vector.line.contains("lenient")) {
      expect_decodes_to(vector.line.at("lenient"), *frame, DecodeMode::lenient);
      ASSERT_TRUE(decoded);
      EXPECT_FALSE(decoded->warnings.empty());
    } else {
      ASSERT_FALSE(decoded);
      EXPECT_EQ(vector.line.at("error"), to_string(decoded.error().kind));
    }
  }
}

TEST(PduVector, StreamVectorsAreFramedWholeAndOctetByOctet) {
  for (const PduVector& vector : pdu_vectors("stream")) {
    SCOPED_TRACE(vector.name);
    const auto is_framing_error = [](const json& entry) {
      return entry.value("error", "").starts_with("length_");
    };
    json expected = vector.line.at("pdus");
    std::optional<std::string> lost;
    if (!expected.empty() && is_framing_error(expected.back())) {
      lost = expected.back().at("error");
      expected.erase(expected.size() - 1);
    }
    for (const std::size_t piece :
         {std::max<std::size_t>(vector.octets.size(), 1), std::size_t{1}, std::size_t{7}}) {
      const Reading reading = read_stream(vector.octets, piece);
      ASSERT_EQ(expected.size(), reading.pdus.size());
      for (std::size_t index = 0; index < expected.size(); ++index) {
        EXPECT_EQ(expected[index], only_keys_of(expected[index], reading.pdus[index]));
        EXPECT_EQ(expected[index].contains("error"), reading.pdus[index].contains("error"));
      }
      EXPECT_EQ(lost.has_value(), reading.lost.has_value());
      if (reading.lost && lost) {
        EXPECT_EQ(*lost, to_string(reading.lost->error.kind));
      } else if (!reading.lost) {
        EXPECT_EQ(vector.line.at("remaining"), reading.remaining);
      }
    }
  }
}

TEST(PduVector, OwnVectorFileIsComplete) {
  if (!own_vectors()) return;
  EXPECT_EQ(pdu_vectors("decoded").size(), 90U);
  EXPECT_EQ(pdu_vectors("error").size(), 45U);
  EXPECT_EQ(pdu_vectors("stream").size(), 7U);
}

}  // namespace
}  // namespace anchal::smpp::test
