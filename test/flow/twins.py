#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A card and its copy in two readers, through real libpam: no PIN to either.

The forged card has the victim's certificate and a key of its own, and was there
first. Then what must not be hindered: the victim's card alone, and
two cards with the same key of somebody else.

usage: twins.py BUILD
"""
import shutil
import sys
import stack

USER = "nobody"
READERS = ("First Reader", "Second Reader", "Third Reader")


def verifies(card):
    """How many PINs the card was given since it was told to clear: VERIFY with
    data, in=8. Without data it only asks for the tries or logs out."""
    lines = [x.split() for x in card.tell("trace").splitlines()
             if x[:1].isdigit()]
    return sum(1 for x in lines if x[1] == "00200080" and x[2] != "in=0")


def expect(ok, what, out=""):
    if not ok:
        raise stack.Failure(f"{what}\n{out}")
    print(f"ok   {what}", flush=True)


def insert(s, file, reader):
    s.mark()
    card = stack.Card(s, file, reader)
    s.wait_log("card ready")
    return card


def refused(s, user, out_wanted, cards, what):
    for c in cards:
        c.tell("clear")
    code, out = s.login(user, stack.PIN)
    expect(code != 0 and "PAM_PERM_DENIED" in out, f"{what}: refused", out)
    expect("Enter PIN" not in out, f"{what}: nobody was asked for the PIN",
           out)
    said = s.log_text()
    for part in out_wanted:
        expect(part in said, f"{what}: the reason names {part!r}", said)
    expect(sum(verifies(c) for c in cards) == 0,
           f"{what}: no card was given a PIN")


def slow(s, card):
    """Put the card in: it thinks about each command, and is not read yet when
    this returns."""
    card.tell("misbehave delay=200")
    s.mark()
    card.tell("insert")
    s.wait_log("card in")


def main():
    with stack.Stack(sys.argv[1], readers=READERS) as s:
        alice = s.person("alice.card", "Alice Own", "p256")
        mallory = s.person("mallory.card", "Mallory Forger", "p256")
        bob = s.person("bob.card", "Bob Other", "p256")
        spare = f"{s.prefix}/spare.card"
        shutil.copy(bob, spare)
        der = f"{s.prefix}/alice-9a.der"
        with open(der, "wb") as f:
            f.write(s.certificate(alice, "9a"))
        s.run("scs-vcard", "import", mallory, "9a", "--cert", der, check=0)
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(alice, "9a")))

        forged = insert(s, mallory, 0)
        own = insert(s, alice, 1)
        refused(s, USER, [READERS[0], READERS[1], "take out the card"],
                [forged, own], "a forged card first")
        for c in (forged, own):
            c.tell("clear")
        for t in s.tool("security", "list-smartcards")[1].split():
            code, _, err = s.tool("sc_auth", "verifypin", "-t", t,
                                  stdin=stack.PIN + "\n")
            expect(code != 0 and READERS[0] in err and READERS[1] in err,
                   f"sc_auth verifypin -t {t}: refused", err)
        expect(verifies(forged) + verifies(own) == 0, "and nobody got a PIN")
        forged.stop()
        s.wait_tokens(1)
        own.tell("clear")
        code, out = s.login(USER, stack.PIN)
        expect(code == 0, "without the forged card: let in", out)
        expect(verifies(own) == 1, "and given the PIN once")

        others = [insert(s, bob, 0), insert(s, spare, 2)]
        for c in others:
            c.tell("clear")
        code, out = s.login(USER, stack.PIN)
        expect(code == 0, "two cards of somebody else: let in", out)
        expect(sum(verifies(c) for c in others) == 0, "and they got no PIN")
        own.tell("remove")
        s.wait_tokens(1)  # the two have one name
        slow(s, own)
        code, out = s.login(USER, stack.PIN)
        expect(code == 0, "while one's own is being read: let in", out)
        for c in [own, *others]:
            c.stop()
        s.wait_tokens(0)

        forged = insert(s, mallory, 0)
        own = stack.Card(s, alice, 1, extra=["--out"])
        slow(s, own)
        refused(s, USER, [READERS[0], READERS[1], "take out the card"],
                [forged], "a forged card, and one's own is being read")
        for c in (own, forged):
            c.stop()
    print("twins: all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
