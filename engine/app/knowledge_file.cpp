#include "engine/app/knowledge_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "engine/app/send_redis.h"
#include "engine/core/keys.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSizeMax = std::size_t{64} << 20;
constexpr Duration kWriteEvery = 1s;

std::string random_name() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// As a file name shows it: an engine's id may hold anything.
std::string file_name(const std::string& engine_id) {
  std::string name;
  for (const char c : engine_id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    name += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return name + ".known";
}

std::string error_text(const char* what, const std::string& path) {
  return fmt::format("{} {}: {}", what, path, std::generic_category().message(errno));
}

}  // namespace

std::string directory_of_systemd(const char* variable) {
  const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const std::string_view all = given != nullptr ? given : "";  // several are told with colons
  return std::string(all.substr(0, all.find(':')));
}

std::string state_directory(const AppConfig& config) {
  return config.state_dir.empty() ? directory_of_systemd("STATE_DIRECTORY") : config.state_dir;
}

KnowledgeFile::KnowledgeFile(std::string directory, const std::string& engine_id, Log log)
    : directory_(std::move(directory)),
      path_((std::filesystem::path(directory_) / file_name(engine_id)).string()),
      log_(std::move(log)) {}

KnowledgeFile::~KnowledgeFile() {
  stop();
}

std::expected<StoredKnowledge, std::string> KnowledgeFile::read(const std::string& path) const {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(std::string());
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kSizeMax) return std::unexpected("it is larger than such a file can be");
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_knowledge(text);
}

/// The name of the data in Redis. Data without one get the name that is known here: an emptied Redis, or a
/// copy older than the name. Empty when Redis does not tell.
std::string KnowledgeFile::name_data(ControlStore& store, const std::string& known_as) {
  const std::string key(core::keys::kInstallation);
  auto found = store.ask({"GET", key});
  if (found && found->is_nil()) {
    const std::string name = known_as.empty() ? random_name() : known_as;
    const auto set = store.settle({{"SET", key, name, "NX"}});
    if (!set) log_(true, "the data in Redis cannot be given a name: " + set.error().text);
    found = store.ask({"GET", key});
  }
  if (found && is_name(found->text)) return found->text;
  log_(true, fmt::format("{} in Redis is no name: {} is not kept", key, path_));
  return {};
}

core::KnowledgeMap KnowledgeFile::load(ControlStore& store) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const auto file = read(path_);
  if (!file && !file.error().empty()) log_(true, fmt::format("{} is not used: {}", path_, file.error()));
  const std::string known_as = file ? file->installation : std::string();
  installation_ = name_data(store, known_as);
  if (file && !installation_.empty() && installation_ == known_as) loaded_ = file->partitions;
  if (installation_.empty() || installation_ == known_as) return loaded_;
  const std::string ours = path_ + "." + installation_;
  if (!known_as.empty()) {
    log_(true, fmt::format("{} is of other data than this Redis holds; it is laid aside", path_));
    std::filesystem::rename(path_, path_ + "." + known_as, error);
  }
  if (const auto before = read(ours); before && before->installation == installation_)
    loaded_ = before->partitions;
  return loaded_;
}

void KnowledgeFile::keep(std::function<core::KnowledgeMap()> knowledge) {
  if (installation_.empty()) return;
  knowledge_ = std::move(knowledge);
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kWriteEvery, [this] { return stopping_; })) {
      lock.unlock();
      write_when_changed();
      lock.lock();
    }
  });
}

void KnowledgeFile::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  write_when_changed();
}

void KnowledgeFile::write_when_changed() {
  StoredKnowledge now{.installation = installation_, .partitions = knowledge_()};
  // Of partitions that no shard has told of yet, what was known before.
  for (const auto& [id, known] : loaded_) now.partitions.try_emplace(id, known);
  std::string text = format_knowledge(now);
  if (text == written_) return;
  std::string why;
  const bool done = write(text, why);
  if (!done && !failing_) log_(true, why + "; what Redis may forget is not kept");
  if (done && failing_) log_(false, path_ + " can be written again");
  failing_ = !done;
  if (done) written_ = std::move(text);
}

bool KnowledgeFile::write(const std::string& text, std::string& why) const {
  const std::string fresh = path_ + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    why = error_text("cannot write", fresh);
    return false;
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t taken = ::write(file, rest.data(), rest.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(taken));
  }
  const bool whole = rest.empty() && ::fdatasync(file) == 0;
  if (!whole) why = error_text("cannot write", fresh);
  ::close(file);
  if (!whole) return false;
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    why = error_text("cannot replace", path_);
    return false;
  }
  if (const int folder = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
    (void)::fsync(folder);
    ::close(folder);
  }
  return true;
}

}  // namespace anchal::app
