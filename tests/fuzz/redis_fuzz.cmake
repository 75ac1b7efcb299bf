anchal_fuzzer(fuzz_resp SOURCES ${CMAKE_CURRENT_LIST_DIR}/resp_fuzz.cpp LINK redis)
anchal_fuzzer(fuzz_redis_url SOURCES ${CMAKE_CURRENT_LIST_DIR}/redis_url_fuzz.cpp LINK redis)
anchal_fuzzer(fuzz_sentinel SOURCES ${CMAKE_CURRENT_LIST_DIR}/sentinel_fuzz.cpp LINK redis)
