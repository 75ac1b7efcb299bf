# The tools around the engine: a blocking pipeline to Redis, jobs in as a hub pushes them and outcomes back, programs
# beside us for the demo, the benches and the tests.
anchal_library(app_redis_pipe
  SOURCES send_redis.cpp sentinel_lookup.cpp
  LINK app_config net
  PRIVATE_LINK PkgConfig::hiredis)
anchal_library(app_send
  SOURCES progress.cpp send.cpp send_csv.cpp send_job.cpp send_outcomes.cpp send_target.cpp
  LINK app_redis_pipe smpp_text
  PRIVATE_LINK fmt::fmt libcsv PkgConfig::hiredis simdjson::simdjson)
anchal_library(app_processes SOURCES child_process.cpp private_redis.cpp LINK app_redis_pipe)
anchal_library(app_send_command SOURCES send_command.cpp LINK app_send PRIVATE_LINK CLI11::CLI11)
anchal_library(app_trial
  SOURCES trial.cpp
  LINK app_processes
  PRIVATE_LINK admin fmt::fmt nlohmann_json::nlohmann_json)
anchal_library(app_demo
  SOURCES demo.cpp demo_balance.cpp demo_campaign.cpp
  LINK app_trial app_send
  PRIVATE_LINK simulator smpp_text fmt::fmt nlohmann_json::nlohmann_json PkgConfig::hiredis)
anchal_library(app_demo_command SOURCES demo_command.cpp LINK app_demo PRIVATE_LINK CLI11::CLI11)
