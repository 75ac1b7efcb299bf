#include "engine/admin/tokens.h"

#include <gtest/gtest.h>

namespace anchal::admin {
namespace {

constexpr const char* kFile =
    "# who may do what\n\nviewer  grafana 0123456789abcdef-viewer\r\n"
    "\tcompliance\tmeera\t0123456789abcdef-compliance  \nadmin root 0123456789abcdef-admin";

TEST(Tokens, NameTheirBearerAndRole) {
  const auto tokens = Tokens::parse(kFile);
  ASSERT_TRUE(tokens) << tokens.error();
  EXPECT_EQ(tokens->size(), 3u);
  const auto meera = tokens->identify("Bearer 0123456789abcdef-compliance");
  ASSERT_TRUE(meera);
  EXPECT_EQ(meera->name, "meera");
  EXPECT_EQ(meera->role, Role::compliance);
  EXPECT_EQ(tokens->identify("bearer 0123456789abcdef-viewer")->role, Role::viewer);
}

TEST(Tokens, AnythingElseIsNobody) {
  const auto tokens = Tokens::parse(kFile);
  for (const char* header :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcdef-viewe", "0123456789abcdef-viewer",
        "Basic 0123456789abcdef-viewer", "Bearer 0123456789abcdef-viewer x"}) {
    EXPECT_FALSE(tokens->identify(header)) << header;
  }
}

TEST(Tokens, WithoutAFileEverybodyIsTheLocalAdmin) {
  EXPECT_EQ(Tokens::open().identify("")->role, Role::admin);
  EXPECT_EQ(Tokens::open().identify("Bearer whatever")->name, "local");
}

TEST(Tokens, MistakesNameTheLineAndNeverTheToken) {
  EXPECT_EQ(Tokens::parse("").error(), "there is no token in it");
  EXPECT_EQ(Tokens::parse("# only a remark\n").error(), "there is no token in it");
  EXPECT_EQ(Tokens::parse("viewer a\n").error(), "line 1: write `role name token`");
  EXPECT_EQ(Tokens::parse("\nviewer a 0123456789abcdef b\n").error(), "line 2: write `role name token`");
  EXPECT_EQ(Tokens::parse("boss a 0123456789abcdef\n").error(),
            "line 1: the role must be viewer, operator, compliance or admin");
  EXPECT_EQ(Tokens::parse("admin a short\n").error(), "line 1: a token has 16 to 512 octets");
}

TEST(Tokens, RolesIncludeWhatTheyShould) {
  EXPECT_TRUE(allows(Role::admin, Role::compliance));
  EXPECT_TRUE(allows(Role::compliance, Role::viewer));
  EXPECT_FALSE(allows(Role::operator_, Role::compliance));
  EXPECT_FALSE(allows(Role::compliance, Role::operator_));
  EXPECT_FALSE(allows(Role::viewer, Role::operator_));
}

}  // namespace
}  // namespace anchal::admin
