# SPDX-License-Identifier: BSD-2-Clause
"""A USB device of our own making at QEMU's usb-redir: what the machine's kernel
finds plugged in. Speaks the usbredir protocol (usbredirproto.h, 0.7) for a
reader with one or several CCID interfaces (ccid.py).
"""
import os
import queue
import select
import struct
import threading

import ccid
import machine
import vpcd

(HELLO, CONNECT, DISCONNECT, RESET, INTERFACE_INFO, EP_INFO, SET_CONFIG,
 GET_CONFIG, CONFIG_STATUS, SET_ALT, GET_ALT, ALT_STATUS) = range(12)
START_INT, STOP_INT, INT_STATUS, CANCEL = 15, 16, 17, 21
CONTROL, BULK, ISO, INTERRUPT = 100, 101, 102, 103
SUCCESS, CANCELLED, INVALID, IO_ERROR, STALL = range(5)
# connect_device_version, ep_info_max_packet_size, 64bits_ids,
# 32bits_bulk_length
CAPABILITIES = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6
FULL_SPEED = 1
GET_STATUS, CLEAR_FEATURE, GET_DESCRIPTOR = 0, 1, 6
CCID_ABORT = 1
BULK_HEADER = struct.Struct("<BBHIH")
CONTROL_HEADER = struct.Struct("<BBBBHHH")


def string(text):
    data = text.encode("utf-16-le")
    return bytes([len(data) + 2, 3]) + data


class Port:
    """One interface's endpoints."""

    def __init__(self, device, number, interface):
        self.device, self.number, self.interface = device, number, interface
        first = 1 + 3 * number
        self.ep_out, self.ep_in, self.ep_int = (first, 0x81 + first,
                                                0x82 + first)
        interface.out, interface.news = self.answer, self.news
        self.reset()

    def reset(self):
        self.halted = self.listening = False
        self.answers, self.waiting = [], []
        self.interface.reset()

    def endpoints(self):
        """(address, type, largest packet, interval)"""
        eps = [(self.ep_out, 2, 64, 0), (self.ep_in, 2, 64, 0)]
        return eps + [(self.ep_int, 3, 8, 8)] * self.interface.interrupts

    def descriptor(self):
        eps = self.endpoints()
        return (struct.pack("<9B", 9, 4, self.number, 0, len(eps), 0x0B, 0, 0,
                            4 + self.number) + self.interface.descriptor() +
                b"".join(struct.pack("<BBBBHB", 7, 5, *e) for e in eps))

    def answer(self, message):
        if message == ccid.STALL:
            self.halted = True
        else:
            self.answers.append(message)
        self.flush()

    def flush(self):
        while self.waiting and (self.answers or self.halted):
            ident, length = self.waiting.pop(0)
            if self.halted:
                self.device.bulk_done(self.ep_in, ident, STALL)
                continue
            # as long as it is, or so much of it as is asked for
            part, rest = self.answers[0][:length], self.answers[0][length:]
            self.answers[:1] = [rest] if rest else []
            self.device.bulk_done(self.ep_in, ident, SUCCESS, part)

    def news(self, message):
        self.device.send(INTERRUPT, struct.pack(
            "<BBH", self.ep_int, SUCCESS, len(message)) + message)

    def tell(self):
        """Nobody listens: it is told when somebody does."""
        if self.listening:
            self.interface.tell()

    def cancel(self, ident):
        for w in self.waiting:
            if w[0] == ident:
                self.waiting.remove(w)
                self.device.bulk_done(self.ep_in, ident, CANCELLED)
                return


