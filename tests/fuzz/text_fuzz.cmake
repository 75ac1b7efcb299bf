anchal_fuzzer(fuzz_text_encode SOURCES ${CMAKE_CURRENT_LIST_DIR}/text_encode_fuzz.cpp LINK smpp_text)
anchal_fuzzer(fuzz_text_decode SOURCES ${CMAKE_CURRENT_LIST_DIR}/text_decode_fuzz.cpp LINK smpp_text)
anchal_fuzzer(fuzz_text_template SOURCES ${CMAKE_CURRENT_LIST_DIR}/text_template_fuzz.cpp LINK smpp_text)
