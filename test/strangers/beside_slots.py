# SPDX-License-Identifier: BSD-2-Clause
"""A reader of two slots whose driver says that they may be called at the same
time, and one whose driver does not: what one slot does while the card in the
other thinks."""
import threading

from beside_rig import OK, READER, TRANSMIT

SECOND = READER[:-1] + "1"


class Thinking:
    """A command at the card in `reader`, until it is told to answer."""

    def __init__(self, t, slot, reader):
        self.go, self.there, self.answer = threading.Event(), \
            threading.Event(), None

        def transmit(which, _, apdu, __):
            if which != slot:
                return t.puppet.transmit(which, apdu)
            self.there.set()
            self.go.wait(60)
            return OK, b"\xca\xfe\x90\0"

        def ask():
            self.answer = t.lib.transmit(h)

        t.puppet.answer[TRANSMIT] = transmit
        self.context = t.lib.context()
        _, h, _ = t.lib.connect(self.context, reader=reader)
        self.thread = threading.Thread(target=ask)
        self.thread.start()
        assert self.there.wait(20)

    def end(self, t):
        self.go.set()
        self.thread.join()
        t.lib.ReleaseContext(self.context)
        return self.answer


def both_cards(t):
    for slot in (0, 1):
        t.card(slot=slot)


def a_slot_beside_one_that_thinks(t):
    """All that a program does, and a card that goes and comes."""
    both_cards(t)
    for slot, reader, other in ((0, READER, SECOND), (1, SECOND, READER)):
        slow = Thinking(t, slot, reader)
        ctx = t.lib.context()
        rv, h, active = t.lib.connect(ctx, reader=other)
        t.say(f"{slot}: connect", (rv, active))
        t.say(f"{slot}: transmit", t.lib.transmit(h))
        t.say(f"{slot}: transaction", (t.lib.BeginTransaction(h),
                                       t.lib.transmit(h),
                                       t.lib.EndTransaction(h, 1)))
        t.say(f"{slot}: control", t.lib.control(h))
        t.say(f"{slot}: attribute", t.lib.attribute(h, 0x010100))
        t.say(f"{slot}: reconnect", t.lib.reconnect(h, how=2))
        t.out(1 - slot)
        t.say(f"{slot}: out", t.lib.transmit(h))
        t.card(slot=1 - slot)
        t.say(f"{slot}: disconnect", t.lib.Disconnect(h, 0))
        t.say(f"{slot}: it still thinks", slow.answer is None)
        t.say(f"{slot}: its answer", slow.end(t))
        t.lib.ReleaseContext(ctx)
    t.out(1)


def one_slot_after_the_other(t):
    """A driver that does not say so is not called for the second slot."""
    both_cards(t)
    ctx = t.lib.context()
    _, h, _ = t.lib.connect(ctx, reader=SECOND)
    slow, answers = Thinking(t, 0, READER), []
    other = threading.Thread(target=lambda: answers.append(t.lib.transmit(h)))
    other.start()
    other.join(1)
    t.say("it waits", answers == [])
    t.say("the first's answer", slow.end(t))
    other.join()
    t.say("then its own", answers)
    t.lib.ReleaseContext(ctx)
    t.out(1)


READERS = (
    ({"slots": 2, "at_once": True}, [a_slot_beside_one_that_thinks]),
    ({"slots": 2}, [one_slot_after_the_other]),
)
