#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each process of the service is killed (SIGKILL) at each step of a login, and
a card's worker is stopped (SIGSTOP) at each of them.

The steps of a good run: nothing going on; the card is
busy with each of the login's commands. Always: no success without
proof, a clear error or a success, the service alive again, no PIN try spent that
nobody spent, and the next login fine.

usage: kill.py BUILD [PART...]    each part has a service of its own
"""
import os
import re
import signal
import subprocess
import sys
import time
import stack

USER = "nobody"
VICTIMS = ("scs-readerd", "scs-ifd", "scs-tokend", "scs-token-worker",
           "scs-authd", "session of scs-authd")
BUSY_MS = 1000


def victim(s, name):
    """Its pid; a session is a child of scs-authd."""
    if not name.startswith("session"):
        return s.pid_of(name)
    parent = s.pid_of("scs-authd")
    return next((pid for pid, st in stack.process_table(parent)
                 if pid != parent), None)


def good_login(s, card, seconds=stack.HANG):
    """The service is back, and the login fine; 0: at once."""
    deadline = time.monotonic() + seconds
    while True:
        code, out = s.login(USER, stack.PIN)
        if code == 0:
            break
        if time.monotonic() > deadline:
            raise stack.Failure(f"no login within {seconds} s:\n{out}")
        time.sleep(0.05)
    if "pin-tries 3" not in card.tell("status"):
        raise stack.Failure("a PIN try was lost: " + card.tell("status"))


def wait_until_busy(card):
    """The card sleeps in the midst of its command. Where the kernel does not
    say in what a process waits, half of the delay has to do."""
    path = f"/proc/{card.proc.pid}/wchan"
    deadline = time.monotonic() + stack.HANG
    while time.monotonic() < deadline:
        with open(path) as f:
            where = f.read()
        if "nanosleep" in where:
            return
        if where in ("", "0"):
            time.sleep(BUSY_MS / 2000)
            return
        time.sleep(0.002)
    raise stack.Failure("the card never got that command")


def pauses_are_short(s, least):
    """Before what was killed since the mark is there again."""
    pauses = [int(ms) for ms in re.findall(
        r"(?:starting it again in|the next one starts in) (\d+) ms",
        s.log_text()[s.log_mark:])]
    if len(pauses) < least or max(pauses, default=0) > 400:
        raise stack.Failure(f"pauses before the next one, in ms: {pauses}")


def case(s, card, name, ins):
    """Kill while the card is busy with `ins`; "" for an idle service."""
    s.mark()
    if ins:
        # the session of the login before may be on its way out
        stack.wait_until(lambda: victim(s, "session of scs-authd") is None, 60,
                         "the end of the session before")
        card.tell(f"misbehave delay={BUSY_MS} ins={ins} times=1")
        p = subprocess.Popen(s.login_argv(USER, stack.PIN), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until_busy(card)
    pid = victim(s, name)
    if pid is None:
        raise stack.Failure("no such process at that moment")
    os.kill(pid, signal.SIGKILL)
    if ins:
        out, _ = p.communicate(timeout=120)
        if p.returncode != 0 and "smart card" not in out:
            raise stack.Failure(f"nobody said why:\n{out}")
    card.tell("misbehave off")
    good_login(s, card)
    pauses_are_short(s, 0)


def storm(s, card, kills):
    """The card's worker is killed again and again, each time it is ready."""
    for i in range(kills):
        s.mark()
        os.kill(victim(s, "scs-token-worker"), signal.SIGKILL)
        s.wait_log("card ready")
    good_login(s, card, 0)


def again_and_again(s, card, name):
    """Killed whenever it is back, ten times: it never stays away for long."""
    s.mark()
    for _ in range(10):
        os.kill(victim(s, name), signal.SIGKILL)
        good_login(s, card)
    pauses_are_short(s, 10)


def at_once(s, card, name, gone):
    """Who comes in the moment is let in, and does not hear of no card."""
    for _ in range(5):
        s.mark()
        os.kill(victim(s, name), signal.SIGKILL)
        s.wait_log(gone)
        code, out = s.login(USER, stack.PIN)
        if code != 0:
            raise stack.Failure(f"not let in: {out}"
                                f"{s.log_text()[s.log_mark:]}")


def login_steps(s, card):
    """The commands of a good login, in order."""
    card.tell("clear")
    good_login(s, card, 0)
    return [line.split()[1] for line in card.tell("trace").splitlines()
            if line and line[0].isdigit()]


