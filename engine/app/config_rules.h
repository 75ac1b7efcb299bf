#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/app/config.h"

namespace anchal::app {

/// Where settings stand in the file, by path: "engine.shards", "operator[1].failover[0]", and the table
/// itself ("operator[1]") for what is absent.
class Positions {
 public:
  struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  void add(std::string path, Position position) { positions_.emplace(std::move(path), position); }
  bool has(const std::string& path) const { return positions_.contains(path); }
  /// Of the path, or else of the innermost table around it.
  Position of(std::string path) const;

 private:
  std::map<std::string, Position, std::less<>> positions_;
};

struct Findings {
  std::vector<Mistake> mistakes;
  std::vector<Mistake> warnings;
};

/// The rules between settings; each message names both settings and both values. Also fills in what follows
/// from other settings: default shards, passwords from files, the admin's host and port, Redis' address.
void check_rules(AppConfig& config, std::vector<OperatorSettings>& operators, const Positions& positions,
                 const Surroundings& surroundings, Findings& findings);

}  // namespace anchal::app
