#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/send_job.h"
#include "engine/app/send_redis.h"

namespace anchal::app {

/// The campaign of the demo (deploy/demo/README.md): rows of a CSV file expanded to as many messages as
/// wanted, each with a number of its own, pushed as jobs by category and language. Everything about message k
/// can be told from k.
class DemoCampaign {
 public:
  static constexpr std::string_view kTenant = "demo";

  /// Reads recipients.csv and templates/ in `directory`.
  static std::expected<DemoCampaign, std::string> load(const std::string& directory, std::uint64_t messages);

  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t messages_of(std::string_view category) const;
  [[nodiscard]] const std::string& category(std::uint64_t k) const {
    return groups_[rows_[k % rows_.size()].group].category;
  }
  [[nodiscard]] std::string number(std::uint64_t k) const;  ///< "+919800000001"
  [[nodiscard]] std::string text(std::uint64_t k) const;    ///< what the handset shows

  /// The message of a line of the outcomes; nothing if it is none of ours.
  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view job, std::uint64_t index) const;
  /// The message that went to a number (with or without "+").
  [[nodiscard]] std::optional<std::uint64_t> find_number(std::string_view number) const;

  /// Pushes all of it. `on_progress(pushed)` says whether to go on.
  std::expected<void, std::string> push(RedisPipe& redis, unsigned partitions,
                                        const std::function<bool(std::uint64_t)>& on_progress) const;

 private:
  struct Row {
    JobRecipient recipient;
    std::size_t group = 0;
    std::uint64_t place_in_group = 0;
  };
  /// What goes out with the same text.
  struct Group {
    std::string category, language, name, text_template;
    std::vector<std::size_t> rows;
    std::vector<std::string> variables;
  };

  [[nodiscard]] std::uint64_t size_of(const Group& group) const;
  [[nodiscard]] std::uint64_t message_in(const Group& group, std::uint64_t place) const;

  std::uint64_t messages_ = 0;
  std::vector<Row> rows_;
  std::vector<Group> groups_;
};

}  // namespace anchal::app
