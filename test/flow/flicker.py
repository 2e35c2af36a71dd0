#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A card with a bad contact: in and out, many times a second.

Counted: the processes that this costs. A card in another reader is read and
logs in meanwhile, and the card that flickered is read once it stays in.

usage: flicker.py BUILD
"""
import re
import sys
import threading
import time

import stack

USER = "nobody"
TIMES = 150
MOST = 25  # five are free, and one for each wait that the card stays for


def workers_seen(s):
    return set(re.findall(r"scs-token-worker\[(\d+)\]", s.log_text()))


class Flicker(threading.Thread):
    def __init__(self, card):
        super().__init__()
        self.card, self.error = card, None

    def run(self):
        try:
            for _ in range(TIMES):
                self.card.tell("remove")
                time.sleep(0.02)
                self.card.tell("insert")
                time.sleep(0.04)
        except OSError as e:
            self.error = e


def main():
    with stack.Stack(sys.argv[1], readers=("Bad Contact", "Good")) as s:
        bad = stack.Card(s, s.person("bad.card", "Bad Contact"), reader=0)
        s.wait_tokens(1)
        file = s.person("good.card", "Good Card")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        before = workers_seen(s)
        f = Flicker(bad)
        f.start()
        time.sleep(1)
        began = time.monotonic()
        good = stack.Card(s, file, reader=1)
        stack.wait_until(lambda: s.login(USER, stack.PIN)[0] == 0, 10,
                         "a login with the other card")
        took = time.monotonic() - began
        print(f"the other card: inserted, read and logged in in {took:.2f} s")
        f.join()
        if f.error:
            raise stack.Failure(str(f.error))
        began = time.monotonic()
        s.wait_tokens(2, 8)
        print(f"read {time.monotonic() - began:.2f} s after it had come to "
              "rest")
        bad.stop()
        good.stop()
        s.wait_tokens(0)
        n = len(workers_seen(s) - before)
        print(f"{TIMES} insertions, {n} processes")
        if not 2 <= n <= MOST:
            raise stack.Failure(f"{n} processes")
        if took > 5:
            raise stack.Failure("the other reader noticed")
    print("3 cases passed, 0 failed")


if __name__ == "__main__":
    main()
