# SPDX-License-Identifier: BSD-2-Clause
"""Frames of protocol 4:4 as no libpcsclite sends them: cut up, joined, of the
wrong size, out of order, with handles of others.
"""
import socket
import struct
import time

from beside_rig import READER
from readerd_rig import (
    BEGIN, CANCEL, CONNECT, CONTROL, Client, DISCONNECT, END, ESTABLISH,
    RECONNECT, RELEASE, STATES, STATUS, STOP, TRANSMIT, VERSION, WAIT)

GET, SET = 15, 16
SIZES = {ESTABLISH: 12, RELEASE: 8, CONNECT: 152, RECONNECT: 24,
         DISCONNECT: 12, BEGIN: 8, END: 12, TRANSMIT: 32, CONTROL: 24,
         STATUS: 8, CANCEL: 8, GET: 280, SET: 280, VERSION: 12}


def fate(c, n, seconds=1.0):
    """What comes of a request: its last number, silence, or the end."""
    c.sock.settimeout(seconds)
    data = b""
    try:
        while len(data) < n:
            part = c.sock.recv(n - len(data))
            if not part:
                return f"closed after {len(data)}"
            data += part
    except TimeoutError:
        return f"silent after {len(data)}"
    except ConnectionError:
        return f"closed after {len(data)}"
    finally:
        c.sock.settimeout(60)
    return struct.unpack("=I", data[-4:])[0] if n >= 4 else data.hex()


def say(c, data):
    try:
        c.sock.sendall(data)
    except OSError:
        pass


def frame(command, body=b"", size=None):
    return struct.pack("=II", len(body) if size is None else size,
                       command) + body


def versions(t):
    for major, minor in ((4, 4), (4, 3), (4, 2), (4, 0), (4, -1), (3, 4),
                         (5, 0), (5, 4), (0, 0), (4, 7), (4, 99)):
        c = Client(t.service)
        rv = c.ask(VERSION, "iiI", major, minor, 0)[2]
        t.say(f"{major}:{minor}", rv)
        t.say(f"{major}:{minor}, then 4:4", c.version(4)[2])
        t.say(f"{major}:{minor}, 4:4, establish", c.establish())
    c = Client(t.service)
    t.say("never", c.establish())
    t.say("late", c.version(4)[2])
    t.card()
    t.say("late, connect", c.connect())
    t.say("in the middle", c.version(4)[2])
    t.say("in the middle, transmit", c.transmit())


def sizes(t):
    """Each command with each wrong size, and commands that there are not."""
    for command, size in SIZES.items():
        for wrong in (0, 1, size - 4, size - 1, size + 1, size + 4,
                      0x7FFFFFFF, 0xFFFFFFFF):
            c = t.raw()
            c.establish()
            say(c, frame(command, bytes(size), wrong))
            t.say(f"command {command}, {wrong:#x} for {size}", fate(c, 1))
            c.close()
    for command in (0, 3, 12, 14, 0x18, 0x99, 0x101, 0x102, 0x103, 0x180,
                    0xFFFFFFFF):
        c = t.raw()
        c.establish()
        say(c, frame(command, bytes(8)))
        t.say(f"no command: {command:#x}", fate(c, 1))
        c.close()
    # the size of those without a body does not matter
    for size in (0, 4, 0xFFFFFFFF):
        c = t.raw()
        say(c, frame(STATES, size=size))
        t.say(f"states, size {size:#x}", fate(c, 16 * 184))


