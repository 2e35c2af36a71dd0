# SPDX-License-Identifier: BSD-2-Clause
"""Our card in QEMU's reader: what scs-vcard speaks (vpcd's frames) on one side,
what QEMU's ccid-card-passthru speaks on the other.

That is libcacard's VSCard protocol (vscard_common.h): a header of three
big-endian words (type, reader, length) and `length` bytes. It has no word for
power, so this reader's resets do not reach the card.
"""
import os
import select
import struct
import threading

import machine
import vpcd
from vpcd import Gone, take

INIT, ERROR, READER_ADD, READER_REMOVE, ATR, CARD_REMOVE, APDU = range(1, 8)
HEADER = struct.Struct(">III")


class Reader(threading.Thread):
    """A card connects to `card_path` and is in the reader behind `qemu_path`."""

    def __init__(self, qemu_path, card_path):
        super().__init__(daemon=True)
        self.qemu_path = qemu_path
        self.slot = vpcd.Socket(card_path)
        self.qemu = None
        self.wake_r, self.wake_w = os.pipe()
        # commands that begin so have no answer, until the reader is new
        self.hold, self.held = None, False
        self.asks = False  # though the card is asked

    def replugged(self):
        """QEMU has made the reader anew: it knows of no card."""
        self.held = False
        os.write(self.wake_w, b"r")

    def send(self, kind, data=b""):
        self.qemu.sendall(HEADER.pack(kind, 0, len(data)) + data)

    def power_lost(self):
        """While the machine sleeps, so nothing else is on its way."""
        self.slot.send(vpcd.OFF)
        self.slot.send(vpcd.ON)

    def greet(self):
        # magic "VSCD", version 0.0.2, no capabilities
        self.send(INIT, b"VSCD" + struct.pack(">II", 2, 0))
        self.send(READER_ADD, b"scs test\0")
        if self.slot.card is not None:
            self.send(ATR, self.slot.atr)

    def card_out(self):
        self.slot.put_out()
        self.send(CARD_REMOVE)

    def from_qemu(self):
        kind, _, length = HEADER.unpack(take(self.qemu, HEADER.size))
        body = take(self.qemu, length)
        if kind != APDU or self.slot.card is None:
            return
        held = self.hold is not None and body.startswith(self.hold)
        try:
            answer = b"" if held and not self.asks else self.ask(body)
        except (Gone, OSError):
            self.card_out()
            return
        if held:
            self.held = True
        else:
            self.send(APDU, answer)

    def ask(self, command):
        self.slot.send(command)
        return self.slot.receive()

    def turn(self):
        """One event."""
        ready = select.select([self.qemu, self.wake_r, self.slot], [], [])[0]
        if self.wake_r in ready:
            os.read(self.wake_r, 100)
            self.greet()
        if self.qemu in ready:
            self.from_qemu()
        elif self.slot in ready and self.slot.card is None:
            self.slot.take_in()
            self.send(ATR, self.slot.atr)
        elif self.slot in ready:
            self.card_out()  # a card speaks only when it is asked

    def run(self):
        try:
            self.qemu = machine.connect(self.qemu_path)
            self.greet()
            while True:
                self.turn()
        except (Gone, OSError):
            return  # QEMU has ended
