# voxlate_module(NAME SOURCES a.cpp ... [PUBLIC module ...] [PRIVATE third-party ...])
#   One static library per folder of src/. PUBLIC names other modules of ours; third-party
#   libraries are always PRIVATE, so that no other folder can include their headers.
function(voxlate_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(voxlate_${name} STATIC ${ARG_SOURCES})
  add_library(voxlate::${name} ALIAS voxlate_${name})
  target_include_directories(voxlate_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM ARG_PUBLIC PREPEND voxlate::)
  target_link_libraries(voxlate_${name}
    PUBLIC voxlate::seams ${ARG_PUBLIC}
    PRIVATE voxlate_options ${ARG_PRIVATE})
endfunction()

# voxlate_test(NAME SOURCES a_test.cpp ... [LINK target ...] [LABELS label ...])
#   One test program per module; every TEST is a ctest of its own.
function(voxlate_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE voxlate_options ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    VOXLATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" VOXLATE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  # One label such as "e2e-long": gtest_discover_tests loses all but the first of several.
  list(JOIN ARG_LABELS "-" label)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${label}")
endfunction()
