#include "engine/app/audit_chain.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

std::vector<AuditEntry> chain_of_three() {
  std::vector<AuditEntry> chain;
  std::string previous(kFirstPrevious);
  for (const char* action : {"blackout.create", "operator.pause", "blackout.end"}) {
    AuditEntry entry{.at = "2026-03-03T03:30:01.204Z",
                     .actor = "meera",
                     .action = action,
                     .subject = "r1",
                     .before = "",
                     .after = "{\"id\":\"r1\"}",
                     .reason = "order 17",
                     .epoch = "4",
                     .previous = previous,
                     .hash = ""};
    entry.hash = audit_hash(entry);
    previous = entry.hash;
    chain.push_back(entry);
  }
  return chain;
}

TEST(AuditChain, AnUntouchedChainHolds) {
  EXPECT_TRUE(verify_chain(chain_of_three(), kFirstPrevious));
}

TEST(AuditChain, EveryFieldIsUnderTheHash) {
  for (const AuditField& field : audit_fields()) {
    auto chain = chain_of_three();
    chain[1].*field.value += "x";
    const auto result = verify_chain(chain, kFirstPrevious);
    ASSERT_FALSE(result) << field.name;
    EXPECT_EQ(result.error().index, 1u) << field.name;
  }
}

TEST(AuditChain, TextMovedFromFieldToFieldShows) {
  auto chain = chain_of_three();
  chain[0].actor = "meerab";
  chain[0].action = "lackout.create";
  EXPECT_FALSE(verify_chain(chain, kFirstPrevious));
}

TEST(AuditChain, AnEntryLeftOutOrSwappedShows) {
  auto without = chain_of_three();
  without.erase(without.begin() + 1);
  EXPECT_EQ(verify_chain(without, kFirstPrevious).error().index, 1u);
  auto swapped = chain_of_three();
  std::swap(swapped[1], swapped[2]);
  EXPECT_EQ(verify_chain(swapped, kFirstPrevious).error().index, 1u);
  auto headless = chain_of_three();
  headless.erase(headless.begin());
  EXPECT_EQ(verify_chain(headless, kFirstPrevious).error().index, 0u);
}

TEST(AuditChain, TheHashIsSha256OverNamedAndCountedFields) {
  AuditEntry entry;
  entry.actor = "a";
  // printf 'at:0:\nactor:1:a\naction:0:\nsubject:0:\nbefore:0:\nafter:0:\nreason:0:\nepoch:0:\nprevious:0:\n'
  // | sha256sum
  EXPECT_EQ(audit_hash(entry), "1e23522519250ecdbec3df25413a43a1a2e36bf4ac19f12ce5b27f63b765180c");
}

}  // namespace
}  // namespace anchal::app
