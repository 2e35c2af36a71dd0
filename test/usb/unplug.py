# SPDX-License-Identifier: BSD-2-Clause
"""Steps of run.py: what becomes of a PIN that the card refused when its reader
loses its driver, is unplugged, or both (doc/adr/0023). With the same card in
the reader all the time, no try is lost that nobody spent.
"""
import re

import stack
from machine import expect
from suspend import presented

WRONG, ANOTHER = "111111", "222222"
VERIFY = b"\0\x20\0\x80\x08"  # with a PIN


def tries(w):
    return int(re.search(r"^pin-tries (\d+)", w.tell("status"), re.M)[1])


def wrong_pin(w, sent, when, pin=WRONG):
    """It is refused, by the card (sent: 1) or from memory (0)."""
    before, left = presented(w), tries(w)
    let_in, out = w.login(pin)
    expect(not let_in, f"{when}: a wrong PIN let alice in:\n{out}")
    got = presented(w) - before, left - tries(w)
    expect(got == (sent, sent), f"{when}: the wrong PIN went to the card "
           f"{got[0]} times and cost {got[1]} tries, not {sent}:\n{out}")


def right_pin(w):
    before = presented(w)
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"the right PIN did not let alice in:\n{out}")
    expect(presented(w) == before + 1, "it was presented "
           f"{presented(w) - before} times")


def replug(w):
    """At once; its card has no power meanwhile."""
    w.unplug()
    w.reader.power_lost()
    w.plug()


def new_driver(w, do):
    """After it the reader has another one, and its card is there again."""
    old = w.usb_ifd()
    do(w)
    w.wait(lambda: (now := w.usb_ifd()) and not set(now) & set(old),
           "a new driver, and the end of the old one")
    w.wait_reader(w.usb, True)
    w.wait_tokens(2)


def signal_driver(w, name):
    w.sh(f"kill -{name} {w.usb_ifd()[0]}")


# ---- the steps

def a_refused_pin_is_remembered_when_the_driver_dies(w):
    wrong_pin(w, 1, "at first")
    new_driver(w, lambda w: signal_driver(w, "KILL"))
    wrong_pin(w, 0, "after the driver's death")
    right_pin(w)


def it_is_forgotten_when_the_reader_is_unplugged(w):
    new_driver(w, replug)
    wrong_pin(w, 1, "plugged in again")


def unplugged_with_a_dead_driver(w):
    def dead(w):
        # so that it hears of both together
        w.sh("kill -STOP $(pidof scs-readerd)")
        signal_driver(w, "KILL")
        replug(w)
        w.sh("kill -CONT $(pidof scs-readerd)")

    new_driver(w, dead)
    wrong_pin(w, 1, "plugged in again, with a new driver")


def unplugged_with_a_stopped_driver(w):
    def stopped(w):
        signal_driver(w, "STOP")
        replug(w)

    new_driver(w, stopped)
    wrong_pin(w, 1, "plugged in again, with a new driver")


def unplugged_before_the_answer_to_the_pin(w):
    """The card has the PIN, and nobody hears what it says."""
    before, left = presented(w), tries(w)

    def cut_off(w):
        w.reader.hold, w.reader.asks = VERIFY, True
        w.sh(f"(echo {ANOTHER} | pamtester -v scs alice authenticate; "
             "echo ended $?) >/tmp/cut-off 2>&1 &")
        w.wait(lambda: w.reader.held, "the PIN at the card")
        replug(w)
        w.reader.hold, w.reader.asks = None, False

    new_driver(w, cut_off)
    said = w.wait_file("/tmp/cut-off", "[^~]*ended [1-9]")[0]
    expect("smart card" in said, f"nobody said why:\n{said}")
    got = presented(w) - before, left - tries(w)
    expect(got == (1, 1), f"the PIN went to the card {got[0]} times and cost "
           f"{got[1]} tries")
    wrong_pin(w, 1, "once more", ANOTHER)
    right_pin(w)


def a_driver_that_cannot_be_started_is_not_taken_for_unplugged(w):
    """The log says what is wrong, and it is tried again."""
    program = w.sh(f"readlink /proc/{w.usb_ifd()[0]}/exe").strip()

    before = len(w.log().splitlines())

    def told(what):
        return [x for x in w.log().splitlines()[before:] if what in x]

    def away(w):
        w.sh(f"mv {program} {program}.away")
        replug(w)
        # each time later
        w.wait(lambda: told("starting it again in 400 ms"), "three attempts")
        w.sh(f"mv {program}.away {program}")
        errors = [x for x in told("was not started: ")
                  if x.startswith("<3>")]
        expect(len(errors) >= 3, "\n".join(told("started")))

    new_driver(w, away)


STEPS = (
    a_refused_pin_is_remembered_when_the_driver_dies,
    it_is_forgotten_when_the_reader_is_unplugged,
    unplugged_with_a_dead_driver,
    unplugged_with_a_stopped_driver,
    unplugged_before_the_answer_to_the_pin,
    a_driver_that_cannot_be_started_is_not_taken_for_unplugged,
)
