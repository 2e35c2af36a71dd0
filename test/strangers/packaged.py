#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every reader driver that Debian packages, unchanged and all at once, at serial
lines where nobody answers, somebody babbles, or the line is cut: the one reader
that can be there is, each other one has its reason in the log, and no driver is
ended by the sandbox. Then pcscd, with the same configuration, has the same
readers.

usage: packaged.py BUILD
"""
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import tty
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "flow"))
import ifd  # noqa: E402
import readerd_rig  # noqa: E402
import stack  # noqa: E402

DRIVERS = "/usr/lib/pcsc/drivers"
SERIAL = {  # the package's own words in reader.conf.d: library, channel
    "GemPC410": ("serial/libGemPC410.so.1.0.8", "CHANNELID 0\n"),
    "ASEDriveIIIe Serial Reader":
        ("ifd-ASEDriveIIIe-Serial/libASESerial.so", "CHANNELID 0x0103F8\n"),
    "GCR410": ("serial/libgcr410.so", "CHANNELID 0x0103f8\n"),
    "GemPCTwin serial": ("serial/libccidtwin.so", ""),
    "GemPCPinPad": ("serial/libccidtwin.so", ""),
}
BUNDLES = {  # of USB readers: devices, at least; the library and one of them
    "ifd-ccid": (300, "libccid.so", "08e6/4433"),
    "ifd-acsccid": (40, "libacsccid.so", "072f/90cc"),
    "ifd-GemPC430": (3, "libGemPC430.so.1.0.8", "08e6/0430"),
    "ifd-ASEDriveIIIe-USB": (2, "libASEDriveIIIe-USB.so", "0dc3/0802"),
    "libifd-cyberjack": (19, "libifd-cyberjack.so", "0c4b/0400"),
}
ANSWERS = ("silence", "babble", "cut")
ATR = bytes.fromhex("3b800181")


class Line:
    """The other end of a serial line."""

    def __init__(self, answer):
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.path = os.ttyname(theirs)
        os.chmod(self.path, 0o666)  # devpts has no access lists
        self.theirs = theirs
        threading.Thread(target=getattr(self, answer), daemon=True).start()

    def silence(self):
        while os.read(self.ours, 4096):
            pass

    def babble(self):
        while os.read(self.ours, 4096):
            os.write(self.ours, bytes(i * 7 % 256 for i in range(64)))

    def cut(self):
        os.read(self.ours, 1)
        os.close(self.theirs)
        os.close(self.ours)


def configuration(port, answers):
    """vpcd, which needs no line, and every other driver at a line of each."""
    text = ifd.reader("Virtual PCD", f"/dev/null:{port:#x}", ifd.VPCD, port)
    lines = []
    for answer in answers:
        for name, (library, channel) in SERIAL.items():
            # it makes pcscd wait for ever before it has a socket
            if len(answers) == 1 and name == "GemPC410":
                continue
            if not os.path.exists(f"{DRIVERS}/{library}"):
                continue
            lines.append(Line(answer))
            device = lines[-1].path + ":GemPCPinPad" * (name == "GemPCPinPad")
            lines[-1].name = f"{name}, {answer}"
            text += (f"# {answer}\nFRIENDLYNAME \"{lines[-1].name}\"\n"
                     f"DEVICENAME   {device}\n"
                     f"LIBPATH      {DRIVERS}/{library}\n{channel}")
    for name, (_, library, numbers) in BUNDLES.items():
        path = f"{DRIVERS}/{name}.bundle/Contents/Linux/{library}"
        if len(answers) > 1 and os.path.exists(path):
            lines.append(types.SimpleNamespace(name=name, path=(
                f"usb:{numbers}:libudev:0:/dev/bus/usb/250/250")))
            text += ifd.reader(name, lines[-1].path, path)
    # no device at all, as the packages have it where there is no such port
    text += ("\nFRIENDLYNAME      \"Nowhere\"\nDEVICENAME        /dev/nowhere:1"
             f"\nLIBPATH           {DRIVERS}/serial/libccidtwin.so\n")
    return text, lines


def readers(folder):
    c = readerd_rig.Client(types.SimpleNamespace(dir=folder))
    try:
        return sorted(s[0] for s in c.states() if s[0])
    finally:
        c.close()


def reasons(st, lines):
    """Each that cannot be opened says where, and what is wrong there; or that
    it did not come back from its driver in time."""
    for x in lines:
        reason = re.compile(
            f'reader "{re.escape(x.name)}": (hangs while opening the reader|'
            "its driver cannot open (channel (0x)?[0-9a-f]+ at )?"
            f"{re.escape(x.path)}[,:])")
        stack.wait_until(lambda: reason.search(st.log_text()), 60,
                         f"a reason for {x.name}")
    st.wait_log("/dev/nowhere:1, which is not there: its driver is ended")


def bundles(st):
    for name, (least, _, _) in BUNDLES.items():
        if not os.path.exists(f"{DRIVERS}/{name}.bundle"):
            print(f"  {name} is not installed: left out")
            continue
        found = st.wait_log(f"/{name}.bundle: ")
        n = re.search(r": (\d+) devices$", found)
        readerd_rig.expect(n is not None and int(n[1]) >= least, True,
                           f"devices of {name}: {found}")


def ours(build, port):
    text, lines = configuration(port, ANSWERS)
    prefix = ifd.prepare("all", text)
    shutil.copytree(DRIVERS, f"{prefix}{DRIVERS}", symlinks=True)
    with stack.Stack(build, readers=(), prefix=prefix,
                     options=("--card-timeout-ms", "3000")) as st:
        bundles(st)
        ifd.wait_atr(st, "Virtual PCD 00 00", b"")
        found = readers(f"{prefix}/run/pcscd")
        card = stack.Card(st, st.new_card("card"),
                          where=f"tcp:127.0.0.1:{port}")
        stack.wait_until(lambda: ifd.states(st)["Virtual PCD 00 00"][4], 60,
                         "a card in the one that works")
        reasons(st, lines)
        text = st.log_text()
        readerd_rig.expect(re.findall(r".*was killed by signal.*", text), [],
                           "drivers that the sandbox has ended")
        card.stop()
        pids = [pid for pid, _ in stack.process_table(st.scsd.pid)]
    readerd_rig.expect([p for p in pids if os.path.exists(f"/proc/{p}")], [],
                       "processes that are left")
    print(f"  {len(lines) + 1} drivers had a reason each, {found}")
    return found


def theirs(port):
    text, lines = configuration(port, ("babble",))
    subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=0755", "tmpfs",
                    "/run"], check=True)
    os.makedirs("/run/pcscd/conf")
    with open("/run/pcscd/conf/all", "w") as f:
        f.write(text)
    p = subprocess.Popen(["/usr/sbin/pcscd", "-f", "-c", "/run/pcscd/conf"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        stack.wait_until(lambda: stack.listens("/run/pcscd/pcscd.comm"), 60,
                         "pcscd")
        print("readers", *readers("/run/pcscd"), sep="\n")
    finally:
        stack.end(p)


def main():
    if sys.argv[1] == "--theirs":
        theirs(int(sys.argv[2]))
        return
    if os.geteuid() != 0 or not os.path.exists("/usr/sbin/pcscd") or \
            not os.path.exists(ifd.VPCD) or \
            subprocess.run(["unshare", "-m", "true"]).returncode != 0:
        print("SKIP: needs root, pcscd, vpcd and a mount namespace")
        sys.exit(77)
    port = ifd.two_ports()
    found = ours(sys.argv[1], port)
    out = subprocess.run(["unshare", "-m", sys.executable, "-B", __file__,
                          "--theirs", str(port)], stdout=subprocess.PIPE,
                         text=True, check=True, timeout=100).stdout
    readerd_rig.expect(found, out.splitlines()[1:], "readers beside pcscd")
    print("packaged: all passed")


if __name__ == "__main__":
    main()
