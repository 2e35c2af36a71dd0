# SPDX-License-Identifier: BSD-2-Clause
"""Checks of readerd.py: protocol 4:5 and 4:6 by raw frames, where Debian 12 has
no client and no pcscd to compare with."""
import os
import shutil
import struct
import subprocess
import tempfile

from readerd_rig import (
    ARRAY, CANCEL, Card, Client, EVENTS, RELEASE, Service, SIZE, STATES, STOP,
    VERSION, WAIT, expect, find_program, wait_until)

EVENT = struct.pack("=II", 0, 0)
CANCELLED = struct.pack("=II", 0, 0x80100002)


def silent(c, what, seconds=0.3):
    c.sock.settimeout(seconds)
    try:
        data = c.sock.recv(1)
    except TimeoutError:
        return
    finally:
        c.sock.settimeout(60)
    expect(data, "silence", what)


def size_of(c):
    c.say(SIZE)
    return struct.unpack("=I", c.read(4))[0]


def array_of(c, n):
    c.say(ARRAY)
    data = c.read(n * 184)
    return [c.state(data[i:i + 184]) for i in range(0, len(data), 184)]


def events_of(c):
    c.say(EVENTS)
    return struct.unpack("=II", c.read(8))


def waits_at_4_5(build):
    """As at 4:4: states with the WAIT; and a count of readers' events."""
    s = Service(build)
    c = s.client()
    expect(c.version(5), (4, 5, 0), "4:5")
    first, rv = events_of(c)
    expect((first > 0, rv), (True, 0), "events")
    c.say(WAIT)
    expect(len(c.read(16 * 184)), 2944, "states come with WAIT")
    silent(c, "an event that was none")
    s.card()
    expect(c.read(8), EVENT, "card in")
    c.say(STOP)
    silent(c, "an answer to STOP after the event")
    expect(events_of(c)[0], first, "a card is no reader")
    expect(s.client().version(5)[2], 0, "another")
    s.workers[0].kill()
    wait_until(lambda: events_of(c)[0] >= first + 2, 60, "reader out and in")
    s.stop()


def waits_at_4_6(build):
    """WAIT answers nothing; an event is held back until the array was sent,
    whenever it comes, so that no answer is taken for another."""
    s = Service(build)
    c = s.client()
    expect(c.version(6), (4, 6, 0), "4:6")
    expect(c.establish(), 0, "establish")
    n = size_of(c)
    expect(n >= 16, True, f"size {n}")
    expect(len([r for r in array_of(c, n) if r[0]]), 1, "one reader")
    for when in ("before the size", "before the array", "after the array"):
        c.say(WAIT)
        silent(c, "an answer to WAIT", 0.1)
        card = s.card() if when == "before the size" else None
        expect(size_of(c), n, f"{when}: size")
        card = s.card() if when == "before the array" else card
        states = array_of(c, n)
        card = card or s.card()
        expect(c.read(8), EVENT, f"{when}: the event")
        if when != "after the array":
            expect(states[0][2] != 2, True, f"{when}: newer than the event")
        silent(c, f"{when}: once", 0.1)
        card.out()
        wait_until(lambda: s.states()[0][2] == 2, 60, "out")
    # a wait that ends before the array was asked for
    c.say(WAIT)
    c.say(STOP)
    expect(c.read(8), EVENT, "STOP")
    c.say(WAIT)
    size_of(c)
    card = s.card()
    c.say(STOP)
    expect(c.read(8), EVENT, "STOP instead of the event")
    silent(c, "and once")
    c.say(WAIT)
    expect(size_of(c), n, "size")
    array_of(c, n)
    k = Client(s)
    expect(k.ask(CANCEL, "II", c.context, 0)[1], 0, "CANCEL")
    expect(c.read(8), CANCELLED, "the one who waited")
    # at once, and cut up: WAIT, SIZE, ARRAY, STOP
    frames = b"".join(struct.pack("=II", 0, x)
                      for x in (WAIT, SIZE, ARRAY, STOP))
    for piece in ([frames], [frames[i:i + 1] for i in range(len(frames))],
                  [frames[:13], frames[13:]]):
        for p in piece:
            c.sock.sendall(p)
        expect(struct.unpack("=I", c.read(4))[0], n, "size")
        expect(len(c.read(n * 184)), n * 184, "array")
        expect(c.read(8), EVENT, "STOP's answer")
    silent(c, "nothing else")
    c.say(STATES)
    expect(len(c.read(2944)), 2944, "the old array, too")
    expect(c.ask(RELEASE, "II", c.context, 0)[1], 0, "RELEASE")
    card.out()
    s.stop()


