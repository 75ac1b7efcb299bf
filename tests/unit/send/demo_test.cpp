#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/app/demo_balance.h"
#include "engine/app/demo_campaign.h"
#include "engine/app/private_redis.h"
#include "engine/app/send_outcomes.h"
#include "smpp/text/plan.h"
#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

const std::string kData = ANCHAL_SOURCE_DIR "/deploy/demo";

DemoCampaign campaign_of(std::uint64_t messages) {
  auto campaign = DemoCampaign::load(kData, messages);
  EXPECT_TRUE(campaign) << (campaign ? "" : campaign.error());
  return std::move(*campaign);
}

TEST(DemoCampaign, EveryMessageHasANumberOfItsOwnAndIsFoundByIt) {
  const DemoCampaign campaign = campaign_of(2'345);
  std::set<std::string> numbers;
  for (std::uint64_t k = 0; k < campaign.messages(); ++k) {
    const std::string number = campaign.number(k);
    EXPECT_EQ(normal_number(number), number);
    EXPECT_TRUE(numbers.insert(number).second) << number;
    EXPECT_EQ(campaign.find_number(number), k);
    EXPECT_EQ(campaign.find_number(number.substr(1)), k) << "as an SMSC writes it";
  }
  EXPECT_EQ(campaign.find_number("+919800002345"), std::nullopt);
  EXPECT_EQ(campaign.find_number(""), std::nullopt);
}

TEST(DemoCampaign, TextsAreRenderedInEveryScript) {
  const DemoCampaign campaign = campaign_of(400);
  std::map<std::string, std::uint64_t> categories;
  std::uint64_t wide = 0;
  for (std::uint64_t k = 0; k < 400; ++k) {
    const std::string text = campaign.text(k);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find('{'), std::string::npos) << text;
    ++categories[campaign.category(k)];
    wide += ucs2_parts(text) > 1 ? 1 : 0;
  }
  for (const char* category : {"otp", "service", "transactional", "publicity"}) {
    EXPECT_EQ(campaign.messages_of(category), categories[category]) << category;
  }
  EXPECT_GT(wide, 200U) << "Indian scripts in UCS-2 need two parts";
}

TEST(DemoCampaign, TheIndianTextsTakeOnePartByTablesAndAsManyInUcs2AsTheBalanceSays) {
  const DemoCampaign campaign = campaign_of(400);
  smpp::EncodingProfile tables, plain;
  tables.national = {smpp::Language::malayalam, smpp::Language::hindi, smpp::Language::tamil};
  plain.allowed = {smpp::Alphabet::ucs2};
  std::map<smpp::Language, std::uint64_t> saved;
  for (std::uint64_t k = 0; k < 400; ++k) {
    const std::string text = campaign.text(k);
    const auto sent = smpp::plan(std::string_view(text), tables);
    const auto instead = smpp::plan(std::string_view(text), plain);
    ASSERT_TRUE(sent && instead) << text;
    EXPECT_EQ(ucs2_parts(text), instead->parts()) << text;
    const smpp::Encoding& encoding = sent->encoding();
    if (encoding.locking != smpp::Language::none) saved[encoding.locking] += instead->parts() - sent->parts();
  }
  EXPECT_EQ(saved.size(), 3U) << "Malayalam, Hindi and Tamil";
  for (const auto& [language, parts] : saved) EXPECT_GT(parts, 30U) << smpp::to_string(language);
}

TEST(DemoCampaign, AMissingDirectoryAndAWrongNumberOfMessagesSaySo) {
  EXPECT_FALSE(DemoCampaign::load("/no/such/directory", 10));
  EXPECT_FALSE(DemoCampaign::load(kData, 0));
  EXPECT_FALSE(DemoCampaign::load(kData, 100'000'000));
}

TEST(DemoBalance, CountsPartsOfUcs2) {
  EXPECT_EQ(ucs2_parts(""), 1U);
  EXPECT_EQ(ucs2_parts(std::string(70, 'a')), 1U);
  EXPECT_EQ(ucs2_parts(std::string(71, 'a')), 2U);
  EXPECT_EQ(ucs2_parts(std::string(134, 'a')), 2U);
  EXPECT_EQ(ucs2_parts(std::string(135, 'a')), 3U);
  std::string faces;
  for (int i = 0; i < 36; ++i) faces += "\xF0\x9F\x98\x80";
  EXPECT_EQ(ucs2_parts(faces), 2U) << "surrogate pairs";
}

/// What the demo adds up, on a campaign that went as its author wishes, and then not.
class DemoBalanceTest : public testing::Test {
 protected:
  DemoBalanceTest() : campaign_(campaign_of(300)) {}

  void SetUp() override {
    auto started = PrivateRedis::start(directory_.path(), {});
    ASSERT_TRUE(started) << started.error();
    redis_ = std::make_unique<PrivateRedis>(std::move(*started));
    auto pipe = redis_->connect();
    ASSERT_TRUE(pipe);
    pipe_ = std::move(*pipe);
    ledger_ = directory_.file("ledger");
    // The jobs as pushed, and for each message the job it is in.
    ASSERT_TRUE(campaign_.push(*pipe_, 8, [](std::uint64_t) { return true; }));
  }

