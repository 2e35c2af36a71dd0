# SPDX-License-Identifier: BSD-2-Clause
"""What a program does with a card through libpcsclite, call by call: who is
connected how, resets, transactions, commands, the reader's own commands."""
import threading
import time

from beside_rig import (ABSENT, BOTH, COMMUNICATION, CONTROL, GET, OK, POWER,
                        PROTOCOL, READER, SET, T0, T1, TRANSMIT, UNSUPPORTED,
                        WARM)

SHARES, PROTOCOLS = (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 7, 8, 0x1000)
FEATURES = 0x42000D48  # CM_IOCTL_GET_FEATURE_REQUEST
VERIFY, TLV, ESCAPE = 0x42330006, 0x42330012, 0x42000001


def connections(t):
    """Each share mode and protocol, with each kind of card and without."""
    ctx = t.lib.context()
    t.say("unknown reader", t.lib.connect(ctx, reader="None")[0])
    t.say("empty name", t.lib.connect(ctx, reader="")[0])
    for what, atr in (("none", None), ("T=1", T1), ("T=0", T0),
                      ("both", BOTH)):
        if atr:
            t.card(atr)
        for share in SHARES:
            for p in PROTOCOLS:
                rv, h, active = t.lib.connect(ctx, share, p)
                t.say(f"card {what}, share {share}, protocols {p:#x}",
                      (rv, active if rv == 0 else None,
                       t.lib.status(h) if rv == 0 else None))
                if rv == 0:
                    # or the next one would get this one's protocol
                    t.say(f"card {what}, share {share}, protocols {p:#x}: "
                          "disconnect", t.lib.Disconnect(h, 1))
        if atr:
            t.out()
    t.lib.ReleaseContext(ctx)


ODD = {
    "a byte too many": "3b0000", "historical bytes": "3b02abcd",
    "wrong TCK": "3b80018f", "no TCK": "3b8001",
    "historical bytes missing": "3b0fab", "TCK that is not due": "3b02abcd00",
    "TA1 11": "3b9011800100", "TA1 96": "3b9096800187",
    "specific T=0": "3b90111000", "specific T=1": "3b901111 01 91",
    "T=0 and T=15": "3b801f435c", "T=14 alone": "3b800e8e",
    "T=15 alone": "3b800f8f", "inverse": "3f00",
    "T=1 before T=0": "3b80810000", "33 bytes": "3b1f" + "11" * 31,
    "contactless": "3b8f8001804f0ca000000306030001000000006a",
}


def odd_answers_to_reset(t):
    """What a card with a strange answer to reset is taken for."""
    ctx = t.lib.context()
    for what, atr in ODD.items():
        t.card(bytes.fromhex(atr.replace(" ", "")))
        for p in (3, 1, 2, 4):
            rv, h, active = t.lib.connect(ctx, 2, p)
            t.say(f"{what}, protocols {p}", (rv, active if rv == 0 else None,
                  t.lib.status(h) if rv == 0 else None,
                  t.lib.transmit(h, protocol=active) if rv == 0 else None))
            if rv == 0:
                t.lib.Disconnect(h, 1)
        t.out()
    t.lib.ReleaseContext(ctx)


def direct_and_raw(t):
    """RAW, and a direct connection, beside one with a protocol."""
    t.card(BOTH)
    a, b = t.lib.context(), t.lib.context()
    for first in (1, 2, 4, 7):
        for share, second in ((3, 0), (3, 3), (3, 4), (3, 7), (2, 4)):
            _, h, p = t.lib.connect(a, 2, first)
            rv, h2, p2 = t.lib.connect(b, share, second)
            what = f"{first}, then share {share} of {second}"
            t.say(what, (p, rv, p2 if rv == 0 else 0, t.lib.status(h)))
            t.say(what + ": both transmit", [
                (t.lib.transmit(x, protocol=q)) for x in (h, h2)
                for q in (p, p2, 4)])
            t.lib.Disconnect(h2, 0)
            t.say(what + ": the first goes on", t.lib.transmit(h, protocol=p))
            t.lib.Disconnect(h, 1)
    for p in (0, 1, 2, 3, 4, 7):
        _, h, active = t.lib.connect(a, 3, p)
        t.say(f"direct {p}", (active, t.lib.status(h), t.lib.transmit(
            h, protocol=4), t.lib.transmit(h, protocol=1)))
        t.say(f"direct {p}, to shared", (t.lib.reconnect(h, 2, 3, 0),
                                        t.lib.status(h)))
        t.say(f"direct {p}, in a transaction", (
            t.lib.BeginTransaction(h), t.lib.EndTransaction(h, 0)))
        t.lib.Disconnect(h, 1)
    t.lib.ReleaseContext(a)
    t.lib.ReleaseContext(b)


