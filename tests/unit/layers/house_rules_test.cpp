#include "tests/unit/layers/house_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace anchal::layers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> printed(const std::vector<Violation>& violations) {
  std::vector<std::string> out;
  for (const auto& violation : violations) out.push_back(to_string(violation));
  return out;
}

std::vector<std::string> includes_of(std::string path, std::string text) {
  const std::vector<SourceFile> files{{std::move(path), std::move(text)}};
  return printed(check_includes(files));
}

TEST(IncludeGuard, RoomsMayLookOneWayOnly) {
  EXPECT_THAT(includes_of("smpp/session/window.h",
                          "#pragma once\n#include <vector>\n#include \"smpp/pdu/frame.h\"\n"),
              IsEmpty());
  EXPECT_THAT(includes_of("smpp/pdu/frame.h", "#pragma once\n\n#include \"smpp/session/window.h\"\n"),
              ElementsAre("smpp/pdu/frame.h:3: smpp/ may not include smpp/session/window.h"));
  EXPECT_THAT(includes_of("smpp/text/plan.cpp", "#include \"smpp/receipt/receipt.h\"\n"),
              ElementsAre("smpp/text/plan.cpp:1: smpp/text/ may not include smpp/receipt/receipt.h"));
  EXPECT_THAT(includes_of("throttle/rate/log.cpp", "#include \"throttle/policy/gate.h\"\n"),
              testing::SizeIs(1));
  EXPECT_THAT(includes_of("throttle/policy/gate.cpp", "#include \"throttle/rate/log.h\"\n"), IsEmpty());
}

