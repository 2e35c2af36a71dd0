#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same program on Debian's pcscd and on scs-readerd, with the same driver
and the same cards; every code and every value is compared. Where ours differs,
DIFFERENT says why, and scs-readerd(8) says it to people; a row there that is
no longer needed is a failure, too.

usage: beside.py BUILD PUPPET-DRIVER [PROBE...]
"""
import json
import os
import re
import subprocess
import sys

import beside_calls
import beside_changes
import beside_gnupg
import beside_programs
import beside_rig
import beside_sim
import beside_slots
import beside_tools
import beside_wire
import beside_wrongheaded

PROBES = [*beside_calls.PROBES, *beside_changes.PROBES, *beside_wire.PROBES,
          *beside_programs.PROBES, *beside_gnupg.PROBES,
          *beside_sim.PROBES, *beside_tools.PROBES,
          *beside_wrongheaded.PROBES]
WAITS = "who waits for a transaction is served, not refused"
RAW = "raw is for who asks for it; others keep their protocol"
DIRECT = "a direct connection is one to the reader, whatever card is in it"
MUTE = "a card without an answer to reset is mute"
EJECT = "a card that was sent away is powered down"
ERRORS = "what a reader cannot do is said to be that"
DIFFERENT = [
    (r"odd answers to reset: T=15 alone, protocols [31]",
     "no protocol named is T=0"),
    (r"direct and raw: [12], then share \d of [47]", RAW),
    (r"direct and raw: direct [47], to shared", RAW),
    (r"protocol of who has left: 1, later 3",
     "a card is not powered down, and T=0 will do"),
    (r"a reset and the others: unpower, \w+, reconnect",
     "a reconnection powers the card up"),
    (r"a reset and the others: eject, then ", EJECT),
    (r"transactions: end, dispositions$", EJECT),
    (r"others wait for a transaction: .* to (control|attribute)", WAITS),
    (r"commands: the card says [01] bytes",
     "an answer without a status word is none"),
    (r"commands: the driver says 616", "the card was removed"),
    (r"the card does not come up: power 0 : ", MUTE),
    (r"states at once: mute card, ", MUTE),
    (r"removal: share 2, in, ",
     "the card is another one, not the same after a reset"),
    (r"removal: share 3, ", DIRECT),
    (r"the reader itself: \d: attribute 0x90303",
     "the answer to reset is known without the driver"),
    (r"the reader itself: \d: (get, )?the driver says ", ERRORS),
    (r"the reader itself: \d: set, the driver says ", ERRORS),
    (r"wrongheaded attributes: 00090303 ",
     "the answer to reset is known without the driver"),
    (r"wrongheaded attributes: 00000fa[ce] ",
     "what a driver tells its host is no attribute"),
    (r"contexts: one too many", "the context is full first"),
    (r"waiting: cancel (who does not wait|oneself)$",
     "as newer versions of pcscd say it"),
    (r"waiting: wait while waiting",
     "a client out of step loses its connection"),
]


def one_side(side, build, driver, names):
    subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=0755", "tmpfs",
                    "/run"], check=True)
    found = []
    for reader, probes in ({}, PROBES), *beside_slots.READERS, \
            *beside_wrongheaded.READERS:
        probes = [p for p in probes if not names or p.__name__ in names]
        if not probes:
            continue
        t = beside_rig.Target(side, build, driver, **reader)
        try:
            t.run(probes)
        finally:
            t.stop()
        found += t.found
    json.dump(found, sys.stdout, default=bytes.hex)


def start(side, argv):
    return subprocess.Popen(["unshare", "-m", sys.executable, "-B", __file__,
                             f"--{side}", *argv], stdout=subprocess.PIPE,
                            text=True)


def results(side, proc):
    text, _ = proc.communicate(timeout=1000)
    if proc.returncode != 0:
        sys.exit(f"{side}: exit {proc.returncode}\n{text}")
    found = {}
    for what, value in json.loads(text):
        n, key = 2, what
        while key in found:
            key, n = f"{what} ({n})", n + 1
        found[key] = value
    return found


def codes(v):
    if isinstance(v, list):
        return "[" + ", ".join(map(codes, v)) + "]"
    return hex(v) if isinstance(v, int) and v > 0x80000000 else repr(v)


def compare(theirs, ours):
    """The rows of DIFFERENT that were needed; the differences that are in
    none."""
    used, wrong, same = {}, [], 0
    for what in {**theirs, **ours}:
        t, o = (x.get(what, "missing") for x in (theirs, ours))
        row = next((r for r, _ in DIFFERENT if re.match(r, what)), None)
        if "ended by" in what or (t != o and row is None):
            wrong.append(f"{what}: pcscd {codes(t)}, ours {codes(o)}")
        elif t != o:
            used[row] = used.get(row, 0) + 1
        else:
            same += 1
    return used, wrong, same


def main():
    argv = sys.argv[1:]
    if argv[0] in ("--ours", "--theirs"):
        one_side(argv[0][2:], argv[1], argv[2], argv[3:])
        return
    if os.geteuid() != 0 or not os.path.exists("/usr/sbin/pcscd") or \
            subprocess.run(["unshare", "-m", "true"]).returncode != 0:
        print("SKIP: needs root, pcscd and a mount namespace")
        sys.exit(77)
    sides = {side: start(side, argv) for side in ("theirs", "ours")}
    used, wrong, same = compare(*(results(*side) for side in sides.items()))
    for row, why in DIFFERENT:
        if row in used:
            print(f"differs, {used[row]:3}: {row}: {why}")
        elif len(argv) == 2:
            wrong.append(f"no longer differs: {row}")
    print("\n".join(wrong))
    print(f"{same} results are the same, {sum(used.values())} differ for a "
          f"reason, {len(wrong)} without one")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
