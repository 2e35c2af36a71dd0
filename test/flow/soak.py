#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A day of an office in a few minutes: 64 clients that come, work, wait, leave
or vanish in the middle of a frame, cards that go out and in, drivers and token
workers that are killed, logins all the while.

Nothing may answer wrongly, and the services' memory and descriptors stay flat:
what they are in the second fifth of the time is the measure of the last.

usage: soak.py BUILD [SECONDS]
"""
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time

import readerd_rig as rig
import stack

USER = "nobody"
CLIENTS = 64
SERVICES = ("scsd", "scs-readerd", "scs-tokend", "scs-authd")
NAMES = ("Soak A", "Soak B", "Soak C")
SELECT = bytes.fromhex("00a4040009a0000003080000100000")
# what a card that comes and goes, and a driver that dies, may be the cause of
EXPECTED = {
    0, rig.NO_CARD, rig.REMOVED, rig.RESET, rig.GONE_READER, rig.SHARING,
    0x80100003,  # SCARD_E_INVALID_HANDLE: of a reader that has gone
    0x80100009,  # SCARD_E_UNKNOWN_READER
    0x8010000A,  # SCARD_E_TIMEOUT
    0x80100016,  # SCARD_E_NOT_TRANSACTED: gone in the middle of a command
    0x80100066,  # SCARD_W_UNRESPONSIVE_CARD: gone while it was powered
    0x80100067,  # SCARD_W_UNPOWERED_CARD
}


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}
        self.wrong = []

    def add(self, what, n=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + n

    def answer(self, what, rv):
        self.add(what)
        if rv not in EXPECTED:
            with self.lock:
                self.wrong.append(f"{what}: {rv:#010x}")

    def fault(self, what):
        with self.lock:
            self.wrong.append(what)


class Place:
    """What readerd_rig.Client wants to know of a service."""

    def __init__(self, s):
        self.dir = f"{s.prefix}/run/pcscd"


def work(client, tally, rng):
    for _ in range(rng.randrange(1, 6)):
        rv = client.begin()
        tally.answer("BEGIN", rv)
        if rv != 0:
            return
        rv, data = client.transmit(SELECT)
        tally.answer("TRANSMIT", rv)
        if rv == 0 and data[-2:] not in (b"\x90\x00", b"\x6d\x00"):
            tally.fault(f"SELECT answered {data.hex()}")
        tally.answer("END", client.end(rng.choice((0, 0, 0, 1))))


def one_client(place, tally, rng):
    c = rig.Client(place)
    try:
        c.version(4)
        tally.answer("ESTABLISH", c.establish())
        kind = rng.randrange(10)
        if kind == 0:  # vanishes in the middle of a frame
            c.say(rig.CONNECT, b"\0" * rng.randrange(1, 150))
            tally.add("vanished")
            return
        if kind == 1:  # waits for readers, and is told at times
            c.say(rig.WAIT)
            time.sleep(rng.random())
            tally.add("waited")
            return
        rv = c.connect(reader=rng.choice(NAMES) + " 00 00")
        tally.answer("CONNECT", rv)
        if rv == 0:
            work(c, tally, rng)
            if kind == 2:  # is killed with a transaction open
                c.begin()
                tally.add("died in a transaction")
    finally:
        c.close()


def clients(place, tally, until, seed):
    rng = random.Random(seed)
    while time.monotonic() < until:
        try:
            one_client(place, tally, rng)
        except rig.Closed:
            tally.fault("the service closed a connection")
        except (OSError, struct.error, stack.Failure) as e:
            tally.fault(f"{type(e).__name__}: {e}")
        time.sleep(rng.random() * 0.4)


def churn(card, until, tally, rng, quiet):
    while time.monotonic() < until:
        time.sleep(quiet * (0.5 + rng.random()))
        card.tell("remove")
        tally.add("cards out")
        time.sleep(rng.random() * 0.5)
        card.tell("insert")


def kill_workers(s, until, tally, rng):
    while time.monotonic() < until:
        time.sleep(1 + 2 * rng.random())
        rows = [pid for pid, st in stack.process_table(s.scsd.pid)
                if st["Name"].strip() in ("scs-ifd", "scs-token-worke")]
        if rows:
            try:
                os.kill(rng.choice(rows), signal.SIGKILL)
                tally.add("workers killed")
            except ProcessLookupError:
                pass


def kill_scanners(s, until, tally):
    """A real client of libpcsclite, killed while it waits."""
    env = {**os.environ,
           "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"}
    while time.monotonic() < until:
        p = subprocess.Popen(["pcsc_scan"], env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(1)
        p.kill()
        p.wait()
        tally.add("processes killed")


def logins(s, until, tally):
    while time.monotonic() < until:
        status, out = s.login(USER, stack.PIN)
        tally.add("logins" if status == 0 else "logins refused")
        if status != 0 and "smart card" not in out:
            tally.fault(f"a login without a reason: {out}")
        time.sleep(0.5)


def measure(pids):
    out = {}
    for name, pid in pids.items():
        st = rig.proc_status(pid)
        out[name] = (int(st["VmRSS"].split()[0]),
                     len(os.listdir(f"/proc/{pid}/fd")))
    return out


def sample(pids, until, samples):
    while time.monotonic() < until:
        samples.append(measure(pids))
        time.sleep(0.5)


def sanitized(program):
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


def flat(samples, memory):
    """Complaints about what has grown from the second fifth to the last."""
    fifth = len(samples) // 5
    early, late = samples[fifth:2 * fifth], samples[-fifth:]
    bad = []
    for name in SERVICES:
        kib = [max(x[name][0] for x in part) for part in (early, late)]
        fds = [max(x[name][1] for x in part) for part in (early, late)]
        print(f"  {name}: {kib[0]} KiB then {kib[1]} KiB, {fds[0]} "
              f"descriptors then {fds[1]}")
        if memory and kib[1] > kib[0] * 1.15 + 256:
            bad.append(f"{name}: memory grows, {kib[0]} to {kib[1]} KiB")
        # the most at a time is chance with 64 clients: a leak is more
        if fds[1] > fds[0] * 1.3 + 16:
            bad.append(f"{name}: descriptors grow, {fds[0]} to {fds[1]}")
    return bad


def run(s, file, seconds):
    place, tally, samples = Place(s), Tally(), []
    pids = {n: s.pid_of(n) for n in SERVICES[1:]}
    pids["scsd"] = s.scsd.pid
    before = measure(pids)
    until = time.monotonic() + seconds
    rng = random.Random(1)
    cards = [stack.Card(s, f, reader=i) for i, f in enumerate(file)]
    s.wait_tokens(len(cards))
    threads = [threading.Thread(target=clients, args=(place, tally, until, i))
               for i in range(CLIENTS)]
    threads += [threading.Thread(target=churn,
                                 args=(c, until, tally, random.Random(i), q))
                for i, (c, q) in enumerate(zip(cards, (8, 1, 0.5)))]
    threads += [
        threading.Thread(target=kill_workers, args=(s, until, tally, rng)),
        threading.Thread(target=kill_scanners, args=(s, until, tally)),
        threading.Thread(target=logins, args=(s, until, tally)),
        threading.Thread(target=sample, args=(pids, until, samples))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return pids, before, tally, samples, cards


def after(s, pids, before, cards):
    """Everybody has gone: as before, and a login is fine at once."""
    for name in SERVICES[1:]:
        if s.pid_of(name) != pids[name]:
            raise stack.Failure(f"{name} is not the process it was")
    cards[0].tell("insert")
    s.wait_tokens(len(cards))
    status, out = s.login(USER, stack.PIN)
    if status != 0:
        raise stack.Failure(f"the last login: {out}")
    for c in cards:
        if "pin-tries 3" not in c.tell("status"):
            raise stack.Failure(f"a PIN try was lost: {c.tell('status')}")
        c.tell("remove")
    s.wait_tokens(0)

    def as_before():
        return all(measure(pids)[n][1] <= before[n][1] for n in SERVICES)
    try:
        stack.wait_until(as_before, 60, "descriptors as before")
    except stack.Failure as e:
        raise stack.Failure(f"{e}: {before} then {measure(pids)}")


def main():
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with stack.Stack(sys.argv[1], readers=NAMES) as s:
        files = [s.person(f"soak{i}.card", f"Soak {i}", "p256")
                 for i in range(len(NAMES))]
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(files[0], "9a")))
        memory = not sanitized(s.program("scs-readerd"))
        pids, before, tally, samples, cards = run(s, files, seconds)
        for what, n in sorted(tally.counts.items()):
            print(f"  {n} {what}")
        bad = flat(samples, memory)
        if not memory:
            print("  memory is not judged: sanitizers keep what is freed")
        if tally.wrong:
            bad += tally.wrong[:10]
            print(f"  {len(tally.wrong)} wrong")
        if bad:
            raise stack.Failure("\n".join(bad))
        if tally.counts.get("logins", 0) == 0:
            raise stack.Failure("no login at all")
        after(s, pids, before, cards)
    print(f"soak: {seconds} s, nothing wrong")


if __name__ == "__main__":
    main()
