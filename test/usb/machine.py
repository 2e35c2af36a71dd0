# SPDX-License-Identifier: BSD-2-Clause
"""A machine that runs in QEMU: its monitor, its consoles, commands in it."""
import base64
import json
import select
import socket
import subprocess
import time


class Failure(Exception):
    pass


def expect(good, text):
    if not good:
        raise Failure(text)


class Monitor:
    """QEMU's machine protocol (QMP): one command, one answer."""

    def __init__(self, path):
        self.sock = connect(path)
        self.sock.settimeout(30)
        self.stream = self.sock.makefile("rw")
        self.stream.readline()  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command,
                                      "arguments": arguments}) + "\n")
        self.stream.flush()
        for line in self.stream:
            answer = json.loads(line)
            if "error" in answer:
                raise Failure(f"QEMU, {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise Failure(f"QEMU ended at {command}")


def connect(path, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > deadline:
                raise Failure(f"nobody listens at {path}") from None
            time.sleep(0.05)


class Machine:
    """Booted by start(); `sh` runs a script in it."""

    def __init__(self, folder, socks, kernel, initramfs):
        self.folder, self.socks = folder, socks
        self.kernel, self.initramfs = kernel, initramfs
        self.console = f"{folder}/console.log"
        self.proc = self.port = self.monitor = None
        self.left = b""

    def start(self, devices, modules, append="", memory=768):
        f, s = self.folder, self.socks
        argv = ["qemu-system-x86_64", "-accel", "tcg,thread=multi",
                "-M", "q35", "-cpu", "max", "-smp", "1", "-m", str(memory),
                "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot",
                "-serial", f"file:{self.console}",
                "-serial", f"unix:{s}/port.sock,server=on,wait=off",
                "-qmp", f"unix:{s}/qmp.sock,server=on,wait=off",
                "-kernel", self.kernel, "-initrd", self.initramfs,
                "-append", "console=ttyS0 quiet panic=-1 tsc=unstable "
                "no_timer_check mitigations=off nokaslr "
                f"scs.modules={','.join(modules)} {append}", *devices]
        self.log = open(f"{f}/qemu.log", "wb")
        self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                     stdout=self.log, stderr=self.log)
        self.monitor = Monitor(f"{s}/qmp.sock")
        self.port = connect(f"{s}/port.sock")
        self.wait_ready()

    def wait_ready(self, seconds=180):
        while self.line(seconds) != "READY":
            pass

    def line(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.left:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.port], [], [], left)[0]:
                raise Failure(f"the machine says nothing for {seconds} s; its "
                              f"console:\n{self.console_text()[-3000:]}")
            data = self.port.recv(65536)
            if not data:
                raise Failure("the machine ended; its console:\n" +
                              self.console_text()[-3000:])
            self.left += data
        line, self.left = self.left.split(b"\n", 1)
        return line.decode().strip()

    def sh(self, script, seconds=60):
        """(status, output) of a script in the machine."""
        try:
            self.port.sendall(base64.b64encode(script.encode()) + b"\n")
        except OSError as e:
            raise Failure(f"the machine has ended: {e}") from e
        text = ""
        while not (line := self.line(seconds)).startswith("END "):
            text += line
        return (int(line.split()[1]),
                base64.b64decode(text).decode(errors="replace"))

    def console_text(self):
        try:
            with open(self.console, errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        for s in (self.port, self.monitor and self.monitor.sock):
            if s:
                s.close()
