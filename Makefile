# A thin face on meson. `make demo` and `make check` do all the set-up.
.PHONY: all demo check check-quick check-usb check-systemd conformance coverage \
    bench fuzz soak format setup clean

all: setup
	@[ -f build/build.ninja ] || meson setup build
	ninja -C build

setup:
	@dev/setup build

demo:
	@dev/setup build demo
	@$(MAKE) --no-print-directory all
	@dev/demo

check:
	@dev/check

check-quick:
	@dev/check quick

check-usb:
	@dev/check-usb

check-systemd:
	@dev/check-systemd

conformance:
	@dev/setup build test
	@$(MAKE) --no-print-directory all
	@test/conformance/run

coverage:
	@dev/coverage

bench:
	@dev/setup build test
	@$(MAKE) --no-print-directory all
	@bench/run

# make fuzz SECONDS=600
fuzz:
	@dev/fuzz $(or $(SECONDS),60)

# make soak SECONDS=600
soak:
	@dev/setup build test
	@$(MAKE) --no-print-directory all
	@python3 -B test/flow/soak.py build $(or $(SECONDS),600)

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-*
