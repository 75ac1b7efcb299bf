#include "smpp/pdu/command_status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "smpp/pdu/command_id.h"

namespace anchal::smpp {
namespace {

TEST(CommandStatus, TableIsSortedUniqueAndNamed) {
  EXPECT_TRUE(std::ranges::is_sorted(status_table(), std::ranges::less{}, &StatusInfo::code));
  std::set<std::uint32_t> codes;
  for (const StatusInfo& row : status_table()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.name;
    EXPECT_TRUE(row.name.starts_with("ESME_R")) << row.name;
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_EQ(status_info(row.code), &row);
  }
}

TEST(CommandStatus, ClassesTellTheDispatcherWhatToDo) {
  EXPECT_EQ(status_class(ESME_ROK), StatusClass::ok);
  EXPECT_EQ(status_class(ESME_RTHROTTLED), StatusClass::retry_same_route);
  EXPECT_EQ(status_class(ESME_RMSGQFUL), StatusClass::retry_same_route);
  EXPECT_EQ(status_class(ESME_RSYSERR), StatusClass::retry_same_route);
  EXPECT_EQ(status_class(ESME_RSUBMITFAIL), StatusClass::retry_other_route);
  EXPECT_EQ(status_class(ESME_RINVDSTADR), StatusClass::permanent_message_error);
  EXPECT_EQ(status_class(ESME_RINVBNDSTS), StatusClass::session_error);
  EXPECT_EQ(status_class(ESME_RALYBND), StatusClass::bind_config_error);
}

TEST(CommandStatus, UnknownAndVendorCodesAreRetriedElsewhereAndKeepTheirNumber) {
  for (const std::uint32_t code : {0x22U, 0x400U, 0x4FFU, 0x55FU, 0xFFFFFFFFU}) {
    EXPECT_EQ(status_info(code), nullptr);
    EXPECT_EQ(status_class(code), StatusClass::retry_other_route);
  }
  EXPECT_EQ(status_name(0x455), "vendor");
  EXPECT_EQ(status_name(0x22), "reserved");
}

TEST(CommandStatus, NewerNamesAreKept) {
  EXPECT_EQ(status_info(0xC0)->name, "ESME_RINVOPTPARSTREAM");
  EXPECT_EQ(status_info(0xC0)->name_50, "ESME_RINVTLVSTREAM");
  EXPECT_EQ(status_name(0x101), "ESME_RPROHIBITED");
}

TEST(CommandStatus, InABindResponseMessageErrorsSpeakOfTheAccount) {
  EXPECT_EQ(bind_status_class(ESME_ROK), StatusClass::ok);
  EXPECT_EQ(bind_status_class(ESME_RINVPASWD), StatusClass::bind_config_error);
  EXPECT_EQ(bind_status_class(ESME_RPROHIBITED), StatusClass::bind_config_error);
  EXPECT_EQ(bind_status_class(0x4711), StatusClass::bind_config_error);
  EXPECT_EQ(bind_status_class(ESME_RSYSERR), StatusClass::retry_same_route);
  EXPECT_EQ(bind_status_class(ESME_RINVCMDID), StatusClass::session_error);
}

TEST(CommandId, EveryAnsweredRequestHasAResponseInTheTable) {
  std::set<CommandId> seen;
  for (const CommandInfo& row : kCommands) {
    EXPECT_TRUE(seen.insert(row.id).second) << row.name;
    EXPECT_FALSE(row.answered && is_response(row.id)) << row.name;
    if (!row.answered) continue;
    EXPECT_EQ(command_name(response_of(row.id)), std::string(row.name) + "_resp");
  }
  EXPECT_EQ(command_info(static_cast<CommandId>(0x22)), nullptr);
  EXPECT_EQ(command_name(static_cast<CommandId>(0x8000000B)), "");
}

}  // namespace
}  // namespace anchal::smpp
