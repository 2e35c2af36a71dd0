# SPDX-License-Identifier: BSD-2-Clause
"""A client of the token service: frames of ipc/msg.h, what ipc/token-proto.h
says. Nothing of the project's own code is in it.
"""
import hashlib
import os
import socket
import struct

import stack

LIST, WATCH, TRIES, LOGIN, LOGOUT, SIGN = 1, 2, 3, 4, 5, 6
DECRYPT, DERIVE, CHANGE, UNBLOCK, VERIFY_SIGN, PROBE = 7, 8, 9, 10, 11, 12
ANSWER, EVENT = 0x80, 0x81
OK, LIMIT, FORMAT, REMOVED, PIN_WRONG = 0, 2, 4, 11, 12
PIN_FORM, PIN_NEEDED, DENIED = 14, 15, 16
DIGEST = hashlib.sha256(b"flow").digest()


class Reader:
    """Fields of a frame's body, in order."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise stack.Failure("a frame ends too early")
        self.at += n
        return self.data[self.at - n:self.at]

    def num(self, n):
        return int.from_bytes(self.take(n), "big")

    def bytes(self):
        return self.take(self.num(4))

    def str(self):
        return self.bytes().decode()


class Client:
    """One connection to the token service; frames of ipc/msg.h."""

    def __init__(self, prefix, uid=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(stack.HANG)
        if uid is not None:
            os.seteuid(uid)
        try:
            self.sock.connect(f"{prefix}/run/scs/token.sock")
        finally:
            if uid is not None:
                os.seteuid(0)
        self.events = 0

    def close(self):
        self.sock.close()

    def recv_n(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise stack.Failure("the token service closed the connection")
            data += part
        return data

    def frame(self):
        n, kind, secret = struct.unpack(">IHH", self.recv_n(8))
        return kind, self.recv_n(n + secret)

    def send(self, kind, body=b"", secret=b""):
        self.sock.sendall(struct.pack(">IHH", len(body), kind, len(secret))
                          + body + secret)

    def ask(self, kind, body=b"", secret=b""):
        """(err, reader of the rest); on failure (err, reason, tries)."""
        self.send(kind, body, secret)
        while True:
            got, data = self.frame()
            if got == EVENT:
                self.events += 1
                continue
            r = Reader(data)
            err = r.num(2)
            if err != OK:
                return err, r.str(), r.num(1)
            return err, r, None

    def tokens(self):
        err, r, _ = self.ask(LIST)
        if err != OK:
            raise stack.Failure(f"TOK_LIST: {r}")
        found = []
        for _ in range(r.num(2)):
            t = {"insertion": r.num(8), "id": r.str(), "reader": r.str(),
                 "driver": r.str(), "atr": r.bytes(), "flags": r.num(1),
                 "pin": (r.num(1), r.num(1)), "items": {}, "problems": []}
            for _ in range(r.num(2)):
                slot = r.num(1)
                t["items"][slot] = {
                    "label": r.str(), "key": r.str(), "pkhh": r.bytes(),
                    "alg": r.num(1), "bits": r.num(2), "flags": r.num(1),
                    "pin": r.num(1), "cert": r.bytes(), "spki": r.bytes()}
            t["problems"] = [r.str() for _ in range(r.num(2))]
            found.append(t)
        return found

    def sign(self, insertion, slot, pin=b""):
        return self.ask(SIGN, struct.pack(">QBBI", insertion, slot, 3, 32)
                        + DIGEST, pin)

    def use(self, kind, insertion, slot, mech, data, pin=b""):
        """SIGN, DECRYPT or DERIVE: err and the result, or the reason."""
        err, r, _ = self.ask(kind, struct.pack(
            ">QBBI", insertion, slot, mech, len(data)) + data, pin)
        return err, r.bytes() if err == OK else r

    def wait_tokens(self, n):
        def count():
            found = self.tokens()
            return found if len(found) == n else None
        if n == 0:
            stack.wait_until(lambda: not self.tokens(), 60, "an empty list")
            return []
        return stack.wait_until(count, 60, f"{n} token(s)")
