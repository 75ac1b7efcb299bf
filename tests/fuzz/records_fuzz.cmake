anchal_fuzzer(fuzz_records SOURCES ${CMAKE_CURRENT_LIST_DIR}/records_fuzz.cpp LINK engine_core)
