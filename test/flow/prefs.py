#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Preferences that the reader and the token service follow while they run:
Logging (with Debian's journald as the judge of its fields) and DisabledTokens.

usage: prefs.py BUILD [CASE ...]
"""
import json
import os
import plistlib
import signal
import subprocess
import sys
import time

import stack

USER = "nobody"
FILE = "etc/SmartCardServices/preferences/com.apple.security.smartcard.plist"
PIV = "com.apple.CryptoTokenKit.pivtoken"
SELECT = "00:A4:04:00:09:A0:00:00:03:08:00:00:10:00:00"
VERIFY = "00:20:00:80:08:31:32:33:34:35:36:FF:FF"
TAG = "[com.apple.CryptoTokenKit:APDULog]"
JOURNALD = "/lib/systemd/systemd-journald"


def need(cond, what):
    if not cond:
        raise stack.Failure(what)


def preference(s, **values):
    path = f"{s.prefix}/{FILE}"
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(f"{path}.new", "wb") as f:
        plistlib.dump(values, f)
    os.rename(f"{path}.new", path)


def preferences(s):
    with open(f"{s.prefix}/{FILE}", "rb") as f:
        return plistlib.load(f)


def reconnect(s):
    """The first reader is unplugged and plugged in: its driver dies."""
    for pid, st in stack.process_table(s.scsd.pid):
        if st["Name"].strip() != "scs-ifd":
            continue
        with open(f"/proc/{pid}/cmdline") as f:
            if "\0Prefs Reader\0" in f.read():
                break
    else:
        raise stack.Failure("the reader has no driver")
    s.mark()
    os.kill(pid, signal.SIGKILL)
    s.wait_log('"Prefs Reader 00 00" is there')


def opensc(s, *apdus):
    """Debian's tool; what it says it has sent, as the log would show it."""
    argv = ["opensc-tool", "--card-driver", "default", "-r", "0"]
    for a in apdus:
        argv += ["-s", a]
    r = subprocess.run(argv, capture_output=True, text=True, timeout=120, env={
        **os.environ,
        "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"})
    need(r.returncode == 0, f"opensc-tool: {r.stdout}{r.stderr}")
    return [line[len("Sending: "):].strip().lower()
            for line in r.stdout.splitlines() if line.startswith("Sending: ")]


def lines(s):
    return [x for x in s.log_text().splitlines() if "APDU ->" in x]


def logging(s, card, lines_of=lines):
    """One connection of one reader, then no other; no secret."""
    card.stop()
    preference(s, Logging=True, UserPairing=False)
    s.wait_log("the next reader that appears")
    before = len(lines_of(s))
    reconnect(s)
    s.wait_log("are logged until it is unplugged")
    stack.wait_until(lambda: preferences(s)["Logging"] is False, 60,
                     "the preference turned off")
    need(preferences(s) == {"Logging": False, "UserPairing": False},
         f"another key was touched: {preferences(s)}")
    need(os.stat(f"{s.prefix}/{FILE}").st_mode & 0o777 == 0o644,
         "services cannot read it any more")
    s.mark()
    card = stack.Card(s, s.alice)
    s.wait_log("card ready")
    # journald takes its time
    stack.wait_until(lambda: len(lines_of(s)) > before + 5, 60,
                     "the reading in the log")
    sent = opensc(s, SELECT, VERIFY)
    stack.wait_until(lambda: any(sent[0] in x for x in lines_of(s)), 60,
                     f"{sent[0]} in the log")
    seen = [x for x in card.tell("trace").splitlines() if x[:1].isdigit()]
    stack.wait_until(lambda: len(lines_of(s)) - before >= len(seen), 60,
                     f"{len(seen)} commands in the log")
    need(len(lines_of(s)) - before == len(seen),
         f"the card has seen {len(seen)} commands, the log "
         f"{len(lines_of(s)) - before}")
    text = "\n".join(lines_of(s))
    need("APDU -> 00 20 00 80 (9 more bytes)" in text, "VERIFY, its header")
    need("31 32 33 34 35 36" not in s.log_text() + text, "a PIN in the log")
    card.stop()
    reconnect(s)
    before = len(lines_of(s))
    s.mark()
    card = stack.Card(s, s.alice)
    s.wait_log("card ready")
    opensc(s, SELECT)
    time.sleep(0.3)
    need(len(lines_of(s)) == before, "the second connection is logged")
    card.stop()
    return "one connection"


def turned_off_again(s, card):
    card.stop()
    preference(s, Logging=True)
    s.wait_log("the next reader that appears")
    s.mark()
    preference(s, Logging=False)
    s.wait_log("are not logged any more")
    reconnect(s)
    before = len(lines(s))
    s.mark()
    card = stack.Card(s, s.alice)
    s.wait_log("card ready")
    need(len(lines(s)) == before, "logged all the same")
    card.stop()
    return "nothing is logged"


def disabled_tokens(s, card):
    s.wait_tokens(1)
    preference(s, DisabledTokens=["com.example.other"])
    time.sleep(0.7)
    s.wait_tokens(1)
    s.mark()
    preference(s, DisabledTokens=["com.example.other", PIV])
    s.wait_log("is turned off")
    s.wait_tokens(0)
    s.wait_log("preference DisabledTokens")
    code, out = s.login(USER, stack.PIN)
    need(code != 0 and "smart card" in out, f"a login without a driver: {out}")
    card.tell("remove")
    card.tell("insert")
    time.sleep(1)
    s.wait_tokens(0, 1)
    s.mark()
    preference(s)
    s.wait_log("is turned on")
    s.wait_tokens(1)
    code, out = s.login(USER, stack.PIN)
    need(code == 0, f"no login: {out}")
    # what cannot be read changes nothing
    preference(s, DisabledTokens=[PIV])
    s.wait_tokens(0)
    with open(f"{s.prefix}/{FILE}", "w") as f:
        f.write("not a property list")
    time.sleep(0.7)
    s.wait_tokens(0, 1)
    preference(s)
    s.wait_tokens(1)
    return "off and on, at once"


def by_command(s, card):
    """security smartcards token: -l, -d and -e, judged by what happens."""
    def token(*args):
        _, out, _ = s.tool("security", "smartcards", "token", *args, check=0)
        return out
    s.wait_tokens(1)
    need(token("-l") == "", "a list of nothing")
    need(token("-d", PIV) == "", "-d says something")
    s.wait_tokens(0)
    need(token("-l") == f'\t"{PIV}"\n', f"-l: {token('-l')}")
    need(preferences(s)["DisabledTokens"] == [PIV], "the preference")
    code, _ = s.login(USER, stack.PIN)
    need(code != 0, "a login without a driver")
    token("-d", "com.example.other")
    token("-e", PIV)
    need(preferences(s)["DisabledTokens"] == ["com.example.other"], "-e")
    s.wait_tokens(1)
    code, out = s.login(USER, stack.PIN)
    need(code == 0, f"no login: {out}")
    return "off and on"


def journal_lines(s):
    r = subprocess.run(
        ["journalctl", "-D", "/run/log/journal", "-o", "json",
         "SUBSYSTEM=com.apple.CryptoTokenKit", "CATEGORY=APDULog",
         "READER=Prefs Reader 00 00"], capture_output=True, text=True)
    return [m for m in (json.loads(x)["MESSAGE"]
                        for x in r.stdout.splitlines()) if "APDU ->" in m]


def journal(s, card):
    """journalctl finds the lines by the fields, and nothing is in the log."""
    before = len(lines(s))
    logging(s, card, journal_lines)
    need(len(lines(s)) == before, "lines are in both")
    return f"{len(journal_lines(s))} commands found by journalctl"


def in_private_run():
    """The rest runs with a /run of its own, where journald is ours."""
    subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=0755", "tmpfs",
                    "/run"], check=True)
    for d in ("/run/systemd/journal", "/run/log/journal"):
        os.makedirs(d)
    p = subprocess.Popen([JOURNALD], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.wait_until(lambda: os.path.exists("/run/systemd/journal/socket"), 60,
                     "journald")
    return p


def private_possible():
    # journald writes nothing where no cgroups are, as in a bare chroot
    return (os.geteuid() == 0 and os.path.exists(JOURNALD) and
            os.path.ismount("/sys/fs/cgroup") and
            subprocess.run(["unshare", "-m", "true"],
                           capture_output=True).returncode == 0)


CASES = {"logging": logging, "turned_off_again": turned_off_again,
         "disabled_tokens": disabled_tokens, "by_command": by_command,
         "journal": journal}


def run(build, names):
    failed = 0
    for name in names:
        with stack.Stack(build, readers=("Prefs Reader", "Other")) as s:
            s.alice = s.person("alice.card", "Alice Prefs")
            s.pair_by_hand(USER,
                           stack.pubkey_hash(s.certificate(s.alice, "9a")))
            s.mark()
            card = stack.Card(s, s.alice)
            s.wait_log("card ready")
            try:
                print(f"ok   {name}: {CASES[name](s, card)}", flush=True)
            except stack.Failure as e:
                print(f"FAIL {name}: {e}", flush=True)
                failed += 1
    return failed


def main():
    build, names = sys.argv[1], sys.argv[2:] or list(CASES)
    if os.environ.get("SCS_IN_PRIVATE"):
        journald = in_private_run()
        try:
            return 1 if run(build, names) else 0
        finally:
            stack.end(journald)
    failed = run(build, [n for n in names if n != "journal"])
    if "journal" in names and not private_possible():
        print("skip journal: needs root, mount namespaces, cgroups "
              "and journald")
    elif "journal" in names:
        failed += subprocess.run(
            ["unshare", "-m", sys.executable, __file__, build, "journal"],
            env={**os.environ, "SCS_IN_PRIVATE": "1"}).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
