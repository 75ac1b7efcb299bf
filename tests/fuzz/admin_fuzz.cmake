anchal_fuzzer(fuzz_http SOURCES ${CMAKE_CURRENT_LIST_DIR}/http_fuzz.cpp LINK admin)
anchal_fuzzer(fuzz_api SOURCES ${CMAKE_CURRENT_LIST_DIR}/api_fuzz.cpp LINK app_engine nlohmann_json::nlohmann_json)
anchal_fuzzer(fuzz_rule SOURCES ${CMAKE_CURRENT_LIST_DIR}/rule_fuzz.cpp LINK app_policy nlohmann_json::nlohmann_json)
