# How parts are declared: dependencies that exist as archive and as shared library, libraries
# that are built both ways from one set of objects, and programs that link the archives.
find_package(PkgConfig REQUIRED)

# wasmrun_missing(what package...): notes what is not built, and the Debian packages that it takes.
# <build>/missing holds a line for each: the Makefile configures again while there is one, and the
# tests fail with it.
function(wasmrun_missing what)
  string(REPLACE ";" " " packages "${ARGN}")
  message(STATUS "not built: ${what} (install ${packages})")
  set_property(GLOBAL APPEND_STRING PROPERTY WASMRUN_MISSING "${what}: install ${packages}\n")
endfunction()

# wasmrun_dependency(name pkg-config-name debian-package archive...): makes dep_<name>_shared, and
# dep_<name>_archive from the first lib<archive>.a that is there (else it is the shared one).
function(wasmrun_dependency name package debian)
  string(TOUPPER ${name} upper)
  pkg_check_modules(${upper} IMPORTED_TARGET ${package})
  if(NOT ${upper}_FOUND)
    if(name IN_LIST WASMRUN_REQUIRED)
      message(FATAL_ERROR "${package}: not found; install ${debian}, or all that it takes to build: "
              "tools/install-packages.sh build")
    endif()
    wasmrun_missing("what needs ${package}" ${debian})
    return()
  endif()
  add_library(dep_${name}_shared INTERFACE)
  target_link_libraries(dep_${name}_shared INTERFACE PkgConfig::${upper})
  add_library(dep_${name}_archive INTERFACE)
  foreach(archive ${ARGN})
    find_library(${upper}_ARCHIVE NAMES lib${archive}.a HINTS ${${upper}_LIBDIR})
  endforeach()
  if(${upper}_ARCHIVE)
    target_include_directories(dep_${name}_archive SYSTEM INTERFACE ${${upper}_INCLUDE_DIRS})
    target_link_libraries(dep_${name}_archive INTERFACE ${${upper}_ARCHIVE} Threads::Threads
                          ${CMAKE_DL_LIBS})
  elseif(WASMRUN_STATIC)
    message(FATAL_ERROR "${package}: a static build needs its archive")
  else()
    target_link_libraries(dep_${name}_archive INTERFACE dep_${name}_shared)
  endif()
endfunction()

# wasmrun_library(target output_name
#   SOURCES file... INCLUDE dir... DEPENDENCIES name... LIBRARIES target...)
# makes <target>_objects, <target>_static and <target>_shared. LIBRARIES are other targets
# made by this function.
function(wasmrun_library target output)
  cmake_parse_arguments(ARG "" "" "SOURCES;INCLUDE;PUBLIC_INCLUDE;DEPENDENCIES;LIBRARIES" ${ARGN})
  add_library(${target}_objects OBJECT ${ARG_SOURCES})
  add_library(${target}_static STATIC $<TARGET_OBJECTS:${target}_objects>)
  add_library(${target}_shared SHARED $<TARGET_OBJECTS:${target}_objects>)
  target_link_libraries(${target}_objects PRIVATE wasmrun_options)
  target_include_directories(${target}_objects PRIVATE ${ARG_INCLUDE} ${ARG_PUBLIC_INCLUDE})
  set_target_properties(${target}_static ${target}_shared PROPERTIES
                        OUTPUT_NAME ${output} LINKER_LANGUAGE C)
  set_target_properties(${target}_shared PROPERTIES VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR})
  foreach(kind static shared)
    target_include_directories(${target}_${kind} INTERFACE
      $<BUILD_INTERFACE:${ARG_PUBLIC_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  target_link_libraries(${target}_static PUBLIC Threads::Threads m)
  target_link_libraries(${target}_shared PRIVATE Threads::Threads m)
  foreach(name ${ARG_DEPENDENCIES})
    if(TARGET dep_${name}_shared)
      target_link_libraries(${target}_objects PRIVATE dep_${name}_shared)
      target_link_libraries(${target}_static PUBLIC dep_${name}_archive)
      target_link_libraries(${target}_shared PRIVATE dep_${name}_shared)
    endif()
  endforeach()
  foreach(library ${ARG_LIBRARIES})
    target_link_libraries(${target}_objects PRIVATE
      $<BUILD_INTERFACE:${library}_headers>)
    target_link_libraries(${target}_static PUBLIC ${library}_static)
    target_link_libraries(${target}_shared PUBLIC ${library}_shared)
  endforeach()
  add_library(${target}_headers INTERFACE)
  target_include_directories(${target}_headers INTERFACE ${ARG_PUBLIC_INCLUDE})
endfunction()

# wasmrun_program(name SOURCES file... INCLUDE dir... LIBRARIES target...): a program that is
# linked with archives wherever they exist.
function(wasmrun_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;INCLUDE;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${ARG_INCLUDE})
  target_link_libraries(${name} PRIVATE wasmrun_options ${ARG_LIBRARIES})
  target_link_options(${name} PRIVATE ${WASMRUN_PROGRAM_LINK_OPTIONS})
endfunction()
