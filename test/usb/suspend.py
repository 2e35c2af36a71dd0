# SPDX-License-Identifier: BSD-2-Clause
"""The machine sleeps, and every card in it loses its power: to RAM, where the
clocks tell it, and to idle, where here nothing does. A clock that is set and a
machine that is stopped are no sleep.
"""
import re
import time

import stack
from machine import expect
from world import GONE

BEGINS_ANEW = "the machine was suspended: the reader begins anew"
PART = "Gemalto"


class Session:
    """A program of ours that logs in to the USB reader's card and stays."""
    made = 0

    def __init__(self, w):
        Session.made += 1
        self.w, self.path = w, f"/tmp/session{Session.made}"
        w.sh(f"mkfifo {self.path}; scs-session {PART} {stack.PIN} "
             f"<{self.path} >{self.path}.out 2>&1 &\n"
             # keeps it open between two lines
             f"sleep 100000 >{self.path} & echo $! >{self.path}.pid")
        self.heard = 0
        expect(self.next() == "login: success", "no session")

    def next(self):
        self.heard += 1
        lines = self.w.wait(lambda: (x := self.w.sh(
            f"cat {self.path}.out").splitlines())[self.heard - 1:] and x,
            "what the session says")
        return lines[self.heard - 1]

    def sign(self):
        self.w.sh(f"echo >{self.path}")
        return self.next().removeprefix("sign: ")

    def end(self):
        self.w.sh(f"kill $(cat {self.path}.pid)")


def presented(w):
    """How often a PIN went to the USB reader's card."""
    return len(re.findall(r"^\d+ \w\w2000\w\w in=[1-9]", w.tell("trace"), re.M))


def begun_anew(w):
    return w.log().count(BEGINS_ANEW)


def asleep(w):
    """How long the machine has been, as its kernel counts, in seconds."""
    out = w.sh("sed -n 's/^now at \\([0-9]*\\) nsecs/\\1/p' /proc/timer_list; "
               "cut -d' ' -f1 /proc/uptime").split()
    return float(out[1]) - int(out[0]) / 1e9


def sleep_to_ram(w):
    w.sh("echo deep >/sys/power/mem_sleep; (sleep 1; echo mem >/sys/power/state;"
         " echo AWAKE >/dev/ttyS1) >/dev/null 2>&1 &")
    w.wait(lambda: w.m.monitor.ask("query-status")["status"] == "suspended",
           "sleep")
    w.reader.power_lost()
    time.sleep(3)  # its clock that runs meanwhile counts seconds
    w.m.monitor.ask("system_wakeup")
    expect(w.m.line(60) == "AWAKE", "it did not wake up")


def the_pin_does_not_outlive_the_cards_power(w, session):
    """However often its session asks, nobody presents the PIN again but a
    person."""
    before = presented(w)
    for _ in range(3):
        said = session.sign()
        expect(said in ("the card was removed or reset",
                        "the PIN has not been presented"),
               f"without the PIN: {said}")
    session.end()
    expect(presented(w) == before, "the PIN was presented by itself")
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"no login after the machine slept:\n{out}")
    expect(presented(w) == before + 1, "a login presented the PIN "
           f"{presented(w) - before} times")
    session = Session(w)
    expect(session.sign() == "success", "no new session can sign")
    session.end()


# ---- the steps

def the_machine_sleeps_to_ram_and_every_reader_begins_anew(w):
    session = Session(w)
    w.sh(f"reader-watch use {PART} >/tmp/use-usb 2>&1 &")
    w.wait_file("/tmp/use-usb", "in use")
    expect(session.sign() == "success", "it cannot sign")
    w.sh("echo -n >/tmp/events")
    slept, drivers = asleep(w), set(w.ifds())
    sleep_to_ram(w)
    slept = asleep(w) - slept
    expect(slept > 1, f"it slept for {slept:.3f} s")
    w.wait(lambda: begun_anew(w) == len(drivers), "each driver's last word")
    m = w.wait_file("/tmp/use-usb", r"used \d+ times, then (0x\w+)")
    expect(m[1] in GONE, f"the client of the reader was told {m[1]}")
    for what in ("gone", "there", "card in"):
        w.wait_file("/tmp/events", f"{re.escape(w.usb)}: {what}")
    w.wait_reader(w.usb, True)
    w.wait_reader(w.other, True)
    w.wait_tokens(2)
    expect(len(w.ifds()) == len(drivers), f"drivers: {w.ifds()}")
    expect(not drivers & set(w.ifds()), "a driver of before")
    the_pin_does_not_outlive_the_cards_power(w, session)


def nothing_tells_that_it_slept_but_the_card(w):
    """To idle: here the clocks go on. The controller loses its power."""
    session = Session(w)
    expect(session.sign() == "success", "it cannot sign")
    w.sh("dmesg -c >/dev/null; echo enabled >/sys/class/tty/ttyS1/power/wakeup;"
         " (sleep 1; echo freeze >/sys/power/state) >/dev/null 2>&1 &")
    time.sleep(4)
    w.reader.power_lost()
    w.m.port.sendall(b"\n")  # wakes it, and is an empty script
    expect(w.m.line(60) == "END 0", "it did not wake up")
    log = w.kernel_log_with("PM: suspend exit")
    expect("lost power" in log, f"the USB controller did not sleep:\n{log}")
    the_pin_does_not_outlive_the_cards_power(w, session)
    w.wait_reader(w.usb, True)
    w.wait_tokens(2)


def nothing_happens(w, what, do):
    """What is no sleep ends no driver and no session."""
    session, drivers, times = Session(w), w.ifds(), begun_anew(w)
    before = presented(w)
    do()
    expect(session.sign() == "success", f"{what}: the session has ended")
    expect(presented(w) == before, f"{what}: the PIN was presented again")
    expect(w.login(stack.PIN)[0], f"{what}: no login")
    expect(begun_anew(w) == times and w.ifds() == drivers,
           f"{what}: a driver was ended")
    session.end()


def a_clock_that_is_set_is_no_sleep(w):
    def jump(hours):
        # again and again: once may be while a driver hears of the time before
        w.sh("i=0; while [ $i -lt 20 ]; do i=$((i+1)); date -s @$(($(date +%s) "
             f"+ {hours} * 180)); done")

    nothing_happens(w, "an hour later", lambda: jump(1))
    nothing_happens(w, "an hour earlier", lambda: jump(-1))


def a_machine_that_is_stopped_does_not_sleep(w):
    def stop():
        w.m.monitor.ask("stop")
        time.sleep(3)
        w.m.monitor.ask("cont")

    nothing_happens(w, "stopped for 3 s", stop)


STEPS = (
    a_clock_that_is_set_is_no_sleep,
    a_machine_that_is_stopped_does_not_sleep,
    # and that it was set is no end of noticing a sleep
    the_machine_sleeps_to_ram_and_every_reader_begins_anew,
    nothing_tells_that_it_slept_but_the_card,
)
