# SPDX-License-Identifier: BSD-2-Clause
"""What a program sees change, cancelling, contexts, and what libpcsclite does
with buffers that are too small or not there."""
import ctypes
import threading
import time

from beside_rig import AUTO, DWORD, LONG, READER, State, T1

UNAWARE, IGNORE, CHANGED, UNKNOWN, UNAVAILABLE, EMPTY, PRESENT, EXCLUSIVE, \
    INUSE, MUTE, UNPOWERED = 0, 1, 2, 4, 8, 0x10, 0x20, 0x80, 0x100, 0x200, \
    0x400
PNP = "\\\\?PnP?\\Notification"


def low(answer):
    """Without the count of events, which others have had a part in."""
    return answer[0], *[(s[0] & 0xFFFF, s[1]) for s in answer[1:]]


def states_at_once(t):
    """SCardGetStatusChange without a wait, from each idea of the state."""
    ctx, other = t.lib.context(), t.lib.context()

    def ask(what):
        for current in (UNAWARE, IGNORE, UNKNOWN, UNAVAILABLE, EMPTY, PRESENT,
                        PRESENT | INUSE, PRESENT | EXCLUSIVE,
                        PRESENT | EXCLUSIVE | INUSE, PRESENT | MUTE,
                        PRESENT | UNPOWERED, 0x12, 0x22, 0xFFFF):
            t.say(f"{what}, known {current:#x}",
                  low(t.lib.change(ctx, 0, (READER, current))))
        now = t.lib.change(ctx, 0, (READER, 0))[1][0] & ~CHANGED
        t.say(f"{what}, nothing new", t.lib.change(ctx, 0, (READER, now))[0])
        t.say(f"{what}, another count", low(
            t.lib.change(ctx, 0, (READER, now ^ 0x30000))))
        t.say(f"{what}, another low half", low(
            t.lib.change(ctx, 0, (READER, now ^ 0x30))))
    ask("no card")
    t.card()
    ask("card")
    for share in (1, 2, 3):
        _, h, _ = t.lib.connect(other, share)
        ask(f"card, share {share}")
        t.lib.BeginTransaction(h)
        ask(f"card, share {share}, transaction")
        t.lib.Disconnect(h, 0)
    t.lib.connect(other)
    t.lib.connect(other)
    ask("two connections")
    t.lib.ReleaseContext(other)
    t.puppet.present[0] = False
    t.wait(lambda s: s[2] & 2, "card out")
    t.card(b"")
    ask("mute card")
    t.lib.ReleaseContext(ctx)


def readers_and_names(t):
    ctx = t.lib.context()
    t.say("no reader", t.lib.change(ctx, 0))
    t.say("unknown", t.lib.change(ctx, 0, ("None", 0)))
    t.say("unknown, known to be", t.lib.change(ctx, 0, ("None", 5)))
    t.say("unknown, ignored", t.lib.change(ctx, 0, ("None", IGNORE)))
    t.say("empty name", t.lib.change(ctx, 0, ("", 0)))
    t.say("both", low(t.lib.change(ctx, 0, (READER, 0), ("None", 0))))
    t.say("twice", low(t.lib.change(ctx, 0, (READER, 0), (READER, 0x10))))
    for current in (0, IGNORE, 1 << 16, 2 << 16, UNAWARE):
        t.say(f"plug and play, {current:#x}",
              low(t.lib.change(ctx, 0, (PNP, current))))
    t.say("and the reader", low(t.lib.change(ctx, 0, (PNP, 1 << 16),
                                             (READER, 0))))
    t.say("a name in capitals", t.lib.change(ctx, 0, (READER.upper(), 0))[0])
    t.say("no array", [t.lib.GetStatusChange(ctx, 0, None, n)
                       for n in (0, 1)])
    t.say("17 readers", t.lib.change(ctx, 0, *[(READER, 0)] * 17)[0])
    t.lib.ReleaseContext(ctx)