def pieces(t):
    t.card()
    c = t.raw()
    establish = frame(ESTABLISH, struct.pack("=III", 2, 0, 0))
    for b in establish:
        say(c, bytes([b]))
        time.sleep(0.002)
    answer = c.read(12)
    c.context = struct.unpack("=III", answer)[1]
    t.say("byte by byte", struct.unpack("=III", answer)[2])
    t.say("connect", c.connect())
    body = struct.pack("=iIIIIIII", c.card, 2, 16, 5, 2, 16, 258, 0)
    say(c, frame(TRANSMIT, body))
    t.say("a command without its bytes", fate(c, 32, 0.3))
    say(c, b"\x80\x10")
    t.say("half of them", fate(c, 32, 0.3))
    say(c, b"\0\4\0")
    t.say("and the rest", (fate(c, 32), c.read(6).hex()))
    many = frame(STATUS, struct.pack("=iI", c.card, 0)) * 50
    say(c, many)
    t.say("fifty at once", [fate(c, 8) for _ in range(50)].count(0))
    say(c, frame(BEGIN, struct.pack("=iI", c.card, 0))
        + frame(TRANSMIT, body) + b"\x80\x10\0\4\0"
        + frame(END, struct.pack("=iII", c.card, 0, 0))
        + frame(END, struct.pack("=iII", c.card, 0, 0)))
    t.say("a transaction at once", (fate(c, 8), fate(c, 32), c.read(6).hex(),
                                    fate(c, 12), fate(c, 12)))
    say(c, frame(DISCONNECT, struct.pack("=iII", c.card, 0, 0))
        + frame(RELEASE, struct.pack("=II", c.context, 0)))
    t.say("the end at once", (fate(c, 12), fate(c, 8)))
    half = t.raw()
    half.establish()
    half.connect()
    half.begin()
    say(half, frame(TRANSMIT, body)[:20])
    half.close()
    c = t.raw()
    c.establish()
    t.say("who left in the middle", c.connect())


def strange_handles(t):
    t.card()
    a, b = t.raw(), t.raw()
    a.establish()
    b.establish()
    a.connect()
    own, card = a.context, a.card
    for what, context in (("another's", b.context), ("0", 0),
                          ("one too many", own ^ 1)):
        a.context = context
        t.say(f"connect, context {what}", a.connect())
        t.say(f"release, context {what}",
              a.ask(RELEASE, "II", context, 0)[1])
    a.context, a.card = own, card
    t.say("the own one is whole", (a.status(), a.transmit()[0]))
    sent = []  # all, before any answer: pcscd takes two seconds for each
    for command in (RECONNECT, DISCONNECT, BEGIN, END, TRANSMIT, CONTROL,
                    STATUS, GET, SET):
        for what, handle in (("another's", a.card), ("0", 0), ("-1", -1)):
            c = t.raw()
            c.establish()
            body = struct.pack("=i", handle)
            say(c, frame(command, body + bytes(SIZES[command] - 4)))
            sent.append((f"command {command}, card {what}", c,
                         SIZES[command]))
    for what, c, n in sent:
        t.say(what, fate(c, n, 5))
    t.say("the owner goes on", (a.status(), a.transmit()[0]))
    a.ask(DISCONNECT, "iII", a.card, 0, 0)
    say(a, frame(STATUS, struct.pack("=iI", a.card, 0)))
    t.say("after a disconnect", fate(a, 8, 4))
    c = t.raw()
    t.say("connect without a context", c.connect())
    t.say("release without a context", c.ask(RELEASE, "II", 0, 0)[1])
    c.establish()
    first = c.context
    t.say("connect", c.connect())
    t.say("establish twice", c.establish())
    t.say("and the first one's card", c.status())
    t.say("release the first", c.ask(RELEASE, "II", first, 0)[1])
    t.say("release the second", c.ask(RELEASE, "II", c.context, 0)[1])
    t.say("establish after release", c.establish())
    t.say("and connect", c.connect())


def lengths(t):
    t.card()

    def fresh():
        c = t.raw()
        c.establish()
        c.connect()
        return c

    def transmit(c, n, length, room=65548):
        say(c, frame(TRANSMIT, struct.pack("=iIIIIIII", c.card, 2, 16, length,
                                           2, 16, room, 0)) + bytes(n))
        return fate(c, 32)
    for n in (0, 1, 65538, 65544, 65548):
        c = fresh()
        rv = transmit(c, n, n)
        t.say(f"{n} bytes", (rv, c.read(2).hex() if rv == 0 else None))
        c.close()
    for n in (65549, 0x10000000, 0xFFFFFFFF):
        c = fresh()
        t.say(f"{n} bytes", transmit(c, 0, n))
        c.close()
    for room in (2, 65548, 65549, 0xFFFFFFFF):
        c = fresh()
        rv = transmit(c, 5, 5, room)
        t.say(f"room {room:#x}", (rv, c.read(2).hex() if rv == 0 else None))
        c.close()
    for n, room in ((0, 0), (0, 10), (4, 4), (4, 3), (65548, 65548),
                    (65549, 10), (0xFFFFFFFF, 10), (4, 65549),
                    (4, 0xFFFFFFFF)):
        c = fresh()
        say(c, frame(CONTROL, struct.pack("=iIIIII", c.card, 0x42000001, n,
                                          room, 0, 0))
            + bytes(n if n < 65549 else 0))
        rv = fate(c, 24)
        t.say(f"control {n:#x}, room {room:#x}", rv)
        if rv == 0:
            t.say(f"control {n:#x}, room {room:#x}: data", len(c.read(n)))
        c.close()
    for command in (GET, SET):
        for n in (0, 1, 264, 265, 0xFFFFFFFF):
            c = fresh()
            say(c, frame(command, struct.pack("=iI264sII", c.card, 0x10100,
                                              b"x", n, 0)))
            t.say(f"attribute {command}, {n:#x}", fate(c, 280))
            c.close()
    c = t.raw()
    c.establish()
    for name in (b"A" * 128, READER.encode() + b" ", READER.encode()[:-1],
                 READER.encode() + b"\0rest", b"\xff" * 20):
        say(c, frame(CONNECT, struct.pack("=I128sIIiII", c.context, name, 2,
                                          3, 0, 0, 0)))
        t.say(f"name {name[:20]}...{len(name)}", fate(c, 152))


