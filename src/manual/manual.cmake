# The manual and the completions of shells: made in the build, as they are installed below share.
include(GNUInstallDirs)

file(GLOB sources CONFIGURE_DEPENDS src/manual/*.c)
# Of the load tool only the tables: all of it would bring names that others have too.
set(tables bench/cli/amount.c bench/cli/numbers.c bench/cli/options.c bench/cli/tables.c
    bench/result/look.c bench/result/values.c)
add_executable(tickcast_manual EXCLUDE_FROM_ALL ${sources} ${tables})
target_include_directories(tickcast_manual PRIVATE bench)
target_compile_definitions(tickcast_manual PRIVATE TICKCAST_DATE="${TICKCAST_DATE}")
target_link_libraries(tickcast_manual PRIVATE tickcastd_objects tickcast_cli_objects feed_objects
    tickcast_objects)
set_target_properties(tickcast_manual PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

file(GLOB headers CONFIGURE_DEPENDS include/tickcast/*.h)
set(first ${CMAKE_SOURCE_DIR}/include/tickcast/tickcast.h) # to be read
list(REMOVE_ITEM headers ${first})
list(PREPEND headers ${first})
set(example ${CMAKE_SOURCE_DIR}/tests/examples/embed.c)

set(share ${CMAKE_BINARY_DIR}/share)
set(files man/man8/tickcastd.8 man/man5/tickcast.yml.5 man/man1/tickcast.1 man/man1/tickcast-bench.1
    man/man7/tickcast-bench.7 man/man3/libtickcast.3
    bash-completion/completions/tickcastd bash-completion/completions/tickcast
    bash-completion/completions/tickcast-bench zsh/site-functions/_tickcast-bench
    zsh/site-functions/_tickcastd zsh/site-functions/_tickcast)
list(TRANSFORM files PREPEND ${share}/)
add_custom_command(OUTPUT ${files}
    COMMAND tickcast_manual ${share} ${example} ${headers}
    DEPENDS tickcast_manual ${example} ${headers} VERBATIM)
add_custom_target(manual ALL DEPENDS ${files})

foreach(section 1 5 7 8)
    install(DIRECTORY ${share}/man/man${section} DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT programs)
endforeach()
install(DIRECTORY ${share}/man/man3 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT development)
install(DIRECTORY ${share}/bash-completion ${share}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}
    COMPONENT programs)