def stopped(s, card, name, k):
    """Stopped while the card is busy with command k; 0: before the login."""
    card.tell("clear")
    if k > 0:
        card.tell(f"misbehave delay={BUSY_MS} at={k}")
    pid = victim(s, name)
    if k == 0:
        os.kill(pid, signal.SIGSTOP)
    p = subprocess.Popen(s.login_argv(USER, stack.PIN), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if k > 0:
        wait_until_busy(card)
        os.kill(pid, signal.SIGSTOP)
    out, _ = p.communicate(timeout=120)
    if p.returncode != 0 and "smart card" not in out:
        raise stack.Failure(f"nobody said why:\n{out}")
    card.tell("misbehave off")
    # one that stopped after its answer is noticed by the next who asks it
    good_login(s, card, 2 * stack.HANG)
    stack.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 60,
                     "the end of the stopped one")


def no_start(s, card):
    """scs-authd ends, and for a while no new one can be started."""
    link = f"{s.prefix}/libexec/scs-authd"
    os.rename(link, link + ".away")
    s.mark()
    os.kill(victim(s, "scs-authd"), signal.SIGKILL)
    s.wait_log("could not be started again")
    os.rename(link + ".away", link)
    good_login(s, card)


def never_ready(s, card):
    """Workers that die before they are ready: three, and then a reason."""
    card.tell("remove")
    # the one before is still on its way out, and does not count
    stack.wait_until(lambda: victim(s, "scs-token-worker") is None, 60,
                     "the end of the worker before")
    card.tell("misbehave delay=400")
    s.mark()
    card.tell("insert")
    for _ in range(3):
        pid = stack.wait_until(lambda: victim(s, "scs-token-worker"), 60,
                               "a worker")
        os.kill(pid, signal.SIGKILL)
        stack.wait_until(lambda: victim(s, "scs-token-worker") != pid, 60,
                         "its end")
    line = s.wait_log("3 times in a row")
    if "Kill Reader" not in line or "taken out and put in" not in line:
        raise stack.Failure(f"not said what to do: {line}")
    time.sleep(2)
    if victim(s, "scs-token-worker") is not None:
        raise stack.Failure("a fourth worker was started")
    card.tell("misbehave off")
    card.tell("remove")
    s.wait_log("card out")
    card.tell("insert")
    good_login(s, card)


# ---- the parts: what a row does, and its name

def killed(s, card):
    for name in VICTIMS:
        for moment, ins in (("idle", ""), ("at VERIFY", "20"),
                            ("at GENERAL AUTHENTICATE", "87")):
            if ins or not name.startswith("session"):  # there is none
                yield (f"{name} {moment}",
                       lambda name=name, ins=ins: case(s, card, name, ins))


def killed_often(s, card):
    for name in VICTIMS:
        if " " not in name:
            yield (f"{name}, ten times in a row",
                   lambda name=name: again_and_again(s, card, name))
    for name, gone in (("scs-readerd", "the reader service is gone"),
                       ("scs-ifd", "ends: the card was removed")):
        yield (f"{name}, and a login at once",
               lambda name=name, gone=gone: at_once(s, card, name, gone))
    yield ("scs-token-worker, four times in a row",
           lambda: storm(s, card, 4))
    yield ("scs-authd, and no other can be started",
           lambda: no_start(s, card))
    yield ("scs-token-worker, before it is ready",
           lambda: never_ready(s, card))


def stopped_worker(s, card):
    for k, apdu in enumerate(["idle", *login_steps(s, card)]):
        yield (f"scs-token-worker stopped: {k} {apdu}",
               lambda k=k: stopped(s, card, "scs-token-worker", k))


def stopped_service(s, card):
    for name in ("scs-ifd", "scs-readerd", "scs-tokend", "scs-authd"):
        yield (f"{name} stopped: at VERIFY",
               lambda name=name: stopped(s, card, name, 1))


PARTS = {"killed": killed, "killed-often": killed_often,
         "stopped-worker": stopped_worker, "stopped-service": stopped_service}


def run(build, rows):
    """(cases, those that failed) of a part"""
    cases = failed = 0
    with stack.Stack(build, readers=("Kill Reader",),
                     options=("--card-timeout-ms", "2000")) as s:
        file = s.person("kill.card", "Kill Test", "p256")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        s.mark()
        card = stack.Card(s, file)
        s.wait_log("card ready")
        good_login(s, card, 0)
        for name, do in rows(s, card):
            cases += 1
            try:
                do()
                print(f"ok   {name}", flush=True)
            except stack.Failure as e:
                print(f"FAIL {name}: {e}", flush=True)
                failed += 1
        card.stop()
    return cases, failed


def main():
    done = [run(sys.argv[1], PARTS[part]) for part in sys.argv[2:] or PARTS]
    cases, failed = (sum(n) for n in zip(*done))
    print(f"{cases - failed} cases passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
