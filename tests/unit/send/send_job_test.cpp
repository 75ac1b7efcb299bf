#include "engine/app/send_job.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace anchal::app {
namespace {

TEST(SendJob, PartitionsAsTheDocumentedSnippetsDo) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U) << "the check value of CRC-32/ISO-HDLC";
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(partition_of("da-arrears-2026-03-000017", 8), crc32("da-arrears-2026-03-000017") % 8);
}

TEST(SendJob, WritesTheBodyOfTheContract) {
  JobHeader header;
  header.tenant = "finance";
  header.category = "service";
  header.sender = "KLGOVT";
  header.text = "Dear {name}, \"quoted\"\n\\ and\ttab";
  header.is_template = true;
  header.campaign = "da-2026-03";
  header.receipt = false;
  JobWriter writer(header);
  writer.start("job-1");
  writer.add({"+919800000001", "emp-1", "", {{"name", "Anu"}, {"amount", "4,210"}}});
  writer.add({"+919800000002", "", "KL-EKM", {}});
  EXPECT_EQ(writer.recipients(), 2U);
  const auto job = nlohmann::json::parse(writer.finish());
  EXPECT_EQ(job["id"], "job-1");
  EXPECT_EQ(job["template"], header.text);
  EXPECT_FALSE(job.contains("text"));
  EXPECT_FALSE(job.contains("purpose"));
  EXPECT_EQ(job["receipt"], false);
  EXPECT_EQ(job["recipients"][0]["vars"]["amount"], "4,210");
  EXPECT_EQ(job["recipients"][1]["place"], "KL-EKM");
  EXPECT_FALSE(job["recipients"][1].contains("vars"));

  writer.start("job-2");
  writer.add({"+919800000003", "", "", {}});
  EXPECT_EQ(nlohmann::json::parse(writer.finish())["recipients"].size(), 1U);
}

TEST(SendJob, NumbersAreBroughtToE164) {
  EXPECT_EQ(normal_number("+91 98000-00001"), "+919800000001");
  EXPECT_EQ(normal_number("00919800000001"), "+919800000001");
  EXPECT_EQ(normal_number("+1 (555) 010.0199"), "+15550100199");
  for (const char* wrong : {"", "9800000001", "+", "+12345", "+0919800000001", "+9198000000012345",
                            "+91x9800000001", "++919800000001", "91+9800000001", "+91980000000\xC2\xA0"}) {
    EXPECT_EQ(normal_number(wrong), "") << wrong;
  }
}

TEST(SendJob, MaskedNumbersCannotBeCalled) {
  EXPECT_EQ(masked_number("+919800000001"), "+9198******01");
  EXPECT_EQ(masked_number("+1234"), "*****");
}

}  // namespace
}  // namespace anchal::app
