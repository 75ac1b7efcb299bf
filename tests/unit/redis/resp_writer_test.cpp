#include "engine/redis/resp_writer.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <random>
#include <vector>

namespace anchal::redis {
namespace {

std::string by_hiredis(const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& argument : arguments) {
    texts.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* wire = nullptr;
  const int size = redisFormatCommandArgv(&wire, static_cast<int>(texts.size()), texts.data(), sizes.data());
  std::string text(wire, static_cast<std::size_t>(size));
  redisFreeCommand(wire);
  return text;
}

TEST(RespWriter, WritesWhatTheFormatterOfHiredisWrites) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    core::Commands commands;
    std::string expected;
    const std::size_t count = 1 + random() % 4;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::string> arguments = {"XADD"};
      commands.command(arguments.front());
      const std::size_t more = random() % 12;
      for (std::size_t k = 0; k < more; ++k) {
        std::string argument(random() % 3 == 0 ? random() % 2000 : random() % 12, '\0');
        for (auto& c : argument) {
          c = static_cast<char>(random());
        }
        commands.arg(argument);
        arguments.push_back(argument);
      }
      expected += by_hiredis(arguments);
    }
    std::string out;
    RespWriter writer(out);
    writer.commands(commands);
    ASSERT_EQ(out, expected) << "seed " << seed;
    EXPECT_EQ(writer.written(), count);
  }
}

TEST(RespWriter, TakesArgumentsOneByOne) {
  std::string out;
  RespWriter writer(out);
  writer.begin(2);
  writer.bulk("GET");
  writer.bulk("");
  EXPECT_EQ(out, by_hiredis({"GET", ""}));
}

}  // namespace
}  // namespace anchal::redis
