anchal_fuzzer(fuzz_session SOURCES ${CMAKE_CURRENT_LIST_DIR}/session_fuzz.cpp LINK smpp_session)
