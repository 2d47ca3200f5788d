# libvixAllProducts.so: the interface that VIX has for C, and its headers in include/ of the build.

# The header, the functions that start jobs and the list of exported names follow from the tables of the core.
set(capi_build "${CMAKE_CURRENT_BINARY_DIR}/capi")
set(capi_include "${CMAKE_CURRENT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${capi_build}" "${capi_include}")
add_executable(vixcapi_generate capi/generate.cpp)
target_link_libraries(vixcapi_generate vixcore)
add_custom_command(
    OUTPUT "${capi_include}/vix.h" "${capi_build}/calls.cpp" "${capi_build}/exports.map"
    COMMAND vixcapi_generate "${CMAKE_CURRENT_SOURCE_DIR}/capi/vix.h.in" "${capi_include}/vix.h"
        "${capi_build}/calls.cpp" "${capi_build}/exports.map"
    DEPENDS vixcapi_generate capi/vix.h.in VERBATIM)
add_custom_command(
    OUTPUT "${capi_include}/vm_basic_types.h"
    COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_CURRENT_SOURCE_DIR}/capi/vm_basic_types.h" "${capi_include}"
    DEPENDS capi/vm_basic_types.h VERBATIM)

file(GLOB capi_sources CONFIGURE_DEPENDS "capi/*.cpp")
list(FILTER capi_sources EXCLUDE REGEX "/(generate|program_archives)\\.cpp$")
add_library(vixcapi_objects OBJECT ${capi_sources} "${capi_build}/calls.cpp" "${capi_include}/vix.h"
    "${capi_include}/vm_basic_types.h")
target_include_directories(vixcapi_objects PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}" "${capi_include}")
if(VIX_WERROR)
    target_compile_definitions(vixcapi_objects PRIVATE _FORTIFY_SOURCE=2)
endif()

# Boost and libpng go into the library, where none of their names is seen: a program that uses it may have
# others of its own. Where a shared library cannot take the static ones, or VIX_LIBVIX_SHARED asks for it, it
# uses the shared ones. libxml2 is always the shared one, which libvirt loads as well.
set(capi_archive_symbols "${CMAKE_CURRENT_SOURCE_DIR}/capi/program_archives.cpp")
set(capi_archive_options LINKER:--wrap=stderr LINKER:--wrap=_ZNSt7codecvtIwc11__mbstate_tE2idE)
function(choose_hidden variable target probe)
    set(${variable} ${target} PARENT_SCOPE)
    get_target_property(shared ${target} LOCATION)
    get_target_property(headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT shared OR VIX_LIBVIX_SHARED OR VIX_SANITIZE OR VIX_FUZZ)
        return()
    endif()
    get_filename_component(folder "${shared}" DIRECTORY)
    set(files "")
    foreach(name ${ARGN})
        if(EXISTS "${folder}/lib${name}.a")
            list(APPEND files "${folder}/lib${name}.a")
        endif()
    endforeach()
    if(NOT files)
        return()
    endif()
    file(WRITE "${capi_build}/${variable}.cpp" "${probe}")
    file(WRITE "${capi_build}/nothing.map" "{ local: *; };\n")
    try_compile(works_${variable} "${capi_build}/${variable}"
        SOURCES "${capi_build}/${variable}.cpp" "${capi_archive_symbols}"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${headers}"
        COMPILE_DEFINITIONS -fPIC
        LINK_OPTIONS -shared LINKER:-z,defs ${capi_archive_options}
            "LINKER:--version-script=${capi_build}/nothing.map"
        LINK_LIBRARIES ${files} ZLIB::ZLIB Threads::Threads m)
    if(works_${variable})
        set(${variable} ${files} PARENT_SCOPE)
        set(capi_archive_sources "${capi_archive_symbols}" PARENT_SCOPE)
    endif()
endfunction()
set(capi_archive_sources "")
choose_hidden(capi_boost Boost::filesystem
    "#include <boost/filesystem.hpp>\nbool f() { return exists(boost::filesystem::current_path()); }\n"
    boost_filesystem boost_atomic)
choose_hidden(capi_png PNG::PNG
    "#include <png.h>\nvoid* f() { return png_create_write_struct(PNG_LIBPNG_VER_STRING, 0, 0, 0); }\n"
    png16)

# VMware's has no version in its name, and programs look for that name. It stays loaded for good, since
# its threads do.
add_library(vixcapi SHARED $<TARGET_OBJECTS:vixcapi_objects> ${capi_archive_sources})
set_target_properties(vixcapi PROPERTIES OUTPUT_NAME vixAllProducts
    LINK_DEPENDS "${capi_build}/exports.map")
add_dependencies(vixcapi vixcore)
target_link_libraries(vixcapi PRIVATE $<TARGET_FILE:vixcore> ${capi_boost} ${capi_png} LibXml2::LibXml2
    ZLIB::ZLIB ${libdeflate} Threads::Threads ${CMAKE_DL_LIBS} ${crypt_library} m)
target_link_options(vixcapi PRIVATE "LINKER:--version-script=${capi_build}/exports.map"
    LINKER:--exclude-libs,ALL LINKER:-Bsymbolic LINKER:-z,nodelete)
if(capi_archive_sources)
    target_link_options(vixcapi PRIVATE ${capi_archive_options})
endif()
if(NOT VIX_SANITIZE AND NOT VIX_FUZZ)
    target_link_options(vixcapi PRIVATE LINKER:-z,defs)
endif()

# For bench/README alone.
add_executable(vixcapi_bench EXCLUDE_FROM_ALL "${CMAKE_CURRENT_SOURCE_DIR}/../bench/capi_calls.cpp")
add_dependencies(vixcapi_bench vixcapi_objects)
target_include_directories(vixcapi_bench PRIVATE "${capi_include}")
target_link_libraries(vixcapi_bench vixcore)
