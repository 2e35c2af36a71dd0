# SPDX-License-Identifier: BSD-2-Clause
"""What beside.py needs: a reader whose driver asks this process for everything
it does, pcscd and scs-readerd that load that driver, and libpcsclite.
"""
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "flow"))
import readerd_rig  # noqa: E402
import stack  # noqa: E402

NAME, READER = "Flow Reader", readerd_rig.READER
T1 = bytes.fromhex("3b800181")
T0 = bytes.fromhex("3b00")
BOTH = bytes.fromhex("3b80800101")
OPEN, CLOSE, GET, SET, PROTOCOL, POWER, TRANSMIT, CONTROL, PRESENCE = range(
    1, 10)
UP, DOWN, WARM = 500, 501, 502
# what a driver may say
OK, TAG_UNKNOWN, COMMUNICATION, UNSUPPORTED, PRESENT, ABSENT = \
    0, 600, 612, 614, 615, 616
TAG_SLOTS, TAG_AT_ONCE, TAG_ATR = 0x0FAE, 0x0FAC, 0x0303


class Puppet:
    """A reader driver's other end. `answer[call]`, if there, is a function of
    (slot, argument, bytes, room) that gives the code and bytes."""

    def __init__(self, path, slots=1, at_once=False):
        self.present, self.atr, self.slots = [False] * slots, T1, slots
        self.at_once = at_once
        self.answer, self.seen = {}, []
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        with conn, conn.makefile("rb") as f:
            while head := f.read(20):
                call, slot, arg, room, n = struct.unpack("=5I", head)
                data = f.read(n)
                if call not in (PRESENCE, GET):
                    self.seen.append((call, arg, data))
                special = self.answer.get(call)
                code, out = (special or self.usual)(*(() if special else (
                    call,)), slot, arg, data, room)
                try:
                    conn.sendall(struct.pack("=II", code, len(out)) + out)
                except OSError:
                    return

    def usual(self, call, slot, arg, data, room):
        if call == PRESENCE:
            return (PRESENT if self.present[slot] else ABSENT), b""
        if call == POWER and arg != DOWN:
            return (OK, self.atr) if self.present[slot] else \
                (COMMUNICATION, b"")
        if call == TRANSMIT:
            return self.transmit(slot, data)
        if call == GET:
            return {TAG_SLOTS: (OK, bytes([self.slots])),
                    TAG_AT_ONCE: (OK, bytes([self.at_once])),
                    0x010100: (OK, b"Vendor\0")}.get(arg, (TAG_UNKNOWN, b""))
        if call == CONTROL:
            return (OK, data[::-1]) if arg == 0x42000001 else \
                (UNSUPPORTED, b"")
        if call == SET:
            return TAG_UNKNOWN, b""
        return OK, b""

    def transmit(self, slot, apdu):
        """80 10 hi lo: so many bytes; else 90 00."""
        if not self.present[slot]:
            return ABSENT, b""
        n = 0
        if apdu[:2] == b"\x80\x10":
            n = int.from_bytes(apdu[2:4], "big")
        return OK, b"\xa5" * n + b"\x90\x00"

    def count(self, call, arg=None):
        return len([s for s in self.seen
                    if s[0] == call and arg in (None, s[1])])


