anchal_fuzzer(fuzz_receipt SOURCES ${CMAKE_CURRENT_LIST_DIR}/receipt_fuzz.cpp LINK smpp_receipt)
