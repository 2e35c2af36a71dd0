# SPDX-License-Identifier: BSD-2-Clause
"""Checks of readerd.py: who has the card and does nothing with it."""
import multiprocessing
import struct
import time

from readerd_rig import BEGIN, HOLD, RESET, Service, TAKE, expect, sleeper


SLEPT = "for 5 s without a command, and others wait"


def given_away(s, why):
    return s.text().count(why)


def a_transaction_without_a_command_ends_when_others_wait(build):
    s = Service(build)
    card = s.card()
    a, b = s.client().open(), s.client().open()
    expect(a.begin(), 0, "BEGIN")
    time.sleep(5.5)
    began = time.monotonic()
    expect(a.transmit()[0], 0, "alone it may sleep")
    b.say(BEGIN, struct.pack("=iI", b.card, 0))
    expect(struct.unpack("=iI", b.hear(BEGIN, 8))[1], RESET, "who waited")
    waited = time.monotonic() - began
    print(f"    served after {waited:.2f} s")
    expect(waited > 4.9, True, f"after {waited:.2f} s")
    expect(given_away(s, SLEPT), 1, "so its sleep has cost it the card")
    expect(2 in card.controls, True, "the card was reset")
    expect(b.reconnect(), 0, "RECONNECT")
    expect((b.begin(), b.transmit()[0], b.end()), (0, 0, 0), "a transaction")
    expect(a.status(), RESET, "the other hears of it")
    expect(a.end(), RESET, "and is in no transaction")
    expect(a.reconnect(), 0, "RECONNECT")
    # never while a command is at the card
    card.answers[0xB0] = lambda _: time.sleep(7) or b"\x90\x00"
    expect(a.begin(), 0, "BEGIN")
    a.say_transmit(b"\0\xb0\0\0")
    b.say(BEGIN, struct.pack("=iI", b.card, 0))
    expect(a.hear_transmit()[0], 0, "a command of 7 s")
    expect(a.end(), 0, "END")
    expect(struct.unpack("=iI", b.hear(BEGIN, 8))[1], 0, "then the other")
    s.stop()


def debians_client_gets_over_it(build):
    s = Service(build)
    s.card()
    ctx = multiprocessing.get_context("spawn")
    go, out = ctx.Event(), ctx.Queue()
    p = ctx.Process(target=sleeper, args=(f"{s.dir}/pcscd.comm", go, out))
    p.start()
    expect(out.get(timeout=60), "began", "SCardBeginTransaction")
    b = s.client().open_when_free()
    go.set()
    expect(out.get(timeout=60), RESET, "SCardEndTransaction")
    p.join()
    expect(b.transmit()[0], 0, "the other's command")
    s.stop()


def many_that_begin_and_sleep_keep_no_login_out(build):
    s = Service(build)
    s.card()
    w = s.client(True).open()
    many = [s.client().open() for _ in range(64)]
    for c in many:
        c.say(BEGIN, struct.pack("=iI", c.card, 0))
    began = time.monotonic()
    expect(w.hold(TAKE)[1], 0, "a login's HOLD")
    waited = time.monotonic() - began
    print(f"    64 in a transaction or waiting for one: {waited:.2f} s")
    expect(given_away(s, SLEPT), 1, "it waited for one of them, not for all")
    expect(w.transmit()[0], 0, "its command")
    expect(w.unhold(), 0, "UNHOLD")
    for c in many:
        c.close()
    s.alive()
    s.stop()


def a_login_does_not_wait_for_ever(build):
    """For one that sends a command each half second, in one transaction."""
    s = Service(build)
    card = s.card()
    w, p = s.client(True).open(), s.client().open()
    expect(p.begin(), 0, "BEGIN")
    w.say(HOLD, struct.pack("=iIIII", w.card, TAKE, 0, 0, 0))
    sent = 0
    while p.transmit()[0] == 0:
        sent += 1
        time.sleep(0.5)
    print(f"    {sent} commands, until the card was taken")
    expect(struct.unpack("=iIIII", w.hear(HOLD, 20))[2::2], (2, 0), "the HOLD")
    expect(given_away(s, "for which a login has waited for 10 s"), 1, "why")
    expect(sent >= 2 and 2 in card.controls, True, "and the card was reset")
    expect(w.transmit()[0], 0, "the login's command")
    expect(w.unhold(), 0, "UNHOLD")
    expect((p.end(), p.reconnect(), p.transmit()[0]), (RESET, 0, 0),
           "the other goes on after RECONNECT")
    s.stop()


def a_stopped_worker_loses_the_card(build):
    s = Service(build)
    card = s.card()
    w, p = s.client(True).open(), s.client().open()
    expect(w.hold()[1], 0, "HOLD")
    time.sleep(5.5)
    began = time.monotonic()
    expect(w.transmit()[0], 0, "while nobody wants it")
    expect(p.transmit()[0], RESET, "another's command")
    waited = time.monotonic() - began
    expect(waited > 4.9, True, f"after {waited:.2f} s")
    expect(given_away(s, "was asked for the card and has not answered for 5 s"),
           1, "which the worker has used up")
    expect(2 in card.controls, True, "the card was reset")
    expect(w.closed_after_wanted(), True, "the worker's connection")
    s.alive()
    s.stop()


CHECKS = [a_transaction_without_a_command_ends_when_others_wait,
          debians_client_gets_over_it,
          many_that_begin_and_sleep_keep_no_login_out,
          a_login_does_not_wait_for_ever,
          a_stopped_worker_loses_the_card]