  void outcome(const std::string& job, std::uint64_t index, const char* state, bool final) {
    const std::string line = "{\"job\":\"" + job + "\",\"i\":" + std::to_string(index) + ",\"state\":\"" +
                             state + "\",\"final\":" + (final ? "true" : "false") + "}";
    ASSERT_TRUE(pipe_->ask({"XADD", "anchal:{0}:outcomes:demo", "*", "v", "1", "n", "1", "body", line},
                           [](const redisReply&) {}));
  }
  void ledger(std::uint64_t k, std::int64_t t_us, const std::string& hex, unsigned esm = 0) {
    std::ofstream file(ledger_, std::ios::app);
    file << "{\"t_us\":" << t_us << ",\"bind\":1,\"to\":\"" << campaign_.number(k).substr(1)
         << "\",\"seq\":1,\"dcs\":0,\"esm\":" << esm << ",\"from\":\"KLGOVT\",\"id\":\"1\",\"hex\":\"" << hex
         << "\"}\n";
  }
  /// A message of `category`, and one of a job that it is the only one in: OTPs.
  std::uint64_t first_of(const std::string& category) {
    std::uint64_t k = 0;
    while (campaign_.category(k) != category) ++k;
    return k;
  }
  DemoBalance count(DarkTime dark = {1000, 2000}) {
    auto balance = count_demo(*pipe_, 8, campaign_, {ledger_}, "publicity", dark);
    EXPECT_TRUE(balance) << (balance ? "" : balance.error());
    return std::move(*balance);
  }

  test::TemporaryDirectory directory_;
  DemoCampaign campaign_;
  std::unique_ptr<PrivateRedis> redis_;
  std::unique_ptr<RedisPipe> pipe_;
  std::string ledger_;
};

TEST_F(DemoBalanceTest, TheFirstFinalOutcomeOfAMessageCounts) {
  outcome("demo:otp.en:0", 0, "in_doubt", false);
  outcome("demo:otp.en:0", 0, "delivered", true);
  outcome("demo:otp.en:0", 0, "undelivered", true);
  outcome("demo:publicity.ml:0", 3, "held", false);
  outcome("demo:publicity.ml:0", 3, "held", false);
  outcome("demo:publicity.ml:0", 3, "unknown", true);
  const DemoBalance balance = count();
  EXPECT_EQ(balance.in("delivered"), 1U);
  EXPECT_EQ(balance.in("undelivered"), 0U);
  EXPECT_EQ(balance.held, 1U);
  EXPECT_EQ(balance.in_doubt, 2U);
  EXPECT_EQ(balance.finals(), 2U);
  EXPECT_FALSE(balance.right()) << "298 have no outcome";
}

TEST_F(DemoBalanceTest, OutcomesAndPartsOfStrangersAreErrors) {
  outcome("somebody:else:0", 0, "delivered", true);
  EXPECT_FALSE(count_demo(*pipe_, 8, campaign_, {ledger_}, "publicity", {}));
}

TEST_F(DemoBalanceTest, OnlyTheDarkCategoryCountsAndOnlyWhileItIsDark) {
  const std::uint64_t dark = first_of("publicity"), other = first_of("service");
  ledger(dark, 999, "61");
  ledger(dark, 2000, "62");
  ledger(other, 1500, "63");
  DemoBalance balance = count();
  EXPECT_EQ(balance.during_blackout, 0U);
  EXPECT_EQ(balance.around_blackout, 2U);
  EXPECT_EQ(balance.parts, 3U);
  ledger(dark, 1000, "64");
  balance = count();
  EXPECT_EQ(balance.during_blackout, 1U);
}

TEST_F(DemoBalanceTest, ThePartThatComesTwiceIsSeen) {
  ledger(5, 1, "61");
  ledger(5, 2, "62");
  EXPECT_EQ(count().sent_twice, 0U) << "two parts of one message";
  ledger(5, 3, "61");
  EXPECT_EQ(count().sent_twice, 1U);
}

TEST_F(DemoBalanceTest, SavingsAreCountedForPartsWithANationalTable) {
  std::uint64_t malayalam = 0;
  while (ucs2_parts(campaign_.text(malayalam)) < 2) ++malayalam;
  ledger(malayalam, 1, "03250108616263", 0x40);
  ledger(first_of("otp"), 1, "616263");
  const DemoBalance balance = count();
  EXPECT_EQ(balance.national_messages, 1U);
  EXPECT_EQ(balance.national_parts, 1U);
  EXPECT_EQ(balance.national_in_ucs2, ucs2_parts(campaign_.text(malayalam)));
  EXPECT_EQ(balance.parts_saved(), ucs2_parts(campaign_.text(malayalam)) - 1);
  EXPECT_THAT(describe(balance), testing::HasSubstr("1 messages in 1 parts, in UCS-2 it would be 2"));
  EXPECT_THAT(describe(balance), testing::HasSubstr("by national tables: malayalam 1\n"));
}

TEST_F(DemoBalanceTest, TheClosingWordsAreThere) {
  DemoBalance balance;
  balance.accepted = 200'000;
  balance.final["delivered"] = 200'000;
  EXPECT_TRUE(balance.right());
  const std::string words = describe(balance);
  for (const char* word : {"accepted", "200,000", "delivered", "undeliverable", "held", "in doubt", "lost 0",
                           "during blackout 0", "difference 0"}) {
    EXPECT_THAT(words, testing::HasSubstr(word));
  }
  balance.difference = 1;
  EXPECT_FALSE(balance.right());
}

}  // namespace
}  // namespace anchal::app
