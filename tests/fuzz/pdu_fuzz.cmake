anchal_fuzzer(fuzz_pdu_decode SOURCES ${CMAKE_CURRENT_LIST_DIR}/pdu_decode_fuzz.cpp LINK smpp_pdu)
anchal_fuzzer(fuzz_pdu_roundtrip SOURCES ${CMAKE_CURRENT_LIST_DIR}/pdu_roundtrip_fuzz.cpp LINK smpp_pdu)
anchal_fuzzer(fuzz_tlv SOURCES ${CMAKE_CURRENT_LIST_DIR}/tlv_fuzz.cpp LINK smpp_pdu)
