# The front door. `make run` and `make test` do all the set-up on a fresh Debian 12 machine, as
# root or with sudo; CMakePresets.json has the builds themselves.
PRESET ?= release
JOBS ?= $(shell nproc)
BIN = build/$(PRESET)/bin

# What a preset uses of the sets of packages (tools/install-packages.sh).
packages-gcc = common gcc llvm
packages-static = common clang
packages-no-llvm = common clang
PACKAGES = $(or $(packages-$(PRESET)),build)

# Root builds as the owner of the tree, who can go on using it.
OWNER := $(shell stat -c %u .)
GROUP := $(shell stat -c %g .)
ifeq ($(shell id -u)$(filter-out 0,$(OWNER)),0$(OWNER))
AS_OWNER = setpriv --reuid=$(OWNER) --regid=$(GROUP) --clear-groups --
endif

.PHONY: run test build setup setup-test fuzz stress install uninstall package check-packages clean \
  tidy format help aarch64

help:
	@echo 'make run                          build wasmrun and run an example'
	@echo 'make run APP=x.wasm ARGS="a b"    build wasmrun and run a program of yours'
	@echo 'make test                         build and run every test'
	@echo 'make fuzz [TIME=600]              run the fuzzers for so many seconds, all together'
	@echo 'make bench                        compare engines (PROGRAMS=, ENGINES=)'
	@echo 'make build [PRESET=dev]           build only; build-static, build-gcc, … likewise'
	@echo 'make install [PREFIX=/usr/local]  install the release build (DESTDIR=); make uninstall'
	@echo 'make package                      build/packages/: .deb and static .tar.gz, each for'
	@echo '                                  x86-64 and aarch64'
	@echo 'make tidy, make format, make clean'

# Packages are installed only if they are missing: a second call takes no time.
setup:
	@tools/install-packages.sh $(PACKAGES)
setup-test:
	@tools/install-packages.sh build test containers

build-%:
	@$(AS_OWNER) tools/build.sh $* -j $(JOBS) $(TARGETS)

build: setup
	@$(MAKE) --no-print-directory build-$(PRESET)

# With APP, nothing but the program's own output, and its exit status: that takes a function that
# tools/make_status.c adds to make. Without it make says "Error" and ends with 2.
ifdef APP
STATUS = build/make_status.so
-load $(STATUS)
$(STATUS): tools/make_status.c | setup
	@$(AS_OWNER) mkdir -p build
	@$(AS_OWNER) $$(command -v clang-19 || echo gcc-12) -shared -fPIC -o $@ $<
PROGRAM = $(BIN)/wasmrun --dir . $(APP) $(ARGS)
run: build
ifeq ($(filter $(STATUS),$(.LOADED)),)
	@$(PROGRAM)
else
	@$(exit-with $(PROGRAM))
endif
else
run: build
	@examples/show.sh $(BIN)/wasmrun build/$(PRESET)/guests
endif

# aarch64 is tested on other machines too, under its emulator. Of the build with ThreadSanitizer only
# what has threads is built and run.
WITH_THREADS = wasmrun wasmrun-spectest test_types test_memory test_deadline test_wasi_net \
  test_wasi_poll api_threads
OTHERS = $(if $(filter-out aarch64,$(shell uname -m)),aarch64)
test: setup-test
	@$(MAKE) --no-print-directory build-release build-dev $(OTHERS)
	@$(MAKE) --no-print-directory build-tsan TARGETS='$(WITH_THREADS)'
	@$(MAKE) --no-print-directory build-fuzz TARGETS=fuzzers
	@$(AS_OWNER) tests/setup.sh
	@python3 tests/run.py release dev tsan fuzz $(OTHERS)

# TIME is in seconds, for all fuzzers together.
TIME ?= 600
fuzz: setup-test
	@$(MAKE) --no-print-directory build-fuzz TARGETS=fuzzers
	@python3 tests/fuzzing.py --time $(TIME)

# Twenty times what `make test` does: 10,000 instances, 400,000 traps, 5,120 stores of 64 threads.
stress: build
	@WASMRUN_COMPILE=$(BIN)/wasmrun-compile build/$(PRESET)/tests/stress 20

# The largest overshoots of a deadline, within 50 ms: for a machine with nothing else to do.
.PHONY: overshoot
overshoot: build-release
	@python3 tests/limits/overshoot.py build/release

# bench, bench-compare: benchmarks/README.md.
bench: build
include benchmarks/bench.mk

PREFIX ?= /usr/local
install: build
	@$(AS_OWNER) tools/install.sh stage $(PRESET) build/$(PRESET)/stage $(PREFIX)
	@tools/install.sh install build/$(PRESET)/stage $(PREFIX)
uninstall:
	@tools/install.sh uninstall $(PREFIX)

# Packages: of this machine's processor by the builds release and static, of aarch64 by its cross-build
# and by one of the compiler alone.
SHIPPED = wasmrun wasmrun-oci wasmrun-spectest wasmrun_docs wasmrun_runtime_static wasmrun_wasi_static \
  wasmrun_runtime_shared wasmrun_wasi_shared
package:
	@tools/install-packages.sh build aarch64 package
	@$(AS_OWNER) tools/aarch64-sysroot.sh llvm
	@$(MAKE) --no-print-directory build-release
	@$(MAKE) --no-print-directory build-static build-aarch64 TARGETS='$(SHIPPED)'
	@$(MAKE) --no-print-directory build-aarch64-llvm TARGETS=wasmrun-compile
	@$(AS_OWNER) tools/package.sh deb release amd64
	@$(AS_OWNER) tools/package.sh tar static x86_64
	@$(AS_OWNER) tools/package.sh deb aarch64 arm64 build/aarch64-llvm/bin/wasmrun-compile
	@$(AS_OWNER) tools/package.sh tar aarch64 aarch64
check-packages: package
	@for kind in deb-amd64 tar-x86_64 deb-arm64 tar-aarch64; do \
	  echo "$$kind:"; tests/packages.sh $$kind || exit 1; done

# Checks that a build outside the daily ones compiles and passes.
check-%: setup-test
	@$(MAKE) --no-print-directory build-release build-$*
	@python3 tests/run.py $*

aarch64:
	@tools/install-packages.sh build test aarch64
	@tools/aarch64-sysroot.sh
	@$(MAKE) --no-print-directory build-aarch64

SOURCES = $(shell git ls-files '*.c' '*.h' | grep -v '^runtime/include/wasm.h$$')
tidy: build
	@tools/install-packages.sh tidy
	@clang-tidy-19 -p build/$(PRESET) --quiet --warnings-as-errors='*' \
	  $(filter %.c,$(filter-out tests/programs/% examples/% benchmarks/%,$(SOURCES)))
format:
	@tools/install-packages.sh tidy
	@clang-format-19 -i $(SOURCES)

clean:
	@rm -rf build