def waits(t):
    """What wakes who waits, and how a wait ends."""
    ctx, other = t.lib.context(), t.lib.context()

    def while_waiting(what, act, known=None, timeout=4000):
        if known is None:
            known = t.lib.change(ctx, 0, (READER, 0))[1][0] & ~CHANGED
        got = []
        p = threading.Thread(target=lambda: got.append(
            t.lib.change(ctx, timeout, (READER, known))))
        p.start()
        time.sleep(0.3)
        done = act()
        p.join()
        t.say(what, (done, *low(got[0])))
        t.say(what + ", count", (got[0][1][0] >> 16) - (known >> 16))

    def put(on):
        t.puppet.present[0] = on
    while_waiting("nothing", lambda: 0, timeout=500)
    while_waiting("card in", lambda: put(True))
    handle = []
    t.wait(lambda s: s[2] & 0x10, "card in")
    while_waiting("connect", lambda: handle.append(t.lib.connect(other)[1]))
    while_waiting("begin", lambda: t.lib.BeginTransaction(handle[0]),
                  timeout=500)
    while_waiting("transmit", lambda: t.lib.transmit(handle[0])[0],
                  timeout=500)
    while_waiting("disconnect", lambda: t.lib.Disconnect(handle[0], 0))
    while_waiting("exclusive", lambda: handle.append(
        t.lib.connect(other, 1)[1]))
    while_waiting("reset", lambda: t.lib.Disconnect(handle[1], 1))
    while_waiting("card out", lambda: put(False))
    t.wait(lambda s: s[2] & 2, "card out")
    while_waiting("cancel", lambda: t.lib.Cancel(ctx))
    t.say("after a cancel", t.lib.change(ctx, 300, (READER, EMPTY))[0])
    t.say("cancel nothing", t.lib.Cancel(ctx))
    t.say("after that", t.lib.change(ctx, 300, (READER, EMPTY))[0])
    t.say("cancel an unknown context", t.lib.Cancel(1))
    t.lib.ReleaseContext(ctx)
    t.lib.ReleaseContext(other)
    t.say("cancel a released one", t.lib.Cancel(ctx))


def contexts(t):
    for scope in (0, 1, 2, 3, 4, 7):
        c = LONG()
        rv = t.lib.EstablishContext(scope, None, None, ctypes.byref(c))
        t.say(f"scope {scope}", rv)
        if rv == 0:
            t.say(f"scope {scope}, release", t.lib.ReleaseContext(c))
    t.say("nowhere to put it", t.lib.EstablishContext(2, None, None, None))
    a, b = t.lib.context(), t.lib.context()
    t.card()
    _, h, _ = t.lib.connect(a)
    t.say("valid", [t.lib.IsValidContext(x) for x in (a, b, 0, 1, a + 1)])
    t.say("release twice", [t.lib.ReleaseContext(b) for _ in "12"])
    t.say("valid, released", t.lib.IsValidContext(b))
    t.say("calls with it", (t.lib.connect(b)[0],
                            t.lib.change(b, 0, (READER, 0))[0],
                            t.lib.ListReaders(b, None, None, ctypes.byref(
                                DWORD())), t.lib.Cancel(b)))
    t.say("handles that are none", [(
        t.lib.Disconnect(x, 0), t.lib.reconnect(x)[0], t.lib.status(x),
        t.lib.transmit(x)[0], t.lib.control(x)[0], t.lib.BeginTransaction(x),
        t.lib.EndTransaction(x, 0), t.lib.attribute(x, 1)[0])
        for x in (0, 1, h + 1)])
    t.say("disconnect twice", [t.lib.Disconnect(h, 0) for _ in "12"])
    _, h, _ = t.lib.connect(a)
    got = []
    p = threading.Thread(target=lambda: got.append(t.lib.ReleaseContext(a)))
    p.start()
    p.join()
    t.say("released by another thread", (
        got[0], t.lib.status(h), t.lib.transmit(h)[0], t.lib.Disconnect(h, 0),
        t.lib.BeginTransaction(h), t.lib.IsValidContext(a)))
    many = [t.lib.context() for _ in range(64)]
    t.say("64 contexts", [t.lib.ReleaseContext(c) for c in many])
    c = t.lib.context()
    handles = [t.lib.connect(c) for _ in range(205)]
    t.say("205 connections of one", [h[0] for h in handles].count(0))
    t.say("one too many", handles[-1][0])
    t.lib.ReleaseContext(c)


