anchal_fuzzer(fuzz_config SOURCES ${CMAKE_CURRENT_LIST_DIR}/config_fuzz.cpp LINK app_config fmt::fmt)
