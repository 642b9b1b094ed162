# dcdrill - build, run and check. `make help` lists the targets.
SHELL := /bin/bash
BUILD ?= build
PREFIX ?= /usr/local
OPT ?= -O2
DEBUG_INFO ?= -g
SANITIZE ?=
SCENARIO ?= scenarios/drills/dc03-lost.json
JOBS ?= $(shell nproc)
DCDRILL := $(BUILD)/dcdrill
VERSION := 0.1.0

PACKAGES := glib-2.0 gsl sqlite3 libcjson
# Asked for once, and not before something is built: on a new machine they come with the first step.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES)))$(PACKAGE_LIBS)
TEST_LIBS = $(eval TEST_LIBS := $(shell pkg-config --libs check))$(TEST_LIBS)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror
# The same bits everywhere: no contraction to fused operations, no fast-math, no excess precision.
SAME_BITS := -ffp-contract=off -fno-fast-math
ifeq ($(findstring clang,$(CC)),)
SAME_BITS += -fexcess-precision=standard
endif
CFLAGS_ALL = -std=c17 -D_GNU_SOURCE -DDCDRILL_VERSION='"$(VERSION)"' $(DEBUG_INFO) $(OPT) \
    $(WARNINGS) $(SAME_BITS) $(SANITIZE) -I. -I$(BUILD) $(PACKAGE_CFLAGS) $(CFLAGS)
LDLIBS_ALL = $(PACKAGE_LIBS) -lm $(LDLIBS)
# The headers of libraries, read once for all files: a third of the time of compiling. With them ccache would keep nothing.
HEADERS := $(if $(findstring ccache,$(CC)),,$(BUILD)/headers.h.gch)
COMPILE = $(CC) $(CFLAGS_ALL) $(HEADERS:%.gch=-include %) -MMD -MP -c -o $@ $<
# Three hundred programs are linked for the tests: by lld in a third of the time, where there is one.
TEST_LINKER := $(if $(shell command -v ld.lld),-fuse-ld=lld)