def waiting(t):
    c, d = t.raw(), t.raw()
    c.establish()
    d.establish()
    say(c, frame(STOP))
    t.say("stop without wait", fate(c, 8, 0.5))
    say(c, frame(WAIT))
    t.say("wait: states", fate(c, 16 * 184))
    t.say("wait: and no more", fate(c, 1, 0.3))
    say(c, frame(STOP))
    t.say("stop", fate(c, 8))
    say(c, frame(STOP))
    t.say("stop again", fate(c, 8, 0.3))
    say(c, frame(WAIT))
    fate(c, 16 * 184)
    k = Client(t.service)
    t.say("cancel from a bare connection",
          k.ask(CANCEL, "II", c.context, 0)[1])
    t.say("who waited", fate(c, 8))
    t.say("cancel who does not wait", k.ask(CANCEL, "II", c.context, 0)[1])
    t.say("cancel nobody", k.ask(CANCEL, "II", 1, 0)[1])
    t.say("cancel context 0", k.ask(CANCEL, "II", 0, 0)[1])
    t.say("cancel oneself", c.ask(CANCEL, "II", c.context, 0)[1])
    say(c, frame(WAIT))
    fate(c, 16 * 184)
    t.say("cancel oneself while waiting", (
        say(c, frame(CANCEL, struct.pack("=II", c.context, 0))),
        [fate(c, 8), fate(c, 8)])[1])
    say(c, frame(WAIT))
    fate(c, 16 * 184)
    t.card()
    t.say("card in", fate(c, 8, 5))
    t.say("once", fate(c, 1, 0.3))
    say(c, frame(STOP))
    t.say("stop after the event", fate(c, 8, 0.3))
    # a whole conversation while it waits
    say(c, frame(WAIT))
    fate(c, 16 * 184)
    say(c, frame(STATES))
    t.say("states while waiting", fate(c, 16 * 184))
    say(c, frame(WAIT))
    t.say("wait while waiting", fate(c, 16 * 184, 0.5))


def queued(t):
    """Requests behind one that has to wait."""
    t.card()
    a, b = t.raw(), t.raw()
    for c in (a, b):
        c.establish()
        c.connect()
    a.begin()
    say(b, frame(RECONNECT, struct.pack("=iIIIII", b.card, 2, 3, 0, 0, 0))
        * 2 + frame(STATUS, struct.pack("=iI", b.card, 0)))
    time.sleep(0.2)
    t.say("the holder goes on", a.transmit()[0])
    t.say("and ends", a.end())
    b.sock.shutdown(socket.SHUT_WR)
    t.say("who wrote and closed is still answered, or is not",
          fate(b, 24) in (0, 0x8010000B, "closed after 0"))
    t.say("the holder is whole", (a.begin(), a.transmit()[0], a.end()))
    c = t.raw()
    c.establish()
    say(c, frame(CONNECT, struct.pack("=I128sIIiII", c.context,
                                      READER.encode(), 2, 3, 0, 0, 0)))
    c.close()
    t.say("who left before the answer", (a.status(), a.transmit()[0]))


PROBES = [versions, sizes, pieces, strange_handles, lengths, waiting, queued]
