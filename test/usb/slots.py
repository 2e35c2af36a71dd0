# SPDX-License-Identifier: BSD-2-Clause
"""Steps of run.py: readers with several slots and several interfaces.

None of them goes through opensc-tool while a reader is unplugged: that of
Debian 12 (0.23) overflows its stack when its reader goes while it tries the
driver of some card (jpki, coolkey): sc_transmit_apdu() calls the driver's
card_reader_lock_obtained(), which calls sc_transmit_apdu(). It does so with
pcscd as well, which gives it the same answers.
"""
import re

import stack
from machine import expect
from world import GONE

SLOTS = "jSolutions s.r.o. Multi SIM card reader 4/8 [Slots] (SCS0003)"
PARTS = "ESMART Reader ER773x Dual & 1S [{}] (SCS0004)"


def numbered(w, name, slot):
    """The reader of that name, with its numbers, or None."""
    for n in w.listed():
        if re.fullmatch(re.escape(name) + f" [0-9A-F]{{2}} {slot}", n):
            return n
    return None


def wait_numbered(w, name, slot="00"):
    return w.wait(lambda: numbered(w, name, slot), f"{name}, slot {slot}")


def send(w, reader, command, status=0):
    """One command by libpcsclite: the answer, or `then CODE`."""
    return w.sh(f"reader-watch send '{reader}' {command.hex()}", status,
                100).strip()


def echo(n):
    """A command of n bytes, and what ccid.Echo answers it."""
    data = bytes(i * 7 + n & 0xFF for i in range(n))
    long = bytes([0, *n.to_bytes(2, "big")]) if n > 255 else bytes([n])
    return (b"\0\xEE\0\0" + long + data + long[:1] * (2 if n > 255 else 1),
            data.hex() + "9000")


def echoed(w, reader, n):
    command, answer = echo(n)
    got = send(w, reader, command)
    expect(got == answer, f"{reader}: an echo of {n} bytes: {got}")


def two_slots_are_two_readers(w):
    w.two_slots.plug()
    w.slots = [wait_numbered(w, SLOTS, x) for x in ("00", "01")]
    w.wait_reader(w.slots[0], True)
    w.wait_reader(w.slots[1], False)
    expect(w.slots[0][:-3] == w.slots[1][:-3], f"two numbers: {w.slots}")
    expect(len(w.usb_ifd()) == 2, "not one driver for both slots")


def a_card_moves_in_one_slot_and_the_other_is_still(w):
    w.sh("echo -n >/tmp/events")
    w.card_in("bob")
    w.wait_reader(w.slots[1], True)
    w.wait_file("/tmp/events", re.escape(w.slots[1]) + ": card in")
    w.two_slots.put(w.echo, False)
    w.wait_reader(w.slots[0], False)
    expect(w.listed()[w.slots[1]], "the other card is out as well")
    w.two_slots.put(w.echo, True)
    w.wait_reader(w.slots[0], True)
    out = w.sh("cat /tmp/events")
    expect(out.count(w.slots[0]) == 2 and out.count(w.slots[1]) == 1,
           f"what a client was told:\n{out}")


def both_slots_answer_at_once(w):
    w.sh(f"reader-watch use '{w.slots[1]}' >/tmp/use-slot 2>&1 &")
    w.wait_file("/tmp/use-slot", "in use")
    for n in (1, 200, 255, 256, 300, 4000):
        echoed(w, w.slots[0], n)
    expect("then" not in w.sh("cat /tmp/use-slot"), "slot 1 was disturbed")


def the_card_in_the_second_slot_lets_its_user_in(w):
    w.wait(lambda: "Bob" in w.sh("sc_auth identities", None), "bob's identity")
    out = w.sh("sc_auth identities")
    key = re.search(r"^([0-9A-F]{40})\t.*PIV Authentication.*Bob", out, re.M)
    expect(key, f"sc_auth identities says:\n{out}")
    w.sh(f"sc_auth pair -u bob -h {key[1]}")
    let_in, out = w.login(stack.PIN, "bob")
    expect(let_in, f"the card in slot 1 did not let bob in:\n{out}")
    expect(not w.login("000000", "bob")[0], "a wrong PIN let bob in")


