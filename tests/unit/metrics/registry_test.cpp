#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "metrics/catalogue.h"
#include "tests/unit/metrics/filled_registry.h"

namespace anchal::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text, const std::string& start) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(start)) out.push_back(line);
  }
  return out;
}

TEST(Registry, AddsUpTheLoops) {
  Registry registry({"1.0", "abc", "g++"});
  registry.shard(0).cells().messages_accepted.add(3);
  registry.shard(1).cells().messages_accepted.add(4);
  registry.shard(0).cells().messages_waiting[Waiting::hold].set(10);
  registry.shard(1).cells().messages_waiting[Waiting::hold].set(-4);
  const auto text = registry.text();
  EXPECT_THAT(text, HasSubstr("\nanchal_messages_accepted_total 7\n"));
  EXPECT_THAT(text, HasSubstr("\nanchal_messages_waiting{place=\"hold\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE anchal_messages_accepted_total counter\n"));
}

TEST(Registry, AddsUpOneOperatorSeenByTwoLoopsAndKeepsOperatorsApart) {
  Registry registry({});
  registry.shard(0).for_operator("alpha").submit_parts[SubmitResult::accepted].add(2);
  registry.shard(1).for_operator("alpha").submit_parts[SubmitResult::accepted].add(5);
  registry.shard(1).for_operator("bravo").submit_parts[SubmitResult::throttled].add(1);
  const auto text = registry.text();
  EXPECT_THAT(text, HasSubstr("anchal_submit_parts_total{operator=\"alpha\",result=\"accepted\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("anchal_submit_parts_total{operator=\"bravo\",result=\"throttled\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("anchal_submit_parts_total{operator=\"bravo\",result=\"accepted\"} 0\n"));
}

TEST(Registry, ShowsTheWorstOfWhatMustHoldEverywhere) {
  Registry registry({});
  for (unsigned shard = 0; shard < 3; ++shard) registry.shard(shard);
  registry.shard(0).cells().policy_epoch.set(12);
  registry.shard(1).cells().policy_epoch.set(11);  // the third loop has no policy yet and says nothing
  registry.shard(0).cells().policy_rules.set(0.5);
  registry.shard(2).cells().policy_rules.set(9.0);
  const auto text = registry.text();
  EXPECT_THAT(text, HasSubstr("\nanchal_policy_epoch 11\n"));
  EXPECT_THAT(text, HasSubstr("\nanchal_policy_rules 9\n"));
}

TEST(Registry, LeavesOutFamiliesWithoutASample) {
  Registry registry({});
  registry.shard(0);
  const auto text = registry.text();
  EXPECT_THAT(text, Not(HasSubstr("anchal_policy_epoch")));
  EXPECT_THAT(text, Not(HasSubstr("anchal_bind_up")));
  EXPECT_THAT(text, HasSubstr("anchal_duplicates_total 0\n"));
}

TEST(Registry, TheSameNamesGiveTheSameCells) {
  Registry registry({});
  auto& shard = registry.shard(0);
  EXPECT_EQ(&registry.shard(0), &shard);
  EXPECT_EQ(&shard.for_operator("alpha"), &shard.for_operator("alpha"));
  EXPECT_EQ(&shard.for_bind("alpha", "1"), &shard.for_bind("alpha", "1"));
  EXPECT_NE(&shard.for_bind("alpha", "1"), &shard.for_bind("alpha", "2"));
  EXPECT_NE(&shard.for_bind("alpha", "1"), &shard.for_bind("bravo", "1"));
}

TEST(Registry, HistogramsAreCumulativeAndEndWithEverything) {
  Registry registry({});
  auto& response = registry.shard(0).for_operator("alpha").submit_response;
  response.observe(0.004);
  response.observe(0.004);
  response.observe(100);
  registry.shard(1).for_operator("alpha").submit_response.observe(0.0005);
  const auto lines = lines_of(registry.text(), "anchal_submit_response_seconds");
  ASSERT_EQ(lines.size(), kResponseBounds.size() + 3);
  EXPECT_EQ(lines[0], "anchal_submit_response_seconds_count{operator=\"alpha\"} 4");
  EXPECT_THAT(lines,
              testing::Contains("anchal_submit_response_seconds_bucket{operator=\"alpha\",le=\"0.001\"} 1"));
  EXPECT_THAT(lines,
              testing::Contains("anchal_submit_response_seconds_bucket{operator=\"alpha\",le=\"0.005\"} 3"));
  EXPECT_THAT(lines,
              testing::Contains("anchal_submit_response_seconds_bucket{operator=\"alpha\",le=\"5\"} 3"));
  EXPECT_EQ(lines.back(), "anchal_submit_response_seconds_bucket{operator=\"alpha\",le=\"+Inf\"} 4");
}

TEST(Registry, AFilledOneShowsEveryMetricOfTheCatalogueOnceAndNoOther) {
  const auto registry = filled_registry();
  std::vector<std::string> shown;
  for (const auto& family : registry->Collect()) shown.push_back(family.name);
  std::vector<std::string> listed;
  for (const auto& description : describe()) listed.push_back(description.name);
  EXPECT_EQ(shown, listed);
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()).size(), listed.size());
}

