# ocelli: the one Makefile (GNU make). `make help` lists the targets.
#
# Variables:  CC=gcc|clang                        compiler
#             SAN=address,undefined  SAN=thread   sanitizers
#             ARENA=malloc                        each arena piece its own malloc, for ASan
#             RELEASE=1                           no debug information
#             WERROR=1                            warnings are errors (also when CI is set)
#             JOBS=n  PREFIX=dir  DESTDIR=dir  FUZZ_SECONDS=60  V=1 (print the commands)
#             T=word                              check-unit, check-fuzz: only programs with this in
#                                                 their path; check-api: arguments for pytest
# CPPFLAGS, CFLAGS and LDFLAGS are added to our own.

ifeq ($(origin CC),default)
CC := gcc
endif
VERSION := $(file < VERSION)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j% clean distclean,$(MAKEFLAGS) $(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(JOBS)
endif
Q := $(if $(V),,@)

# ---- variants: objects of different flags never meet ---------------------------------------------

comma := ,
VARIANT := $(notdir $(lastword $(CC)))$(if $(RELEASE),-release)
VARIANT := $(VARIANT)$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(ARENA),-arena-$(ARENA))
B := build/$(VARIANT)

# ---- flags ---------------------------------------------------------------------------------------

LIBRARIES := libmicrohttpd yyjson sqlite3 libzstd zlib
MISSING := $(shell \
    for c in $(firstword $(CC)) pkg-config; do command -v $$c >/dev/null || echo $$c; done; \
    for p in $(LIBRARIES); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
    -Wwrite-strings -Wformat=2 -Wvla -Wundef
# Sanitizers' code confuses gcc's flow warnings, so it is the plain variants that are strict.
ifneq ($(if $(SAN),,$(CI)$(WERROR)),)
WARNINGS += -Werror
endif

ifdef SAN
OPTIMIZE := -O1 -g -U_FORTIFY_SOURCE -fno-omit-frame-pointer -fsanitize=$(SAN) \
    -fno-sanitize-recover=all
LINK := -fsanitize=$(SAN)
else
# Level 3 where compiler and libc know it; otherwise features.h warns.
FORTIFY := $(shell $(CC) -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror -include features.h \
    -E -x c /dev/null >/dev/null 2>&1 && echo 3 || echo 2)
OPTIMIZE := -O2 $(if $(RELEASE),,-g) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY) \
    -fstack-protector-strong -fPIE
LINK := -pie -Wl,-z,relro,-z,now $(if $(RELEASE),-s)
endif

DEFINES := -D_GNU_SOURCE -DOCELLI_VERSION='"$(VERSION)"' \
    $(if $(filter malloc,$(ARENA)),-DARENA_MALLOC)
LANGUAGE := -std=gnu11 $(DEFINES) -Isrc $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
COMPILE = $(CC) $(LANGUAGE) -I. -Itests $(WARNINGS) $(OPTIMIZE) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm -lpthread
link = $(CC) $(OPTIMIZE) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(1) $(LIBS)

# ---- sources -------------------------------------------------------------------------------------

SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
TSAN_SOURCES := $(wildcard tests/unit/http/test_server.c tests/unit/ingest/test_*.c \
    tests/unit/store/test_scan.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
# What has no main() of its own is linked to each program beside it.
UNIT_HELPERS := $(filter-out $(UNIT_SOURCES), \
    $(wildcard tests/unit/*.c tests/unit/*/*.c tests/unit/*/*/*.c))
BENCH_SOURCES := $(shell grep -ls '^int main\>' bench/*.c)
BENCH_HELPERS := $(filter-out $(BENCH_SOURCES),$(wildcard bench/*.c))

chosen = $(if $(T),$(foreach p,$(1),$(if $(findstring $(T),$(p)),$(p))),$(1))
objects = $(patsubst %.c,$(B)/%.o,$(1))
UNIT_PROGRAMS := $(patsubst %.c,$(B)/%,$(call chosen,$(UNIT_SOURCES)))
TSAN_PROGRAMS := $(patsubst %.c,$(B)/%,$(TSAN_SOURCES))
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(call chosen,$(FUZZ_SOURCES)))
REPLAY_PROGRAMS := $(FUZZ_NAMES:%=$(B)/tests/fuzz/replay_%)
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(B)/tests/fuzz/fuzz_%)
BENCH_PROGRAMS := $(patsubst bench/%.c,build/bench/%,$(BENCH_SOURCES))

# ---- building ------------------------------------------------------------------------------------

.PHONY: all release run deps install clean distclean help FORCE libraries
.DELETE_ON_ERROR:
.SECONDARY:

all: build/ocelli ## build build/ocelli

# The program that people run is the last one that was built without sanitizers.
build/ocelli: $(B)/ocelli FORCE
	@$(if $(SAN)$(ARENA),,test $< -ef $@ || ln -f $< $@)

$(B)/ocelli: $(call objects,src/main.c) $(B)/libocelli.a
	$(Q)$(call link,$^)

$(B)/libocelli.a: $(call objects,$(filter-out src/main.c,$(SOURCES)) build/web/files.c)
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/flags | libraries
	@mkdir -p $(@D)
	@echo "$(VARIANT) $<"
	$(Q)$(COMPILE) -c -o $@ $<

# The tables of prices that it carries.
$(B)/src/ingest/prices.o: src/ingest/prices.tsv src/ingest/prices_own.tsv

# Changed flags make everything of the variant anew.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE) $(LINK) $(LDFLAGS))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(COMPILE) $(LINK) $(LDFLAGS))' > $@

libraries:
ifneq ($(MISSING),)
	@echo 'ocelli: missing: $(MISSING). `make deps` installs what is missing.' >&2; exit 1
endif

release: ## build build/ocelli without debug information
	@$(MAKE) RELEASE=1 all

deps: ## install what building needs and is missing
	@tools/install_deps.sh build

run: deps ## build with the web client, and serve on http://localhost:5173 with ./data
	@tools/install_deps.sh web && $(MAKE) web || echo 'ocelli: going on without the web client' >&2
	@$(MAKE) all
	@exec build/ocelli serve --listen 127.0.0.1:5173 --data ./data

bench: $(BENCH_PROGRAMS) ## build the benchmark programs into build/bench

$(BENCH_PROGRAMS): build/bench/%: $(B)/bench/%.o $(call objects,$(BENCH_HELPERS)) \
    $(B)/libocelli.a
	@mkdir -p $(@D)
	$(Q)$(call link,$^)

# ---- the web client ------------------------------------------------------------------------------

.PHONY: web check-web check-browser

# Folders that tools/embed.c makes parts of programs of: web/dist, when it is there, of ours; the
# others of programs for the tests of serving.
define embedded
build/$(1)/list: FORCE
	@mkdir -p $$(@D)
	@find $(2) -type f -exec cksum {} + 2>/dev/null | sort > $$@.new; \
	    cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@

build/$(1)/files.c: build/$(1)/list build/embed
	$$(Q)build/embed $(2) $$(@D)
endef
$(eval $(call embedded,web,web/dist))
# Asked for together, the client comes first.
build/web/list: | $(filter web,$(MAKECMDGOALS))
$(eval $(call embedded,web-sample,tests/web/dist))
$(eval $(call embedded,web-none,tests/web/none))

build/embed: tools/embed.c | libraries
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O1 -o $@ $< -lz

$(B)/ocelli-web-%: $(call objects,src/main.c) $(B)/build/web-%/files.o $(B)/libocelli.a
	$(Q)$(call link,$^)

WEB_SOURCES := $(shell find web/src web/public web/*.html web/*.json web/*.ts -type f 2>/dev/null)

web: $(if $(WEB_SOURCES),web/dist/index.html) ## build the web client into web/dist (needs Node)

web/dist/index.html: $(WEB_SOURCES) | web/node_modules/.installed
	@cd web && npm run --silent build

web/node_modules/.installed tests/web/node_modules/.installed: %/node_modules/.installed: \
    %/package-lock.json
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check-web: web ## check the web client: types, unit tests, size
	@$(if $(WEB_SOURCES),cd web && npm run --silent check && npm test --silent && \
	    npm run --silent size)

check-browser: all $(VENV) | tests/web/node_modules/.installed ## drive the web client in Chromium
	@cd tests/web && OCELLI_TEST_PLAIN_BINARY=$(abspath build/ocelli) npm test --silent

install: ## install the release build into PREFIX (/usr/local)
	@$(MAKE) RELEASE=1 all
	install -D -m 755 build/ocelli $(DESTDIR)$(PREFIX)/bin/ocelli

clean: ## remove what was built; data and the test tools stay
	@find build -mindepth 1 -maxdepth 1 ! -name venv -exec rm -rf {} + 2>/dev/null || true

distclean: ## remove the test tools and the built web client too
	rm -rf build tests/typescript/node_modules tests/web/node_modules web/node_modules web/dist

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# ---- tests ---------------------------------------------------------------------------------------

.PHONY: test test-tools check-unit check-tsan check-fuzz check-api unit-run tsan-run replay-run \
    fuzz fuzz-run lint format tidy bench
STRICT := SAN=address,undefined ARENA=malloc
PYTHON := build/venv/bin/python
VENV := build/venv/requirements.txt
TEST_LIBS = $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)

export ASAN_OPTIONS ?= detect_stack_use_after_return=1:strict_init_order=1
export UBSAN_OPTIONS ?= print_stacktrace=1
export TSAN_OPTIONS ?= halt_on_error=1:second_deadlock_stack=1
# Sanitizers need their address ranges, which some kernels' address randomisation takes away.
STEADY := $(if $(SAN),$(shell setarch -R true 2>/dev/null && echo setarch -R))

# Everything runs even when something fails; the API tests and their summary come last.
TEST_STEPS := lint check-web all check-unit check-tsan check-fuzz tidy check-browser
test: test-tools ## run every test, with the sanitizers where they help
	@failed=; for step in $(TEST_STEPS); do \
	    echo "=== $$step"; $(MAKE) $$step || failed="$$failed $$step"; \
	done; \
	echo "=== check-api"; \
	if [ "$$failed" ]; then echo "failed so far:$$failed"; fi; \
	$(MAKE) $(STRICT) check-api && [ -z "$$failed" ]

test-tools:
	@tools/install_deps.sh build test

$(VENV): tests/requirements.txt
	@tools/install_deps.sh test
	@touch $@

# Runs the programs $(1), each with the arguments $(2) gives for $$p; all of them run.
define run_each
@failed=; for p in $(1); do \
    echo "--- $${p#$(B)/}"; $(STEADY) timeout 300 $$p $(2) 2>&1 || failed="$$failed $$p"; \
done; \
if [ "$$failed" ]; then echo "failed:$$failed"; exit 1; fi
endef

check-unit: ## unit tests, under ASan and UBSan unless SAN is given (SAN= for none)
	@$(MAKE) $(if $(filter undefined,$(origin SAN)),$(STRICT)) unit-run

check-tsan: ## the tests of threads, under TSan
	@$(MAKE) SAN=thread ARENA= tsan-run

check-fuzz: ## replay the fuzz corpora, under ASan and UBSan unless SAN is given
	@$(MAKE) $(if $(filter undefined,$(origin SAN)),$(STRICT)) replay-run

unit-run: $(UNIT_PROGRAMS)
	$(call run_each,$^)

tsan-run: $(TSAN_PROGRAMS)
	$(call run_each,$^)

replay-run: $(REPLAY_PROGRAMS)
	$(call run_each,$^,$$(find tests/fuzz/corpus/$${p##*/replay_} -type f | sort))

