#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A card that lies: each object, length, status word and ATR it can get wrong.

For each row: the service stays up, whatever token appears shows only what was
sound, no login succeeds that the row forbids, what is wrong is named, and with
the card honest again the next login is fine.

usage: hostile.py BUILD [START-OF-ROW ...]
"""
import re
import sys
import time

import stack

USER = "nobody"
CERT_9A, CERT_9C, CERT_9D = "5FC105", "5FC10A", "5FC10B"
CHUID, HISTORY = "5FC102", "5FC10C"

WRONG = "654321"

# rules; may the card log in all the same; what the log or the problems must
# say; the PIN, if not the right one
ROWS = [
    ("CHUID: garbage", [f"garbage=59 tag={CHUID}"], None, "CHUID"),
    ("CHUID: cut", [f"cut=10 tag={CHUID}"], None, "CHUID"),
    ("CHUID: empty", [f"data=5300 tag={CHUID}"], None, "CHUID"),
    ("CHUID: length lies high", [f"length=127 tag={CHUID}"], None, "CHUID"),
    ("CHUID: oversized", [f"oversize=20000 tag={CHUID}"], None, "CHUID"),
    ("CHUID: refused", [f"sw=6982 tag={CHUID}"], None, "CHUID"),
    ("CHUID: absent", [f"sw=6A82 tag={CHUID}"], None, "CHUID"),
    ("9A certificate: garbage", [f"garbage=600 tag={CERT_9A}"], False, "9A"),
    ("9A certificate: cut", [f"cut=100 tag={CERT_9A}"], False, "9A"),
    ("9A certificate: padded", [f"pad=7 tag={CERT_9A}"], None, "9A"),
    ("9A certificate: oversized", [f"oversize=60000 tag={CERT_9A}"], False,
     "9A"),
    ("9A certificate: absent", [f"sw=6A82 tag={CERT_9A}"], False, "9A"),
    ("9A certificate: says gzip, is not",
     [f"data=53097004DEADBEEF710101 tag={CERT_9A}"],
     False, "9A"),
    ("9A certificate: indefinite length", [f"data=5380 tag={CERT_9A}"], False,
     "9A"),
    ("9C certificate: garbage", [f"garbage=600 tag={CERT_9C}"], True, "9C"),
    ("9D certificate: absent", [f"sw=6A82 tag={CERT_9D}"], True, "9D"),
    # this card has none, and answers 6A82: what counts is a garbage success
    ("Key History: garbage", [f"data={'A7' * 30} tag={HISTORY}"], True,
     "Key History"),
    ("Key History: empty", [f"data=5300 tag={HISTORY}"], True, "Key History"),
    ("Key History: 255 retired keys",
     [f"data=5308C101FFC20100F300 tag={HISTORY}"], True, "Key History"),
    ("Discovery: garbage", ["garbage=18 tag=7E"], None, "Discovery"),
    ("SELECT: garbage", ["garbage=60 ins=A4"], None, ""),
    ("SELECT: refused", ["sw=6A82 ins=A4"], False, ""),
    ("SELECT: one byte", ["raw=90 ins=A4"], False, ""),
    ("every answer: no status word", ["raw=00"], False, ""),
    ("every answer: 6100 for ever", ["raw=6100"], False, ""),
    ("every GET RESPONSE: 6100 for ever", ["raw=6100 ins=C0"], False, ""),
    ("every answer: 6C01 for ever", ["raw=6C01"], False, ""),
    ("every answer: status word 0000", ["sw=0000"], False, ""),
    ("VERIFY: says yes to a wrong PIN", ["sw=9000 ins=20"], False, "", WRONG),
    ("VERIFY: unknown status word", ["sw=6F00 ins=20"], False, ""),
    ("VERIFY: security status not satisfied", ["sw=6982 ins=20"], False, ""),
    ("signature: garbage", ["garbage=72 ins=87"], False, ""),
    ("signature: garbage in form", ["data=7C0A8208AABBCCDDEEFF0011 ins=87"],
     False, ""),
    ("signature: empty", ["data= ins=87"], False, ""),
    ("signature: of a wrong length", ["cut=3 ins=87"], False, ""),
    ("signature: oversized", ["oversize=20000 ins=87"], False, ""),
    ("ATR: garbage", ["atr=FFFFFFFF"], None, ""),
    ("ATR: empty historical bytes cut off", ["atr=3B8F8001"], None, ""),
    ("ATR: 33 bytes of TD chain",
     ["atr=3B" + "80" * 32], None, ""),
]


def problems(s):
    """What the service says of the card, in its log and in its list."""
    _, out, err = s.tool("system_profiler", "SPSmartCardsDataType")
    return out + err + s.log_text()[s.log_mark:]


def wait_for_word(s):
    """tokend's word on the card that came, if it has one: a card that gives no
    token may give no line. One of many that come and go is read later."""
    seconds, waits = 3, False
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        for line in s.log_text()[s.log_mark:].splitlines():
            late = re.search(r"is read in (\d+) ms", line)
            if late and not waits:
                seconds, waits = seconds + int(late[1]) / 1000, True
            elif "scs-tokend[" in line and not late:
                return
        time.sleep(0.01)


def lie(s, card, name, rules, may_login, says, pin=stack.PIN):
    s.mark()
    card.tell("remove")
    s.wait_log("card out")
    for rule in rules:
        answer = card.tell(f"misbehave {rule}")
        if answer.strip() != "ok":
            raise stack.Failure(f"the card does not know {rule!r}: {answer}")
    s.mark()
    card.tell("insert")
    s.wait_log("card in" if "atr" not in rules[0] else "reader \"")
    wait_for_word(s)
    code, out = s.login(USER, pin)
    if code == 0 and may_login is False:
        raise stack.Failure("a login succeeded")
    if code != 0 and may_login is True:
        raise stack.Failure(f"no login, though only something else is wrong:\n"
                            f"{out}")
    if name.startswith("signature: ") and "PAM_PERM_DENIED" not in out:
        raise stack.Failure(f"no signature is no refusal:\n{out}")
    if code != 0 and "smart card" not in out:
        raise stack.Failure(f"nobody said why:\n{out}")
    if says and says not in problems(s):
        raise stack.Failure(f"nobody named {says!r}")


def honest_again(s, card, file):
    card.stop()
    s.mark()
    card = stack.Card(s, file)
    s.wait_log("card ready")
    code, out = s.login(USER, stack.PIN)
    if code != 0:
        raise stack.Failure(f"the next login failed:\n{out}")
    return card


def main():
    build, failed = sys.argv[1], 0
    rows = [r for r in ROWS if r[0].startswith(tuple(sys.argv[2:]) or "")]
    with stack.Stack(build, readers=("Hostile Reader",)) as s:
        file = s.person("hostile.card", "Hostile Test")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        card = honest_again(s, stack.Card(s, file), file)
        for name, *row in rows:
            try:
                lie(s, card, name, *row)
                print(f"ok   {name}", flush=True)
            except stack.Failure as e:
                print(f"FAIL {name}: {e}", flush=True)
                failed += 1
            card = honest_again(s, card, file)
        card.stop()
    print(f"{len(rows) - failed} cases passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
