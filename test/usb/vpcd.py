# SPDX-License-Identifier: BSD-2-Clause
"""The reader's end of a socket to which a card connects (scs-vcard run): it is
in the reader until it hangs up. Frames are vpcd's: a length of two bytes,
big-endian, and as many bytes; one byte is a control.
"""
import os
import socket
import struct

OFF, ON, ATR = b"\0", b"\1", b"\4"


class Gone(Exception):
    pass


def take(sock, n):
    """All of `n` bytes."""
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise Gone
        data += part
    return data


class Socket:
    def __init__(self, path):
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.card, self.atr = None, b""

    def fileno(self):
        """Readable: a card wants in, answers, or is out."""
        return (self.card or self.listener).fileno()

    def take_in(self):
        self.card, _ = self.listener.accept()
        self.card.settimeout(60)
        self.send(ON)
        self.send(ATR)
        self.atr = self.receive()

    def put_out(self):
        self.card.close()
        self.card = None

    def send(self, data):
        self.card.sendall(struct.pack(">H", len(data)) + data)

    def receive(self):
        try:
            return take(self.card, struct.unpack(">H", take(self.card, 2))[0])
        except OSError as e:
            raise Gone from e
