#pragma once

#include <condition_variable>
#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "engine/app/config.h"
#include "engine/app/control_store.h"
#include "engine/app/knowledge_text.h"

namespace anchal::app {

/// The first directory in a variable that systemd sets for a unit; empty: none.
std::string directory_of_systemd(const char* variable);
/// engine.state_dir, or what systemd gives (STATE_DIRECTORY); empty: nothing is kept.
std::string state_directory(const AppConfig& config);

/// The small file of design.md §5 "Redis older than what engines know": without it an engine that is
/// restarted together with a Redis from a backup would not know that messages may have been sent. Written by
/// a thread of its own once a second when something changed, and at the end; a new file takes the old one's
/// place whole. What cannot be read or written is a warning: the engine works without.
///
/// The data in Redis bear a name (core::keys::kInstallation), which a backup of them bears too. A file of
/// other data says nothing of these; it is laid aside under their name, and taken back when they are met
/// again.
class KnowledgeFile {
 public:
  using Log = std::function<void(bool is_error, std::string text)>;
  KnowledgeFile(std::string directory, const std::string& engine_id, Log log);
  ~KnowledgeFile();
  KnowledgeFile(const KnowledgeFile&) = delete;
  KnowledgeFile& operator=(const KnowledgeFile&) = delete;

  /// What is known of the data in this Redis, which get a name if they have none.
  core::KnowledgeMap load(ControlStore& store);
  /// From now on keeps what `knowledge` gives, which is called from another thread.
  void keep(std::function<core::KnowledgeMap()> knowledge);
  /// Writes a last time. Idempotent.
  void stop();

  const std::string& path() const { return path_; }
  /// The name of the data, after load(); empty: it could not be learned.
  const std::string& installation() const { return installation_; }

 private:
  std::expected<StoredKnowledge, std::string> read(const std::string& path) const;
  std::string name_data(ControlStore& store, const std::string& known_as);
  void write_when_changed();
  bool write(const std::string& text, std::string& why) const;

  const std::string directory_;
  const std::string path_;
  const Log log_;
  std::string installation_;
  std::function<core::KnowledgeMap()> knowledge_;
  core::KnowledgeMap loaded_;
  std::string written_;
  bool failing_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace anchal::app
