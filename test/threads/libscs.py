#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Threads with libscs over the whole service, under ThreadSanitizer.

usage: libscs.py PROGRAM BUILD. The program must find nothing; and, so that it
is known to find something, the same with a connection shared without a lock
must be told.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "flow"))
import stack  # noqa: E402

TSAN_STATUS = 66


def run(program, st, rounds, *more):
    r = subprocess.run(
        [program, st.prefix, stack.PIN, str(rounds), *more],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200,
        env={**os.environ, "TSAN_OPTIONS":
             f"exitcode={TSAN_STATUS}:halt_on_error=1"})
    return r.returncode, r.stdout, r.stderr


def main():
    program, build = sys.argv[1:]
    st = stack.Stack(build)
    with st:
        card = stack.Card(st, st.person("card", "Many Threads", "p256"))
        st.wait_tokens(1)
        code, out, err = run(program, st, 10)
        print(out + err, end="")
        if code != 0 or "ThreadSanitizer" in err:
            sys.exit(f"with a lock: exit {code}")
        code, out, err = run(program, st, 10, "without-lock")
        if "WARNING: ThreadSanitizer: data race" not in err:
            sys.exit(f"without a lock no race was found: exit {code}\n"
                     f"{out}{err}")
        print("without a lock: told")
        card.stop()


if __name__ == "__main__":
    main()
