# SPDX-License-Identifier: BSD-2-Clause
"""A CCID reader's interface (USB's Device Class: Smart Card CCID, 1.1): slots,
what is in them, and the answers to the driver's messages. Not those of a pad
for PINs. It can be told to answer wrongly.
"""
import struct

import t1
import vpcd

NO_CARD, SLOT_BUSY, NO_SLOT = 0xFE, 0xE0, 5  # bError
FAILED = 0x40  # bmCommandStatus
POWER_ON, POWER_OFF, STATUS, TRANSFER = 0x62, 0x63, 0x65, 0x6F
GET_PARAMETERS, RESET_PARAMETERS, SET_PARAMETERS = 0x6C, 0x6D, 0x61
DATA, SLOT_STATUS, PARAMETERS = 0x80, 0x81, 0x82
ANSWERS = {POWER_ON: DATA, TRANSFER: DATA, GET_PARAMETERS: PARAMETERS,
           RESET_PARAMETERS: PARAMETERS, SET_PARAMETERS: PARAMETERS}
HEADER = struct.Struct("<BIBB3s")
TPDU, EXTENDED = 0x10000, 0x40000  # dwFeatures: level of exchange
# parameters after the ATR, activation, voltage, clock, rate, PPS and IFSD are
# the reader's work
FEATURES = 0x4BA
T1_PARAMETERS = bytes.fromhex("1110004D00FE00")
MESSAGE_MAX = 271
ECHO = 0xEE  # INS


def longer(m):
    return m[:1] + struct.pack("<I", 0x7FFFFFF0) + m[5:]


STALL = "stall"  # instead of an answer: the endpoint is halted from now on
# what becomes of the next answer that is an echo
FAULTS = {
    "garbage": lambda m: bytes([m[6] ^ x & 0xFF for x in range(64)]),
    "an answer longer than it is": longer,
    "an answer shorter than it is": lambda m: m[:1] + b"\0\0\0\0" + m[5:],
    "half a header": lambda m: m[:5],
    "an empty answer": lambda m: b"",
    "another sequence number": lambda m: m[:6] + bytes([m[6] ^ 0x55]) + m[7:],
    "no answer": lambda m: None,  # until something else is asked
    "a stall": lambda m: STALL,
}


class Echo:
    """A card with one command, which says what it hears."""

    atr = bytes.fromhex("3B8180014646")  # T=1

    def __init__(self):
        self.there = True

    def ask(self, command, then):
        if command[1] != ECHO:  # none that a login could use
            then(b"\x6D\x00")
            return
        if len(command) >= 7 and command[4] == 0:
            n = int.from_bytes(command[5:7], "big")
            body = command[7:7 + n]
        else:
            body = command[5:5 + command[4]] if len(command) > 5 else b""
        then(body + b"\x90\x00")


class Remote:
    """A card that connects to `path`."""

    def __init__(self, path):
        self.socket = vpcd.Socket(path)
        self.then = None
        self.hold, self.held = False, None  # its commands wait

    atr = property(lambda self: self.socket.atr)
    there = property(lambda self: self.socket.card is not None)

    def ask(self, command, then):
        self.then = then
        self.held = command if self.hold else None
        if not self.hold:
            self.socket.send(command)

    def release(self):
        """The held command, and every later one, to the card."""
        self.hold = False
        self.socket.send(self.held)

    def ready(self):
        """The socket is readable. True: the card is in or out now."""
        if not self.there:
            self.socket.take_in()
            return True
        try:
            answer = self.socket.receive()
        except vpcd.Gone:
            self.socket.put_out()
            self.then = None
            return True
        then, self.then = self.then, None
        if then:
            then(answer)
        return False


class Slot:
    def __init__(self, number, card):
        self.number, self.card = number, card
        self.changed = True
        self.off()

    def off(self):
        self.active = False
        self.parameters = b""
        self.command = self.answer = b""

    def on(self):
        self.off()
        self.active = True
        self.parameters = T1_PARAMETERS
        self.t1 = t1.Blocks(lambda *a: self.card.ask(*a))

    def moved(self):
        """Its card is in or out."""
        self.off()
        self.changed = True

    def icc(self):
        return 2 if not self.card.there else 0 if self.active else 1


