# Runs the generator anew and compares: cmake -DPERL= -DSOURCE= -DWORK= -P check_tables.cmake
file(MAKE_DIRECTORY ${WORK})
execute_process(
  COMMAND ${PERL} ${SOURCE}/tools/text_tables.pl ${SOURCE}/tests/data/charset ${WORK}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the generator failed: ${result}")
endif()
file(GLOB committed RELATIVE ${SOURCE}/smpp/text/generated ${SOURCE}/smpp/text/generated/*.h)
file(GLOB made RELATIVE ${WORK} ${WORK}/*.h)
if(NOT "${committed}" STREQUAL "${made}")
  message(FATAL_ERROR "committed: ${committed}; generated: ${made}")
endif()
foreach(name IN LISTS made)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E compare_files ${WORK}/${name} ${SOURCE}/smpp/text/generated/${name}
    RESULT_VARIABLE different)
  if(different)
    message(FATAL_ERROR "smpp/text/generated/${name} is not what tools/text_tables.pl makes")
  endif()
endforeach()
