# One command for each thing: `make help` lists them. Works on a bare Debian 13 or Raspberry Pi OS with git and make, as
# root or with sudo. What is done once is stamped in .make/, so that doing it again costs nothing. Above each target stands
# in Korean, behind `#:`, what `make help` says of it there.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DELETE_ON_ERROR:

# Where the environment forbids compiled modules, each of the hundred processes that tests start would compile all anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
# Node.js comes as a wheel (Debian's npm is ten times as large) and trusts whom the operating system trusts, as apt and pip do.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" NODE_OPTIONS=--use-system-ca npm --prefix server/web
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

# The camera library of the Pi comes with its operating system; everything else in Python comes from constraints.txt.
ON_PI := $(shell grep -qs 'Raspberry Pi' /proc/device-tree/model && echo yes)
APT_RUN := python3 python3-venv 'gcc|gcc-14' gcc-avr avr-libc libsimavr2 fonts-nanum iw $(if $(ON_PI),python3-picamera2)
APT_TEST := 7zip 'chromium-headless-shell!chromium' cppcheck curl dbus-daemon gcc-aarch64-linux-gnu kicad libarchive-tools libc6-dev ngspice openssl poppler-utils 'postgresql-17!postgresql' promtool strace tshark unzip

# The compiler for this machine, for what is compiled of the probe and the tests of the firmware's core; Debian has it as gcc-14
# where plain gcc lacks.
export HOST_CC ?= $(or $(shell command -v cc),$(shell command -v gcc-14),cc)

# The tests run in so many processes, each file in one: many wait for real time, and few keep a processor busy.
TEST_PROCESSES ?= 4

WEB := $(wildcard server/web/package.json)
FIRMWARE := $(wildcard firmware/Makefile)
FIRMWARE_C := $(shell find firmware -name '*.[ch]' -not -path '*/build/*' 2>/dev/null)
KERNEL_C := $(sort $(wildcard sweep/captures/kernel*.c)) $(sort $(wildcard sweep/captures/kernel*.h))
LENS_KERNEL_C := $(sort $(wildcard sweep/lens/pixels/kernel*.c)) $(sort $(wildcard sweep/lens/pixels/kernel*.h))
HEAD_KERNEL_C := $(sort $(wildcard sweep/sim/head/kernel*.c))
FORMATTED_C := $(filter-out %/messages.h %/limits.h %/pins.h,$(FIRMWARE_C)) $(KERNEL_C) $(LENS_KERNEL_C) $(HEAD_KERNEL_C) # those three are generated
WEB_SOURCES := $(shell find server/web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/dev-dist/*' 2>/dev/null)

# What a newcomer sees first is in the language of the locale, as everything after it: $(call said,English,Korean)
LOCALE := $(or $(LC_ALL),$(LC_MESSAGES),$(LANG))
KOREAN := $(if $(filter C POSIX,$(LOCALE)),,$(filter ko%,$(or $(LANGUAGE),$(LOCALE))))
said = $(if $(KOREAN),$(2),$(1))

.PHONY: help setup setup-test run demo-city check quick test soak screenshots bench firmware hardware wheels deb test-wheels test-deb test-update test-arm64 image lock clean

#: 이 목록
help: ## This list
	@awk '/^#: / { korean = substr($$0, 4) } /^[a-z0-9-]+:.*## / { name = $$1; sub(/:.*/, "", name); sub(/^.*## /, ""); \
	  printf "%-13s %s\n", name, $(if $(KOREAN),korean,$$0) }' $(MAKEFILE_LIST)

.PHONY: ready
ready: .make/python build/kernel.so build/lens_kernel.so build/head_kernel.so $(if $(WEB),.make/web-built) firmware-quiet

#: `make run`과 `make quick`에 필요한 모든 것, 처음에는 1~2분
setup: ready .make/python-test ## Everything that `make run` and `make quick` need; a minute or two the first time

#: 검사와 시험에 더 필요한 것
setup-test: setup .make/apt-test $(if $(WEB),.make/web-modules) ## What the checks and tests need besides

