anchal_fuzzer(fuzz_send SOURCES ${CMAKE_CURRENT_LIST_DIR}/send_fuzz.cpp LINK app_send engine_core)
