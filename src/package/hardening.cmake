# What makes a bug of memory hard to use, in the library and in every program; tests/package
# checks each of these in what was built. What a compiler or a machine lacks is left out.
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported() # programs too are linked to run at any address

foreach(flag -fstack-protector-strong -fstack-clash-protection
        -fcf-protection=full          # Intel's CET
        -mbranch-protection=standard) # what ARM has of that kind
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        add_compile_options(${flag})
    endif()
endforeach()

# Calls of the C library that know how large their target is. A sanitizer has its own, and without
# optimization there are none.
if(NOT TICKCAST_SANITIZE AND NOT TICKCAST_FUZZ AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    # Debian's crti.o is not marked, and one object that is not takes the mark from the whole.
    add_link_options(-Wl,-z,ibt,-z,shstk)
endif()