#: 시연: 서버, 처음부터 끝까지 처리되는 녹화된 점검, 내보내기. ARGS=--once면 그 뒤에 끝납니다
run: ready ## The demonstration: server, a recorded sweep through the whole pipeline, an export. ARGS=--once ends after it
	@$(BIN)/python -m server.cli.demo $(ARGS)

#: 한 해 기록이 있는 가상 도시, 구 세 곳, 그중 하나는 600실. ARGS=--once면 쓰고 끝납니다
demo-city: ready ## A made-up city with a year of records, three districts, one of 600 rooms. ARGS=--once ends after writing it
	@$(BIN)/python -m server.cli.demo city $(ARGS)

#: 빠른 검사: 서식, 린트, 타입, 임포트 규칙, C, 웹
check: setup-test ## The fast gate: format, lint, types, import rules, C, web
	@$(MAKE) --no-print-directory --output-sync=target --jobs=2 check-types check-web check-c check-style
	@echo "all checks passed"

.PHONY: check-types check-web check-c check-style
check-types:
	@echo "• mypy" && $(BIN)/mypy --no-error-summary

check-web:
ifneq ($(WEB),)
	@echo "• svelte-check, ESLint" && $(NPM) run --silent check && $(NPM) run --silent lint
endif

check-c:
ifneq ($(FIRMWARE_C),)
	@echo "• clang-format, cppcheck" && $(BIN)/clang-format --dry-run -Werror $(FORMATTED_C)
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability,performance --check-level=exhaustive \
	  --inline-suppr --suppress=missingIncludeSystem --suppress=uselessAssignmentPtrArg:firmware/core/messages.h \
	  -Ifirmware -Ifirmware/core -ifirmware/build firmware $(KERNEL_C) $(LENS_KERNEL_C) $(HEAD_KERNEL_C)
endif

check-style:
	@echo "• ruff" && $(BIN)/ruff format --check --quiet && $(BIN)/ruff check --quiet
	@echo "• import rules" && $(BIN)/lint-imports --no-logo >.make/imports.log || { cat .make/imports.log; exit 1; }

#: 방 하나의 린트, 타입, 시험: ROOM=wifi. KiCad, 브라우저, PostgreSQL, root 없이. ARGS는 pytest로 갑니다
quick: setup ## Lint, types and tests of one room: ROOM=wifi. No KiCad, browser, PostgreSQL or root. ARGS goes to pytest
	@[ -n "$(ROOM)" ] && [ -d "tests/$(ROOM)" ] || { echo "error: say make quick ROOM=... with one of: $$(cd tests && ls -d */ | tr -d / | grep -v '^__\|captures\|simulators' | xargs)" >&2; exit 2; }
	@$(BIN)/ruff format --check --quiet && $(BIN)/ruff check --quiet
	@$(BIN)/mypy --no-error-summary $(wildcard sweep/$(ROOM) $(ROOM)) tests/$(ROOM)
	@$(BIN)/python -m pytest tests/$(ROOM) -m "not soak and not browser and not postgres" $(ARGS)

#: 횟수를 줄인 모든 시험, 20분쯤. ARGS는 pytest로 갑니다
test: setup-test ## All tests with reduced counts, about 20 minutes. ARGS goes to pytest
	@$(BIN)/python -m pytest $(if $(ARGS),,--numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --durations=0 --durations-min=5) $(ARGS)

#: 오래 걸리는 시험
soak: setup-test ## The long runs
	@$(BIN)/python -m pytest -m soak --hypothesis-profile=soak $(ARGS)

#: README의 화면 그림을 모의 점검에서 새로 찍습니다
screenshots: setup-test ## The README's pictures of the page, taken anew from simulated sweeps
	@$(BIN)/python -m tests.web.readme_pictures

#: 비율과 속도를 출력합니다
bench: setup-test ## Ratios and rates, printed
	@[ -d server/web/node_modules/lighthouse ] || $(NPM) install --silent --no-save lighthouse@12.8.2
	@$(BIN)/python -m pytest tests/bench -o python_files='bench_*.py' $(ARGS)

