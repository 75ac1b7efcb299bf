#include "engine/core/job/job_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/job/time_text.h"

namespace anchal::core {
namespace {

using testing::HasSubstr;

class JobParserTest : public testing::Test {
 protected:
  JobParserTest() {
    CategoryConfig otp{.name = "otp", .lane = Lane::otp, .exempt = true};
    CategoryConfig service{.name = "service", .lane = Lane::service};
    config_.categories = {otp, service};
    for (const auto& category : config_.categories) names_.categories.intern(category.name);
  }

  std::unique_ptr<Job> taken(std::string_view body, Lane lane = Lane::service, bool envelope = false) {
    auto job = parser_.parse(body, lane, envelope);
    if (!job) {
      ADD_FAILURE() << job.error().reason << ": " << job.error().detail;
      return nullptr;
    }
    return std::move(*job);
  }

  Refusal refused(std::string_view body, Lane lane = Lane::service) {
    auto job = parser_.parse(body, lane, false);
    EXPECT_FALSE(job) << body;
    return job ? Refusal{} : job.error();
  }

  Config config_;
  throttle::Names names_;
  JobParser parser_{config_, names_};
};

TEST_F(JobParserTest, ReadsTheExampleOfTheInterface) {
  const auto job = taken(
      R"({"id":"da-2026","tenant":"finance","category":"service","sender":"KLGOVT",
"template":"Dear {name}, Rs {amount}.",
"recipients":[{"to":"+919800000001","ref":"emp-1","vars":{"name":"Anu","amount":"4,210"}},
{"to":"+919800000002","vars":{"name":"Biju","amount":"3,900"},"place":"KL-EKM"}],
"purpose":"salary","source":"payroll","campaign":"c","not_before":"2026-03-03T09:00:00+05:30",
"expires_at":"2026-03-03T20:00:00+05:30","on_hold":"drop","receipt":false,"encoding":"ucs2","flash":true,
"dlt":{"entity":"1101","template":"1107"},"tlvs":{"0x1403":"x"}})");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "da-2026");
  EXPECT_EQ(job->id_json, "\"da-2026\"");
  EXPECT_EQ(job->tenant, "finance");
  ASSERT_EQ(job->rows.size(), 2u);
  EXPECT_EQ(job->rows[0].number, 919800000001u);
  EXPECT_EQ(job->ref_json(job->rows[0]), "\"emp-1\"");
  EXPECT_EQ(job->ref_json(job->rows[1]), "");
  EXPECT_EQ(names_.places.name(job->rows[1].place), "KL-EKM");
  EXPECT_EQ(job->not_before, parse_rfc3339("2026-03-03T03:30:00Z"));
  EXPECT_EQ(job->on_hold, throttle::OnHold::drop);
  EXPECT_FALSE(job->receipt);
  EXPECT_EQ(job->encoding, smpp::EncodingRequest::ucs2);
  EXPECT_TRUE(job->flash);
  EXPECT_EQ(job->tlvs.size(), 3u);
  EXPECT_TRUE(job->text_template);
}

TEST_F(JobParserTest, KeepsEscapedStringsUnescapedAndTheirJsonAsWritten) {
  const auto job = taken(
      R"({"id":"a\"b","tenant":"t","category":"service","sender":"S","to":"+919800000001","text":"x\ny \u0d05"})");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "a\"b");
  EXPECT_EQ(job->id_json, R"("a\"b")");
  EXPECT_EQ(job->text, "x\ny \u0d05");
}

TEST_F(JobParserTest, ABodyWithSomeRowsIsTheSameJobWithThoseRows) {
  const auto job = taken(
      R"({"id":"j","recipients":[{"to":"+919800000001"} , {"to":"+919800000002","ref":"b"},{"to":"+919800000003"}],)"
      R"("tenant":"t","category":"service","sender":"S","text":"x"})");
  ASSERT_TRUE(job);
  const auto part = taken(job->body_with({0, 2}));
  ASSERT_TRUE(part);
  ASSERT_EQ(part->rows.size(), 2u);
  EXPECT_EQ(part->rows[0].number, 919800000001u);
  EXPECT_EQ(part->rows[1].number, 919800000003u);
  EXPECT_EQ(part->text, "x");
  EXPECT_EQ(part->hash, job->hash);
}