class Pcscd:
    def __init__(self, puppet_path, driver):
        os.makedirs("/run/pcscd/conf")
        with open("/run/pcscd/conf/reader", "w") as f:
            f.write(f'FRIENDLYNAME "{NAME}"\nDEVICENAME {puppet_path}\n'
                    f"LIBPATH {driver}\nCHANNELID 1\n")
        self.socket = "/run/pcscd/pcscd.comm"
        self.proc = subprocess.Popen(
            ["/usr/sbin/pcscd", "-f", "-c", "/run/pcscd/conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        stack.wait_until(lambda: stack.listens(self.socket), 60, "pcscd")
        self.dir = os.path.dirname(self.socket)

    def stop(self):
        stack.end(self.proc)
        shutil.rmtree("/run/pcscd")


class Ours(readerd_rig.Service):
    """scs-readerd; its driver process loads the puppet's library."""

    def __init__(self, build, puppet_path, driver):
        self.load = ["--ifdhandler", driver, "--name", NAME, "--device",
                     puppet_path]
        super().__init__(build)
        # one name for all of them: libpcsclite looks once where it is
        self.socket = "/run/beside.comm"
        os.symlink(f"{self.dir}/pcscd.comm", self.socket)

    def stop(self):
        os.unlink(self.socket)
        super().stop()

    def spawn(self, argv, socks):
        if argv[0] == self.programs["scs-ifd"]:
            argv = [argv[0], *self.load]
        return super().spawn(argv, socks)


DWORD, LONG = ctypes.c_ulong, ctypes.c_long
AUTO = 0xFFFFFFFFFFFFFFFF
State = readerd_rig.SCARD_READERSTATE


class Pci(ctypes.Structure):
    _fields_ = [("protocol", DWORD), ("length", DWORD)]


class Lib:
    """libpcsclite, each call by its C name without SCard: codes as numbers."""

    def __init__(self, path):
        os.environ["PCSCLITE_CSOCK_NAME"] = path
        self.lib = ctypes.CDLL("libpcsclite.so.1")

    def __getattr__(self, name):
        f = getattr(self.lib, "SCard" + name)
        f.restype = LONG

        def call(*args):
            return f(*[LONG(a) if isinstance(a, int) else a
                       for a in args]) & 0xFFFFFFFF
        return call

    def context(self):
        c = LONG()
        readerd_rig.expect(self.EstablishContext(2, None, None,
                                                 ctypes.byref(c)), 0, "ctx")
        return c.value

    def connect(self, context, share=2, protocols=3, reader=READER):
        """(code, handle, protocol)"""
        h, active = LONG(), DWORD()
        rv = self.Connect(context, reader.encode(), share, protocols,
                          ctypes.byref(h), ctypes.byref(active))
        return rv, h.value, active.value

    def reconnect(self, h, share=2, protocols=3, how=0):
        active = DWORD()
        rv = self.Reconnect(h, share, protocols, how, ctypes.byref(active))
        return rv, active.value if rv == 0 else 0

    def status(self, h):
        name, atr = ctypes.create_string_buffer(200), \
            ctypes.create_string_buffer(33)
        n, m, state, protocol = DWORD(200), DWORD(33), DWORD(), DWORD()
        rv = self.Status(h, name, *map(ctypes.byref, (n, state, protocol)),
                         atr, ctypes.byref(m))
        if rv:
            return (rv,)
        return (rv, name.value.decode(), n.value, state.value & 0xFFFF,
                protocol.value, atr.raw[:m.value].hex())

    def transmit(self, h, apdu=b"\0\xa4\4\0", protocol=2, room=65548):
        pci = Pci(protocol, ctypes.sizeof(Pci))
        out, n = ctypes.create_string_buffer(max(room, 1)), DWORD(room)
        rv = self.Transmit(h, ctypes.byref(pci), apdu, len(apdu), None, out,
                           ctypes.byref(n))
        return (rv, n.value, out.raw[:4].hex()) if rv == 0 else (rv, n.value)

    def control(self, h, code=0x42000001, data=b"ping", room=264):
        out, n = ctypes.create_string_buffer(max(room, 1)), DWORD()
        rv = self.Control(h, code, data, len(data), out, room,
                          ctypes.byref(n))
        return (rv, n.value, out.raw[:n.value].hex()) if rv == 0 else (rv,)

    def attribute(self, h, tag, room=264):
        out, n = ctypes.create_string_buffer(max(room, 1)), DWORD(room)
        rv = self.GetAttrib(h, tag, out, ctypes.byref(n))
        return (rv, n.value, out.raw[:n.value].hex()) if rv == 0 else \
            (rv, n.value)

    def change(self, context, timeout, *states):
        """states: (name, current). [(code), (event, atr)...]"""
        array = (State * max(len(states), 1))()
        for s, (name, current) in zip(array, states):
            s.name, s.current, s.atr_n = name.encode(), current, 33
        rv = self.GetStatusChange(context, timeout, array, len(states))
        return (rv, *[(s.event, bytes(s.atr[:s.atr_n]).hex())
                      for s, _ in zip(array, states)])


class Target:
    """One service, its reader and what was found out about it."""

    def __init__(self, side, build, driver, **reader):
        self.dir = tempfile.mkdtemp(prefix="scs-beside.", dir="/run")
        path = f"{self.dir}/puppet"
        shutil.copy(driver, self.dir)
        driver = f"{self.dir}/{os.path.basename(driver)}"
        self.side, self.found = side, []
        self.build = os.path.abspath(build)
        self.puppet = Puppet(path, **reader)
        self.service = Pcscd(path, driver) if side == "theirs" else \
            Ours(build, path, driver)
        stack.private_home(self.dir)
        self.lib = Lib(self.service.socket)

    def say(self, what, value):
        self.found.append((f"{self.group}: {what}", value))

    def card(self, atr=T1, slot=0):
        self.puppet.atr, self.puppet.present[slot] = atr, True
        self.wait(lambda s: s[2] & 0x18, "card in", slot)

    def out(self, slot=0):
        self.puppet.present[slot] = False
        self.wait(lambda s: s[2] & 2, "card out", slot)

    def wait(self, check, what, slot=0):
        def is_so():
            c = readerd_rig.Client(self.service)
            try:
                return check(c.states()[slot])
            finally:
                c.close()
        stack.wait_until(is_so, 60, what)

    def raw(self, minor=4):
        c = readerd_rig.Client(self.service)
        c.version(minor)
        return c

    def run(self, probes):
        for p in probes:
            self.group = p.__name__.replace("_", " ")
            self.puppet.answer.clear()
            self.puppet.seen.clear()
            self.puppet.atr = T1
            began = time.monotonic()
            try:
                p(self)
            except Exception as e:  # what one cannot do, the other must not
                self.say("ended by", f"{type(e).__name__}: {e}")
            if self.puppet.present[0]:
                self.out()
            if os.environ.get("SCS_BESIDE_TIMES"):
                print(f"{self.side} {self.group}: "
                      f"{time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)

    def stop(self):
        self.service.stop()
        shutil.rmtree(self.dir)
