#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""PC/SC clients that are stopped (SIGSTOP), wherever they are: a login comes
through, other clients are served, and who goes on hears what became of the
card meanwhile.

usage: stopped.py BUILD [START-OF-ROW ...]
"""
import os
import signal
import socket
import struct
import sys

import busy
import stack
from readerd_rig import (Closed, REMOVED, RESET, SHARING, STATES, TRANSMIT,
                         WAIT)

EXCLUSIVE, SHARED = 1, 2
SELECT = b"\0\xa4\4\0\5\xa0\0\0\3\x08\0"


class Peer(busy.Pcsc):
    """What only a client that gets stopped does."""

    def say_half(self, apdu=SELECT):
        body = struct.pack("=iIIIIIII", self.card, 2, 16, len(apdu), 2, 16,
                           65548, 0)
        frame = struct.pack("=II", len(body), TRANSMIT) + body + apdu
        self.rest = frame[len(frame) // 2:]
        self.sock.sendall(frame[:len(frame) // 2])

    def say_rest(self):
        self.sock.sendall(self.rest)
        return self.hear_transmit()[0]

    def ask_until_full(self):
        """Asks, and reads no answer, until nobody takes more questions."""
        frame, self.asked, sent = struct.pack("=II", 0, STATES), 0, 0
        self.sock.settimeout(2)
        try:
            while self.asked < 1000000:
                sent += self.sock.send(frame[sent:])
                if sent == len(frame):
                    self.asked, sent = self.asked + 1, 0
        except (TimeoutError, ConnectionError):
            pass
        self.rest = frame[sent:] if sent else b""
        return self.asked

    def read_all(self):
        """The answers to all that was asked, or the end; both are right, and
        the last answer is of now."""
        self.sock.settimeout(60)
        try:
            for _ in range(self.asked):
                state = self.state(self.hear(STATES, 16 * 184)[:184])
        except Closed:
            return "closed"
        return state[1]

    def wait(self):
        self.version(4)
        self.say(WAIT)
        return len(self.read(16 * 184))

    def hear_event(self):
        return struct.unpack("=II", self.hear(WAIT, 8))[1]


class Stopped:
    """A client in a process of its own, which does what it is told."""

    def __init__(self, s, share=SHARED):
        self.line, theirs = socket.socketpair()
        self.line.settimeout(120)
        self.pid = os.fork()
        if self.pid == 0:
            self.line.close()
            try:
                self.obey(Peer(s).open(share), theirs)
            finally:
                os._exit(1)
        theirs.close()
        self.ask("0")

    @staticmethod
    def obey(p, line):
        while what := line.recv(1000):
            try:
                value = eval(what.decode(), {"p": p})
            except Exception as e:
                value = f"{type(e).__name__}: {e}"
            line.sendall(repr(value).encode())
        os._exit(0)

    def ask(self, what):
        self.line.sendall(what.encode())
        answer = self.line.recv(1000).decode()
        if not answer:
            raise stack.Failure(f"the client ended at {what}")
        return eval(answer)

    def expect(self, what, *wanted):
        got = self.ask(what)
        if got not in wanted:
            raise stack.Failure(f"{what}: {got!r}, not {wanted}")

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        with open(f"/proc/{self.pid}/stat") as f:
            stack.wait_until(lambda: f.seek(0) or f.read().rsplit(") ")[1][0]
                             == "T", 60, "the client's stop")

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def end(self):
        self.line.close()
        os.kill(self.pid, signal.SIGCONT)
        os.waitpid(self.pid, 0)


def others_are_served(s):
    p = busy.Pcsc(s).open()
    for what, got in (("status", p.status()), ("transmit", p.transmit()[0]),
                      ("begin", p.begin()), ("end", p.end())):
        if got != 0:
            raise stack.Failure(f"another client's {what}: {got:#x}")
    p.close()


def others_are_refused(s, card):
    """The one that has it alone still does."""
    p = busy.Pcsc(s)
    if p.establish() != 0 or p.connect(SHARED, reader=busy.READER) != SHARING:
        raise stack.Failure("a connection beside an exclusive one")
    p.close()


def row(share, before, slept, after, meanwhile=None):
    """A client connected so does this and is stopped; how many may lose the
    card to a time limit before the login; what it then asks, with the answers
    that are right."""
    def run(s, card):
        c = Stopped(s, share)
        try:
            for what, *wanted in before:
                c.expect(what, *wanted)
            c.stop()
            took = busy.login(s, card, slept)
            (meanwhile or others_are_served)(s, *[card] * bool(meanwhile))
            c.go_on()
            for what, *wanted in after:
                c.expect(what, *wanted)
        finally:
            c.end()
        others_are_served(s)
        busy.login(s, card)
        return took
    return run


def another_insertion(s, card):
    card.tell("remove")
    s.wait_tokens(0)
    card.tell("insert")
    s.wait_tokens(1)
    others_are_served(s)


WORKS = ("p.transmit()[0]", 0)
WAS_RESET = [("p.transmit()[0]", RESET), ("p.reconnect()", 0), WORKS]
ROWS = [
    ("shared", row(SHARED, [], 0, [WORKS])),
    ("shared, and the card changes", row(SHARED, [], 0, [
        ("p.transmit()[0]", REMOVED)], another_insertion)),
    ("exclusive", row(EXCLUSIVE, [], 0, WAS_RESET,
                      others_are_refused)),
    ("in a transaction", row(SHARED, [("p.begin()", 0)], 1, [
        ("p.end()", RESET), *WAS_RESET])),
    ("exclusive, in a transaction", row(EXCLUSIVE, [("p.begin()", 0)], 1,
                                        WAS_RESET, others_are_refused)),
    ("in a transaction and in a frame", row(SHARED, [
        ("p.begin()", 0), ("p.say_half()", None)], 1, [
        ("p.say_rest()", RESET), *WAS_RESET])),
    ("in a frame", row(SHARED, [("p.say_half()", None)], 0, [
        ("p.say_rest()", 0), WORKS])),
    ("before an answer", row(SHARED, [("p.say_transmit(b'\\0\\xa4\\4\\0')",
                                       None)], 0, [
        ("p.hear_transmit()[0]", 0), WORKS])),
    ("waiting for news", row(SHARED, [("p.wait()", 16 * 184)], 0, [
        ("p.hear_event()", 0), ("p.transmit()[0]", REMOVED)],
        another_insertion)),
]


def reads_nothing(s, card):
    """It asks until its socket is full, both ways, and the card changes."""
    c = Stopped(s)
    try:
        asked = c.ask("p.ask_until_full()")
        if not isinstance(asked, int) or not 0 < asked < 1000000:
            raise stack.Failure(f"asked without an end: {asked}")
        c.stop()
        took = busy.login(s, card)
        another_insertion(s, card)
        c.go_on()
        c.expect("p.read_all()", "closed", *range(20))
    finally:
        c.end()
    busy.login(s, card)
    return took


ROWS.append(("with a full socket", reads_nothing))


if __name__ == "__main__":
    sys.exit(busy.run(ROWS, *sys.argv[1:]))
