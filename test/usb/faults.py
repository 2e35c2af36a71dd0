# SPDX-License-Identifier: BSD-2-Clause
"""Steps of run.py: readers that answer wrongly or not at all. Their client has
a clear error, readers beside them notice nothing, and they come back.
"""
from machine import expect
from slots import echo, send

# what a client may be told then
FAILED = ("then 0x80100016", "then 0x80100017", "then 0x80100069")


def use_of(w, name, reader):
    """A client that must not notice anything."""
    w.sh(f"reader-watch use '{reader}' >/tmp/{name} 2>&1 &")
    w.wait_file(f"/tmp/{name}", "in use")


def undisturbed(w, *names):
    for name in names:
        out = w.sh(f"cat /tmp/{name}")
        expect("then" not in out, f"{name}: {out}")


def comes_back(w, reader):
    command, answer = echo(7)
    w.wait(lambda: send(w, reader, command, None) == answer,
           f"{reader} is itself again")


def a_garbled_answer_fails_its_command_alone(w):
    use_of(w, "use-carol", w.parts[0])
    use_of(w, "use-bob", w.slots[1])
    contactless = w.two_parts.ports[1].interface
    for fault in ("garbage", "an answer longer than it is",
                  "an answer shorter than it is", "half a header",
                  "an empty answer"):
        contactless.fault = fault
        got = send(w, w.parts[1], echo(20)[0], None)
        expect(got in FAILED, f"{fault}: the client was told {got!r}")
        expect(contactless.fault is None, f"{fault}: nobody was asked")
        comes_back(w, w.parts[1])
    # libccid believes this one
    contactless.fault = "another sequence number"
    got = send(w, w.parts[1], echo(21)[0], None)
    expect(got in (*FAILED, echo(21)[1]), f"the client was told {got!r}")
    comes_back(w, w.parts[1])
    undisturbed(w, "use-carol", "use-bob")


def an_answer_that_never_comes_costs_one_driver(w):
    """libccid waits for longer than scsd lets a card think. Of two slots it
    waits as well when their endpoint has stalled."""
    slots, contactless = (d.ports[i].interface for d, i in (
        (w.two_slots, 0), (w.two_parts, 1)))
    slots.fault, contactless.fault = "a stall", "no answer"
    for name, reader in ("stalled", w.slots[0]), ("waits", w.parts[1]):
        w.sh(f"reader-watch send '{reader}' {echo(30)[0].hex()} "
             f">/tmp/{name} 2>&1 &")
    for name in ("stalled", "waits", "use-bob"):
        m = w.wait_file(f"/tmp/{name}", "then 0x8010\\w+")
        expect(m[0] in FAILED, f"{name} was told {m[0]}")
    for reader in (w.slots[0], w.parts[1]):
        comes_back(w, reader)
    w.wait_reader(w.slots[1], True)
    expect(contactless.late is None, "the answer did not come after all")
    undisturbed(w, "use-carol")


def a_reader_that_stalls_is_opened_anew(w):
    """libccid itself goes on failing until the reader is unplugged."""
    old = w.usb_ifd()
    w.two_parts.ports[1].interface.fault = "a stall"
    got = send(w, w.parts[1], echo(20)[0], None)
    expect(got in FAILED, f"the client was told {got!r}")
    comes_back(w, w.parts[1])
    gone = set(old) - set(w.usb_ifd())
    expect(len(gone) == 1, f"drivers that were ended: {gone} of {old}")
    undisturbed(w, "use-carol")


def they_are_unplugged(w):
    w.two_slots.unplug()
    w.two_parts.unplug()
    for name in (*w.slots, *w.parts):
        w.wait_reader(name, None)


STEPS = (
    a_garbled_answer_fails_its_command_alone,
    an_answer_that_never_comes_costs_one_driver,
    a_reader_that_stalls_is_opened_anew,
    they_are_unplugged,
)
