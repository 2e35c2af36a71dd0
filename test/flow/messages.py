#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each process is killed (SIGKILL) at each message of a login.

The messages are those of a good run: strace(1) counts what a process reads and
writes, and then stops it at the Nth read, the Nth sendto, and so on, to be
killed there. A fresh service for
each case, since who dies often is started again more slowly. Always: the login
that was interrupted says why or was a success, the service is back, the next
login is fine, and no PIN try is lost.

usage: messages.py BUILD [EVERY]    EVERY: only each EVERYth message
"""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import stack

USER = "nobody"
CALLS = "sendto,sendmsg,write,writev,recvfrom,recvmsg,read"
SERVICES = ("scs-readerd", "scs-ifd", "scs-tokend", "scs-token-worker",
            "scs-authd")
CALLER = "the program that asks for the login"
AT_ONCE = 2
SECONDS = stack.HANG
# in builds with sanitizers: who looks for leaks traces itself, and strace is
# there already
ENV = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def strace(out, *options):
    return ["strace", "-f", "-o", out, *options]


def attach(pid, out, *options):
    """strace, once it has the process."""
    p = subprocess.Popen(strace(out, *options, "-p", str(pid)), text=True,
                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         stdout=subprocess.DEVNULL)
    line = p.stderr.readline()
    if "attached" not in line:
        raise stack.Failure("strace: " + line)
    # nobody reads what it says later, and it must not wait for that
    threading.Thread(target=p.stderr.read, daemon=True).start()
    return p


def per_process(path):
    """pid -> the calls it began, in their order."""
    calls = {}
    with open(path, errors="replace") as f:
        for line in f:
            pid, _, rest = line.partition(" ")
            rest = rest.strip()
            if not rest.startswith(("<", "-", "+")):
                calls.setdefault(pid, []).append(rest.split("(")[0])
    return calls


class Place:
    """A service with the card in it, and a good login behind it."""

    def __init__(self, build, cards, where):
        self.s = stack.Stack(build, readers=("Message Reader",))
        shutil.copy(f"{cards}/card", f"{self.s.prefix}/card")
        self.out = f"{where}/trace.{threading.get_ident()}"
        try:
            self.s.start()
            self.s.pair_by_hand(USER, open(f"{cards}/hash").read())
            self.s.mark()
            self.card = stack.Card(self.s, f"{self.s.prefix}/card")
            self.s.wait_log("card ready")
        except BaseException:
            self.s.stop()
            raise

    def pid(self, name):
        return stack.wait_until(lambda: self.s.pid_of(name), 60, name)

    def good_login(self):
        began = time.monotonic()
        while True:
            code, out = self.s.login(USER, stack.PIN)
            took = time.monotonic() - began
            if code == 0:
                break
            if took > SECONDS:
                rows = [(pid, st["Name"].strip(), st["State"].strip()) for
                        pid, st in stack.process_table(self.s.scsd.pid)]
                raise stack.Failure(f"no login within {SECONDS} s:\n{out}"
                                    f"{rows}\n{self.s.log_text()[-3000:]}")
            time.sleep(0.02)
        status = self.card.tell("status")
        if "pin-tries 3" not in status:
            raise stack.Failure("a PIN try was lost: " + status)
        return took


def each_call(calls, skipped=()):
    """(call, number of it): strace counts each system call by itself."""
    found, seen = [], {}
    for c in [*skipped, *calls]:
        seen[c] = seen.get(c, 0) + 1
        found.append((c, seen[c]))
    return found[len(skipped):]


def count(build, cards, where, name):
    """Where this process can be killed in a login."""
    p = Place(build, cards, where)
    try:
        if name == CALLER:
            argv = strace(p.out, "-e", f"trace=connect,{CALLS}")
            subprocess.run(argv + p.s.login_argv(USER, stack.PIN), check=True,
                           stdin=subprocess.DEVNULL, env=ENV,
                           stdout=subprocess.DEVNULL)
            calls = max(per_process(p.out).values(), key=len)
            first = calls.index("connect")
            return each_call(calls[first + 1:], calls[:first + 1])
        tracer = attach(p.pid(name), p.out, "-e", f"trace={CALLS}")
        if p.s.login(USER, stack.PIN)[0] != 0:
            raise stack.Failure(f"{name}: no login under strace")
        time.sleep(0.3)
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        # of the service and of a session that it forks
        return sorted({c for calls in per_process(p.out).values()
                       for c in each_call(calls)})
    finally:
        p.s.stop()


def stopped_by_signal(trace):
    with open(trace, errors="replace") as f:
        return "stopped by SIGSTOP" in f.read()


def stopped(s):
    """The process of the service that has been stopped, or None."""
    return next((pid for pid, st in stack.process_table(s.scsd.pid)
                 if st["State"].startswith(("T", "t"))), None)


def interrupted(p, name, message):
    """(was it killed, the login's status, what it said)

    strace only stops the process, and lets go of it before it dies: who reaps
    a traced process is told of its end at another moment than in real life.
    """
    call, n = message
    argv = p.s.login_argv(USER, stack.PIN)
    if name == CALLER:
        login = subprocess.run(
            strace(p.out, "-e", f"inject={call}:signal=KILL:when={n}") + argv,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENV,
            stderr=subprocess.STDOUT, text=True, timeout=120)
        return login.returncode != 0, login.returncode, login.stdout
    tracer = attach(p.pid(name), p.out, "-e", f"trace={call}", "-e",
                    f"inject={call}:signal=STOP:when={n}")
    login = subprocess.Popen(argv, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    p.s.children.append(login)
    stack.wait_until(lambda: stopped_by_signal(p.out) or
                     login.poll() is not None, 60,
                     "the message, or the end of the login")
    tracer.send_signal(signal.SIGTERM)
    tracer.wait()
    # when the login was over first, its last message may come right after
    pid, until = stopped(p.s), time.monotonic() + 0.3
    while pid is None and time.monotonic() < until:
        time.sleep(0.02)
        pid = stopped(p.s)
    if pid:
        os.kill(pid, signal.SIGKILL)
    out, _ = login.communicate(timeout=120)
    return bool(pid), login.returncode, out


def case(build, cards, where, name, message):
    p = Place(build, cards, where)
    try:
        killed, status, out = interrupted(p, name, message)
        if name != CALLER and status != 0 and "smart card" not in out:
            raise stack.Failure(f"nobody said why:\n{out}")
        return killed, p.good_login()
    finally:
        p.s.stop()


class Work:
    def __init__(self, build, cards, where, cases):
        self.args = (build, cards, where)
        self.cases, self.lock = cases, threading.Lock()
        self.failed, self.killed, self.took = [], {}, []

    def run(self):
        while True:
            with self.lock:
                if not self.cases:
                    return
                name, message = self.cases.pop(0)
            try:
                killed, took = case(*self.args, name, message)
                with self.lock:
                    self.took.append(took)
                    self.killed[name] = self.killed.get(name, 0) + killed
            except (stack.Failure, OSError,
                    subprocess.SubprocessError) as e:
                with self.lock:
                    self.failed.append(f"{name} at {message}: {e}")
                    print("FAIL", self.failed[-1], flush=True)


def make_card(build, folder):
    s = stack.Stack(build, prefix=folder)
    file = s.person("card", "Message Test", "p256")
    with open(f"{folder}/hash", "w") as f:
        f.write(stack.pubkey_hash(s.certificate(file, "9a")))


def main():
    build, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    if shutil.which("strace") is None:
        skip("strace is not installed")
    if os.geteuid() != 0:
        skip("needs root to trace the service")
    with tempfile.TemporaryDirectory(prefix="scs-messages.") as where:
        cards = f"{where}/cards"
        os.mkdir(cards)
        make_card(build, cards)
        cases = []
        for name in (*SERVICES, CALLER):
            numbers = count(build, cards, where, name)[::every]
            print(f"{name}: {len(numbers)} messages", flush=True)
            cases += [(name, m) for m in numbers]
        work, total = Work(build, cards, where, cases), len(cases)
        threads = [threading.Thread(target=work.run) for _ in range(AT_ONCE)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for name, n in work.killed.items():
            print(f"{name}: killed in {n} cases")
            if n == 0:
                work.failed.append(f"{name} was never killed")
    if work.took:
        print(f"next good login after: median "
              f"{statistics.median(work.took):.2f} s, most "
              f"{max(work.took):.2f} s")
    print(f"{total - len(work.failed)} cases passed, "
          f"{len(work.failed)} failed")
    return 1 if work.failed else 0


if __name__ == "__main__":
    sys.exit(main())