TEST_F(JobParserTest, ACloudEventsEnvelopeHoldsTheSameBody) {
  const auto job = taken(
      R"({"specversion":"1.0","type":"sms","source":"/hub","id":"e1","data":{"id":"j","tenant":"t","category":"service",)"
      R"("sender":"S","to":"+919800000001","text":"x"}})",
      Lane::service, true);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "j");
}

struct Bad {
  const char* name;
  std::string body;
  const char* reason;
  const char* detail;
};

std::string with(const std::string& fields) {
  return R"({"id":"j","tenant":"t","category":"service","sender":"S",)" + fields + "}";
}

TEST_F(JobParserTest, EachMistakeIsNamedAndStillTellsWhoseJobItWas) {
  std::string many = R"("text":"x","recipients":[)";
  for (int i = 0; i < 10'001; ++i) many += std::string(i == 0 ? "" : ",") + R"({"to":"+919800000001"})";
  const std::vector<Bad> table = {
      {"truncated", R"({"id":"j","tenant":"t","category":)", "malformed_json", ""},
      {"not an object", R"(["id"])", "wrong_type", "the job"},
      {"trailing", with(R"("to":"+919800000001","text":"x")") + "x", "malformed_json", ""},
      {"unknown category",
       R"({"id":"j","tenant":"t","category":"party","sender":"S","to":"+919800000001","text":"x"})",
       "unknown_category", "party"},
      {"wrong lane",
       R"({"id":"j","tenant":"t","category":"otp","sender":"S","to":"+919800000001","text":"x"})",
       "wrong_lane", "'otp'"},
      {"number as number", with(R"("to":919800000001,"text":"x")"), "wrong_type", "to"},
      {"text as number", with(R"("to":"+919800000001","text":7)"), "wrong_type", "text"},
      {"no text", with(R"("to":"+919800000001")"), "missing_field", "text and template"},
      {"both texts", with(R"("to":"+919800000001","text":"x","template":"y")"), "missing_field",
       "text and template"},
      {"no recipient", with(R"("text":"x")"), "missing_field", "to and recipients"},
      {"empty recipients", with(R"("text":"x","recipients":[])"), "missing_field", "recipients is empty"},
      {"recipient without to", with(R"("text":"x","recipients":[{"ref":"a"}])"), "missing_field",
       "recipients[0]"},
      {"recipient of wrong type", with(R"("text":"x","recipients":[{"to":"+919800000001"},7])"), "wrong_type",
       "recipients[1]"},
      {"unknown field", with(R"("to":"+919800000001","text":"x","expire_at":"x")"), "unknown_field",
       "expire_at"},
      {"bad time", with(R"("to":"+919800000001","text":"x","expires_at":"tomorrow")"), "bad_time",
       "expires_at"},
      {"time without zone", with(R"("to":"+919800000001","text":"x","expires_at":"2026-03-03T09:00:00")"),
       "bad_time", "offset"},
      {"bad on_hold", with(R"("to":"+919800000001","text":"x","on_hold":"wait")"), "bad_value", "on_hold"},
      {"bad encoding", with(R"("to":"+919800000001","text":"x","encoding":"utf8")"), "bad_value", "encoding"},
      {"bad template", with(R"("to":"+919800000001","template":"Dear {name")"), "bad_template", "octet 5"},
      {"too many", with(many + "]"), "too_many_recipients", "10000"},
      {"standard tlv", with(R"("to":"+919800000001","text":"x","tlvs":{"0x0424":"x"})"), "bad_value", "tlvs"},
      {"wrong type deep inside", with(R"("text":"x","recipients":[{"to":"+919800000001"},{"to":7}])"),
       "wrong_type", "recipients[1].to"},
      {"a field twice", with(R"("to":"+919800000001","to":"+919800000002","text":"x")"), "bad_value",
       "to stands twice"},
      {"recipients twice",
       with(R"("text":"x","recipients":[{"to":"+919800000001"}],"recipients":[{"to":"+919800000002"}])"),
       "bad_value", "recipients stands twice"},
      {"long ref", with(R"("to":"+919800000001","text":"x","ref":")" + std::string(255, 'r') + "\""),
       "bad_value", "ref"},
      {"empty lane", with(R"("to":"+919800000001","text":"x","lane":"")"), "bad_value", "lane"},
      {"tlv of other length", with(R"("to":"+919800000001","text":"x","tlvs":{"0x01403":"x"})"), "bad_value",
       "tlvs"},
      {"tlv twice", with(R"("to":"+919800000001","text":"x","dlt":{"chain":"a"},"tlvs":{"0x1402":"x"})"),
       "bad_value", "twice"},
      {"no sender", R"({"id":"j","tenant":"t","category":"service","to":"+919800000001","text":"x"})",
       "missing_field", "sender"},
  };
  for (const Bad& bad : table) {
    SCOPED_TRACE(bad.name);
    const Refusal refusal = refused(bad.body);
    EXPECT_EQ(refusal.reason, bad.reason) << refusal.detail;
    EXPECT_THAT(refusal.detail, HasSubstr(bad.detail));
    EXPECT_THAT(refusal.detail, testing::Not(HasSubstr("9198")));
    if (bad.body.starts_with("{")) {
      EXPECT_EQ(refusal.tenant, "t");
      EXPECT_EQ(refusal.id_json, "\"j\"");
    }
  }
}

TEST_F(JobParserTest, InvalidUtf8IsRefusedWithItsOwner) {
  const Refusal refusal = refused(with("\"to\":\"+919800000001\",\"text\":\"\xff\xfe\""));
  EXPECT_EQ(refusal.reason, "invalid_utf8");
  EXPECT_EQ(refusal.tenant, "t");
  EXPECT_EQ(refusal.id_json, "\"j\"");
}

TEST_F(JobParserTest, ABodyOfFiveMebibytesIsRefusedWithItsOwner) {
  const Refusal refusal =
      refused(with(R"("to":"+919800000001","text":")" + std::string(5u << 20, 'x') + "\""));
  EXPECT_EQ(refusal.reason, "body_too_large");
  EXPECT_EQ(refusal.tenant, "t");
}

