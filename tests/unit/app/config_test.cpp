#include "engine/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/app/settings.h"
#include "tests/unit/app/config_fixture.h"

namespace anchal::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

AppConfig parsed(const std::string& text, std::map<std::string, std::string> files = {}) {
  ConfigResult result = parse_config(text, fake_surroundings(std::move(files)));
  for (const Mistake& mistake : result.mistakes) ADD_FAILURE() << mistake.text("test.toml");
  return result.config ? *result.config : AppConfig{};
}

std::vector<std::string> warnings_of(const std::string& text) {
  std::vector<std::string> out;
  for (const Mistake& warning : parse_config(text, fake_surroundings()).warnings)
    out.push_back(warning.message);
  return out;
}

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Config, TheLeastFileGetsEveryDefault) {
  const AppConfig config = parsed(std::string(kLeast));
  EXPECT_EQ(config.core.engine_id, "host-a");
  EXPECT_EQ(config.core.lease, 1s);
  EXPECT_EQ(config.core.partitions, 8);
  EXPECT_EQ(config.admin.host, "127.0.0.1");
  EXPECT_EQ(config.admin.port, 8600);
  EXPECT_EQ(config.redis.address.port, 6379);
  ASSERT_EQ(config.core.operators.size(), 1u);
  ASSERT_EQ(config.links.size(), 1u);
  EXPECT_EQ(config.links[0].port, 2775);
  EXPECT_EQ(config.core.operators[0].window, 100u);
}

TEST(Config, ReadsWhatTheInterfacePromises) {
  const AppConfig config =
      parsed(R"(
[engine]
id = "engine-1"
shards = 1
lease_ms = 1500
drain_deadline_s = 20
outcome_retention_h = 24
[lanes]
alert = 9
service = 5
bulk = 2
[redis]
url = "rediss://redis.example:6380/2"
username = "engine"
password_file = "redis.pw"
tls_ca_file = "/ca.pem"
partitions = 16
[admin]
listen = "[::1]:0"
tokens_file = "tokens"
[policy]
lease_ms = 700
default_place = "KL"
[[category]]
name = "promotional"
lane = "bulk"
exempt = true
on_doubt = "resend_once"
doubt_wait_s = 31
on_hold = "reapprove"
[[operator]]
name = "alpha"
host = "smsc.example"
port = 2776
tls = true
tls_verify = false
system_id = "anchal"
password_file = "/secret/alpha"
system_type = "VMA"
bind = "transmitter+receiver"
interface_version = "3.3"
binds = 2
window = 50
tps = 1000
prefixes = ["9198", ""]
weight = 3
failover = ["bravo"]
enquire_link_s = 31
response_timeout_s = 61
receipt_deadline_h = 73
reconnect_min_ms = 250
concat = "udh16"
national_languages = ["malayalam", "hindi"]
allow_disputed = true
packed = true
fill_with_cr = true
latin1 = true
split = "grapheme"
chillu = false
newlines_to_lf = true
data_coding_ucs2 = 0x18
flash = "tlv"
id_in_response = "hex"
[[operator]]
name = "bravo"
host = "127.0.0.1"
password = "secret"
)",
             {{"/etc/anchal/redis.pw", "letmein\nsecond"}, {"/secret/alpha", "opensesame\r\n"}});
  EXPECT_EQ(config.core.engine_id, "engine-1");
  EXPECT_EQ(config.core.lease, 1500ms);
  EXPECT_EQ(config.core.drain_deadline, 20s);
  EXPECT_EQ(config.core.outcome_retention, 24h);
  EXPECT_EQ(config.core.weights.alert, 9u);
  EXPECT_EQ(config.redis.address.host, "redis.example");
  EXPECT_TRUE(config.redis.address.tls);
  EXPECT_EQ(config.redis.password, "letmein");
  EXPECT_EQ(config.core.partitions, 16);
  EXPECT_EQ(config.admin.host, "::1");
  EXPECT_EQ(config.admin.port, 0);
  EXPECT_EQ(config.admin.tokens_file, "/etc/anchal/tokens");
  EXPECT_EQ(config.policy_lease, 700ms);
  EXPECT_EQ(config.core.default_place, "KL");
  const core::CategoryConfig& category = config.core.categories.at(0);
  EXPECT_EQ(category.lane, core::Lane::bulk);
  EXPECT_TRUE(category.exempt);
  EXPECT_EQ(category.on_doubt, core::OnDoubt::resend_once);
  EXPECT_EQ(category.doubt_wait, 31s);
  EXPECT_EQ(category.on_hold, core::OnHold::reapprove);
  const core::OperatorConfig& alpha = config.core.operators.at(0);
  EXPECT_EQ(alpha.password, "opensesame");
  EXPECT_EQ(alpha.bind, core::BindKind::transmitter_receiver);
  EXPECT_EQ(alpha.interface_version, 0x33);
  EXPECT_THAT(alpha.prefixes, ElementsAre("9198", ""));
  EXPECT_THAT(alpha.failover, ElementsAre("bravo"));
  EXPECT_EQ(alpha.enquire_link, 31s);
  EXPECT_EQ(alpha.receipt_deadline, 73h);
  EXPECT_EQ(alpha.reconnect_min, 250ms);
  EXPECT_EQ(alpha.concat, core::ConcatStyle::udh16);
  EXPECT_TRUE(alpha.packed && alpha.fill_with_cr && alpha.allow_disputed && alpha.newlines_to_lf &&
              alpha.latin1);
  EXPECT_FALSE(alpha.chillu);
  EXPECT_EQ(alpha.split, smpp::Split::grapheme);
  EXPECT_EQ(alpha.data_coding.ucs2, 0x18);
  EXPECT_EQ(alpha.flash, smpp::FlashStyle::tlv);
  EXPECT_THAT(alpha.national_languages, ElementsAre("malayalam", "hindi"));
  EXPECT_EQ(alpha.id_in_response, core::ReceiptBase::hex);
  EXPECT_TRUE(config.links.at(0).tls);
  EXPECT_FALSE(config.links.at(0).tls_settings.verify);
  EXPECT_EQ(config.core.operators.at(1).password, "secret");
}

