# Third-party packages, all from Debian 12 or 13. Each is linked PRIVATE by the one folder that uses it.

find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.87 REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
  libavformat>=59 libavcodec>=59 libavutil>=57 libswresample>=4)
pkg_check_modules(POCKETSPHINX REQUIRED IMPORTED_TARGET pocketsphinx sphinxbase)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip>=1.7)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib>=0.11)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)

if(VOXLATE_CUDA)
  # By hand: a libtorch for CUDA has a package file that wants the whole CUDA toolkit, though nothing here is compiled
  # with it, and that changes the flags of everything. CMAKE_PREFIX_PATH names the folder of a libtorch that is not
  # the system's.
  find_path(TORCH_INCLUDE_DIR ATen/ATen.h REQUIRED)
  find_library(TORCH_LIBRARY torch REQUIRED)
  get_filename_component(TORCH_LIBRARY_DIR ${TORCH_LIBRARY} DIRECTORY)
  add_library(voxlate_torch INTERFACE)
  target_include_directories(voxlate_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIR})
  # No symbol of libtorch_cuda is used: it registers itself when it is loaded.
  target_link_libraries(voxlate_torch INTERFACE "-Wl,--push-state,--no-as-needed")
  foreach(name IN ITEMS torch torch_cpu c10 torch_cuda c10_cuda)
    if(EXISTS ${TORCH_LIBRARY_DIR}/lib${name}.so)
      target_link_libraries(voxlate_torch INTERFACE ${TORCH_LIBRARY_DIR}/lib${name}.so)
    endif()
  endforeach()
  target_link_libraries(voxlate_torch INTERFACE "-Wl,--pop-state")
  # Note [Two protobufs]: libsentencepiece exports a protobuf of its own, which takes the place of libprotobuf's
  # functions in a program with both: it ends before main. pytorch.org's libtorch has protobuf hidden inside; Debian's
  # needs libprotobuf, so that only test programs without libsentencepiece run with it.
  if(NOT DEFINED VOXLATE_TORCH_PROTOBUF)
    file(STRINGS ${TORCH_LIBRARY_DIR}/libtorch_cpu.so names REGEX "^libprotobuf\\.so" LIMIT_COUNT 1)
    set(VOXLATE_TORCH_PROTOBUF "${names}" CACHE INTERNAL "the protobuf that libtorch needs")
  endif()
  if(VOXLATE_TORCH_PROTOBUF)
    message(WARNING "This libtorch needs ${VOXLATE_TORCH_PROTOBUF}, with which libsentencepiece does not go together: "
                    "the tests run, voxlate does not start. Use pytorch.org's libtorch.")
  endif()
  # The installed program finds it where it lies now.
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
endif()