def a_cancel_before_the_array_was_sent(build):
    s = Service(build)
    c, k = s.client(), s.client()
    c.version(6)
    c.establish()
    n = size_of(c)
    c.say(WAIT)
    expect(size_of(c), n, "size")
    expect(k.ask(CANCEL, "II", c.context, 0)[1], 0, "CANCEL")
    array_of(c, n)
    expect(c.read(8), CANCELLED, "the cancel comes behind the array")
    silent(c, "and once")
    s.stop()


def versions_change_nothing_but_the_frames(build):
    s = Service(build)
    c = s.client()
    for minor, rv in ((6, 0), (4, 0), (7, 0x8010001E), (5, 0), (6, 0)):
        expect(c.version(minor)[2], rv, f"4:{minor}")
        expect(size_of(c) >= 16, True, "it goes on")
    # whoever says nothing is taken for the newest
    q = s.client()
    q.say(WAIT)
    silent(q, "WAIT without a version")
    q.say(STOP)
    expect(q.read(8), EVENT, "STOP")
    # while it waits at 4:6 it asks for an older one, and waits on
    c.say(WAIT)
    n = size_of(c)
    array_of(c, n)
    expect(c.ask(VERSION, "iiI", 4, 4, 0)[2], 0, "4:4 while waiting")
    s.card()
    expect(c.read(8), EVENT, "the event")
    s.stop()


def sixteen_readers_and_each_ones_card(build):
    """The array is full for old clients, and has no end that moves."""
    folder = tempfile.mkdtemp(prefix="scs-readerd.")
    argv = [find_program(build, "scs-readerd"), "--standalone", folder,
            "--ifd", find_program(build, "scs-ifd")]
    for i in range(16):
        argv += ["--virtual", f"Reader {i}"]
    s = Service.__new__(Service)
    s.dir = folder
    proc = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: os.path.exists(f"{folder}/virtual-15.sock"), 60,
                   "sockets")
        wait_until(lambda: all(r[0] for r in Client(s).states()), 60,
                   "all readers")
        c = Client(s)
        c.version(6)
        n = size_of(c)
        names = [r[0] for r in array_of(c, n)]
        expect(names[:16], [f"Reader {i} {i:02X} 00" for i in range(16)],
               "names in their order")
        c.say(WAIT)
        size_of(c)
        array_of(c, n)
        card = Card(f"{folder}/virtual-15.sock")
        expect(c.read(8), EVENT, "the last one's card")
        expect([r[2] != 2 for r in Client(s).states()],
               [False] * 15 + [True], "it alone")
        p = Client(s)
        p.establish()
        expect(p.connect(reader="Reader 15 0F 00"), 0, "connect")
        expect(p.transmit(), (0, b"\x90\x00"), "transmit")
        card.out()
        expect(size_of(c), n, "the size stays")
    finally:
        proc.terminate()
        _, text = proc.communicate(timeout=60)
        shutil.rmtree(folder)
    expect(proc.returncode, 0, "exit: " + text)


CHECKS = [waits_at_4_5, waits_at_4_6, a_cancel_before_the_array_was_sent,
          versions_change_nothing_but_the_frames,
          sixteen_readers_and_each_ones_card]
