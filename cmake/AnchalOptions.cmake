option(ANCHAL_TESTS "build the tests" ON)
option(ANCHAL_BENCH "build the benches" ON)
option(ANCHAL_FUZZ "build the fuzzers on libFuzzer (clang only)" OFF)
option(ANCHAL_WERROR "warnings fail the build" ON)
set(ANCHAL_SANITIZE "" CACHE STRING "sanitizers for every target: address,undefined or thread")

# Assertions stay on in a release: what only a bug can cause must stop the engine before it reaches an operator.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_SANITIZED "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_EXE_LINKER_FLAGS_SANITIZED "")
set(CMAKE_CXX_FLAGS_DEBUG "-g -D_GLIBCXX_ASSERTIONS")

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(ANCHAL_CCACHE ccache)
  if(ANCHAL_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ANCHAL_CCACHE})
  endif()
endif()

add_library(anchal_flags INTERFACE)
target_include_directories(anchal_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(anchal_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -fno-omit-frame-pointer)
if(ANCHAL_WERROR)
  target_compile_options(anchal_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 -O3 sees an overlap in "x" + std::string that is not there (GCC PR 105651).
  target_compile_options(anchal_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of libstdc++ 12 calls what that library itself calls deprecated; g++ still warns of calls of ours.
  target_compile_options(anchal_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(ANCHAL_SANITIZE)
  target_compile_options(anchal_flags INTERFACE -fsanitize=${ANCHAL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(anchal_flags INTERFACE -fsanitize=${ANCHAL_SANITIZE})
endif()
if(ANCHAL_SANITIZE MATCHES "thread")
  add_library(anchal_seen_closes OBJECT ${CMAKE_SOURCE_DIR}/tests/support/seen_closes.cpp)
  target_compile_options(anchal_seen_closes PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
  target_sources(anchal_flags INTERFACE $<TARGET_OBJECTS:anchal_seen_closes>)
endif()
if(ANCHAL_FUZZ)
  target_compile_options(anchal_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# anchal_library(NAME SOURCES... LINK libraries...): one static library per folder.
function(anchal_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC anchal_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# anchal_place_program(TARGET): the shipped binary. It lands in the top of the build folder and is the only one that
# takes jemalloc: tests keep the allocator that sanitizers and valgrind know.
function(anchal_place_program name)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  if(NOT ANCHAL_SANITIZE)
    target_link_libraries(${name} PRIVATE PkgConfig::jemalloc)
    # Nothing calls jemalloc by name, so the linker would drop it as not needed.
    target_link_options(${name} PRIVATE LINKER:--no-as-needed)
  endif()
endfunction()
