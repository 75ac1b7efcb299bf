anchal_fuzzer(fuzz_job SOURCES ${CMAKE_CURRENT_LIST_DIR}/job_fuzz.cpp LINK engine_core)
