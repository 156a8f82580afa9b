# find_package(tessera): the targets tessera::tim (shared library), tessera::tim_static and, where the C++ headers are
# installed, tessera::v2tim and tessera::v2tim_static. The package may be moved: every path is relative to this file.

get_filename_component(_tessera_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET tessera::tim)
    add_library(tessera::tim SHARED IMPORTED)
    if(WIN32)
        set(_tessera_shared "${_tessera_prefix}/bin/tessera.dll")
        set(_tessera_static "${_tessera_prefix}/lib/tessera.lib")
        set_target_properties(tessera::tim PROPERTIES IMPORTED_IMPLIB "${_tessera_prefix}/lib/tessera.dll.lib")
        set(_tessera_system ws2_32 userenv ntdll bcrypt crypt32 advapi32)
    elseif(APPLE)
        # A symbolic link to libtessera.1.dylib, the name that programs look for when they run (docs/c.md).
        set(_tessera_shared "${_tessera_prefix}/lib/libtessera.dylib")
        set(_tessera_static "${_tessera_prefix}/lib/libtessera.a")
        set(_tessera_system "-framework Security" "-framework CoreFoundation" "-liconv")
    else()
        set(_tessera_shared "${_tessera_prefix}/lib/libtessera.so")
        set(_tessera_static "${_tessera_prefix}/lib/libtessera.a")
        # The compiler adds the unwinder itself: which one depends on whether everything is static.
        set(_tessera_system util rt pthread m dl)
    endif()
    set_target_properties(tessera::tim PROPERTIES
        IMPORTED_LOCATION "${_tessera_shared}"
        INTERFACE_INCLUDE_DIRECTORIES "${_tessera_prefix}/include")

    add_library(tessera::tim_static STATIC IMPORTED)
    set_target_properties(tessera::tim_static PROPERTIES
        IMPORTED_LOCATION "${_tessera_static}"
        INTERFACE_INCLUDE_DIRECTORIES "${_tessera_prefix}/include"
        INTERFACE_COMPILE_DEFINITIONS TESSERA_STATIC
        INTERFACE_LINK_LIBRARIES "${_tessera_system}")

    if(EXISTS "${_tessera_prefix}/include/tessera/v2tim.hpp")
        add_library(tessera::v2tim INTERFACE IMPORTED)
        set_target_properties(tessera::v2tim PROPERTIES
            INTERFACE_COMPILE_FEATURES cxx_std_17
            INTERFACE_LINK_LIBRARIES tessera::tim)
        add_library(tessera::v2tim_static INTERFACE IMPORTED)
        set_target_properties(tessera::v2tim_static PROPERTIES
            INTERFACE_COMPILE_FEATURES cxx_std_17
            INTERFACE_LINK_LIBRARIES tessera::tim_static)
    endif()
endif()

set(tessera_FOUND TRUE)
