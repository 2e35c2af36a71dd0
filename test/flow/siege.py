#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What each process of the service has in its hands, should somebody else come
to hold it; and what is left of the service when its supervisor is killed, or
when one of its processes ends in a way that is easily overlooked.

usage: siege.py BUILD [CHECK ...]
"""
import collections
import ctypes
import os
import re
import resource
import signal
import socket
import sys
import time

import ifd
import stack
from readerd_rig import expect

USER = "nobody"
ROOT = os.geteuid() == 0
PTRACE_SEIZE = 0x4206

# With a card in the only reader and nobody logged in: what a process may have
# open besides standard input, output and error, and at most how many of it.
EVENTS = {"anon_inode:[eventpoll]": 1, "anon_inode:[signalfd]": 1,
          "anon_inode:[timerfd]": 1}
OPEN = {
    # three control channels, four listening sockets and a virtual reader's;
    # a watch for each child, and one for new drivers
    "scsd": {**EVENTS, "socket:": 8, "anon_inode:[pidfd]": 5,
             "anon_inode:inotify": 1},
    # control, two listening, udev's news and logind's; the driver with what
    # it says and what it prints, and, for each of tokend and its worker, a
    # client
    "scs-readerd": {**EVENTS, "anon_inode:[eventpoll]": 2, "socket:": 9,
                    "pipe:": 2,
                    "anon_inode:inotify": 1},
    # control, listening, the reader service, the worker; a spare one to refuse
    # clients with
    "scs-tokend": {**EVENTS, "socket:": 5, "anon_inode:inotify": 1,
                   "/dev/null": 1},
    "scs-authd": {**EVENTS, "socket:": 2, "anon_inode:inotify": 1},
    # its channel with a pipe for what it says, the listening socket and the
    # virtual card; a wake-up after the machine has slept
    "scs-ifd": {**EVENTS, "anon_inode:[eventpoll]": 2, "socket:": 3,
                "pipe:": 1, "anon_inode:[timerfd]": 2},
    # its channel and its card
    "scs-token-worker": {"socket:": 2},
}


def processes(st):
    """pid, program, status"""
    names = {n[:15]: n for n in OPEN}
    return [(pid, names.get(s["Name"].strip(), "another"), s)
            for pid, s in stack.process_table(st.scsd.pid)]


def all_are_there(st):
    stack.wait_until(
        lambda: sorted(n for _, n, _ in processes(st)) == sorted(OPEN), 60,
        "one process of each kind")


def descriptors(pid):
    found = collections.Counter()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            what = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue  # closed meanwhile
        if int(fd) > 2:
            found[what.split("[")[0] if what.startswith(("socket", "pipe"))
                  else what] += 1
    return found


def nobody_holds_more_than_he_needs(st):
    for pid, name, _ in processes(st):
        for what, n in descriptors(pid).items():
            expect(n <= OPEN[name].get(what, 0), True,
                   f"{name} has {n} of {what} open; all it has: "
                   f"{dict(descriptors(pid))}")


def a_driver_cannot_write_into_the_log(st):
    for pid, name, _ in processes(st):
        if name == "scs-ifd":
            for fd in (1, 2):
                what = os.readlink(f"/proc/{pid}/fd/{fd}")
                expect(what.startswith("pipe:"), True, f"its {fd} is {what}")


def nobody_can_become_more(st):
    users = collections.Counter()
    for pid, name, s in processes(st):
        expect(s["NoNewPrivs"].strip(), "1", f"no new privileges: {name}")
        if name != "scsd":
            expect(s["Seccomp"].strip(), "2", f"a filter: {name}")
        for capabilities in ("CapInh", "CapAmb"):
            expect(int(s[capabilities], 16), 0, f"{capabilities} of {name}")
        if not ROOT:
            continue
        # CAP_KILL, SETGID, SETUID, SYS_RESOURCE start others and end them
        few = 0x10000e0 if name == "scsd" else 0
        for capabilities in ("CapEff", "CapPrm"):
            expect(int(s[capabilities], 16) & ~few, 0,
                   f"{capabilities} of {name}")
        if name != "scsd":
            expect(s["Groups"].split(), [], f"groups of {name}")
        expect(len(set(s["Uid"].split() + s["Gid"].split())), 1,
               f"one id for everything: {name}")
        users[s["Uid"].split()[0]] += 1
        # not dumpable: its files in /proc are root's, and so is its memory
        expect(os.stat(f"/proc/{pid}/fd").st_uid, 0, f"owner of {name}")
    expect([u for u, n in users.items() if n > 1], [], "users of two")


def limits(pid):
    """The hard ones."""
    with open(f"/proc/{pid}/limits") as f:
        return {line[:26].strip(): line[47:68].strip() for line in f}


def nobody_can_eat_the_machine(st):
    for pid, name, _ in processes(st):
        has = limits(pid)
        if name != "scsd":
            expect(has["Max core file size"], "0", f"core of {name}")
        with open(f"/proc/{pid}/environ", "rb") as f:
            if name != "scsd":
                expect(f.read(), b"", f"environment of {name}")
        if name in ("scs-ifd", "scs-token-worker"):
            expect(int(has["Max open files"]) <= 256, True,
                   f"descriptors of {name}")
            if ROOT:
                expect(int(has["Max processes"]) <= 128, True,
                       f"threads of {name}")


def as_nobody(do):
    """Its exit status, in a process of a user without rights."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        os._exit(do())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


SOCKETS = {"run/pcscd/pcscd.comm": 0o666, "run/scs/token.sock": 0o666,
           "run/scs/auth.sock": 0o666, "run/scs/reader.sock": 0o600,
           "run/scs/virtual-0.sock": 0o600}