def two_connections(t):
    """Each second connection beside each first."""
    t.card(BOTH)
    a, b = t.lib.context(), t.lib.context()
    for first in (1, 2, 3):
        for second in (1, 2, 3):
            for p in (1, 2, 3):
                rv, h, active = t.lib.connect(a, first, 3)
                rv2, h2, active2 = t.lib.connect(b, second, p)
                what = f"share {first} then {second}, protocols {p}"
                t.say(what, (rv, active, rv2, active2 if rv2 == 0 else None))
                if rv2 == 0:
                    t.lib.Disconnect(h2, 0)
                t.say(what + ", end", t.lib.Disconnect(h, 1))
    t.lib.ReleaseContext(a)
    t.lib.ReleaseContext(b)


def protocol_of_who_has_left(t):
    """pcscd powers a card down that nobody uses, and then any will do."""
    t.card(BOTH)
    ctx = t.lib.context()
    for first, second in ((2, 1), (1, 2), (2, 3), (1, 3)):
        _, h, _ = t.lib.connect(ctx, 2, first)
        t.say(f"{first}", (t.lib.transmit(h, protocol=first)[0],
                           t.lib.Disconnect(h, 0)))
        time.sleep(2)
        rv, h, active = t.lib.connect(ctx, 2, second)
        t.say(f"{first}, later {second}", (rv, active))
        t.lib.Disconnect(h, 1)
    t.lib.ReleaseContext(ctx)


def reconnections(t):
    """From each share mode to each, with each initialization."""
    ctx = t.lib.context()
    t.card(BOTH)
    for share in (1, 2, 3):
        for to in SHARES:
            for how in (0, 1, 2, 3, 4):
                for p in (0, 1, 2, 3, 4):
                    _, h, _ = t.lib.connect(ctx, share, 3)
                    before = t.puppet.count(POWER, WARM)
                    t.say(f"{share} to {to}, initialization {how}, {p}",
                          (t.lib.reconnect(h, to, p, how),
                           t.lib.status(h)[0],
                           t.puppet.count(POWER, WARM) - before))
                    t.lib.Disconnect(h, 1)
    t.lib.ReleaseContext(ctx)


def a_reset_and_the_others(t):
    """What each call says after somebody else has reset the card."""
    t.card()
    a, b = t.lib.context(), t.lib.context()
    for what, reset in (
            ("reconnect", lambda h: t.lib.reconnect(h, how=1)),
            ("cold reconnect", lambda h: t.lib.reconnect(h, how=2)),
            ("disconnect", lambda h: t.lib.Disconnect(h, 1)),
            ("unpower", lambda h: t.lib.Disconnect(h, 2)),
            ("eject", lambda h: t.lib.Disconnect(h, 3)),
            ("end", lambda h: (t.lib.BeginTransaction(h),
                               t.lib.EndTransaction(h, 1)))):
        calls = {
            "status": lambda h: t.lib.status(h),
            "transmit": lambda h: t.lib.transmit(h)[0],
            "begin": lambda h: (t.lib.BeginTransaction(h),
                                t.lib.EndTransaction(h, 0)),
            "end": lambda h: t.lib.EndTransaction(h, 0),
            "control": lambda h: t.lib.control(h)[0],
            "attribute": lambda h: t.lib.attribute(h, 0x10100)[0],
            "unset": lambda h: t.lib.SetAttrib(h, 0x10100, b"x", 1),
        }
        _, mine, _ = t.lib.connect(a)
        others = {name: t.lib.connect(b)[1] for name in calls}
        t.say(what, reset(mine))
        for name, call in calls.items():
            t.say(f"{what}, then {name}", call(others[name]))
        t.say(f"{what}, the one that did it", t.lib.status(mine)[0])
        for name, other in others.items():
            t.say(f"{what}, {name}, reconnect",
                  (t.lib.reconnect(other), t.lib.status(other)))
            t.lib.Disconnect(other, 0)
        t.say(f"{what}, end", t.lib.Disconnect(mine, 0))
        t.out()
        t.card()
    t.lib.ReleaseContext(a)
    t.lib.ReleaseContext(b)


