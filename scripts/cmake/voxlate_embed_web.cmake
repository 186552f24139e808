# voxlate_embed_web(TARGET)
#   Makes the browser client (VOXLATE_WEB) and web/openapi.yaml part of a library: the client is built by npm
#   into the build folder, then every file becomes bytes of a generated source that defines what
#   http/embedded_files.h declares. With nothing changed a second build does nothing.
function(voxlate_embed_web target)
  set(web ${CMAKE_SOURCE_DIR}/web)
  set(dist ${CMAKE_BINARY_DIR}/web)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
  set(embed ${CMAKE_SOURCE_DIR}/scripts/cmake/embed_files.cmake)
  set(inputs ${web}/openapi.yaml ${embed})
  set(commands)

  if(VOXLATE_WEB AND NOT EXISTS ${web}/package.json)
    message(FATAL_ERROR "VOXLATE_WEB is ON, but web/package.json is absent")
  endif()
  if(VOXLATE_WEB)
    find_program(VOXLATE_NPM npm REQUIRED)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
    file(GLOB configuration CONFIGURE_DEPENDS ${web}/*.json ${web}/*.ts ${web}/*.js ${web}/*.html)
    # Made from openapi.yaml by the client's own build.
    list(REMOVE_ITEM sources ${web}/src/api/schema.d.ts)
    add_custom_command(
      OUTPUT ${CMAKE_BINARY_DIR}/web_modules.stamp
      COMMAND ${VOXLATE_NPM} ci --no-audit --no-fund
      COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/web_modules.stamp
      DEPENDS ${web}/package.json ${web}/package-lock.json
      WORKING_DIRECTORY ${web}
      COMMENT "Fetching the packages of the browser client")
    add_custom_command(
      OUTPUT ${CMAKE_BINARY_DIR}/web.stamp
      COMMAND ${VOXLATE_NPM} run build -- --outDir ${dist} --emptyOutDir
      COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/web.stamp
      DEPENDS ${CMAKE_BINARY_DIR}/web_modules.stamp ${sources} ${configuration} ${web}/openapi.yaml
      WORKING_DIRECTORY ${web}
      COMMENT "Building the browser client")
    list(APPEND inputs ${CMAKE_BINARY_DIR}/web.stamp)
  else()
    set(dist "")
  endif()

  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DDIST=${dist} -DOPENAPI=${web}/openapi.yaml -DOUTPUT=${generated} -P ${embed}
    DEPENDS ${inputs}
    COMMENT "Embedding the browser client")
  target_sources(${target} PRIVATE ${generated})
endfunction()