TEST_F(JobParserTest, AnOwnerSalvagedFromBrokenJsonIsValidJsonItself) {
  // What JSON does not know would break the outcome line in which the id is repeated.
  EXPECT_EQ(refused("{\"id\":\"a\\qb\\u12\\n\x01\xff\",\"tenant\":\"t\",").id_json, R"("a?qb?u12\n??")");
  EXPECT_EQ(refused(R"({"id":"\u0d05\"x","tenant":"t",)").id_json, R"("\u0d05\"x")");
}

TEST_F(JobParserTest, AnEnvelopeTooLargeForAnyJobIsNotParsed) {
  const auto job = parser_.parse(std::string(5u << 20, ' '), Lane::service, true);
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().reason, "body_too_large");
}

TEST_F(JobParserTest, ABadNumberSpoilsOnlyItsOwnRecipient) {
  const auto job = taken(with(
      R"("text":"x","recipients":[{"to":"9800000001"},{"to":"+919800000001"},{"to":"+0123456789"},{"to":"+91 98000"}])"));
  ASSERT_TRUE(job);
  EXPECT_TRUE(job->rows[0].bad_number);
  EXPECT_FALSE(job->rows[1].bad_number);
  EXPECT_TRUE(job->rows[2].bad_number);
  EXPECT_TRUE(job->rows[3].bad_number);
}

TEST_F(JobParserTest, EveryPrefixOfAJobIsRefusedWithoutHarm) {
  const std::string whole =
      with(R"("recipients":[{"to":"+919800000001","vars":{"a":"b"}}],"template":"x {a}","receipt":true)");
  ASSERT_TRUE(taken(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) refused(whole.substr(0, size));
}

TEST(TimeText, ReadsOffsetsAndWritesUtc) {
  const auto time = parse_rfc3339("2026-03-03T09:00:00.25+05:30");
  ASSERT_TRUE(time);
  std::string text;
  append_rfc3339(text, *time);
  EXPECT_EQ(text, "2026-03-03T03:30:00.250Z");
  for (const char* bad :
       {"", "2026-02-30T00:00:00Z", "2026-03-03T24:00:00Z", "2026-03-03T09:00:00", "2026-03-03",
        "2026-03-03T09:00:00+5:30", "2026-03-03T09:00:00Zx", "2026-03-03T09:00:00.Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
}

}  // namespace
}  // namespace anchal::core
