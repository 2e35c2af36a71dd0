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
    """libccid waits for longer than scsd lets a card think. The answer is
    there when the next driver asks something else."""
    chip = w.two_slots.ports[0].interface
    chip.fault = "no answer"
    got = send(w, w.slots[0], echo(30)[0], None)
    expect(got in FAILED, f"the client was told {got}")
    expect(chip.fault is None, "nobody was asked")
    w.wait_file("/tmp/use-bob", r"then 0x8010\w+")
    comes_back(w, w.slots[0])
    w.wait_reader(w.slots[1], True)
    expect(chip.late is None, "the answer did not come after all")
    undisturbed(w, "use-carol")


def they_are_unplugged(w):
    w.two_slots.unplug()
    w.two_parts.unplug()
    for name in (*w.slots, *w.parts):
        w.wait_reader(name, None)


STEPS = (
    a_garbled_answer_fails_its_command_alone,
    an_answer_that_never_comes_costs_one_driver,
    they_are_unplugged,
)