def transactions(t):
    t.card()
    a, b = t.lib.context(), t.lib.context()
    _, h, _ = t.lib.connect(a)
    _, h2, _ = t.lib.connect(b)
    t.say("end without", t.lib.EndTransaction(h, 0))
    t.say("begin twice", [t.lib.BeginTransaction(h) for _ in "12"])
    t.say("end three times", [t.lib.EndTransaction(h, 0) for _ in "123"])
    t.say("end, dispositions", [(t.lib.BeginTransaction(h),
                                 t.lib.EndTransaction(h, d),
                                 t.lib.status(h)[0], t.lib.reconnect(h))
                                for d in (0, 1, 2, 3, 4)])
    t.say("end, after a wrong disposition", t.lib.EndTransaction(h, 0))
    t.lib.reconnect(h2)
    t.lib.BeginTransaction(h)
    t.say("others end it", t.lib.EndTransaction(h2, 0))
    t.say("others end it with reset", t.lib.EndTransaction(h2, 1))
    t.say("others leave meanwhile", t.lib.Disconnect(h2, 0))
    t.say("the owner's command", t.lib.transmit(h))
    t.say("it disconnects inside", t.lib.Disconnect(h, 0))
    _, h, _ = t.lib.connect(a)
    t.say("end after that", t.lib.EndTransaction(h, 0))
    t.lib.BeginTransaction(h)
    resets = t.puppet.count(POWER, WARM)
    t.say("release inside", t.lib.ReleaseContext(a))
    rv, h2, _ = t.lib.connect(b)
    t.say("then the card was reset", (rv, t.puppet.count(POWER, WARM)
                                      - resets > 0))
    t.say("and is whole", t.lib.transmit(h2))
    t.lib.ReleaseContext(b)


def others_wait_for_a_transaction(t):
    """Who waits is served after it, with what code, by which call."""
    t.card()
    a, b = t.lib.context(), t.lib.context()
    for end in (0, 1):
        for name, call in (
                ("begin", lambda h: t.lib.BeginTransaction(h)),
                ("transmit", lambda h: t.lib.transmit(h)[0]),
                ("reconnect", lambda h: t.lib.reconnect(h)[0]),
                ("reset", lambda h: t.lib.reconnect(h, how=1)[0]),
                ("control", lambda h: t.lib.control(h)[0]),
                ("attribute", lambda h: t.lib.attribute(h, 0x10100)[0]),
                ("disconnect", lambda h: t.lib.Disconnect(h, 1))):
            _, h, _ = t.lib.connect(a)
            _, h2, _ = t.lib.connect(b)
            t.lib.reconnect(h)
            t.lib.reconnect(h2)
            t.lib.BeginTransaction(h)
            got = []
            p = threading.Thread(target=lambda: got.append(call(h2)))
            p.start()
            time.sleep(0.3)
            t.say(f"ends with {end}", t.lib.EndTransaction(h, end))
            p.join()
            t.say(f"ends with {end}, who waited to {name}", got[0])
            t.lib.EndTransaction(h2, 0)
            t.lib.Disconnect(h, 0)
            t.lib.Disconnect(h2, 0)
    t.lib.ReleaseContext(a)
    t.lib.ReleaseContext(b)


