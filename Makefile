# A thin face on meson. `make demo` and `make check` do all the set-up.
.PHONY: all demo check check-quick conformance bench fuzz format setup clean

all: build/build.ninja
	ninja -C build

setup:
	@dev/setup build

build/build.ninja:
	@dev/setup build
	meson setup build

build-check/build.ninja:
	@dev/setup test
	meson setup build-check -Db_sanitize=address,undefined -Db_lundef=false

demo: all
	@dev/demo

check: all build-check/build.ninja
	@dev/check

conformance: all
	@test/conformance/run

bench: all
	@bench/run

fuzz:
	@dev/fuzz

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-check build-fuzz demo-prefix