TEST(Config, DefaultShardsLeaveACoreAndGiveEachABind) {
  EXPECT_EQ(parsed(std::string(kLeast)).shards, 4u) << "8 cores, but 4 binds";
  EXPECT_EQ(parsed("[redis]\npartitions = 3\n" + std::string(kLeast)).shards, 3u);
  EXPECT_EQ(
      parsed(std::string(kLeast) + "[[operator]]\nname = \"b\"\nhost = \"h\"\nbinds = 4\ntps = 3\n").shards,
      2u)
      << "3 x 4 / 8 is one part a second, 3 x 2 / 8 is none";
  Surroundings small = fake_surroundings();
  small.cores = 1;
  EXPECT_EQ(parse_config(kLeast, small).config->shards, 1u);
}

TEST(Config, ADoubtfulFileIsTakenWithAWarning) {
  EXPECT_TRUE(warnings_of(std::string(kLeast)).empty());
  const std::string other = "[[operator]]\nname = \"bravo\"\nhost = \"h\"\nprefixes = []\n";
  EXPECT_THAT(
      warnings_of("[redis]\nurl = \"redis://u:p@h\"\n[[category]]\nname = \"otp\"\nlane = \"otp\"\n" + other),
      ElementsAre("no operator has the prefix \"\": numbers outside of all prefixes are rejected",
                  "redis.url holds a password; password_file keeps it out of this file",
                  "operator \"bravo\" has no tps: no contract rate is kept towards it",
                  "operator \"bravo\" has an empty list of prefixes: it serves only by failover"));
}

