#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The card is pulled at every single command of an insertion and a login.

The list of steps is the trace of a good run. At each step the card loses power
once before the command and once after it, before its answer. Always: no
success that was not earned, a clear error, the service alive, no PIN try spent
that nobody spent, and the next login fine.
"""
import sys
import stack

# one after the other: a card that goes in and out all the time in one reader is
# read only when it has come to rest
READERS = [f"Flow Reader {i}" for i in range(14)]
USER = "nobody"  # exists everywhere


def steps_of(card):
    return [line for line in card.tell("trace").splitlines()
            if line and line[0].isdigit()]


def insert(s, card, until):
    s.mark()
    card.tell("insert")
    s.wait_log(until)


def good_login(s, card):
    code, out = s.login(USER, stack.PIN)
    if code != 0:
        raise stack.Failure(f"the next login failed:\n{out}")
    if "pin-tries 3" not in card.tell("status"):
        raise stack.Failure("a PIN try was lost:\n" + card.tell("status"))


def reinsert_clean(s, card):
    card.tell("remove")
    card.tell("misbehave off")
    insert(s, card, "card ready")


def pull_while_reading(s, card, kind, k):
    """During the reading that follows an insertion."""
    s.mark()
    card.tell("remove")
    s.wait_log("card out")
    card.tell("clear")
    card.tell(f"misbehave {kind} at={k}")
    insert(s, card, "card out")
    code, out = s.login(USER, stack.PIN)
    if code == 0:
        raise stack.Failure(f"{kind} at {k}: a login without a card")
    if "smart card" not in out:
        raise stack.Failure(f"{kind} at {k}: nobody said why:\n{out}")


def pull_while_logging_in(s, card, kind, k, steps):
    card.tell("clear")
    card.tell(f"misbehave {kind} at={k}")
    code, out = s.login(USER, stack.PIN)
    after_proof = any(x.split()[1][2:4] == "87" for x in steps[:k - 1])
    if code == 0 and not after_proof:
        raise stack.Failure(f"{kind} at {k}: success without a proof")
    if code != 0 and "smart card" not in out:
        raise stack.Failure(f"{kind} at {k}: nobody said why:\n{out}")


def put_in(s, file, number):
    """The card, read, in the reader of this case."""
    s.mark()
    card = stack.Card(s, file, reader=number % len(READERS))
    s.wait_log("card ready")
    return card


def take_out(s, card):
    s.mark()
    card.stop()
    s.wait_log("card out")


def good_run(s, file):
    """The steps of an insertion and those of a login."""
    card = put_in(s, file, 0)
    reading = steps_of(card)
    card.tell("clear")
    good_login(s, card)
    login = steps_of(card)
    take_out(s, card)
    return reading, login


def run(s, alg):
    file = s.person(f"{alg}.card", "Pull Test", alg)
    s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
    reading, login = good_run(s, file)
    cases = 0
    for kind in ("power-loss", "answer-loss"):
        steps = [("reading", k + 1) for k in range(len(reading))]
        steps += [("login", k + 1) for k in range(len(login))]
        for where, k in steps:
            cases += 1
            card = put_in(s, file, cases)
            if where == "reading":
                pull_while_reading(s, card, kind, k)
            else:
                pull_while_logging_in(s, card, kind, k, login)
            reinsert_clean(s, card)
            good_login(s, card)
            take_out(s, card)
    print(f"{alg}: {len(reading)} steps of an insertion and {len(login)} of a "
          f"login: {cases} cases, all fine", flush=True)
    return cases


def main():
    build = sys.argv[1]
    with stack.Stack(build, readers=READERS) as s:
        cases = sum(run(s, alg) for alg in ("p256", "rsa2048"))
    print(f"{cases} cases passed, 0 failed")


if __name__ == "__main__":
    main()
