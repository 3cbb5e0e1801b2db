# Guest programs: C and C++ compiled for wasm32-wasi with clang and Debian's wasi-libc, into
# <build>/guests. They are the same for every build, so the release preset makes them.
find_program(WASMRUN_GUEST_CC clang-19)
find_program(WASMRUN_GUEST_CXX clang++-19)
find_file(WASMRUN_GUEST_LIBC lib/wasm32-wasi/libc.a HINTS /usr PATH_SUFFIXES ..)

# Optimization is for compiling alone: at linking, clang would call wasm-opt where that happens to be
# installed, which makes other modules than elsewhere, without names.
set(WASMRUN_GUEST_FLAGS --target=wasm32-wasi --sysroot=/usr -Wall -Wextra)

if(WASMRUN_GUESTS)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/guests)
endif()

# wasmrun_guest(source [flag...]): <build>/guests/<name>.wasm
function(wasmrun_guest source)
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(extension ${source} EXT)
  set(output ${CMAKE_BINARY_DIR}/guests/${name}.wasm)
  if(extension STREQUAL ".cpp")
    set(compiler ${WASMRUN_GUEST_CXX} -std=c++20 -fno-exceptions)
  else()
    set(compiler ${WASMRUN_GUEST_CC} -std=gnu17)
  endif()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${compiler} ${WASMRUN_GUEST_FLAGS} -O2 -c ${source} -o ${output}.o
    COMMAND ${compiler} ${WASMRUN_GUEST_FLAGS} ${output}.o -o ${output} ${ARGN}
    COMMAND ${CMAKE_COMMAND} -E rm ${output}.o
    DEPENDS ${source} VERBATIM)
  add_custom_target(guest_${name} ALL DEPENDS ${output})
endfunction()