LIB_SOURCES := $(sort $(shell find sim models reports -name '*.c' ! -path 'sim/cli/*'))
# One program of several processes with MPI=1 (in a BUILD of its own), else one without.
MPI ?=
FLEET := $(if $(MPI),alone,mpi)
CLI_SOURCES := $(filter-out sim/cli/fleet_$(FLEET).c,$(sort $(wildcard sim/cli/*.c)))
ifneq ($(MPI),)
LDLIBS += $(shell mpicc --showme:link)
endif
TEST_SOURCES := $(sort $(shell find tests -name 'test_*.c'))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
SUPPORT_SOURCES := $(sort $(wildcard tests/support/*.c))
PRELOAD_SOURCES := $(sort $(wildcard tests/preload/*.c))
BENCH_SOURCES := $(sort $(wildcard tests/bench/bench_*.c))
LIB := $(BUILD)/libdcdrill.a
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/kinds.o
SUPPORT_OBJECTS := $(SUPPORT_SOURCES:%.c=$(BUILD)/%.o)
PROPERTY_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/property/test_%,$(sort $(wildcard tests/property/*.c))))
PRELOADS := $(PRELOAD_SOURCES:%.c=$(BUILD)/%.so)
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)
BENCH_OBJECTS := $(BUILD)/tests/bench/bench.o $(BUILD)/kinds.o
HONESTY := $(BUILD)/tests/honesty/honesty
REPETITIONS ?= 400
HONESTY_SEED ?= 20261122
ALIKE := $(BUILD)/tests/honesty/alike
BENCH_COMPARE := $(BUILD)/tests/bench/compare
BENCH_SCALE := $(BUILD)/tests/bench/scale
TEST_PROGRAMS := $(TEST_SOURCES:%.c=$(BUILD)/%)
PROPERTY_PROGRAMS := $(filter $(BUILD)/tests/property/%,$(TEST_PROGRAMS))
FUZZ_PROGRAMS := $(FUZZ_SOURCES:%.c=$(BUILD)/%)
PLANT_SOURCES := $(sort $(wildcard tests/plants/plant_*.c))
PLANT_PROGRAMS := $(PLANT_SOURCES:tests/plants/plant_%.c=$(BUILD)/plants/%/dcdrill)
FUZZ_SECONDS ?=
# Without a fuzzer, a program that runs its target over files.
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/replay.o

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all browser cluster dns-stale compare-topologies disasters help run test tests theory pbs away drills-cassandra lint honesty alike slo-capacity bench bench-check bench-peers bench-store scale asan fuzz fuzz-programs properties surroundings golden docs plants clean install deps FORCE same-bits

all: $(DCDRILL) ## build the program into build/dcdrill

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what is missing (Debian packages)
	@scripts/deps.sh

run: ## install what is missing, build, run the main scenario and say where its report is
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(DCDRILL) run $(SCENARIO) -j $(JOBS)

test: ## install what is missing, build, run every test; last line "N passed, N failed"
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -s -j$(JOBS) all tests
	@scripts/run_tests.sh $(BUILD)

tests: $(TEST_PROGRAMS) $(FUZZ_PROGRAMS) $(BENCH_COMPARE) $(PRELOADS)

fuzz-programs: $(FUZZ_PROGRAMS)

theory: $(BUILD)/tests/analytic/test_queueing ## hold simulated queues against every reference vector, as precisely as the vectors ask (long)
	@THEORY=full $<

measured: $(BUILD)/tests/models/test_measured_httpd $(BUILD)/tests/models/test_measured_dns $(BUILD)/tests/models/test_measured_chain $(BUILD)/tests/models/test_measured_cassandra ## hold httpd, DNS and Cassandra against what was measured on real ones: range, simulated, within or why not (seconds)
	@for test in $^; do MEASURED=full $$test >$(BUILD)/measured.tap || bad=1; sed -n 's/^# //p; /^not ok/p' $(BUILD)/measured.tap | sort -u; done; exit $${bad:-0}

dns-stale: all ## hold who still goes to a dead site against detection + propagation + caches, within 2 points (ten minutes)
	@scripts/dns_stale.sh $(BUILD)

pbs: all $(BUILD)/tests/models/test_pbs_sweep ## hold the replicated store against the published tables of PBS, a million trials a cell and more (five minutes)
	@PBS=full $(BUILD)/tests/models/test_pbs_sweep
	@scripts/pbs.sh

away: $(BUILD)/tests/models/test_hints ## a node away for 2 h 59 min and for 3 h 30 min: which keys differ, one by one (seconds)
	@AWAY=full $<

drills-cassandra: all ## run Cassandra's failure catalogue and print it row by row (DRILLS='clean-stop zombies' for part)
	@scripts/drills_cassandra.sh $(DRILLS)

bench: $(BENCH_PROGRAMS) ## measure events, draws, calls and whole runs, as ratios to a fixed loop: build/bench.json
	@scripts/bench.sh $(BUILD)

honesty: $(HONESTY) ## repeat every type of interval 400 times and count how often the truth lies within (half an hour; HONESTY_ONLY='one long run' for part)
	@$(HONESTY) $(REPETITIONS) $(JOBS) $(HONESTY_SEED) $(if $(HONESTY_ONLY),'$(HONESTY_ONLY)')

alike: $(ALIKE) ## hold 200 pairs of campaigns of one system to look alike, and find a p99 that is 3 % higher (minutes)
	@nice $(ALIKE) 200 100 $(JOBS)

slo-capacity: all ## find the capacity of four queues by the search itself, within 1 % of the closed form (a minute)
	@BUILD=$(BUILD) nice scripts/slo_capacity.sh

scale: $(BENCH_SCALE) ## what a request costs at 100 to 100,000 requests/s and 30 to 3,000 VPS, and the memory
	@scripts/scale.sh $(BUILD)

compare-topologies: all ## five topologies under the same faults, table and figure: build/topologies (minutes; CLIENTS=fast for others)
	@scripts/compare_topologies.sh $(BUILD) 5 $(CLIENTS)

disasters: all ## live through the public outages of scenarios/disasters: figures beside published ones, build/disasters (a minute)
	@DISASTERS=all BUILD=$(BUILD) bash tests/scenarios/test_disasters.sh

bench-check: $(BENCH_PROGRAMS) $(BENCH_COMPARE) ## measure, and fail where more than 15 % of the stored speed is lost
	@scripts/bench.sh $(BUILD) check

bench-peers: $(BUILD)/tests/bench/bench_engine ## hold events and M/M/1 against ns-3, SimGrid and SimPy, those that are installed
	@scripts/bench_peers.sh $(BUILD)

bench-store: $(BENCH_COMPARE) ## keep build/bench.json as what bench-check compares with; MACHINE='describes it in words'
	@[ -n '$(MACHINE)' ] || { echo "bench-store: say which machine: make bench-store MACHINE='...'"; exit 2; }
	@$(BENCH_COMPARE) $(BUILD)/bench.json tests/bench/reference.json '$(MACHINE)'

lint: ## floors, lengths, format, banned calls, generated pages
	@scripts/check_style.sh

# Places are all that a sanitizer tells: with -g1 these builds take a third less time.
# Tests of a program share a process there, looked through for leaks once, not after each of them; freed memory lies unused until 16 MB
# of it do. Both halve the pages that are touched.
asan: ## the whole suite under AddressSanitizer, UBSan and the leak check
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -s -j$(JOBS) BUILD=build/asan OPT=-O1 DEBUG_INFO=-g1 SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' all tests
	@CK_FORK=no ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8 scripts/run_tests.sh build/asan

fuzz: ## try the readers with inputs made from the kept ones, always the same, or with FUZZ_SECONDS=600 random ones for so long; needs clang
	@$(MAKE) --no-print-directory -s -j$(JOBS) BUILD=build/fuzz CC=clang OPT=-O1 DEBUG_INFO=-g1 CFLAGS=-Wno-error FUZZ_MAIN=-fsanitize=fuzzer \
	    SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzz-programs
	@scripts/fuzz.sh build/fuzz $(FUZZ_SECONDS)

properties: $(PROPERTY_PROGRAMS) ## try properties on 10^4 made-up scenarios; a failure prints the smallest one (minutes)
	@printf '%s\n' $(PROPERTY_PROGRAMS) | PROPERTY_TIMES=10 xargs -P $(JOBS) -n 1 nice

surroundings: all tests ## fail and kill at every single write of a run, and resume each time (minutes)
	@BUILD=$(BUILD) SURROUNDINGS=all bash tests/scenarios/test_surroundings.sh

golden: all ## write anew what the smoke scenarios must end with: say why in the commit
	@mkdir -p tests/golden
	@WRITE_GOLDEN=1 BUILD=$(BUILD) bash tests/scenarios/test_smoke.sh

docs: all ## write the reference and the schema anew from the program's tables
	@$(DCDRILL) explain > models/REFERENCE.md
	@$(DCDRILL) schema > scenarios/schema.json

same-bits: all ## the long form of test_same_bits.sh: two compilers, three levels, with and without FMA, all smoke scenarios
	@FULL=1 bash tests/scenarios/test_same_bits.sh

browser: ## look at reports in headless Chromium and on paper: widths, ids, console, hosts, equal figures (installs it; a minute)
	@scripts/deps.sh browser
	@$(MAKE) --no-print-directory -s -j$(JOBS) all $(BUILD)/tests/browser/browser
	@scripts/browser.sh $(BUILD)

cluster: ## run chunks under Slurm and GNU parallel and ranks under MPI, for real, on this machine (installs them)
	@scripts/deps.sh cluster
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(MAKE) --no-print-directory -s -j$(JOBS) MPI=1 BUILD=build/mpi all
	@bad=0; for test in tests/cluster/*.sh; do bash $$test || bad=1; done; exit $$bad

plants: $(PLANT_PROGRAMS) ## build a program for each planted fault of the simulator, which a test must find

install: all ## install program, scenarios and manual page under PREFIX (/usr/local), within DESTDIR
	@install -D -m 755 $(DCDRILL) '$(DESTDIR)$(PREFIX)/bin/dcdrill'
	@find scenarios -name '*.json' -exec install -D -m 644 {} '$(DESTDIR)$(PREFIX)/share/dcdrill/{}' ';'
	@install -d '$(DESTDIR)$(PREFIX)/share/man/man1'
	@scripts/man.sh $(DCDRILL) > '$(DESTDIR)$(PREFIX)/share/man/man1/dcdrill.1'
	@echo "installed $(DESTDIR)$(PREFIX)/bin/dcdrill"

clean: ## remove everything that was built
	rm -rf build

$(DCDRILL): $(CLI_OBJECTS) $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $(CLI_OBJECTS) $(LIB) $(LDLIBS_ALL)

$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	ar rcs $@ $^

# Written only when the list changes; looked at each time, so that a removed file is noticed too.
$(BUILD)/kinds.c: FORCE
	@mkdir -p $(@D)
	@scripts/list_kinds.sh > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

$(BUILD)/sim/cli/fleet_mpi.o: private CFLAGS += $(patsubst %,-isystem %,$(shell mpicc --showme:incdirs 2>/dev/null))

$(BUILD)/headers.h.gch: sim/base/headers.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -x c-header -o $@ $<

$(BUILD)/kinds.o: $(BUILD)/kinds.c $(HEADERS)
	$(COMPILE)

$(BUILD)/sim/%.o: sim/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(COMPILE) -include sim/base/banned.h

$(BUILD)/models/%.o: models/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(COMPILE) -include sim/base/banned.h

$(BUILD)/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	$(COMPILE)

$(TEST_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_OBJECTS) $(BUILD)/kinds.o $(LIB)
	$(CC) $(SANITIZE) $(TEST_LINKER) $(LDFLAGS) -o $@ $< $(MORE_OBJECTS) $(SUPPORT_OBJECTS) $(BUILD)/kinds.o $(LIB) $(TEST_LIBS) $(LDLIBS_ALL)

# What runs made-up scenarios gives renamed components the streams of the old names.
$(PROPERTY_PROGRAMS): $(PROPERTY_OBJECTS)
$(PROPERTY_PROGRAMS): private MORE_OBJECTS := $(PROPERTY_OBJECTS)
$(PROPERTY_PROGRAMS): private LDFLAGS += -Wl,--wrap=rng_init -Wl,--wrap=rng_hash -Wl,--wrap=fsync

HONESTY_OBJECTS := $(HONESTY).o $(BUILD)/tests/support/honesty.o $(BUILD)/kinds.o
$(HONESTY): $(HONESTY_OBJECTS) $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $(HONESTY_OBJECTS) $(LIB) $(LDLIBS_ALL)

$(ALIKE): $(ALIKE).o $(BUILD)/kinds.o $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $(ALIKE).o $(BUILD)/kinds.o $(LIB) $(LDLIBS_ALL)

$(BENCH_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(BENCH_OBJECTS) $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(BENCH_OBJECTS) $(LIB) $(LDLIBS_ALL)

$(BENCH_SCALE): $(BENCH_SCALE).o $(BUILD)/kinds.o $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(BUILD)/kinds.o $(LIB) $(LDLIBS_ALL)

$(BENCH_COMPARE): $(BENCH_COMPARE).o $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS_ALL)

$(BUILD)/tests/browser/browser: $(BUILD)/tests/browser/browser.o
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(LDLIBS_ALL)

# Loaded before the C library by tests: never sanitized itself.
$(BUILD)/tests/preload/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 $(WARNINGS) -fPIC -shared -o $@ $<

$(FUZZ_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(filter %.o,$(FUZZ_MAIN)) $(BUILD)/kinds.o $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(BUILD)/kinds.o $(LIB) $(LDLIBS_ALL)

# The program with one more kind, which leaks something into the simulated world.
$(BUILD)/plants/%/kinds.c: tests/plants/plant_%.c $(BUILD)/kinds.c
	@mkdir -p $(@D)
	@scripts/list_kinds.sh models $< > $@

$(BUILD)/plants/%/kinds.o: $(BUILD)/plants/%/kinds.c $(HEADERS)
	$(COMPILE)

$(PLANT_PROGRAMS): $(BUILD)/plants/%/dcdrill: $(BUILD)/plants/%/kinds.o $(BUILD)/tests/plants/plant_%.o $(BUILD)/tests/plants/plant.o $(CLI_OBJECTS) $(LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $(filter-out $(BUILD)/kinds.o $(LIB),$^) $(LIB) $(LDLIBS_ALL)

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