#: ATmega328P의 펌웨어와, messages.toml에서 만드는 표
firmware: .make/apt-run ## The firmware for the ATmega328P and the tables made from messages.toml
	@$(MAKE) -C firmware

#: hardware 폴더의 검사와 내보내기
hardware: setup-test ## Checks and exports of the hardware folder
	@[ -f hardware/Makefile ] || { echo "error: the hardware folder has nothing to build yet" >&2; exit 2; }
	@$(MAKE) -C hardware

#: make도 컴파일러도 없는 곳에 `pipx install`할 휠: x86-64와 aarch64
wheels: ready ## Wheels for `pipx install` where neither make nor a compiler is: x86-64 and aarch64
	@.ci/apt gcc-aarch64-linux-gnu gcc-x86-64-linux-gnu
	@$(BIN)/python .ci/wheels.py x86_64 aarch64

#: 점검기와 서버의 데비안 패키지: ARCH=amd64나 arm64, 없으면 둘 다
deb: setup ## The Debian packages of probe and server for ARCH=amd64 or arm64, or both
	@$(if $(filter arm64,$(or $(ARCH),arm64)),.ci/apt gcc-aarch64-linux-gnu)
	@for architecture in $(or $(ARCH),amd64 arm64); do for name in ansim-sweep-probe ansim-sweep-server; do \
	  $(BIN)/python .ci/deb.py $$name $$architecture; done; done

#: 빈 루트에서 설치, 업그레이드, 되돌리기, 제거: ARCH=amd64 ROOT=/어딘가, root로
test-deb: deb ## Install, upgrade, downgrade, remove and purge them in an empty root: ARCH=amd64 ROOT=/somewhere, as root
	@.ci/deb-test $(or $(ARCH),amd64) $(or $(ROOT),/var/tmp/ansim-deb-$(or $(ARCH),amd64))

#: systemd가 있는 그 루트에서 좋은·깨진·거부된·끊긴 업데이트: ARCH=amd64, root로
test-update: test-deb ## Updates that are good, broken, refused and cut off, in that root with systemd: ARCH=amd64, as root
	@.ci/update-test $(or $(ARCH),amd64) $(or $(ROOT),/var/tmp/ansim-deb-$(or $(ARCH),amd64))

#: Cortex-A76인 qemu의 arm64 루트에서 시험: ROOT=/어딘가 ARGS, root로
test-arm64: setup-test ## The tests in an arm64 root under qemu, its processor a Cortex-A76: ROOT=/somewhere ARGS, as root
	@.ci/test-arm64 $(or $(ROOT),/var/tmp/ansim-arm64) $(ARGS)

#: make deb ARCH=arm64의 패키지로 카드 이미지: ROOT=/어딘가, root로
image: ## A card's image with the packages of make deb ARCH=arm64: ROOT=/somewhere, as root
	@.ci/image $(or $(ROOT),/var/tmp/ansim-image)

#: Debian 12와 13의 빈 루트에 pipx로 설치: ARCH=amd64 ROOT=/어딘가, root로
test-wheels: wheels ## Install them by pipx in empty roots of Debian 12 and 13: ARCH=amd64 ROOT=/somewhere, as root
	@for suite in bookworm trixie; do .ci/wheel-test $(or $(ARCH),amd64) $(or $(ROOT),/var/tmp/ansim-wheel)-$$suite $$suite; done

#: constraints.txt를 새로 씁니다. ARGS="fastapi numpy"는 그것만, ARGS=--all은 모두 새 판으로
lock: .make/python-test ## Write constraints.txt anew. ARGS="fastapi numpy" brings those up to date, ARGS=--all everything
	@[ -x .make/uv/bin/uv ] || { $(BIN)/python -m venv .make/uv && .make/uv/bin/python -m pip --quiet install uv; }
	@$(BIN)/python .ci/lock.py .make/uv/bin/uv $(ARGS)

#: 만든 것을 환경까지 모두 지웁니다. var/의 시연 자료는 남습니다
clean: ## Removes all that was made, down to the environment; the demonstration's data in var/ stays
	rm -rf .make $(VENV) build dist server/web/dist server/web/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	[ ! -f firmware/Makefile ] || $(MAKE) -C firmware clean