def commands(t):
    t.card()
    ctx = t.lib.context()
    _, h, _ = t.lib.connect(ctx)
    for n in (1, 2, 3, 4, 5, 255, 261, 4096, 65535, 65544, 65548, 65549):
        t.say(f"{n} bytes", t.lib.transmit(h, b"\0\xa4" + bytes(n - 2)
                                           if n > 1 else b"\0"))
    for n in (0, 1, 254, 255, 256, 257, 32767, 65533, 65534, 65535):
        t.say(f"{n} bytes back",
              t.lib.transmit(h, b"\x80\x10" + n.to_bytes(2, "big")))
    for room in (0, 1, 2, 3, 5, 6, 7):
        t.say(f"room for {room} of 6", t.lib.transmit(h, b"\x80\x10\0\4",
                                                      room=room))
    for p in (0, 1, 2, 3, 4, 8, 0x1000):
        t.say(f"protocol {p}", t.lib.transmit(h, protocol=p))
    t.puppet.seen.clear()
    t.lib.transmit(h, protocol=4)
    t.say("raw, as the driver sees it",
          [(call, arg, data.hex()) for call, arg, data in t.puppet.seen])
    for n in (0, 1):
        t.puppet.answer[TRANSMIT] = lambda *_: (OK, b"\x90"[:n])
        t.say(f"the card says {n} bytes", t.lib.transmit(h))
    # not 617, no such device: it ends the reader, each in its own time
    for code in (COMMUNICATION, UNSUPPORTED, 600, 607, 613, 618, ABSENT):
        t.puppet.answer[TRANSMIT] = lambda *_: (code, b"")
        t.say(f"the driver says {code}", t.lib.transmit(h))
        t.say(f"the driver says {code}, after", t.lib.status(h)[0])
    t.lib.ReleaseContext(ctx)
    t.out()
    time.sleep(1)  # pcscd believes the driver, until it looks itself


def the_card_does_not_come_up(t):
    ctx = t.lib.context()
    for code, atr in ((COMMUNICATION, b""), (OK, b""), (613, b""),
                      (OK, b"\xff\xff"), (OK, b"\x3b")):
        t.puppet.answer[POWER] = lambda *_: (code, atr)
        t.card()
        what = f"power {code} {atr.hex()}"
        for share, p in ((2, 3), (1, 2), (3, 0), (3, 3)):
            rv, h, active = t.lib.connect(ctx, share, p)
            t.say(f"{what}: share {share}", rv)
            if rv == 0:
                t.say(f"{what}: share {share}, more", (
                    t.lib.reconnect(h, 2, 3, 1)[0], t.lib.transmit(h)[0],
                    t.lib.control(h)[0], t.lib.Disconnect(h, 0)))
        t.out()
    t.puppet.answer.clear()
    t.puppet.answer[PROTOCOL] = lambda *_: (605, b"")
    t.card(BOTH)
    t.say("protocol refused", t.lib.connect(ctx)[0])
    t.puppet.answer[PROTOCOL] = lambda *_: (UNSUPPORTED, b"")
    t.say("no choice of protocol", t.lib.connect(ctx)[::2])
    t.puppet.answer.clear()
    t.lib.ReleaseContext(ctx)


def removal(t):
    """What each call says after the card has gone, and another has come."""
    a = t.lib.context()
    calls = {
        "status": lambda h: t.lib.status(h),
        "transmit": lambda h: t.lib.transmit(h)[0],
        "begin": lambda h: (t.lib.BeginTransaction(h),
                            t.lib.EndTransaction(h, 0)),
        "end": lambda h: t.lib.EndTransaction(h, 0),
        "end with reset": lambda h: t.lib.EndTransaction(h, 1),
        "control": lambda h: t.lib.control(h),
        "attribute": lambda h: t.lib.attribute(h, 0x10100),
        "reconnect": lambda h: t.lib.reconnect(h),
        "disconnect": lambda h: t.lib.Disconnect(h, 1),
    }
    for share in (2, 3):
        t.card()
        handles = {n: t.lib.connect(a, share, 3)[1] for n in calls}
        t.lib.BeginTransaction(handles["end"])
        t.out()
        for name, call in calls.items():
            t.say(f"share {share}, out, {name}", call(handles[name]))
        t.card()
        for name, call in calls.items():
            t.say(f"share {share}, in, {name}", call(handles[name]))
            t.say(f"share {share}, in, {name}, reconnect",
                  (t.lib.reconnect(handles[name]),
                   t.lib.status(handles[name])))
            t.lib.Disconnect(handles[name], 0)
        t.out()
    t.lib.ReleaseContext(a)


