#include "engine/simulator/ledger_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/simulator/ledger_reader.h"

namespace anchal::simulator {
namespace {

class LedgerFileTest : public testing::Test {
 protected:
  LedgerFileTest() {
    char name[] = "/tmp/anchal-ledger-XXXXXX";
    const int file = mkstemp(name);
    ::close(file);
    path_ = name;
  }
  ~LedgerFileTest() override { ::unlink(path_.c_str()); }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> all;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }

  std::string path_;
};

AcceptedPart part() {
  AcceptedPart p;
  p.at = TimePoint{} + std::chrono::microseconds(1500);
  p.bind = 3;
  p.sequence_number = 77;
  p.source = "KLGOVT";
  p.destination = "919800000001";
  p.esm_class = 0x40;
  p.data_coding = 8;
  p.message_id = "1A";
  static constexpr std::byte octets[] = {std::byte{0x0D}, std::byte{0x05}, std::byte{0xFF}};
  p.user_data = octets;
  return p;
}

TEST_F(LedgerFileTest, WritesALinePerPart) {
  {
    auto ledger = LedgerFile::open(path_, 1'000'000);
    ASSERT_TRUE(ledger) << ledger.error();
    ledger->on_accepted(part());
    ledger->on_accepted(part());
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["t_us"], 1'001'500);
  EXPECT_EQ(all[0]["bind"], 3);
  EXPECT_EQ(all[0]["to"], "919800000001");
  EXPECT_EQ(all[0]["seq"], 77);
  EXPECT_EQ(all[0]["dcs"], 8);
  EXPECT_EQ(all[0]["esm"], 0x40);
  EXPECT_EQ(all[0]["from"], "KLGOVT");
  EXPECT_EQ(all[0]["id"], "1A");
  EXPECT_EQ(all[0]["hex"], "0d05ff");
}

TEST_F(LedgerFileTest, EscapesWhatALenientSmscLetIn) {
  {
    auto ledger = LedgerFile::open(path_, 0);
    ASSERT_TRUE(ledger);
    AcceptedPart odd = part();
    odd.source = "a\"\\\n\x80";
    ledger->on_accepted(odd);
  }
  EXPECT_EQ(lines().at(0)["from"], "a\"\\\n\xC2\x80") << "octets as Latin-1";
}

TEST_F(LedgerFileTest, KeepsLongAndManyParts) {
  const std::vector<std::byte> payload(60'000, std::byte{'x'});
  {
    auto ledger = LedgerFile::open(path_, 0);
    ASSERT_TRUE(ledger);
    AcceptedPart large = part();
    large.user_data = payload;
    for (int i = 0; i < 30; ++i) ledger->on_accepted(large);
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 30U);
  EXPECT_EQ(all.back()["hex"].get<std::string>().size(), 120'000U);
}

TEST_F(LedgerFileTest, IsReadBackWhileItGrows) {
  auto ledger = LedgerFile::open(path_, 1'000'000);
  ASSERT_TRUE(ledger);
  LedgerReader reader(path_);
  std::vector<std::string> destinations;
  const auto keep = [&](const LedgerLine& line) {
    EXPECT_EQ(line.t_us, 1'001'500);
    EXPECT_EQ(line.bind, 3U);
    EXPECT_EQ(line.sequence_number, 77U);
    EXPECT_EQ(line.data_coding, 8U);
    EXPECT_EQ(line.esm_class, 0x40U);
    EXPECT_EQ(line.from, "KLGOVT");
    EXPECT_EQ(octets_of(line.hex), "\x0D\x05\xFF");
    destinations.emplace_back(line.to);
  };
  EXPECT_EQ(reader.read(keep).value_or(9), 0U);
  ledger->on_accepted(part());
  ledger->flush();
  EXPECT_EQ(reader.read(keep).value_or(9), 1U);
  ledger->on_accepted(part());
  ledger->on_accepted(part());
  ledger->flush();
  EXPECT_EQ(reader.read(keep).value_or(9), 2U);
  EXPECT_EQ(destinations, std::vector<std::string>(3, "919800000001"));
}

TEST_F(LedgerFileTest, ALineThatIsNoneIsAnError) {
  std::ofstream(path_) << "{\"t_us\":12}\n";
  EXPECT_FALSE(LedgerReader(path_).read([](const LedgerLine&) {}));
  EXPECT_EQ(LedgerReader("/no/such/ledger").read([](const LedgerLine&) {}).value_or(9), 0U);
}

TEST(FullestWindow, IsHalfOpen) {
  EXPECT_EQ(fullest_window({}), 0U);
  EXPECT_EQ(fullest_window({0, 999'999, 1'000'000, 1'000'001}), 3U);
  EXPECT_EQ(fullest_window({0, 1'000'000, 2'000'000}), 1U);
  EXPECT_EQ(fullest_window({5, 3, 4, 3}, 2), 3U);
}

TEST_F(LedgerFileTest, SaysWhatItCannotWrite) {
  const auto refused = LedgerFile::open("/no-such-directory/ledger", 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("/no-such-directory/ledger"), std::string::npos);

  auto full = LedgerFile::open("/dev/full", 0);
  ASSERT_TRUE(full);
  full->on_accepted(part());
  full->flush();
  EXPECT_NE(full->error(), "");
}

}  // namespace
}  // namespace anchal::simulator
