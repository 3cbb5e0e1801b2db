# Included by the Makefile of the top folder:
#   make bench [PROGRAMS="sha256 simd_*"] [ENGINES="wasmrun wasm3"] [ROUNDS=5] [REAL=1] [SAVE=name] [CLOCK=cpu]
#   make bench-compare A=name B=name
.PHONY: bench bench-compare bench-programs

ROUNDS ?= 5
SAVE ?= latest
CLOCK ?= wall
BENCH = WASMRUN=$(CURDIR)/$(BIN)/wasmrun python3 benchmarks/bench.py

bench:
	@tools/install-packages.sh guests
	@$(BENCH) run --rounds $(ROUNDS) --save $(SAVE) --clock $(CLOCK) $(if $(REAL),--real) \
	  $(if $(PROGRAMS),--programs "$(PROGRAMS)") $(if $(ENGINES),--engines "$(ENGINES)")

bench-compare:
	@$(BENCH) compare --clock $(CLOCK) "$(A)" "$(B)"

bench-programs:
	@$(BENCH) build $(if $(PROGRAMS),--programs "$(PROGRAMS)")