TEST(Registry, SamplesCarryTheLabelsTheCatalogueTellsOf) {
  const auto families = filled_registry()->Collect();
  const auto descriptions = describe();
  ASSERT_EQ(families.size(), descriptions.size());
  for (std::size_t index = 0; index < families.size(); ++index) {
    for (const auto& metric : families[index].metric) {
      ASSERT_EQ(metric.label.size(), descriptions[index].labels.size()) << families[index].name;
      for (std::size_t at = 0; at < metric.label.size(); ++at) {
        const auto& label = descriptions[index].labels[at];
        EXPECT_EQ(metric.label[at].name, label.key);
        if (label.values.empty()) continue;
        EXPECT_THAT(label.values, testing::Contains(metric.label[at].value));
      }
    }
  }
}

TEST(Registry, LabelKeysComeFromAFewClosedOrConfiguredSets) {
  // Nothing that grows with traffic may become a label: no number, id, sender or tenant.
  const std::set<std::string> configured{"shard", "operator", "bind", "version", "revision", "compiler"};
  for (const auto& description : describe()) {
    for (const auto& label : description.labels) {
      EXPECT_TRUE(!label.values.empty() || configured.contains(label.key))
          << description.name << " " << label.key;
      EXPECT_NE(label.key, "tenant");
    }
  }
}

TEST(Registry, IsScrapedWhileLoopsWriteAndOperatorsAppear) {
  Registry registry({});
  std::atomic<bool> stop{false};
  std::vector<std::thread> loops;
  for (unsigned index = 0; index < 2; ++index) {
    auto& shard = registry.shard(index);
    loops.emplace_back([&shard, &stop] {
      for (unsigned turn = 0; !stop.load(); ++turn) {
        shard.cells().messages_accepted.add();
        shard.for_operator("operator-" + std::to_string(turn % 50)).submit_response.observe(0.01);
      }
    });
  }
  std::size_t seen = 0;
  while (seen < 50) {
    seen = 0;
    for (const auto& family : registry.Collect()) {
      if (family.name == "anchal_submit_response_seconds") seen = family.metric.size();
    }
  }
  stop.store(true);
  for (auto& loop : loops) loop.join();
  double accepted = 0;
  for (const auto& family : registry.Collect()) {
    if (family.name == "anchal_messages_accepted_total") accepted = family.metric.front().counter.value;
  }
  EXPECT_EQ(accepted, static_cast<double>(registry.shard(0).cells().messages_accepted.read() +
                                          registry.shard(1).cells().messages_accepted.read()));
}

TEST(Registry, TellsOfTheProcess) {
  const auto text = Registry({"1.2.3", "abc", "g++ 12"}).text();
  EXPECT_THAT(text,
              HasSubstr("anchal_build_info{version=\"1.2.3\",revision=\"abc\",compiler=\"g++ 12\"} 1\n"));
  for (const std::string name : {"process_resident_memory_bytes ", "process_start_time_seconds ",
                                 "process_threads ", "process_open_fds ", "process_cpu_seconds_total "}) {
    const auto lines = lines_of(text, name);
    ASSERT_EQ(lines.size(), 1U) << name;
    EXPECT_GE(std::stod(lines.front().substr(name.size())), 0) << name;
  }
  EXPECT_GT(std::stod(lines_of(text, "process_resident_memory_bytes ").front().substr(30)), 100'000);
  EXPECT_GT(std::stod(lines_of(text, "process_start_time_seconds ").front().substr(27)), 1.6e9);
}

}  // namespace
}  // namespace anchal::metrics
