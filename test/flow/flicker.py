#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A card with a bad contact: in and out, many times a second.

Counted: the processes that this costs. A card in another reader is read and
logs in meanwhile, each time at the first try, and the card that flickered is
read once it stays in.

usage: flicker.py BUILD
"""
import re
import sys
import threading
import time

import stack

USER = "nobody"
TIMES = 150
LOGINS = 3
MOST = 25  # five are free, and one for each wait that the card stays for


def workers_seen(s):
    return set(re.findall(r"scs-token-worker\[(\d+)\]", s.log_text()))


class Flicker(threading.Thread):
    def __init__(self, card):
        super().__init__()
        self.card, self.error = card, None
        self.times, self.enough = 0, threading.Event()

    def run(self):
        try:
            while self.times < TIMES or not self.enough.is_set():
                self.times += 1
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
        f.daemon = True
        f.start()
        s.wait_log("cards come and go", 60)
        good = stack.Card(s, file, reader=1)
        s.wait_log('"Good 01 00": card ready', 60)
        for _ in range(LOGINS):
            r, dialogue = s.login(USER, stack.PIN)
            if r != 0:
                raise stack.Failure(f"the other reader noticed:\n{dialogue}")
        f.enough.set()
        f.join()
        if f.error:
            raise stack.Failure(str(f.error))
        began = time.monotonic()
        s.wait_tokens(2, 60)
        print(f"read {time.monotonic() - began:.2f} s after it had come to "
              "rest")
        bad.stop()
        good.stop()
        s.wait_tokens(0)
        n = len(workers_seen(s) - before)
        print(f"{f.times} insertions, {n} processes")
        if not 2 <= n <= MOST:
            raise stack.Failure(f"{n} processes")
    print("3 cases passed, 0 failed")


if __name__ == "__main__":
    main()