TEST(Config, ACategoryThatAsksWhereNobodyMayBeAskedIsWarnedOf) {
  const std::string asks =
      std::string(kLeast) + "[[category]]\nname = \"reminder\"\nlane = \"service\"\non_doubt = \"query\"\n";
  EXPECT_THAT(warnings_of(asks), ElementsAre(HasSubstr("no operator has query_trusted")));
  EXPECT_TRUE(warnings_of(asks + "[[operator]]\nname = \"b\"\nhost = \"h\"\ntps = 8\nquery_trusted = true\n")
                  .empty());
}

TEST(Config, SettingsOfTextsThatDoLittleAreWarnedOf) {
  const std::string other = std::string(kLeast) + "[[operator]]\nname = \"b\"\nhost = \"h\"\nbinds = 4\n";
  EXPECT_THAT(
      warnings_of(other + "tps = 7\nnational_languages = [\"tamil\"]\nconcat = \"sar\"\n"),
      ElementsAre("operator \"b\": tps is 7, less than redis.partitions 8; in a fleet an engine with few "
                  "partitions may send nothing through it",
                  "operator \"b\": national_languages need concat = \"udh8\" or \"udh16\" in a long "
                  "message; without, only messages of one part use the tables"));
  EXPECT_THAT(warnings_of(other + "tps = 8\ndefault_charset = \"latin1\"\nflash = \"dcs_1111\"\n"),
              ElementsAre(HasSubstr("tlv marks all")));
}

TEST(Config, ShowSpellsOutEveryDefaultAndCanBeReadAgain) {
  const std::string text = std::string(kLeast) + "system_type = \"a\\\"b\"\n";
  const std::string shown = show_toml(parsed(text));
  EXPECT_THAT(shown, HasSubstr("lease_ms = 1000\n"));
  EXPECT_THAT(shown, HasSubstr("interface_version = \"3.4\"\n"));
  EXPECT_EQ(show_toml(parsed(shown)), shown);
}

TEST(Config, ShowMasksSecrets) {
  const std::string text =
      "[redis]\nurl = \"redis://u:hunter2@h:1/0\"\n" + std::string(kLeast) + "password = \"hunter2\"\n";
  const AppConfig config = parsed(text);
  for (const std::string& shown : {show_toml(config), show_json(config)}) {
    EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
    EXPECT_THAT(shown, HasSubstr("redis://u:********@h:1/0"));
  }
}

TEST(Config, ThePageInDocsIsTheTable) {
  EXPECT_TRUE(whole_file(ANCHAL_SOURCE_DIR "/docs/configuration.md") == configuration_page())
      << "write it anew: anchal config reference > docs/configuration.md";
}

TEST(Config, AFileThatCannotBeReadIsOneMistake) {
  const ConfigResult result = load_config("/nonexistent/anchal.toml");
  ASSERT_EQ(result.mistakes.size(), 1u);
  EXPECT_EQ(result.mistakes[0].text("x.toml"), "x.toml: cannot read the file");
}

TEST(Config, SecretsAreNotOpenedWhereNobodyNeedsThem) {
  const std::string shipped = ANCHAL_SOURCE_DIR "/deploy/anchal.toml";
  EXPECT_FALSE(load_config(shipped).config) << "its secrets come from the service manager";
  const ConfigResult result = load_config(shipped, false);
  ASSERT_TRUE(result.config);
  EXPECT_FALSE(result.config->core.operators.empty());
}

TEST(Config, NoTextMakesTheReaderThrow) {
  for (const char* text :
       {"\xff\xfe", "a = ", "[", "[[operator]]\n[operator]\n", "x = {", "[engine]\nid = \"\xc3\"\n",
        "[engine.id]\n", "engine.id.x = 1\n", "operator = []\n", "operator = [{}, 1]\n"}) {
    EXPECT_FALSE(parse_config(text, fake_surroundings()).config) << text;
  }
}

}  // namespace
}  // namespace anchal::app