class Interface:
    """`name`: its string; `out(message)` and `news(message)` are the bulk and
    the interrupt endpoint, set by who has the interface."""

    def __init__(self, name, level, cards, interrupts=True):
        self.name, self.level, self.interrupts = name, level, interrupts
        self.slots = [Slot(i, c) for i, c in enumerate(cards)]
        self.fault = self.late = None
        self.input = b""
        self.out = self.news = None

    def descriptor(self):
        n = len(self.slots)
        return struct.pack("<BBHBBIIIBIIBIIIIIBBHBB", 54, 0x21, 0x110, n - 1,
                           7, 2, 4000, 4000, 0, 10753, 344105, 0, 254, 0, 0,
                           self.level | FEATURES, MESSAGE_MAX, 0xFF, 0xFF, 0, 0,
                           n)

    def reset(self):
        """By USB, or unplugged."""
        self.input = b""
        for s in self.slots:
            s.moved()

    def tell(self):
        """RDR_to_PC_NotifySlotChange"""
        bits = 0
        for s in self.slots:
            bits |= (s.card.there | s.changed << 1) << 2 * s.number
            s.changed = False
        self.news(b"\x50" + bits.to_bytes((len(self.slots) + 3) // 4,
                                          "little"))

    def receive(self, data):
        """Bytes of the bulk endpoint."""
        self.input += data
        while len(self.input) >= HEADER.size:
            size = HEADER.size + int.from_bytes(self.input[1:5], "little")
            if len(self.input) < size:
                return
            message, self.input = self.input[:size], self.input[size:]
            self.handle(message)

    def handle(self, message):
        kind, _, number, seq, extra = HEADER.unpack_from(message)

        def reply(body=b"", error=0, last=0):
            icc = slot.icc() if slot else 2
            m = struct.pack("<BIBBBBB", ANSWERS.get(kind, SLOT_STATUS),
                            len(body), number, seq,
                            icc | (FAILED if error else 0), error, last) + body
            self.answer(message, m)

        slot = self.slots[number] if number < len(self.slots) else None
        if slot is None:
            reply(error=NO_SLOT)
        elif kind == POWER_OFF:
            slot.off()
            reply()
        elif kind == STATUS:
            reply()
        elif kind not in ANSWERS:
            reply(error=0x80 + 0x7F)  # no such command
        elif not slot.card.there or not (slot.active or kind == POWER_ON):
            reply(error=NO_CARD)
        elif kind == POWER_ON:
            slot.on()
            reply(slot.card.atr)
        elif kind == TRANSFER:
            self.transfer(slot, extra, message[HEADER.size:], reply)
        else:
            if kind == SET_PARAMETERS:
                slot.parameters = message[HEADER.size:]
            reply(slot.parameters, last=1)

    def answer(self, command, m):
        """Whether a block of T=1 or the command itself: an echo's has INS."""
        fault, late = None, self.late
        self.late = None
        if ECHO in command[11:15] and command[0] == TRANSFER:
            fault, self.fault = self.fault, None
        if fault == "no answer":
            self.late = m
        if fault:
            m = FAULTS[fault](m)
        for x in (late, m):
            if x is not None:
                self.out(x)

    def transfer(self, slot, extra, data, reply):
        if self.level == TPDU:
            slot.t1.send(data, reply)
            return
        # wLevelParameter: 1, 3: more is to come; 0x10: what follows is wanted
        level = int.from_bytes(extra[1:3], "little")

        def part(first):
            room = MESSAGE_MAX - HEADER.size
            p, slot.answer = slot.answer[:room], slot.answer[room:]
            reply(p, last=(1 if slot.answer else 0) if first else
                  3 if slot.answer else 2)

        def answered(answer):
            slot.answer = answer
            part(True)

        if level == 0x10:
            part(False)
            return
        slot.command += data
        if level in (1, 3):
            reply(last=0x10)
            return
        command, slot.command = slot.command, b""
        slot.card.ask(command, answered)