def the_reader_itself(t):
    """SCardControl and attributes: direct without a card, shared with one."""
    ctx = t.lib.context()
    tlv = bytes.fromhex("0604423300061204423300120104") + b"\x42\x33\0\x01"
    pin = bytes(24)

    def control(slot, code, data, room):
        if code == FEATURES:
            return OK, tlv
        if code == VERIFY:
            return OK, b"\x90\x00" if data == pin else b"\x6f\x00"
        if code == TLV:
            return OK, bytes.fromhex("0304000100000b02ffff")
        if code == ESCAPE:
            return OK, data[::-1]
        return code - 0x42000000 & 0xFFFF, b""
    for share in (3, 2, 1):
        if share == 2:
            t.card()
        rv, h, active = t.lib.connect(ctx, share, 0 if share == 3 else 3)
        t.puppet.answer[CONTROL] = control
        t.say(f"{share}: connect", (rv, active))
        t.say(f"{share}: features", t.lib.control(h, FEATURES, b""))
        t.say(f"{share}: properties", t.lib.control(h, TLV, b""))
        t.say(f"{share}: verify", t.lib.control(h, VERIFY, pin))
        t.say(f"{share}: escape", t.lib.control(h))
        t.say(f"{share}: nothing", t.lib.control(h, ESCAPE, b""))
        for room in (0, 1, 3, 4, 5):
            t.say(f"{share}: room {room}", t.lib.control(h, room=room))
        for n in (261, 4096, 65536, 65548, 65549):
            t.say(f"{share}: {n} bytes",
                  t.lib.control(h, data=bytes(n), room=65548)[:2])
        for code in (600, 601, 606, 607, 612, 613, 614, 616, 618):
            t.say(f"{share}: the driver says {code}",
                  t.lib.control(h, 0x42000000 + code))
        attributes(t, share, h)
        t.lib.Disconnect(h, 0)
    t.lib.ReleaseContext(ctx)


def attributes(t, share, h):
    for tag in (0x10100, 0x10101, 0x10102, 0x10103, 0x20110, 0x30120, 0x30121,
                0x30122, 0x30125, 0x40131, 0x50140, 0x60150, 0x80201, 0x80202,
                0x90300, 0x90301, 0x90302, 0x90303, 0x90304, 0x7A008, 0x7A009,
                0x7FFF0001, 0x7FFF0003, 0x7FFF0004, 0x7FFF0005, 0, 0x0FB3,
                0x0303, 0xFFFFFFFF):
        t.say(f"{share}: attribute {tag:#x}", t.lib.attribute(h, tag))
    for room in (0, 1, 6, 7, 8, 263, 264, 265, 300):
        t.say(f"{share}: vendor name, room {room}",
              t.lib.attribute(h, 0x10100, room))
    t.puppet.answer[GET] = lambda s, tag, *_: (OK, bytes(264))
    t.say(f"{share}: 264 bytes", t.lib.attribute(h, 0x10100, 264))
    for code in (601, 606, 612, 614, 618):
        t.puppet.answer[GET] = lambda s, tag, *_: (code, b"")
        t.say(f"{share}: get, the driver says {code}",
              t.lib.attribute(h, 0x10100))
    del t.puppet.answer[GET]
    for code in (0, 600, 601, 602, 606, 612, 614):
        t.puppet.answer[SET] = lambda *_: (code, b"")
        t.say(f"{share}: set, the driver says {code}",
              t.lib.SetAttrib(h, 0x10100, b"x", 1))


PROBES = [connections, odd_answers_to_reset, direct_and_raw, two_connections,
          protocol_of_who_has_left, reconnections, a_reset_and_the_others,
          transactions, others_wait_for_a_transaction, commands,
          the_card_does_not_come_up, removal, the_reader_itself]