$(sort $(UNIT_PROGRAMS) $(TSAN_PROGRAMS)): %: %.o $(call objects,$(UNIT_HELPERS)) $(B)/libocelli.a
	$(Q)$(call link,$^ $(TEST_LIBS))

$(REPLAY_PROGRAMS): $(B)/tests/fuzz/replay_%: $(B)/tests/fuzz/fuzz_%.o \
    $(B)/tests/fuzz/replay_main.o $(B)/libocelli.a
	$(Q)$(call link,$^)

check-api: $(VENV) $(B)/ocelli $(B)/ocelli-web-sample $(B)/ocelli-web-none ## API tests; with SAN against that build. T: pytest's arguments
	@$(if $(SAN)$(ARENA),$(MAKE) SAN= ARENA= build/ocelli)
	@OCELLI_TEST_BINARY=$(abspath $(B)/ocelli) OCELLI_TEST_PLAIN_BINARY=$(abspath build/ocelli) \
	    OCELLI_TEST_WEB_BINARIES=$(abspath $(B)/ocelli-web-) \
	    $(STEADY) $(PYTHON) -m pytest $(or $(T),$(wildcard tests/api tests/contract tests/regress))

fuzz: ## run each fuzzer for FUZZ_SECONDS, with clang
	@$(MAKE) CC=clang SAN=fuzzer-no-link,address,undefined ARENA=malloc fuzz-run

fuzz-run: $(FUZZ_PROGRAMS)
	@for name in $(FUZZ_NAMES); do \
	    echo "--- fuzz_$$name"; mkdir -p build/fuzz/$$name build/fuzz/found; \
	    dict=tests/fuzz/dict/$$name.dict; \
	    $(B)/tests/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
	        -artifact_prefix=build/fuzz/found/$$name- $$([ -f $$dict ] && echo -dict=$$dict) \
	        build/fuzz/$$name $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) || exit 1; \
	done

$(FUZZ_PROGRAMS): %: %.o $(B)/libocelli.a
	$(Q)$(call link,-fsanitize=fuzzer $^)

# ---- how the sources look ------------------------------------------------------------------------

FORMATTED = $(shell find src tests bench tools -name node_modules -prune -o -name '*.[ch]' -print)

lint: $(VENV) ## layers, sizes, banned calls, missing tests, format
	@failed=; for check in layers size banned tests; do \
	    $(PYTHON) tools/check_$$check.py || failed="$$failed $$check"; \
	done; \
	build/venv/bin/clang-format --dry-run -Werror $(FORMATTED) || failed="$$failed format"; \
	if [ "$$failed" ]; then echo "lint: failed:$$failed"; exit 1; fi

format: $(VENV) ## bring the sources into format
	@build/venv/bin/clang-format -i $(FORMATTED)

tidy: $(VENV) | libraries ## static analysis with clang-tidy (minutes)
	@mkdir -p build
	@printf '%s\n' $(SOURCES) | xargs -P $(JOBS) -n 1 sh -c 'log=build/tidy.$$$$; \
	    build/venv/bin/clang-tidy --quiet "$$0" -- $(subst ','\'',$(LANGUAGE) $(WARNINGS)) \
	        >$$log 2>&1; code=$$?; \
	    [ $$code = 0 ] || grep -v "generated\.$$" $$log; rm -f $$log; exit $$code'

-include $(shell find $(B) -name '*.d' 2>/dev/null)
