#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""PC/SC clients that keep the card: a login comes through all the same.

Each row: what others do with the card before the login, and how many of them
may lose it for having kept it for five seconds: who need not be waited for is
not. No PIN try is lost.

usage: busy.py BUILD [START-OF-ROW ...]
"""
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

import stack
from readerd_rig import BEGIN, Client, RESET
from token_client import Client as TokenClient, LOGIN, OK

USER = "nobody"
READER = "Busy Reader 00 00"
EXCLUSIVE, SHARED = 1, 2
SELECT_PIV = "00a4040005a00000030800"


class Pcsc(Client):
    """A PC/SC client of the whole service."""

    def __init__(self, s):
        self.dir = f"{s.prefix}/run/pcscd"
        super().__init__(self)

    def open(self, share=SHARED):
        if self.establish() != 0:
            raise stack.Failure("no context")
        # a token worker may be reading the card just now
        stack.wait_until(lambda: self.connect(share, reader=READER) == 0, 60,
                         "a connection")
        return self

    def open_or_not(self):
        """What a connection beside others says; it is closed at once."""
        self.establish()
        rv = self.connect(SHARED, reader=READER)
        self.close()
        return rv


# what scs-readerd says when a time limit takes the card from somebody
LATE = ("the card is reset and given away", "has not answered for 5 s")


def late(s, since):
    """How often that was since the log was so long."""
    return sum(s.log_text()[since:].count(x) for x in LATE)


def at_most(s, since, n):
    if (got := late(s, since)) > n:
        raise stack.Failure(f"{got} lost the card by a time limit, not {n}:\n"
                            f"{s.log_text()[since:]}")


def login(s, card, slept=0):
    began, since = time.monotonic(), len(s.log_text())
    code, out = s.login(USER, stack.PIN)
    took = time.monotonic() - began
    if code != 0:
        raise stack.Failure(f"no login, after {took:.1f} s:\n{out}")
    at_most(s, since, slept)
    if "pin-tries 3" not in card.tell("status"):
        raise stack.Failure("a PIN try was lost: " + card.tell("status"))
    return took


def in_a_transaction(s, card):
    p = Pcsc(s).open()
    if p.begin() != 0:
        raise stack.Failure("no transaction")
    took = login(s, card, 1)
    if p.end() != RESET:
        raise stack.Failure("who slept does not hear of the reset")
    p.close()
    return took


def exclusive(s, card):
    p = Pcsc(s).open(EXCLUSIVE)
    took = login(s, card)
    if p.status() != RESET:
        raise stack.Failure("the exclusive client does not hear of the reset")
    p.close()
    return took


def exclusive_in_a_transaction(s, card):
    p = Pcsc(s).open(EXCLUSIVE)
    if p.begin() != 0:
        raise stack.Failure("no transaction")
    took = login(s, card, 1)
    p.close()
    return took


def many_in_transactions(s, card):
    many = [Pcsc(s).open() for _ in range(64)]
    for p in many:
        p.say(BEGIN, struct.pack("=iI", p.card, 0))
    took = login(s, card, 1)
    for p in many:
        p.close()
    return took


def before_it_was_read(s, card):
    """64 of them have the card before its worker does."""
    card.tell("remove")
    s.wait_tokens(0)
    worker = stack.wait_until(lambda: s.pid_of("scs-tokend"), 60, "tokend")
    os.kill(worker, signal.SIGSTOP)
    card.tell("insert")
    many = [Pcsc(s).open() for _ in range(64)]
    for p in many:
        p.say(BEGIN, struct.pack("=iI", p.card, 0))
    time.sleep(0.5)
    os.kill(worker, signal.SIGCONT)
    began, since = time.monotonic(), len(s.log_text())
    s.wait_tokens(1)
    took = time.monotonic() - began
    at_most(s, since, 1)
    login(s, card, 1)
    for p in many:
        p.close()
    return took


def kept_from_being_read(s, card):
    """An exclusive client has it first, for longer than three workers wait."""
    card.tell("remove")
    s.wait_tokens(0)
    pid = stack.wait_until(lambda: s.pid_of("scs-tokend"), 60, "tokend")
    os.kill(pid, signal.SIGSTOP)
    card.tell("insert")
    p = Pcsc(s).open(EXCLUSIVE)
    os.kill(pid, signal.SIGCONT)
    for _ in range(3):
        s.mark()
        s.wait_log("another program keeps the card")
    p.close()
    s.wait_tokens(1)
    return login(s, card)


def opensc(s, *args):
    return subprocess.Popen(
        ["opensc-tool", *args], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
            **os.environ,
            "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"})


def opensc_ends(p):
    try:
        out, _ = p.communicate(timeout=stack.HANG)
    except subprocess.TimeoutExpired:
        stack.end(p)
        raise stack.Failure(f"{p.args}: not within {stack.HANG} s")
    if p.returncode != 0:
        raise stack.Failure(f"{p.args}: {out}")


def session(s):
    c = TokenClient(s.prefix)
    (t,) = c.wait_tokens(1)
    if c.ask(LOGIN, struct.pack(">Q", t["insertion"]), b"123456")[0] != OK:
        raise stack.Failure("no session")
    return c


def beside_a_session(s, card):
    """opensc-tool while somebody is logged in to the card."""
    c = session(s)
    began, since = time.monotonic(), len(s.log_text())
    for args in (("-a",), ("-n",), ("-s", "00:A4:00:00")):
        opensc_ends(opensc(s, *args))
    took = time.monotonic() - began
    at_most(s, since, 0)
    c.close()
    login(s, card)
    return took


def waits_beside_a_session(s, card):
    """opensc-tool -w: it waits for the next insertion, a card in or not."""
    c = session(s)
    p = opensc(s, "-w", "-n")
    p.stdout.readline()  # "Waiting for a card to be inserted..."
    time.sleep(1)
    if p.poll() is not None:
        raise stack.Failure(f"it did not wait: {p.communicate()[0]}")
    card.tell("remove")
    s.wait_tokens(0)
    began = time.monotonic()
    card.tell("insert")
    opensc_ends(p)
    took = time.monotonic() - began
    c.close()
    s.wait_tokens(1)
    login(s, card)
    return took


class Scdaemon:
    """gpg's, which keeps the card from its first command to its end: alone,
    or with these lines in its configuration."""

    def __init__(self, s, *options):
        self.home = f"{s.prefix}/gnupg"
        os.mkdir(self.home, 0o700)
        with open(f"{self.home}/scdaemon.conf", "w") as f:
            f.write("\n".join(["disable-ccid", *options, ""]))
        self.env = {**os.environ, "GNUPGHOME": self.home, "LC_ALL": "C.UTF-8",
                    "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"}

    def run(self, *argv):
        return subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, encoding="latin-1",
                              stderr=subprocess.STDOUT, timeout=120).stdout

    def ask(self, what):
        return self.run("gpg-connect-agent", f"SCD {what}", "/bye")

    def expect(self, what, part):
        if part not in (out := self.ask(what)):
            raise stack.Failure(f"{what}: {part!r} is not in {out}")

    def close(self):
        self.run("gpgconf", "--kill", "all")
        shutil.rmtree(self.home)


def beside_scdaemon(s, card, *options):
    """It loses one command to a login and goes on; after KILLSCD others have
    the card. gpg has no use for a PIV card, and says so."""
    scd = Scdaemon(s, *options)
    try:
        scd.expect("SERIALNO undefined", "OK")
        scd.expect(f"APDU {SELECT_PIV}", "OK")
        if (Pcsc(s).open_or_not() == 0) != ("pcsc-shared" in options):
            raise stack.Failure("what others get beside scdaemon")
        took = login(s, card)
        scd.ask(f"APDU {SELECT_PIV}")
        scd.expect("SERIALNO undefined", "OK")
        scd.expect(f"APDU {SELECT_PIV}", "OK")
        out = scd.run("gpg", "--batch", "--no-options", "--card-status")
        if "OpenPGP card not available" not in out:
            raise stack.Failure(f"gpg --card-status: {out}")
        login(s, card)
        scd.expect("KILLSCD", "OK")
        opensc_ends(opensc(s, "-s", SELECT_PIV))
        login(s, card)
    finally:
        scd.close()
    return took


ROWS = [("nobody", lambda s, card: login(s, card)),
        ("in a transaction", in_a_transaction),
        ("exclusive", exclusive),
        ("exclusive and in a transaction", exclusive_in_a_transaction),
        ("64 in transactions", many_in_transactions),
        ("64 in transactions before the card was read", before_it_was_read),
        ("opensc-tool beside a session", beside_a_session),
        ("opensc-tool -w beside a session", waits_beside_a_session),
        ("an exclusive client before the card was read",
         kept_from_being_read),
        ("scdaemon, alone", beside_scdaemon),
        ("scdaemon, shared", lambda s, card: beside_scdaemon(
            s, card, "pcsc-shared"))]


def run(rows, build, *names):
    """The rows that start with one of these names, or all; the exit code."""
    failed = 0
    rows = [r for r in rows if r[0].startswith(names or "")]
    with stack.Stack(build, readers=("Busy Reader",),
                     options=("--access", "all")) as s:
        file = s.person("busy.card", "Busy Test")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        s.mark()
        card = stack.Card(s, file)
        s.wait_log("card ready")
        for name, row in rows:
            try:
                print(f"ok   {name}: {row(s, card):.2f} s", flush=True)
            except (stack.Failure, subprocess.TimeoutExpired) as e:
                print(f"FAIL {name}: {e}", flush=True)
                failed += 1
        card.stop()
    print(f"{len(rows) - failed} cases passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(ROWS, *sys.argv[1:]))
