#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs the card: SmartCardServices, OpenSC and ykcs11.

The same virtual card does a first reading and a login (PIN, one signature with
9A) under each of the three in one run, over the same reader service, so that
the difference is theirs alone. The card counts commands and bytes; for ours the
reader service counts too and both must agree. Wall times are medians of RUNS
logins with a card that answers at once: whole programs, pamtest and pkcs11-tool.
A real card takes 10 to 100 ms for each command. The machine is noisy, the counts
are not.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "test", "flow"))
import stack  # noqa: E402

RUNS = 11
USER = "nobody"
READER = "Yubico YubiKey Virtual"  # ykcs11 looks at no other
OPENSC = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
YKCS11 = "/usr/lib/x86_64-linux-gnu/libykcs11.so.2"


def counts(card):
    pairs = [line.split() for line in card.tell("counts").splitlines()]
    got = {k: int(v) for k, v in (p for p in pairs if len(p) == 2)}
    return got["total"], got["bytes-in"] + got["bytes-out"]


def ours(s, file):
    s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
    s.mark()
    card = stack.Card(s, file)
    s.wait_log("card ready")
    first = counts(card)
    walls = []
    for _ in range(RUNS):
        card.tell("clear")
        s.mark()
        begin = time.monotonic()
        code, out = s.login(USER, stack.PIN)
        walls.append((time.monotonic() - begin) * 1000)
        if code != 0:
            raise stack.Failure(out)
    time.sleep(0.1)  # the clearing behind the answer
    lines = [x for x in card.tell("trace").splitlines() if x[:1].isdigit()]
    clearing = sum(x.split()[1].startswith("0020FF") for x in lines)
    total = counts(card)
    reader = s.wait_log("APDUs")
    said = int(re.search(r"(\d+) APDUs", reader)[1])
    if said != total[0] - clearing:
        raise stack.Failure(f"the card counted {total[0] - clearing} commands, "
                            f"the reader service {said}")
    return card, first, (said, total[1]), statistics.median(walls)


def foreign(s, card, lib, alg):
    """pkcs11-tool with a foreign module: list, then log in and sign."""
    env = {"PATH": os.environ["PATH"], "HOME": s.prefix,
           "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"}
    mech = "ECDSA" if alg == "p256" else "RSA-PKCS"
    with open(f"{s.prefix}/data", "wb") as f:
        f.write(os.urandom(32))

    def tool(*args):
        r = subprocess.run(["pkcs11-tool", "--module", lib, *args], env=env,
                           capture_output=True, text=True, timeout=120)
        if r.returncode != 0:
            raise stack.Failure(f"pkcs11-tool {args}: {r.stdout}{r.stderr}")

    card.tell("clear")
    tool("-O")
    first = counts(card)
    walls = []
    for _ in range(RUNS):
        card.tell("clear")
        begin = time.monotonic()
        tool("--login", "--pin", stack.PIN, "--sign", "--mechanism", mech,
             "--id", "01", "--input-file", f"{s.prefix}/data",
             "--output-file", f"{s.prefix}/sig")
        walls.append((time.monotonic() - begin) * 1000)
    return first, counts(card), statistics.median(walls)


def main():
    build = sys.argv[1]
    rows = []
    with stack.Stack(build, readers=(READER,)) as s:
        for alg in ("p256", "rsa2048"):
            for ext in (False, True):
                flags = ["--yubico"] + (["--extended"] if ext else [])
                kind = alg + (", extended length" if ext else "")
                file = s.person(f"{alg}-{ext}.card", "Bench Test", alg, *flags)
                card, *figures = ours(s, file)
                rows.append((kind, "SmartCardServices", *figures))
                if not ext:  # the others do not use it
                    for who, lib in (("OpenSC", OPENSC), ("ykcs11", YKCS11)):
                        rows.append((kind, who, *foreign(s, card, lib, alg)))
                card.stop()
    if "--json" in sys.argv:
        print(json.dumps([{"card": k, "stack": w, "first_reading": f,
                           "login": l, "wall_ms": m}
                          for k, w, f, l, m in rows], indent=1))
        return
    print(f"{'card':<28}{'stack':<20}{'first reading':>22}"
          f"{'login and signature':>24}{'median':>10}")
    for kind, who, first, login, ms in rows:
        print(f"{kind:<28}{who:<20}{first[0]:>6} APDUs{first[1]:>6} bytes"
              f"{login[0]:>8} APDUs{login[1]:>6} bytes{ms:>7.1f} ms")


if __name__ == "__main__":
    main()