def a_card_that_thinks_stops_no_other_slot(w):
    """The reader says that two slots may be busy (bMaxCCIDBusySlots), and so
    libccid that they may be called at the same time."""
    w.bob.hold, w.bob.held = True, None
    w.wait(lambda: w.bob.held, "a command at bob's card")
    for n in (12, 300):
        echoed(w, w.slots[0], n)
    w.two_slots.put(w.echo, False)
    w.wait_reader(w.slots[0], False)
    w.two_slots.put(w.echo, True)
    w.wait_reader(w.slots[0], True)
    echoed(w, w.slots[0], 4000)
    expect(w.bob.hold, "bob's card has answered")
    w.two_slots.do(w.bob.release)
    used = w.sh("cat /tmp/use-slot")
    expect("then" not in used, f"slot 1 was disturbed:\n{used}")


def two_interfaces_are_two_readers_with_a_driver_each(w):
    before = w.usb_ifd()
    w.card_in("carol")
    w.two_parts.plug()
    w.parts = [wait_numbered(w, PARTS.format(x))
               for x in ("Contact", "Contactless")]
    for p in w.parts:
        w.wait_reader(p, True)
    new = set(w.usb_ifd()) - set(before)
    expect(len(new) == 2 and set(before) <= set(w.usb_ifd()),
           f"drivers: {before}, then {w.usb_ifd()}")
    for n in (1, 255, 256, 300, 4000):
        echoed(w, w.parts[1], n)


def a_card_that_thinks_stops_no_other_interface(w):
    w.carol.hold = True
    w.sh(f"reader-watch use '{w.parts[0]}' >/tmp/use-part 2>&1 &")
    w.wait(lambda: w.carol.held, "a command at carol's card")
    echoed(w, w.parts[1], 10)
    expect("in use" not in w.sh("cat /tmp/use-part"), "the card did answer")
    w.two_parts.do(w.carol.release)
    w.wait_file("/tmp/use-part", "in use")


def unplugged_takes_all_slots_and_interfaces_away(w):
    w.two_slots.unplug()
    w.two_parts.unplug()
    for name in (*w.slots, *w.parts):
        w.wait_reader(name, None)
    for path in ("slot", "part"):
        m = w.wait_file(f"/tmp/use-{path}", r"then (0x\w+)")
        # libccid's T=1 says of a reader that has gone that it does not answer
        expect(m[1] in (*GONE, "0x80100016"),
               f"a client of the {path} was told {m[1]}")
    expect(len(w.usb_ifd()) == 1, f"drivers left: {w.ifds()}")
    w.two_parts.plug()
    w.two_slots.plug()
    for name, card in zip((*w.slots, *w.parts), (True,) * 4):
        w.wait_reader(name, card)
    w.usb_names = [n for n in w.listed() if n != w.other]
    let_in, out = w.login(stack.PIN, "bob")
    expect(let_in, f"no login after the reader was away:\n{out}")


def without_numbers(names):
    """Another service counts the readers in another order."""
    return sorted(re.sub("[0-9A-F]{2} ([0-9A-F]{2})$", "NN \\1", n)
                  for n in names)


def pcscd_gives_them_the_same_names(w):
    ours = without_numbers(w.usb_names)
    w.sh("mkdir -p /run/pcscd; pcscd --foreground >/tmp/pcscd.log 2>&1 & "
         "echo $! >/tmp/pcscd.pid")
    w.two_slots.plug()
    w.two_parts.plug()
    w.wait(lambda: without_numbers(w.listed()) == ours,
           f"pcscd's readers are {ours}")
    w.sh("kill $(cat /tmp/pcscd.pid)")


STEPS = (
    two_slots_are_two_readers,
    a_card_moves_in_one_slot_and_the_other_is_still,
    both_slots_answer_at_once,
    a_card_that_thinks_stops_no_other_slot,
    the_card_in_the_second_slot_lets_its_user_in,
    two_interfaces_are_two_readers_with_a_driver_each,
    a_card_that_thinks_stops_no_other_interface,
    unplugged_takes_all_slots_and_interfaces_away,
)