TEST(IncludeGuard, SmppAndThrottleKnowTheStandardLibraryOnly) {
  EXPECT_THAT(includes_of("smpp/pdu/frame.cpp", "#include <fmt/core.h>\n"),
              ElementsAre("smpp/pdu/frame.cpp:1: smpp/ may not include <fmt/core.h>"));
  EXPECT_THAT(includes_of("smpp/pdu/frame.cpp", "#include <sys/socket.h>\n"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("smpp/pdu/frame.cpp", "#include \"throttle/rate/log.h\"\n"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("throttle/rate/log.cpp", "#include \"smpp/pdu/frame.h\"\n"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("throttle/rate/log.cpp", "#include <date/tz.h>\n"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("throttle/policy/calendar.cpp", "#include <date/tz.h>\n"), IsEmpty());
}

TEST(IncludeGuard, TheCoreKnowsNeitherAdaptersNorMetrics) {
  const std::string allowed =
      "#include <simdjson.h>\n#include <tsl/robin_map.h>\n#include <xxhash.h>\n#include "
      "\"smpp/pdu/frame.h\"\n"
      "#include \"throttle/policy/gate.h\"\n#include \"engine/core/job/job.h\"\n";
  EXPECT_THAT(includes_of("engine/core/plan.cpp", allowed), IsEmpty());
  const std::string refused =
      "#include \"engine/net/loop.h\"\n#include \"engine/redis/store.h\"\n#include "
      "\"metrics/cells.h\"\n#include <uv.h>\n"
      "#include <hiredis/hiredis.h>\n#include <unistd.h>\n";
  EXPECT_THAT(includes_of("engine/core/plan.cpp", refused), testing::SizeIs(6));
}

TEST(IncludeGuard, AdaptersDoNotKnowTheApplication) {
  for (const std::string room : {"redis", "net", "admin", "simulator"}) {
    EXPECT_THAT(includes_of("engine/" + room + "/a.cpp", "#include \"engine/app/config.h\"\n"),
                testing::SizeIs(1));
  }
  EXPECT_THAT(
      includes_of("engine/app/main.cpp", "#include \"engine/redis/store.h\"\n#include <CLI/CLI.hpp>\n"),
      IsEmpty());
}

TEST(IncludeGuard, NobodyIncludesTestsButBenchesTheirHelpers) {
  for (const std::string path : {"smpp/a.cpp", "engine/app/a.cpp"}) {
    EXPECT_THAT(includes_of(path, "#include \"tests/support/clock.h\"\n"), testing::SizeIs(1)) << path;
  }
  EXPECT_THAT(
      includes_of("tests/unit/core/a.cpp", "#include \"tests/support/clock.h\"\n#include <rapidcheck.h>\n"),
      IsEmpty());
}

TEST(IncludeGuard, IncludesAreWrittenFromTheRootAndInQuotes) {
  EXPECT_THAT(includes_of("smpp/pdu/frame.cpp", "#include \"frame.h\"\n"),
              ElementsAre(HasSubstr("not written from the root")));
  EXPECT_THAT(includes_of("smpp/pdu/frame.cpp", "#include <smpp/pdu/frame.h>\n"),
              ElementsAre(HasSubstr("in quotes")));
}

TEST(IncludeGuard, OddSpellingsDoNotSlipThrough) {
  EXPECT_THAT(includes_of("engine/core/a.cpp", "  #  include   <uv.h>   // because\n"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("engine/core/a.cpp", "#include<uv.h>"), testing::SizeIs(1));
  EXPECT_THAT(includes_of("engine/core/a.cpp", "const char* text = \"#include <uv.h>\";\n"), IsEmpty());
  EXPECT_THAT(includes_of("elsewhere/a.cpp", "#include <vector>\n"), ElementsAre(HasSubstr("no room")));
}

TEST(DeterminismGuard, FindsClocksChanceThreadsAndStreams) {
  const std::vector<SourceFile> files{
      {"engine/core/a.cpp",
       "#include <thread>\nauto t = std::chrono::steady_clock::now();\nint r = std::rand();\n"},
      {"smpp/pdu/b.h", "// steady_clock::now() is never called here\nint operand(int);\n"},
      {"engine/net/c.cpp", "auto t = std::chrono::steady_clock::now();\n"}};
  EXPECT_THAT(printed(check_determinism(files)),
              ElementsAre("engine/core/a.cpp:1: a deterministic room may not include <thread>",
                          "engine/core/a.cpp:2: a deterministic room may not use steady_clock::now",
                          "engine/core/a.cpp:3: a deterministic room may not use rand("));
}

TEST(FileGuard, FindsWhatAFileMustNotHave) {
  const std::string unfinished = std::string("TO") + "DO";
  const std::string machine_path = std::string("/wo") + "rk/main";
  const std::vector<SourceFile> files{
      {"smpp/a.h", "#include <iostream>\n"},       {"smpp/b.cpp", "int x;  // " + unfinished + ": later\n"},
      {"docs/c.md", "see " + machine_path + "\n"}, {"smpp/long.cpp", std::string(601, '\n')},
      {"smpp/short.cpp", std::string(600, '\n')},  {"smpp/generated/table.cpp", std::string(2000, '\n')}};
  EXPECT_THAT(printed(check_files(files)), ElementsAre("smpp/a.h:1: a header may not include <iostream>",
                                                       "smpp/a.h:1: a header without #pragma once",
                                                       HasSubstr("smpp/b.cpp:1: leaves something to do"),
                                                       HasSubstr("docs/c.md:1: names a path"),
                                                       "smpp/long.cpp:601: longer than 600 lines"));
}

TEST(ReadmeGuard, FindsFoldersThatDoNotSayWhatTheyAreFor) {
  const std::vector<SourceFile> files{{"smpp/pdu/a.h", ""},           {"smpp/pdu/README.md", ""},
                                      {"smpp/text/b.cpp", ""},        {"tests/unit/core/c.cpp", ""},
                                      {"smpp/pdu/generated/e.h", ""}, {"tests/README.md", ""},
                                      {"deploy/d.yaml", ""}};
  EXPECT_THAT(printed(check_readmes(files)),
              ElementsAre("smpp/text/README.md:1: is missing: the folder has sources"));
}

}  // namespace
}  // namespace anchal::layers
