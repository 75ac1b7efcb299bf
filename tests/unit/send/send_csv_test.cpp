#include "engine/app/send_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class SendCsv : public testing::Test {
 protected:
  std::expected<CsvColumns, std::string> read(const std::string& content) {
    const std::string path = directory_.file("rows.csv");
    std::ofstream(path, std::ios::binary) << content;
    rows.clear();
    return read_csv(path, [this](const CsvColumns&, CsvRow& row) {
      rows.push_back(std::move(row));
      return true;
    });
  }
  std::string mistake(const std::string& content) {
    const auto result = read(content);
    return result ? "none" : result.error();
  }

  std::vector<CsvRow> rows;

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(SendCsv, ColumnsAreNamedByTheFirstRow) {
  const auto columns = read("to,ref,name,place,amount\r\n+919800000001,emp-1,Anu,KL-EKM,\"4,210\"\r\n");
  ASSERT_TRUE(columns) << columns.error();
  EXPECT_THAT(columns->variables, ElementsAre("name", "amount"));
  EXPECT_FALSE(columns->has_text);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].line, 2U);
  EXPECT_EQ(rows[0].recipient.to, "+919800000001");
  EXPECT_EQ(rows[0].recipient.ref, "emp-1");
  EXPECT_EQ(rows[0].recipient.place, "KL-EKM");
  EXPECT_THAT(rows[0].recipient.vars, ElementsAre(Pair("name", "Anu"), Pair("amount", "4,210")));
}

TEST_F(SendCsv, QuotesLinesAndAByteOrderMarkAreUnderstood) {
  const auto columns =
      read("\xEF\xBB\xBFto,text\n+919800000001,\"two\nlines, \"\"quoted\"\"\"\n+919800000002,last");
  ASSERT_TRUE(columns) << columns.error();
  EXPECT_TRUE(columns->has_text);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].text, "two\nlines, \"quoted\"");
  EXPECT_EQ(rows[1].text, "last");
}

TEST_F(SendCsv, MistakesNameFileAndRow) {
  EXPECT_THAT(mistake(""), HasSubstr("is empty"));
  EXPECT_THAT(mistake("name,amount\nAnu,1\n"),
              HasSubstr("rows.csv: row 1 must name the columns, one of them 'to'"));
  EXPECT_THAT(mistake("to,to\n1,2\n"), HasSubstr("row 1 names the column 'to' twice"));
  EXPECT_THAT(mistake("to,a\x1b[2J,a\x1b[2J\n1,2,3\n"), HasSubstr("row 1 names the column 'a?[2J' twice"));
  EXPECT_THAT(mistake("to,,x\n1,2,3\n"), HasSubstr("row 1 has a column without a name"));
  EXPECT_THAT(mistake("to,name\n1,2\n1\n"), HasSubstr("row 3 has fewer fields"));
  EXPECT_THAT(mistake("to,name\n1,2,3\n"), HasSubstr("row 2 has more fields"));
  EXPECT_THAT(mistake("to,name\n1,\"open\n"), HasSubstr("is no CSV"));
  EXPECT_THAT(mistake("to,name\n1,a\"b\n"), HasSubstr("row 2 is no CSV"));
  EXPECT_THAT(mistake("to,name\n1,\xFF\n"), HasSubstr("row 2 is not UTF-8"));
}

TEST_F(SendCsv, AMissingFileSaysSo) {
  const auto result = read_csv_columns("/no-such-directory/rows.csv");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("No such file"));
}

TEST_F(SendCsv, ReadingStopsWhenNoMoreIsWanted) {
  int seen = 0;
  test::TemporaryDirectory directory;
  const std::string path = directory.file("rows.csv");
  std::ofstream(path) << "to\n1\n2\n3\n";
  ASSERT_TRUE(read_csv(path, [&](const CsvColumns&, CsvRow&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace anchal::app
