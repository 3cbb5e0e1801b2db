# Guest programs: C and C++ compiled for wasm32-wasi with clang and Debian's wasi-libc, into
# <build>/guests. They are the same for every build, so the release preset makes them.
# WASMRUN_HAVE_GUESTS says whether this build does.
set(WASMRUN_HAVE_GUESTS OFF)
if(WASMRUN_GUESTS)
  set(WASMRUN_HAVE_GUESTS ON)
  set(WASMRUN_GUEST_LACKS)
  # wasmrun_guest_needs(variable package name...): a program, or a file below /usr.
  function(wasmrun_guest_needs variable package)
    find_program(${variable} NAMES ${ARGN})
    find_file(${variable} NAMES ${ARGN} PATHS /usr NO_DEFAULT_PATH)
    if(NOT ${variable})
      set(WASMRUN_HAVE_GUESTS OFF PARENT_SCOPE)
      set(WASMRUN_GUEST_LACKS ${WASMRUN_GUEST_LACKS} ${package} PARENT_SCOPE)
    endif()
  endfunction()
  wasmrun_guest_needs(WASMRUN_GUEST_CC clang-19 clang-19)
  wasmrun_guest_needs(WASMRUN_GUEST_CXX clang-19 clang++-19)
  wasmrun_guest_needs(WASMRUN_GUEST_LD lld-19 wasm-ld-19)
  wasmrun_guest_needs(WASMRUN_GUEST_LIBC wasi-libc lib/wasm32-wasi/libc.a)
  wasmrun_guest_needs(WASMRUN_GUEST_LIBCXX libc++-19-dev-wasm32 lib/wasm32-wasi/libc++.a)
  wasmrun_guest_needs(WASMRUN_GUEST_LIBCXXABI libc++abi-19-dev-wasm32
                      lib/wasm32-wasi/libc++abi.a)
  wasmrun_guest_needs(WASMRUN_GUEST_BUILTINS libclang-rt-19-dev-wasm32
                      lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a)
  if(NOT WASMRUN_HAVE_GUESTS)
    list(REMOVE_DUPLICATES WASMRUN_GUEST_LACKS)
    wasmrun_missing("the example programs" ${WASMRUN_GUEST_LACKS})
  endif()
endif()

# Optimization is for compiling alone: at linking, clang would call wasm-opt where that happens to be
# installed, which makes other modules than elsewhere, without names.
set(WASMRUN_GUEST_FLAGS --target=wasm32-wasi --sysroot=/usr -Wall -Wextra)

if(WASMRUN_HAVE_GUESTS)
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