def buffers(t):
    """Lengths asked for with NULL, allocated, one too few, exactly."""
    ctx = t.lib.context()
    t.card()
    _, h, _ = t.lib.connect(ctx)
    for what, f in (
            ("readers", lambda b, n: t.lib.ListReaders(ctx, None, b, n)),
            ("groups", lambda b, n: t.lib.ListReaderGroups(ctx, b, n)),
            ("vendor", lambda b, n: t.lib.GetAttrib(h, 0x10100, b, n)),
            ("name", lambda b, n: t.lib.Status(h, b, n, *[None] * 4)),
            ("answer to reset", lambda b, n: t.lib.Status(
                h, None, None, None, None, b, n))):
        n = DWORD(0)
        t.say(f"{what}: length", (f(None, ctypes.byref(n)), n.value))
        whole = n.value
        for room in sorted({0, 1, 2, max(whole - 1, 0), whole, whole + 1}):
            b, n = ctypes.create_string_buffer(room + 1), DWORD(room)
            t.say(f"{what}: room {room - whole} of what is needed",
                  (f(b, ctypes.byref(n)), n.value, b.raw[:room].hex()))
        p, n = ctypes.c_void_p(), DWORD(AUTO)
        rv = f(ctypes.byref(p), ctypes.byref(n))
        t.say(f"{what}: allocated", (
            rv, n.value, ctypes.string_at(p.value, n.value).hex()
            if rv == 0 and p.value else None))
        t.say(f"{what}: freed", t.lib.FreeMemory(ctx, p) if p.value else None)
        if what not in ("groups", "vendor"):  # libpcsclite crashes
            t.say(f"{what}: no length", f(None, None))
    t.say("reader groups to list", [t.lib.ListReaders(
        ctx, g, None, ctypes.byref(DWORD())) for g in (b"", b"None\0")])
    t.say("transmit into nothing", t.lib.Transmit(
        h, None, b"\0\xa4\4\0", 4, None, None, ctypes.byref(DWORD(10))))
    t.say("transmit nothing", t.lib.Transmit(
        h, None, None, 0, None, ctypes.create_string_buffer(10),
        ctypes.byref(DWORD(10))))
    t.say("no number back", t.lib.Control(h, 0x42000001, b"x", 1,
                                          ctypes.create_string_buffer(9), 9,
                                          None))
    t.say("connect into nothing", [t.lib.Connect(
        ctx, READER.encode(), 2, 3, *x) for x in (
            (None, ctypes.byref(DWORD())), (ctypes.byref(LONG()), None))])
    t.lib.ReleaseContext(ctx)


def many_threads(t):
    """Eight threads with a context each: transactions that count."""
    t.card(T1)
    counter, wrong, inside = [0], [], [0]

    def one():
        ctx = t.lib.context()
        _, h, _ = t.lib.connect(ctx)
        for _ in range(20):
            codes = [t.lib.BeginTransaction(h)]
            inside[0] += 1
            if inside[0] != 1:
                wrong.append("not alone")
            codes.append(t.lib.transmit(h)[0])
            counter[0] += 1
            inside[0] -= 1
            codes.append(t.lib.EndTransaction(h, 0))
            if codes != [0, 0, 0]:
                wrong.append(codes)
        t.lib.Disconnect(h, 0)
        t.lib.ReleaseContext(ctx)
    threads = [threading.Thread(target=one)
               for _ in range(2 if t.side == "theirs" else 8)]
    for p in threads:
        p.start()
    for p in threads:
        p.join()
    t.say("all in turn", (wrong, counter[0] == 20 * len(threads)))


PROBES = [states_at_once, readers_and_names, waits, contexts, buffers,
          many_threads]
