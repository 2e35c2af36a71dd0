# SPDX-License-Identifier: BSD-2-Clause
"""Our card in QEMU's reader: what scs-vcard speaks (vpcd's frames) on one side,
what QEMU's ccid-card-passthru speaks on the other.

That is libcacard's VSCard protocol (vscard_common.h): a header of three
big-endian words (type, reader, length) and `length` bytes. It has no word for
power, so this reader's resets do not reach the card.
"""
import os
import select
import socket
import struct
import threading

import machine

INIT, ERROR, READER_ADD, READER_REMOVE, ATR, CARD_REMOVE, APDU = range(1, 8)
HEADER = struct.Struct(">III")
VPCD_OFF, VPCD_ON, VPCD_RESET, VPCD_ATR = b"\0", b"\1", b"\2", b"\4"


class Gone(Exception):
    pass


def take(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise Gone
        data += part
    return data


class Reader(threading.Thread):
    """A card connects to `card_path` and is in the reader behind `qemu_path`."""

    def __init__(self, qemu_path, card_path):
        super().__init__(daemon=True)
        self.qemu_path = qemu_path
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(card_path):
            os.unlink(card_path)
        self.listener.bind(card_path)
        self.listener.listen()
        self.qemu = self.card = None
        self.wake_r, self.wake_w = os.pipe()
        self.hold = self.held = False  # an answer, until the reader is new

    def replugged(self):
        """QEMU has made the reader anew: it knows of no card."""
        self.held = False
        os.write(self.wake_w, b"r")

    def send(self, kind, data=b""):
        self.qemu.sendall(HEADER.pack(kind, 0, len(data)) + data)

    def ask_card(self, data, answer=True):
        self.card.sendall(struct.pack(">H", len(data)) + data)
        if not answer:
            return b""
        return take(self.card, struct.unpack(">H", take(self.card, 2))[0])

    def power_lost(self):
        """While the machine sleeps, so nothing else is on its way."""
        for control in (VPCD_OFF, VPCD_ON):
            self.ask_card(control, answer=False)

    def greet(self):
        # magic "VSCD", version 0.0.2, no capabilities
        self.send(INIT, b"VSCD" + struct.pack(">II", 2, 0))
        self.send(READER_ADD, b"scs test\0")
        if self.card is not None:
            self.send(ATR, self.atr)

    def card_in(self):
        self.card, _ = self.listener.accept()
        self.card.settimeout(60)
        self.ask_card(VPCD_ON, answer=False)
        self.atr = self.ask_card(VPCD_ATR)
        self.send(ATR, self.atr)

    def card_out(self):
        self.card.close()
        self.card = None
        self.send(CARD_REMOVE)

    def from_qemu(self):
        kind, _, length = HEADER.unpack(take(self.qemu, HEADER.size))
        body = take(self.qemu, length)
        if kind != APDU or self.card is None:
            return
        if self.hold:
            self.held = True
            return
        try:
            answer = self.ask_card(body)
        except (Gone, OSError):
            self.card_out()
            return
        self.send(APDU, answer)

    def turn(self):
        """One event."""
        watch = [self.qemu, self.wake_r]
        watch.append(self.listener if self.card is None else self.card)
        ready = select.select(watch, [], [])[0]
        if self.wake_r in ready:
            os.read(self.wake_r, 100)
            self.greet()
        if self.qemu in ready:
            self.from_qemu()
        elif self.listener in ready and self.card is None:
            self.card_in()
        elif self.card in ready:
            self.card_out()  # a card speaks only when it is asked

    def run(self):
        try:
            self.qemu = machine.connect(self.qemu_path)
            self.greet()
            while True:
                self.turn()
        except (Gone, OSError):
            return  # QEMU has ended
