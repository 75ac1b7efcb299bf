#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/app/config.h"
#include "tests/unit/app/config_fixture.h"

namespace anchal::app {
namespace {

/// One wrong file: kLeast follows the text, so the lines of the text count from 1.
struct Wrong {
  const char* name;
  std::string text;
  std::vector<std::string> mistakes;  // "line:column: message", all of them in order
  bool alone = false;                 // kLeast is not appended
};

std::ostream& operator<<(std::ostream& out, const Wrong& wrong) {
  return out << wrong.name;
}

const std::string kOther = "[[operator]]\nname = \"bravo\"\nhost = \"h\"\nbinds = 4\n";

const std::vector<Wrong> kWrong{
    {"SyntaxError",
     "[engine]\nid = \n",
     {"2:6: Error while parsing key-value pair: expected value, saw '\\n'"}},
    {"OnlyTheFirstSyntaxErrorIsReported",
     "[engine]\nshards = \"many\"\nid = 1 2\n",
     {"3:8: Error while parsing key-value pair: expected a comment or whitespace, saw '2'"}},
    {"UnknownSetting", "[engine]\nshard = 2\n", {"2:1: unknown setting engine.shard; did you mean shards?"}},
    {"UnitForgotten",
     "[engine]\nlease = 500\n",
     {"2:1: unknown setting engine.lease; did you mean lease_ms?"}},
    {"SettingInTheWrongTable",
     "[engine]\npartitions = 8\n",
     {"2:1: unknown setting engine.partitions; it belongs to [redis]"}},
    {"SettingOutsideOfATable",
     "listen = \"h:1\"\n",
     {"1:1: setting listen stands outside of its table; it belongs to [admin]"}},
    {"UnknownTable", "[engin]\n", {"1:2: unknown table [engin]; did you mean engine?"}},
    {"TableThatMayStandOnce", "[[redis]]\n", {"1:3: [[redis]] stands once: write [redis]"}},
    {"TableThatIsAValue", "redis = 1\n", {"1:1: redis is a table: write [redis]"}},
    {"WrongTypes",
     "[engine]\nid = 7\nshards = \"2\"\nlease_ms = 1.5\njournal_intents = 1\n",
     {"2:6: engine.id must be a text in quotes", "3:10: engine.shards is \"2\", must be a whole number",
      "4:12: engine.lease_ms is 1.5, must be a whole number",
      "5:19: engine.journal_intents is 1, must be true or false"}},
    {"OutOfBounds",
     "[engine]\nlease_ms = 5\n[redis]\npartitions = 0\n",
     {"2:12: engine.lease_ms is 5, must be from 200 to 60000 ms",
      "4:14: redis.partitions is 0, must be from 1 to 1024"}},
    {"NameWithForeignLetters",
     "[engine]\nid = \"a:b\"\n",
     {"2:6: engine.id is \"a:b\", must hold only letters, digits, '.', '_' and '-'"}},
    {"EmptyName", "[engine]\nid = \"\"\n", {"2:6: engine.id must not be empty"}},
    {"ControlCharacterInAChoice",
     "[log]\nlevel = \"a\\u001bb\\nc\"\n",
     {
         "2:9: log.level is \"a?b?c\", must be \"debug\" or \"info\" or \"warning\" or \"error\"",
     }},
    {"ControlCharacter",
     "[redis]\nusername = \"a\\nb\"\n",
     {
         "2:12: redis.username must hold no control characters",
     }},
    {"CategoryWithoutLane",
     "[[category]]\nname = \"promotional\"\n",
     {"1:1: category \"promotional\" has no lane: add lane = \"otp\" or \"alert\" or \"service\" or "
      "\"bulk\""}},
    {"CategoryWithUnknownLane",
     "[[category]]\nname = \"a\"\nlane = \"slow\"\n",
     {"3:8: category.lane is \"slow\", must be \"otp\" or \"alert\" or \"service\" or \"bulk\""}},
    {"OperatorWithoutNameAndHost",
     "[[operator]]\nbinds = 4\nprefixes = [\"\"]\n",
     {"1:1: operator has no name: add name = \"…\"", "1:1: operator has no host: add host = \"…\""}},
    {"PrefixWithPlus",
     kOther + "prefixes = [\"91\", \"+91\"]\n",
     {"5:19: operator.prefixes is \"+91\", must hold only digits, without '+'"}},
    {"PrefixTwice", kOther + "prefixes = [\"91\", \"91\"]\n", {"5:19: operator.prefixes names \"91\" twice"}},
    {"ListThatIsAText",
     kOther + "prefixes = \"91\"\n",
     {"5:12: operator.prefixes is \"91\", must be a list of texts"}},
    {"ListWithNumbers",
     kOther + "prefixes = [91]\n",
     {"5:13: operator.prefixes holds 91, must hold texts in quotes"}},
    {"UnknownLanguage",
     kOther + "national_languages = [\"klingon\"]\n",
     {"5:23: operator.national_languages is \"klingon\", must be a language of 3GPP TS 23.038, such as "
      "malayalam"}},
    {"SystemIdTooLong",
     kOther + "system_id = \"0123456789abcdef\"\n",
     {"5:13: operator.system_id has 16 octets, at most 15 are allowed"}},
    {"QueriesByAnIdThatIsNotKept",
     kOther + "id_strip_zeros = true\nquery_trusted = true\n",
     {"6:17: operator \"bravo\": query_trusted asks by the id that the operator gave, and id_strip_zeros "
      "keeps "
      "another form of it; set query_trusted to false"}},
    {"SecretIsNeverShown",
     kOther + "password = \"hunter2\\u0001\"\n",
     {"5:12: operator.password must hold no control characters"}},
    {"NamesTakenTwice",
     "[[operator]]\nname = \"alpha\"\nhost = \"h\"\nbinds = 4\n[[category]]\nname = \"otp\"\nlane = "
     "\"otp\"\n",
     {"9:8: category.name \"otp\" is taken by the one in line 6; names must differ",
      "12:8: operator.name \"alpha\" is taken by the one in line 2; names must differ"}},
    {"FailoverToUnknownOperator",
     kOther + "failover = [\"aplha\", \"bravo\"]\n",
     {"5:13: operator.failover of \"bravo\" names \"aplha\", but no operator has this name; did you mean "
      "\"alpha\"?",
      "5:22: operator.failover of \"bravo\" names itself"}},
    {"DoubtDecidedWhileAFormerOwnerMayWrite",
     "[[category]]\nname = \"reminder\"\nlane = \"bulk\"\ndoubt_wait_s = 1\n",
     {"4:16: doubt_wait_s of category \"reminder\" is 1 s, but engine.lease_ms is 1000: doubt must wait for "
      "two "
      "leases; raise doubt_wait_s to 2 or lower engine.lease_ms"}},
    {"MoreShardsThanBinds",
     "[engine]\nshards = 5\n",
     {"2:10: engine.shards is 5, but operator \"alpha\" has binds = 4; each shard needs a bind of its own: "
      "lower "
      "shards or raise binds"}},
    {"MoreShardsThanPartitions",
     "[engine]\nshards = 4\n[redis]\npartitions = 2\n",
     {"2:10: engine.shards is 4, but redis.partitions is 2; a shard beyond would have no work"}},
    {"TokensNeededOnAnOpenAddress",
     "[admin]\nlisten = \"0.0.0.0:8600\"\n",
     {"2:10: admin.listen is \"0.0.0.0:8600\", which others can reach, but admin.tokens_file is empty; give "
      "tokens or "
      "listen on 127.0.0.1"}},
    {"ListenWithoutPort",
     "[admin]\nlisten = \"localhost\"\n",
     {"2:10: admin.listen is \"localhost\", must be host:port"}},
    {"RedisUrl",
     "[redis]\nurl = \"localhost\"\n",
     {"2:7: redis.url: the URL must begin with redis://, rediss://, unix://, redis+sentinel:// or "
      "redis+cluster://"}},
    {"RedisTlsFileWithoutTls",
     "[redis]\ntls_ca_file = \"ca.pem\"\n",
     {"2:15: tls_ca_file is \"/etc/anchal/ca.pem\", but redis.url does not start with rediss://"}},
    {"RedisTwoUsers",
     "[redis]\nurl = \"redis://a:b@h\"\nusername = \"c\"\n",
     {"3:12: redis.username is \"c\", but redis.url names the user \"a\""}},
    {"RedisTwoPasswords",
     "[redis]\nurl = \"redis://a:b@h\"\npassword_file = \"pw\"\n",
     {"3:17: redis.password_file is \"/etc/anchal/pw\", but redis.url has a password too; give one"}},
    {"SentinelUserWithoutSentinels",
     "[redis]\nsentinel_username = \"c\"\n",
     {"2:21: redis.sentinel_username is given, but redis.url does not start with redis+sentinel://"}},
    {"SentinelUserWithoutPassword",
     "[redis]\nurl = \"redis+sentinel://a,b/main\"\nsentinel_username = \"c\"\n",
     {"3:21: redis.sentinel_username is \"c\", but there is no sentinel_password_file"}},
    {"SentinelsWithoutAGroup",
     "[redis]\nurl = \"redis+sentinel://a,b\"\n",
     {"2:7: redis.url: redis+sentinel:// needs the group's name: redis+sentinel://host/mymaster"}},
    {"RedisUserWithoutPassword",
     "[redis]\nusername = \"c\"\n",
     {"2:12: redis.username is \"c\", but there is no password_file"}},
    {"PasswordFileThatIsNotThere",
     "[redis]\npassword_file = \"none\"\n",
     {"2:17: password_file: cannot read /etc/anchal/none"}},
    {"PasswordFileThatIsEmpty",
     "[redis]\npassword_file = \"empty\"\n",
     {"2:17: password_file /etc/anchal/empty has an empty first line"}},
    {"OperatorTlsFileWithoutTls",
     kOther + "tls_server_name = \"smsc\"\n",
     {"5:19: tls_server_name is \"smsc\", but tls of operator \"bravo\" is false"}},
    {"CertificateWithoutKey",
     kOther + "tls = true\ntls_cert_file = \"/c.pem\"\n",
     {"6:17: tls_cert_file is \"/c.pem\", but tls_key_file is empty; give both"}},
    {"TwoPasswordsOfAnOperator",
     kOther + "password = \"a\"\npassword_file = \"pw\"\n",
     {"5:12: operator \"bravo\" has both password and password_file \"/etc/anchal/pw\"; give one"}},
    {"ReconnectBoundsSwapped",
     kOther + "reconnect_min_ms = 5000\nreconnect_max_ms = 100\n",
     {"5:20: operator \"bravo\": reconnect_min_ms is 5000, more than reconnect_max_ms 100"}},
    {"ReconnectMaximumBelowTheDefaultMinimum",
     kOther + "reconnect_max_ms = 100\n",
     {"5:20: operator \"bravo\": reconnect_min_ms is 1000, more than reconnect_max_ms 100"}},
    {"NoAlphabetLeft",
     kOther + "gsm7 = false\nucs2 = false\n",
     {"5:8: operator \"bravo\": gsm7, ucs2, latin1 and ascii are all false; one must be true"}},
    {"TablesWithoutGsm7",
     kOther + "gsm7 = false\npacked = true\nnational_languages = [\"hindi\"]\n",
     {"6:10: operator \"bravo\": packed is true, but gsm7 is false",
      "7:22: operator \"bravo\": national_languages is not empty, but gsm7 is false"}},
    {"PackedAndFilledWithoutSeptets",
     kOther + "default_charset = \"latin1\"\npacked = true\nnational_languages = [\"hindi\"]\n",
     {"6:10: operator \"bravo\": packed is true, but default_charset is \"latin1\"; only septets of gsm7 are "
      "packed",
      "7:22: operator \"bravo\": national_languages is not empty, but default_charset is \"latin1\"; the "
      "tables "
      "need septets that reach the handset as they are"}},
    {"CharsetWithoutGsm7",
     kOther + "gsm7 = false\ndefault_charset = \"ascii\"\n",
     {"6:19: operator \"bravo\": default_charset is \"ascii\", but gsm7 is false: nothing would go out so"}},
    {"WhatNeedsAnotherSetting",
     kOther + "fill_with_cr = true\nallow_disputed = true\n",
     {"5:16: operator \"bravo\": fill_with_cr is true, but packed is false",
      "6:18: operator \"bravo\": allow_disputed is true, but national_languages is empty"}},
    {"SeveralPartsWithoutConcatenation",
     kOther + "concat = \"none\"\nmax_parts = 3\n",
     {"6:13: operator \"bravo\": max_parts is 3, but concat is \"none\""}},
    {"DataCodingsThatAreTheSame",
     kOther + "latin1 = true\ndata_coding_gsm7 = 8\ndata_coding_latin1 = 0\n",
     {"6:20: operator \"bravo\": data_coding_gsm7 and data_coding_ucs2 are both 8; nobody could tell the "
      "alphabets apart"}},
    {"TextSettingsOutOfBounds",
     kOther +
         "concat = \"udh\"\nsplit = \"words\"\nflash = \"yes\"\nmax_parts = 256\ndata_coding_ucs2 = -1\n",
     {"5:10: operator.concat is \"udh\", must be \"udh8\" or \"udh16\" or \"sar\" or \"payload\" or \"none\"",
      "6:9: operator.split is \"words\", must be \"units\" or \"grapheme\" or \"grapheme_if_free\"",
      "7:9: operator.flash is \"yes\", must be \"dcs_general\" or \"dcs_1111\" or \"tlv\" or \"none\"",
      "8:13: operator.max_parts is 256, must be from 1 to 255 parts",
      "9:20: operator.data_coding_ucs2 is -1, must be from 0 to 255"}},
    {"ShardWhoseShareOfTheContractIsNothing",
     "[engine]\nshards = 4\n" + kOther + "tps = 3\n",
     {"2:10: engine.shards is 4, but operator \"bravo\" has tps = 3: a shard with 2 of the 8 partitions may "
      "send "
      "3 x 2 / 8 = 0 parts/s, so nothing; lower shards to 2 or raise tps to 4"}},
    {"NothingAtAll",
     "",
     {"0:0: no [[category]]: every job would be refused; add at least one with name and lane",
      "0:0: no [[operator]]: nothing could be sent; add at least one with name and host"},
     true},
};

class ConfigMistakes : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigMistakes, AreReportedTogetherEachAtItsPlace) {
  std::string text = GetParam().text;
  if (!GetParam().alone) text += kLeast;
  const ConfigResult result = parse_config(
      text, fake_surroundings({{"/etc/anchal/empty", "\nsecond line"}, {"/etc/anchal/pw", "secret"}}));
  EXPECT_FALSE(result.config);
  std::vector<std::string> mistakes;
  for (const Mistake& mistake : result.mistakes) {
    mistakes.push_back(std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " +
                       mistake.message);
  }
  EXPECT_EQ(mistakes, GetParam().mistakes);
}

INSTANTIATE_TEST_SUITE_P(Table, ConfigMistakes, testing::ValuesIn(kWrong),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(ConfigMistake, ReadsAsFileLineColumnMessage) {
  EXPECT_EQ((Mistake{3, 7, "wrong"}.text("a.toml")), "a.toml:3:7: wrong");
  EXPECT_EQ((Mistake{0, 0, "wrong"}.text("a.toml")), "a.toml: wrong");
}

}  // namespace
}  // namespace anchal::app