def can_connect(path):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
        except PermissionError:
            return 0
        return 1


def sockets_are_for_whom_they_are(st):
    found = {os.path.relpath(f"{folder}/{name}", st.prefix)
             for folder in (f"{st.prefix}/run/pcscd", f"{st.prefix}/run/scs")
             for name in os.listdir(folder)}
    expect(found, set(SOCKETS), "what is in the two folders")
    for folder in ("run/pcscd", "run/scs"):
        s = os.stat(f"{st.prefix}/{folder}")
        expect((s.st_mode & 0o7777, s.st_uid), (0o755, os.geteuid()), folder)
    for name, mode in SOCKETS.items():
        path = f"{st.prefix}/{name}"
        s = os.stat(path)
        expect((s.st_mode & 0o7777, s.st_uid), (mode, os.geteuid()), name)
        if ROOT:
            expect(as_nobody(lambda: can_connect(path)), mode == 0o666,
                   f"nobody connects to {name}")


def anonymous_memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return 1024 * int(re.search(r"RssAnon:\s+(\d+)", f.read())[1])


def contexts_are_small(st):
    """Thousands for root, and each costs little."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    n = min(5000, hard - 200) if ROOT else 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, n + 100), hard))
    pid = st.pid_of("scs-readerd")
    before = anonymous_memory(pid)
    many = [ifd.client(st) for _ in range(n)]
    for c in many:
        expect(c.establish(), 0, f"one of {n} contexts")
    each = (anonymous_memory(pid) - before) / n
    for c in many:
        c.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(f"  {n} contexts of {each:.0f} bytes")
    if not ifd.sanitized(sys.argv[1]):
        expect(each <= 4096, True, "bytes of each")


def knock(st, times):
    """How many were let in."""
    let_in = 0
    for _ in range(times):
        c = ifd.client(st)
        let_in += c.establish() == 0
        c.close()
    return min(let_in, 99)


def knocking_fills_no_log(st):
    if not ROOT:
        print("  everybody who could knock is let in")
        return
    st.mark()
    expect(as_nobody(lambda: knock(st, 1000)), 0, "let in")
    told = st.log_text()[st.log_mark:].count("may not use readers")
    expect(0 < told <= 100, True, f"{told} lines of a thousand")
    login_again(st)


def traced_and_dead(st):
    """A debugger that holds on to what has ended: its parent is told late, or,
    as an event loop may see it, never."""
    if not ROOT:
        print("  none of ours can be traced by who is not root")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for name in ("scs-authd", "scs-ifd"):
        pid = st.pid_of(name)
        if libc.ptrace(PTRACE_SEIZE, pid, None, None) != 0:
            raise stack.Failure(
                f"ptrace: {os.strerror(ctypes.get_errno())}")
        os.kill(pid, signal.SIGKILL)
        stack.wait_until(lambda: open(f"/proc/{pid}/stat").read().rsplit(
            ")", 1)[1].split()[0] == "Z", 60, "its end")
        time.sleep(1)  # the supervisor has looked, and has seen nothing
        os.waitpid(pid, 0)
        stack.wait_until(lambda: st.pid_of(name) not in (None, pid), 60,
                         f"a new {name}")
    login_again(st)


def login_again(st):
    all_are_there(st)
    st.wait_tokens(1)
    code, text = st.login(USER, stack.PIN)
    expect(code, 0, "login: " + text)


def a_killed_supervisor_leaves_nobody(st):
    before = [pid for pid, _, _ in processes(st)]
    os.kill(st.scsd.pid, signal.SIGKILL)
    st.scsd.wait()
    stack.wait_until(lambda: not any(os.path.exists(f"/proc/{p}")
                                     for p in before), 60,
                     "the end of what it had started")
    st.log.close()
    os.rename(st.log_path, f"{st.log_path}.before")
    st.start()
    st.card.stop()
    st.card = stack.Card(st, st.card_file)
    login_again(st)


def a_greedy_service_starves_no_other(build):
    """Whoever has broken into scs-readerd leaves workers for cards."""
    st = stack.Stack(build)
    st.programs["scs-readerd"] = stack.find_program(st.build, "greedy")
    with st:
        got = st.wait_log("greedy: ")
        expect(got.split(": ")[1], "128 workers", "what it got")
        expect(sum(n == "scs-ifd" for _, n, _ in processes(st)) <= 128, True,
               "drivers")


def main():
    checks = (nobody_holds_more_than_he_needs,
              a_driver_cannot_write_into_the_log, nobody_can_become_more,
              nobody_can_eat_the_machine, sockets_are_for_whom_they_are,
              contexts_are_small,
              knocking_fills_no_log, traced_and_dead,
              a_killed_supervisor_leaves_nobody)
    only = sys.argv[2:]
    with stack.Stack(sys.argv[1]) as st:
        st.card_file = st.person("siege.card", "Siege Test", "p256")
        st.pair_by_hand(USER, stack.pubkey_hash(
            st.certificate(st.card_file, "9a")))
        st.card = stack.Card(st, st.card_file)
        login_again(st)
        for check in checks:
            if not only or check.__name__ in only:
                check(st)
                print(f"ok {check.__name__}", flush=True)
    if not only or "a_greedy_service_starves_no_other" in only:
        a_greedy_service_starves_no_other(sys.argv[1])
        print("ok a_greedy_service_starves_no_other", flush=True)
    print("siege: all passed")


if __name__ == "__main__":
    main()
