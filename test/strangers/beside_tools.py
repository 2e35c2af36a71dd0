# SPDX-License-Identifier: BSD-2-Clause
"""Small programs of others for any card, each with PC/SC calls of its own: Perl's
bindings, OpenSC's explorer and its tools for single cards, libchipcard,
pam_pkcs11's card_eventmgr."""
import os
import shutil
import subprocess
import time

from beside_programs import run
from beside_rig import READER

PERL = "/usr/share/doc/libpcsc-perl/examples"
# GWEN's time and process id
GWEN = (r"^\d:\d{4}/\d\d/\d\d \d\d-\d\d-\d\d", r"\(\d+\)")
EVENTS = """card_eventmgr {
  daemon = false; debug = false; timeout = 0; pidfile = "%(dir)s/pid";
  event card_insert { on_error = ignore; action = "echo in >> %(dir)s/ev"; }
  event card_remove { on_error = ignore; action = "echo out >> %(dir)s/ev"; }
  event expire_time { on_error = ignore; action = "true"; }
}
"""


def perl(t):
    t.card()
    run(t, "scriptor", "scriptor",
        data="00 A4 04 00\n80 10 00 05\nreset\n00 A4 04 00 02 3F 00\n")
    run(t, "T=1", "scriptor", "-p", "T=1", "-r", READER, data="80 10 00 01")
    run(t, "T=0", "scriptor", "-p", "T=0", "-r", READER, data="80 10 00 01")
    run(t, "no such reader", "scriptor", "-r", "None", data="80 10 00 01\n")
    if os.path.exists(PERL):
        run(t, "test.pl", "perl", f"{PERL}/test.pl")
        run(t, "single", "perl", f"{PERL}/single_reader.pl")
    t.out()
    run(t, "no card", "scriptor", data="80 10 00 01\n")


def opensc(t):
    t.card()
    run(t, "explorer", "opensc-explorer",
        data="info\napdu 80100005\npwd\nquit\n")
    run(t, "atr", "opensc-tool", "--atr", "--serial", "--name", "--reset")
    for tool in ("eidenv", "cardos-tool", "openpgp-tool", "dnie-tool"):
        run(t, tool, tool, *["-i"] * (tool == "cardos-tool"))
    t.out()
    run(t, "no card", "opensc-explorer", data="quit\n")


def chipcard(t):
    t.card()
    run(t, "list", "chipcard-tool", "list", hide=GWEN)
    run(t, "atr", "chipcard-tool", "atr", hide=GWEN)
    run(t, "kvk", "kvkcard", "read", hide=GWEN)


def card_eventmgr(t):
    if not shutil.which("card_eventmgr"):
        t.say("SKIP", "card_eventmgr is not installed")
        return
    with open(f"{t.dir}/conf", "w") as f:
        f.write(EVENTS % {"dir": t.dir})

    def events():
        if not os.path.exists(f"{t.dir}/ev"):
            return []
        with open(f"{t.dir}/ev") as f:
            return f.read().split()

    def until(n):
        end = time.monotonic() + 15
        while len(events()) < n and time.monotonic() < end:
            time.sleep(0.02)

    def until_last(word):
        end = time.monotonic() + 15
        while events()[-1:] != [word] and time.monotonic() < end:
            time.sleep(0.02)
    p = subprocess.Popen(["card_eventmgr", "nodaemon",
                          f"config_file={t.dir}/conf"], cwd=t.dir,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # it says nothing when it has begun: the first that it sees is the card
    while not events():
        t.card()
        time.sleep(0.2)
        t.out()
        time.sleep(0.2)
    until_last("out")
    for n in range(2):
        seen = len(events())
        t.card()
        until(seen + 1)
        t.out()
        until(seen + 2)
        t.say(f"round {n}", events()[seen:])
    p.terminate()
    t.say("exit", p.wait(10))


PROBES = [perl, opensc, chipcard, card_eventmgr]
