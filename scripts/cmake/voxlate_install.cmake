# What `cmake --install` installs besides the program: settings, service unit, licence.

configure_file(${CMAKE_SOURCE_DIR}/config/voxlate.service ${CMAKE_BINARY_DIR}/voxlate.service @ONLY)
install(FILES ${CMAKE_SOURCE_DIR}/config/voxlate.toml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/voxlate)
install(FILES ${CMAKE_BINARY_DIR}/voxlate.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
