# The simulated Redis is a helper of tests, which ANCHAL_FUZZ alone does not build.
if(NOT TARGET test_sim)
  add_subdirectory(${CMAKE_SOURCE_DIR}/tests/support ${CMAKE_BINARY_DIR}/tests/support)
endif()
anchal_fuzzer(fuzz_shard SOURCES ${CMAKE_CURRENT_LIST_DIR}/shard_fuzz.cpp LINK engine_core test_sim simulator_core)
