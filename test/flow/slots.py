#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Drivers of several slots: one that says that they may be called at the same
time, one that does not say so, and one that says so and is wrong.

usage: slots.py BUILD
"""
import shutil
import sys

import ifd
import stack
from readerd_rig import expect

AWAIT, LET_GO, CRASH = b"\0\xED\0\0", b"\0\xEE\0\0", b"\0\xEF\0\0"
PLAIN, GOOD = b"\0\xA4\0\0", (0, b"\x90\0")


def at_once(st):
    """A card in one slot thinks: another slot's commands, connections and
    resets do not wait, and one of them ends its thinking."""
    for slow in (0, 1):
        thinks = ifd.connect(st, f"At Once 02 0{slow}")
        thinks.say_transmit(AWAIT)
        for _ in range(3):
            c = ifd.connect(st, f"At Once 02 0{1 - slow}")
            expect(c.transmit(PLAIN), GOOD, "a command beside it")
            expect((c.begin(), c.end(1)), (0, 0), "a reset beside it")
            c.close()
        c = ifd.connect(st, f"At Once 02 0{1 - slow}")
        expect(c.transmit(LET_GO), GOOD, "the one that it waits for")
        expect(thinks.hear_transmit(), GOOD, "the slow command")
        c.close()
        thinks.close()


def all_sixteen(st):
    """Each slot but the last has a command that waits; the last lets one go
    after the other."""
    names = [f"Sixteen 01 {i:02X}" for i in range(16)]
    slow = [ifd.connect(st, n) for n in names[:15]]
    for c in slow:
        c.say_transmit(AWAIT)
    last = ifd.connect(st, names[15])
    for _ in slow:
        expect(last.transmit(LET_GO), GOOD, "the sixteenth")
    for c in slow:
        expect(c.hear_transmit(), GOOD, "one of fifteen")
    for c in (*slow, last):
        c.close()


def one_at_a_time(st):
    """A driver that does not say so: the other slot's command waits, and when
    the first has used up its time, both are over."""
    name, pid = "Two 03 0", ifd.ifds(st)["Two"][0]
    thinks = ifd.connect(st, name + "0")
    thinks.say_transmit(AWAIT)
    c = ifd.connect(st, name + "1")
    c.say_transmit(LET_GO)
    for which in (thinks, c):
        rv, _ = which.hear_transmit()
        expect(rv in ifd.GONE, True, f"both are lost: {rv:#x}")
        which.close()
    st.wait_log('reader "Two": hangs while talking to a card')
    for i in "01":
        ifd.wait_atr(st, name + i, ifd.ATR)
    expect(ifd.ifds(st)["Two"][0] != pid, True, "a new process")


def a_lie_costs_its_own_slots(st, pids):
    """It crashes when it is called at once: what others do goes on."""
    good = ifd.connect(st, "Two 03 01")
    crashes = ifd.connect(st, "At Once 02 00")
    crashes.say_transmit(CRASH)
    other = ifd.connect(st, "At Once 02 01")
    other.say_transmit(LET_GO)
    rv, _ = crashes.hear_transmit()
    expect(rv in ifd.GONE, True, f"what crashed: {rv:#x}")
    rv, _ = other.hear_transmit()
    expect(rv in (0, *ifd.GONE), True, f"its other slot: {rv:#x}")
    expect(good.transmit(PLAIN), GOOD, "a reader of another driver")
    ifd.neighbours_notice_nothing(st, pids)
    for i in "01":
        ifd.wait_atr(st, "At Once 02 0" + i, ifd.ATR)
    for c in (good, crashes, other):
        c.close()
    at_once(st)


def two_each(st):
    file = st.person("slots.card", "Slots Test", "p256")
    st.pair_by_hand(ifd.USER, stack.pubkey_hash(st.certificate(file, "9a")))
    stack.Card(st, file)
    st.wait_tokens(1)
    for name in ("Well 01 00", "At Once 02 01", "Two 03 01"):
        ifd.wait_atr(st, name, ifd.ATR)
    pids = {n: ifd.ifds(st)[n][0] for n in ("Well", "Virtual Reader")}
    at_once(st)
    one_at_a_time(st)
    a_lie_costs_its_own_slots(st, pids)


def sixteen(st):
    # the last is beyond those that a client may list
    st.wait_log('reader "Sixteen 01 0F": card ready')
    all_sixteen(st)


def run(build, library, check, readers):
    prefix = ifd.prepare("slots", "".join(
        ifd.reader(name, device, library) for name, device in readers))
    with stack.Stack(build, prefix=prefix,
                     options=("--card-timeout-ms", "10000")) as st:
        check(st)
    print(f"ok {check.__name__}", flush=True)


def main():
    build = sys.argv[1]
    folder = ifd.for_everybody(build)
    library = f"{folder}/bad.so"
    try:
        run(build, library, two_each, (
            ("Well", "well"), ("At Once", "two-at-once"), ("Two", "two")))
        run(build, library, sixteen, (("Sixteen", "sixteen-at-once"),))
    finally:
        shutil.rmtree(folder)
    print("slots: all passed")


if __name__ == "__main__":
    main()
