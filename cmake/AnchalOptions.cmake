option(ANCHAL_TESTS "build the tests" ON)
option(ANCHAL_BENCH "build the benches" ON)
option(ANCHAL_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(ANCHAL_SANITIZE "" CACHE STRING "sanitizers for every target: address,undefined or thread")

add_library(anchal_flags INTERFACE)
target_include_directories(anchal_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(anchal_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 -O3 sees an overlap in "x" + std::string that is not there (GCC PR 105651).
  target_compile_options(anchal_flags INTERFACE -Wno-restrict)
endif()
if(ANCHAL_SANITIZE)
  target_compile_options(anchal_flags INTERFACE -fsanitize=${ANCHAL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(anchal_flags INTERFACE -fsanitize=${ANCHAL_SANITIZE})
endif()

# anchal_library(NAME SOURCES... LINK libraries...): one static library per folder.
function(anchal_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC anchal_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()