class Device(threading.Thread):
    """Plugged in and out by plug() and unplug(); do(f) has its thread do f."""

    def __init__(self, path, usb_id, serial, interfaces):
        super().__init__(daemon=True)
        self.path, self.serial = path, serial
        self.vendor, self.product = (int(x, 16) for x in usb_id.split(":"))
        self.ports = [Port(self, i, x) for i, x in enumerate(interfaces)]
        self.sock, self.wide, self.input = None, False, b""
        self.jobs = queue.Queue()
        self.wake_r, self.wake_w = os.pipe()
        self.failed = None
        self.plugged = False

    # ---- for the test

    def do(self, f):
        done = queue.Queue()
        self.jobs.put(lambda: done.put(f()))
        os.write(self.wake_w, b"j")
        return done.get(timeout=20)

    def plug(self):
        self.do(self.connect)

    def unplug(self):
        self.do(self.disconnect)

    def put(self, card, there):
        """A ccid.Echo goes in or out."""
        def move():
            card.there = there
            for p in self.ports:
                for s in p.interface.slots:
                    if s.card is card:
                        self.moved(p, s)
        self.do(move)

    # ---- what it is

    def descriptors(self):
        body = b"".join(p.descriptor() for p in self.ports)
        return {(1, 0): struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0,
                                    64, self.vendor, self.product, 0x100, 1, 2,
                                    3, 1),
                (2, 0): struct.pack("<BBHBBBBB", 9, 2, 9 + len(body),
                                    len(self.ports), 1, 0, 0x80, 50) + body,
                (3, 0): b"\x04\x03\x09\x04",
                **{(3, i): string(s) for i, s in enumerate(
                    ["Example", "Reader", self.serial] +
                    [p.interface.name for p in self.ports], 1)}}

    def connect(self):
        n = len(self.ports)

        def each(value):
            return bytes([value] * n + [0] * (32 - n))

        self.send(INTERFACE_INFO, struct.pack("<I", n) +
                  bytes(range(n)) + bytes(32 - n) + each(0x0B) + each(0) +
                  each(0))
        kinds, intervals, numbers, sizes = ([255] * 32, [0] * 32, [0] * 32,
                                            [0] * 32)
        kinds[0] = kinds[16] = 0
        sizes[0] = sizes[16] = 64
        for p in self.ports:
            for address, kind, size, interval in p.endpoints():
                i = (address & 0x80) >> 3 | address & 15
                kinds[i], intervals[i], numbers[i], sizes[i] = (
                    kind, interval, p.number, size)
        self.send(EP_INFO, bytes(kinds + intervals + numbers) +
                  struct.pack("<32H", *sizes))
        self.send(CONNECT, struct.pack("<BBBBHHH", FULL_SPEED, 0, 0, 0,
                                       self.vendor, self.product, 0x100))
        self.plugged = True

    def disconnect(self):
        self.plugged = False
        for p in self.ports:
            p.reset()
        self.send(DISCONNECT)

    # ---- packets

    def send(self, kind, body=b"", ident=0):
        head = struct.Struct("<IIQ" if self.wide else "<III")
        self.sock.sendall(head.pack(kind, len(body), ident) + body)

    def bulk_done(self, ep, ident, status, data=b"", length=None):
        n = len(data) if length is None else length
        self.send(BULK, BULK_HEADER.pack(ep, status, n & 0xFFFF, 0, n >> 16) +
                  data, ident)

    def port_of(self, ep):
        for p in self.ports:
            if ep in (p.ep_out, p.ep_in, p.ep_int):
                return p
        return None

    def packet(self, kind, ident, body):
        port = self.port_of(body[0]) if body else None
        if kind == HELLO:
            self.wide = True
        elif kind == RESET:
            for p in self.ports:
                p.reset()
        elif kind == SET_CONFIG:
            self.send(CONFIG_STATUS, bytes([SUCCESS, body[0]]), ident)
        elif kind == GET_CONFIG:
            self.send(CONFIG_STATUS, bytes([SUCCESS, 1]), ident)
        elif kind == SET_ALT:
            self.send(ALT_STATUS, bytes([SUCCESS, body[0], body[1]]), ident)
        elif kind == GET_ALT:
            self.send(ALT_STATUS, bytes([SUCCESS, body[0], 0]), ident)
        elif kind in (START_INT, STOP_INT):
            self.send(INT_STATUS, bytes([SUCCESS, body[0]]), ident)
            port.listening = kind == START_INT
            port.tell()
        elif kind == CONTROL:
            self.control(ident, *CONTROL_HEADER.unpack_from(body))
        elif kind == BULK:
            self.bulk(port, ident, body)
        elif kind == CANCEL:
            for p in self.ports:
                p.cancel(ident)

    def control(self, ident, ep, request, rtype, _, value, index, length):
        data, status = b"", SUCCESS
        if rtype == 0x80 and request == GET_DESCRIPTOR:
            data = self.descriptors().get((value >> 8, value & 0xFF))
            if data is None:
                data, status = b"", STALL
        elif rtype in (0x80, 0x81, 0x82) and request == GET_STATUS:
            port = self.port_of(index & 0xFF) if rtype == 0x82 else None
            halted = port and port.halted and index & 0xFF == port.ep_in
            data = b"\1\0" if halted else b"\0\0"
        elif rtype == 0x02 and request == CLEAR_FEATURE:
            if index & 0xFF == self.port_of(index & 0xFF).ep_in:
                self.port_of(index & 0xFF).halted = False
        elif rtype == 0x21 and request == CCID_ABORT:
            self.ports[index].answers = []
        else:
            status = STALL
        data = data[:length]
        self.send(CONTROL, CONTROL_HEADER.pack(
            ep, request, rtype, status, value, index,
            len(data) if rtype & 0x80 else length) + data, ident)

    def bulk(self, port, ident, body):
        ep, _, low, _, high = BULK_HEADER.unpack_from(body)
        length, data = low | high << 16, body[BULK_HEADER.size:]
        if ep & 0x80:
            port.waiting.append((ident, length))
        else:
            self.bulk_done(ep, ident, SUCCESS, length=length)
            port.interface.receive(data)
        port.flush()

    def receive(self):
        data = self.sock.recv(1 << 17)
        if not data:
            raise vpcd.Gone
        self.input += data
        while True:
            head = struct.Struct("<IIQ" if self.wide else "<III")
            if len(self.input) < head.size:
                return
            kind, length, ident = head.unpack_from(self.input)
            end = head.size + length
            if len(self.input) < end:
                return
            body, self.input = self.input[head.size:end], self.input[end:]
            self.packet(kind, ident, body)

    # ---- its thread

    def remote_slots(self):
        return [(p, s) for p in self.ports for s in p.interface.slots
                if hasattr(s.card, "ready")]

    def moved(self, port, slot):
        slot.moved()
        port.tell()

    def turn(self):
        slots = self.remote_slots()
        ready = select.select([self.sock, self.wake_r] +
                              [s.card.socket for _, s in slots], [], [])[0]
        if self.wake_r in ready:
            os.read(self.wake_r, 1)
            self.jobs.get()()
        if self.sock in ready:
            self.receive()
            return  # a card may have gone with it
        for p, s in slots:
            if s.card.socket in ready and s.card.ready():
                self.moved(p, s)

    def run(self):
        try:
            self.sock = machine.connect(self.path)
            self.send(HELLO, b"scs test".ljust(64, b"\0") +
                      struct.pack("<I", CAPABILITIES))
            while True:
                self.turn()
        except (vpcd.Gone, OSError):
            return  # QEMU has ended
        except Exception as e:  # pylint: disable=broad-exception-caught
            self.failed = e
            raise
