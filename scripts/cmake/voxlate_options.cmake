# Language, warnings, sanitizers and ccache: what holds for every target.

option(VOXLATE_WERROR "Treat warnings as errors" OFF)
option(VOXLATE_FUZZ "Build the fuzz targets (needs clang)" OFF)
option(VOXLATE_BENCH "Build the measuring programs" OFF)
option(VOXLATE_CUDA "Networks on libtorch too: what runs them on NVIDIA GPUs" OFF)
option(VOXLATE_WEB "Build the browser client with npm and embed it" ON)
set(VOXLATE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (address,undefined or thread)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(VOXLATE_CCACHE ccache)
if(VOXLATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VOXLATE_CCACHE})
endif()

find_package(Threads REQUIRED)

add_library(voxlate_options INTERFACE)
target_compile_options(voxlate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wno-missing-field-initializers  # designated initialisers leave the rest at its default
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # GCC bug 105651: false alarms on std::string concatenation when optimising.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${VOXLATE_WERROR}>:-Werror>)
target_link_libraries(voxlate_options INTERFACE Threads::Threads)

if(VOXLATE_SANITIZE)
  # vptr checks need every third-party class instrumented, so they are off. GCC's warnings about array bounds,
  # overflows and uninitialised values are wrong about instrumented standard containers.
  target_compile_options(voxlate_options INTERFACE
    -fsanitize=${VOXLATE_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-maybe-uninitialized;-Wno-stringop-overflow>)
  target_link_options(voxlate_options INTERFACE -fsanitize=${VOXLATE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(voxlate_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong)
  target_link_options(voxlate_options INTERFACE -Wl,-z,relro,-z,now)
endif()