# --- What stands behind them --------------------------------------------------------------------------------------------

.make/apt-run: Makefile
	@.ci/apt $(APT_RUN) && touch $@

.make/apt-test: Makefile
	@.ci/apt $(APT_TEST) && touch $@

$(BIN)/python: | .make/apt-run
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "error: needs Python 3.11 to 3.13, $(PYTHON) is $$($(PYTHON) -V 2>&1); say make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(if $(ON_PI),--system-site-packages) $(VENV)

# $(call pip_sections,FILE): all of constraints.txt that FILE holds, wheels only, each with its hash
define pip_sections
$(PIP) --require-hashes --only-binary :all: -r $(1) >.make/pip.log 2>&1 || { tail -n 3 .make/pip.log >&2; \
  echo "error: could not install the Python packages; is this machine online? All that pip said: .make/pip.log" >&2; exit 1; }
endef

.make/python: constraints.txt pyproject.toml | .make/apt-run $(BIN)/python
	@echo "• $(call said,installing Python packages into $(VENV),Python 패키지를 $(VENV)에 설치합니다)"
	@sed '/^# --- storage/,$$d' constraints.txt >.make/requirements-run.txt
	@$(call pip_sections,.make/requirements-run.txt)
	@$(PIP) --no-deps --no-build-isolation --editable . && touch $@

.make/python-test: constraints.txt | .make/python
	@echo "• $(call said,installing Python packages for checks and tests,검사와 시험에 쓰는 Python 패키지를 설치합니다)"
	@$(call pip_sections,constraints.txt)
	@touch $@

.make/web-modules: server/web/package-lock.json | .make/python
	@echo "• $(call said,fetching the parts of the web page,웹 페이지의 부품을 내려받습니다)"
	@$(NPM) ci --ignore-scripts >.make/npm.log 2>&1 || { grep -m 3 -iE 'npm (err|error)' .make/npm.log >&2; \
	  echo "error: could not fetch the parts of the web page; is this machine online? All that npm said: .make/npm.log" >&2; exit 1; }
	@touch $@

.make/web-built: .make/web-modules $(WEB_SOURCES)
	@echo "• $(call said,building the web page,웹 페이지를 만듭니다)"
	@$(NPM) run build >.make/web.log 2>&1 || { tail -n 20 .make/web.log >&2; \
	  echo "error: the web page could not be built; all that was said: .make/web.log" >&2; exit 1; }
	@touch $@

# Without them everything works, more slowly, and `sweep doctor` says so of what measures; they need no header and no library but their own.
# Square roots set no errno and comparisons trap nowhere: so they become single instructions, with the same results. Nothing is
# tuned to this machine and no product is fused with a sum, so that every processor computes the same numbers.
KERNEL_FLAGS := -std=c11 -O3 -Wall -Wextra -ffreestanding -nostdlib -fPIC -shared -fno-math-errno -fno-trapping-math -ffp-contract=off
build/kernel.so: $(KERNEL_C)
build/lens_kernel.so: $(LENS_KERNEL_C)
build/head_kernel.so: $(HEAD_KERNEL_C)
build/%.so: Makefile | .make/apt-run
	@mkdir -p build
	@$(HOST_CC) $(KERNEL_FLAGS) -DSOURCE_SHA256="\"$$(cat $(filter %.c %.h,$^) | sha256sum | cut -c1-64)\"" -o $@ $(filter %.c,$^) \
	  2>.make/$*.log || \
	  echo "note: $@ could not be compiled, so Python does its work, more slowly; see .make/$*.log"

.PHONY: firmware-quiet
firmware-quiet: .make/apt-run
ifneq ($(FIRMWARE),)
	@$(MAKE) -s -C firmware >.make/firmware.log 2>&1 || { tail -n 20 .make/firmware.log >&2; \
	  echo "error: the firmware could not be built; all that was said: .make/firmware.log" >&2; exit 1; }
endif
