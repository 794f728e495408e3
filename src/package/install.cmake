# What `cmake --install` puts where, in three components: `programs`, `library` (what a linked program
# needs) and `development`. All paths in the installed files are relative: the tree may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package ${CMAKE_CURRENT_LIST_DIR})
set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Tickcast)

install(TARGETS tickcastd tickcast_cli RUNTIME COMPONENT programs)

# The unit of the service names the program by its path, which is known when it is installed only.
set(TICKCAST_UNIT_DIR lib/systemd/system CACHE STRING "Where units of systemd are installed")
install(CODE "
    set(from \"${package}/tickcastd.service.in\")
    string(MD5 own \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\") # two may install at once
    set(to \"${CMAKE_BINARY_DIR}/package/\${own}/tickcastd.service\")
    get_filename_component(TICKCAST_BINDIR \"${CMAKE_INSTALL_BINDIR}\" ABSOLUTE
        BASE_DIR \"\${CMAKE_INSTALL_PREFIX}\")
    configure_file(\"\${from}\" \"\${to}\" @ONLY)
    get_filename_component(units \"${TICKCAST_UNIT_DIR}\" ABSOLUTE BASE_DIR \"\${CMAKE_INSTALL_PREFIX}\")
    file(INSTALL \"\${to}\" DESTINATION \"\${units}\")" COMPONENT programs)
install(TARGETS tickcast_shared EXPORT Tickcast
    LIBRARY COMPONENT library NAMELINK_COMPONENT development
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${TICKCAST_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY include/tickcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN *.h)

# For pkg-config. A folder that is absolute stays where it is.
string(REPLACE ";" ", " TICKCAST_PC_REQUIRES "${TICKCAST_REQUIRES}")
string(REGEX REPLACE "([<>=]+)" " \\1 " TICKCAST_PC_REQUIRES "${TICKCAST_PC_REQUIRES}")
file(RELATIVE_PATH TICKCAST_PC_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" TICKCAST_PC_TO_PREFIX "${TICKCAST_PC_TO_PREFIX}")
foreach(dir LIBDIR INCLUDEDIR)
    set(TICKCAST_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
        set(TICKCAST_PC_${dir} "${CMAKE_INSTALL_${dir}}")
    endif()
endforeach()
configure_file(${package}/tickcast.pc.in tickcast.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/tickcast.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)

# For find_package. Which versions go together is said in CMakeLists.txt, with the SONAME.
install(EXPORT Tickcast NAMESPACE Tickcast:: FILE TickcastTargets.cmake DESTINATION ${cmake_dir}
    COMPONENT development)
configure_package_config_file(${package}/TickcastConfig.cmake.in TickcastConfig.cmake
    INSTALL_DESTINATION ${cmake_dir} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(TickcastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/TickcastConfig.cmake ${CMAKE_BINARY_DIR}/TickcastConfigVersion.cmake
    DESTINATION ${cmake_dir} COMPONENT development)
