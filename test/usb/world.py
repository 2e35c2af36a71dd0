# SPDX-License-Identifier: BSD-2-Clause
"""The test machine, its readers, the cards that go into them, and what a person
does and sees there.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "test", "flow")]
import ccid  # noqa: E402
import image  # noqa: E402
import machine  # noqa: E402
import passthru  # noqa: E402
import redir  # noqa: E402
import stack  # noqa: E402
from machine import expect  # noqa: E402

SERIAL = "SCS0001"
# pcsc-lite's way: Name [Interface] (serial) and two numbers
NAME = f"Gemalto Gemplus USB SmartCard Reader 433-Swap [CCID Interface] ({SERIAL})"
VIRTUAL = "Other Reader"
USB_ID = "08e6:4433"
# what a client may be told when its reader is unplugged
GONE = ("0x80100017", "0x80100069", "0x8010001D", "0x80100068")
# whose card it is: what `scs-vcard create` is told, the key of a login
PEOPLE = {"alice": ("--t0 --pin-tries 9", "p256"), "other": ("--t0", "p256"),
          "bob": ("--extended", "rsa2048"), "carol": ("--extended", "p256")}
PEOPLE["dora"] = ("--extended", "p256")  # in a reader of ACS


class World:
    """The machine, its reader, the card that goes into it."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        # short, as the path of a socket must be
        self.socks = tempfile.mkdtemp(prefix="scs-usb.")
        self.vcard = stack.find_program(build, "scs-vcard")
        self.cards = {}
        self.make_cards()
        self.file = self.card_file("alice")
        self.m = machine.Machine(folder, self.socks, *self.make_image())
        self.reader = passthru.Reader(f"{self.socks}/card.sock",
                                      self.card_path("alice"))
        # a second one, with no card
        self.second = passthru.Reader(f"{self.socks}/card2.sock",
                                      self.card_path("nobody"))
        self.make_readers()

    def make_readers(self):
        """Three of our own making; they are not plugged in yet."""
        self.echo, self.echo_there = ccid.Echo(), ccid.Echo()
        self.bob, self.carol = (ccid.Remote(self.card_path(x))
                                for x in ("bob", "carol"))
        self.two_slots = redir.Device(
            f"{self.socks}/slots.sock", "04d8:eb61", "SCS0003",
            [ccid.Interface("Slots", ccid.TPDU, [self.echo, self.bob])])
        self.two_parts = redir.Device(
            f"{self.socks}/parts.sock", "2ce4:5020", "SCS0004",
            [ccid.Interface("Contact", ccid.EXTENDED, [self.carol]),
             ccid.Interface("Contactless", ccid.EXTENDED, [self.echo_there],
                            interrupts=False)])
        self.acs = redir.Device(
            f"{self.socks}/acs.sock", "072f:b100", "SCS0005",
            [ccid.Interface("ICC", ccid.EXTENDED, [
                ccid.Remote(self.card_path("dora"))])])

    def card_file(self, who):
        return f"{self.folder}/{who}.card"

    def card_path(self, who):
        """Where that card goes in."""
        return f"{self.socks}/vpcd-{who}.sock"

    def make_cards(self):
        for name in (*(f"{x}.card" for x in PEOPLE), "ca.pem", "ca.key"):
            if os.path.exists(f"{self.folder}/{name}"):
                os.unlink(f"{self.folder}/{name}")
        for who, (kind, key) in PEOPLE.items():
            file = self.card_file(who)
            subprocess.run([self.vcard, "create", file, *kind.split()], check=True)
            subprocess.run(
                [self.vcard, "personalize", file, "--authority",
                 f"{self.folder}/ca.pem,{self.folder}/ca.key",
                 "--slot", f"9a:{key}", "--slot", "9c:p256",
                 "--slot", "9d:rsa2048", "--slot", "9e:p256", "--subject",
                 f"O=Example/CN={who.capitalize()}"], check=True)

    def compile(self, source, *flags):
        out = f"{self.folder}/{source}"
        image.run("cc", "-Wall", "-Wextra", "-O2", "-o", out,
                  f"{HERE}/{source}.c", *flags)
        return out

    def make_watch(self):
        return self.compile("watch", *image.run(
            "pkg-config", "--cflags", "--libs", "libpcsclite").split())

    def make_session(self):
        return self.compile("session", f"-I{TOP}/include",
                            f"{self.build}/src/keychain/libscs.so")

    def make_image(self):
        return image.make(self.folder, self.build, f"{HERE}/init",
                          {self.make_watch(): "/usr/bin/reader-watch", self.vcard:
                           "/usr/bin/scs-vcard",
                           self.make_session(): "/usr/bin/scs-session",
                           self.card_file("other"): "/etc/other.card"})

    def devices(self):
        argv = ["-device", "qemu-xhci,id=xhci"]
        for name in ("card", "card2"):
            argv += ["-chardev", f"socket,id={name},path={self.socks}/{name}"
                     ".sock,server=on,wait=off"]
        for name in ("slots", "parts", "acs"):
            argv += ["-chardev", f"socket,id={name},path={self.socks}/{name}"
                     ".sock,server=on,wait=off",
                     "-device", f"usb-redir,chardev={name},bus=xhci.0"]
        return [*argv, "-device",
                f"usb-ccid,id=reader,bus=xhci.0,serial={SERIAL}", "-device",
                "ccid-card-passthru,id=reader-slot,chardev=card"]

    def start_readers(self):
        for r in (self.reader, self.second, self.two_slots, self.two_parts,
                  self.acs):
            r.start()

    def start(self):
        self.start_readers()
        self.m.start(self.devices(), ["virtio_pci", "xhci-pci"])

    def stop(self):
        for who in list(self.cards):
            self.card_out(who)
        self.m.stop()
        shutil.rmtree(self.socks, ignore_errors=True)

    # ---- things a person does

    def card_in(self, who="alice"):
        self.cards[who] = subprocess.Popen(
            [self.vcard, "run", self.card_file(who), "--connect",
             f"unix:{self.card_path(who)}", "--control",
             f"{self.socks}/{who}.ctl"], stdin=subprocess.DEVNULL)

    def tell(self, *words, who="alice"):
        """To a card that is in its reader."""
        return subprocess.run(
            [self.vcard, "tell", f"{self.socks}/{who}.ctl", *words],
            check=True, capture_output=True, text=True).stdout

    def card_out(self, who="alice"):
        stack.end(self.cards.pop(who))

    def unplug(self, name="reader"):
        self.m.monitor.ask("device_del", id=name)

    def plug(self, name="reader", card="card", serial=SERIAL):
        ask = self.m.monitor.ask
        ask("device_add", driver="usb-ccid", id=name, bus="xhci.0",
            serial=serial)

        def added():
            try:
                ask("device_add", driver="ccid-card-passthru",
                    id=f"{name}-slot", chardev=card, bus=f"{name}.0")
            except machine.Failure as e:
                # QEMU lets go of the one before a moment after its end
                expect("is in use" in str(e), str(e))
                return False
            return True

        self.wait(added, f"{card} is free")
        (self.reader if name == "reader" else self.second).replugged()

    # ---- things seen in the machine

    def sh(self, script, status=0, seconds=60):
        got, out = self.m.sh(script, seconds)
        expect(status is None or got == status,
               f"{script}\nexit {got}, wanted {status}:\n{out}")
        return out

    def wait(self, check, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not (value := check()):
            expect(time.monotonic() < deadline,
                   f"{what}: not within {seconds} s")
            time.sleep(0.1)
        return value

    def log(self):
        return self.sh("grep -v driver: /tmp/scsd.log")

    def listed(self):
        """Reader name -> has a card, as a client sees it."""
        out = self.sh("reader-watch list", None)
        return {m[2]: m[1] == "card" for m in re.finditer(
            r"^(card|empty) (.*)$", out, re.M)}

    def wait_reader(self, name, card):
        """card: True, False; None: the reader is not there."""
        self.wait(lambda: self.listed().get(name) is card,
                  f"{name}: " + {True: "a card in it", False: "no card in it",
                                 None: "unplugged"}[card])

    def wait_tokens(self, n):
        self.wait(lambda: len(re.findall(
            r"^com\.apple\.pivtoken:", self.sh("security list-smartcards",
                                               None), re.M)) == n,
                  f"{n} token(s)")

    def wait_file(self, path, pattern, seconds=60):
        return self.wait(lambda: re.search(
            pattern, self.sh(f"cat {path}"), re.M), f"{pattern} in {path}",
            seconds)

    def kernel_log_with(self, part):
        def look():
            text = self.sh("dmesg")
            return text if part in text else None
        return self.wait(look, f"{part} in the kernel's log")

    def ifds(self):
        """pid -> command line of the driver processes"""
        out = self.sh("ps -o pid,args | grep '[s]cs-ifd'", None)
        return {int(x.split()[0]): x for x in out.splitlines()}

    def usb_ifd(self):
        return [p for p, line in self.ifds().items() if "--usb" in line]

    def service(self, *options):
        self.sh("scsd --debug " + " ".join(map(shlex.quote, options)) +
                " >/tmp/scsd.log 2>&1 & echo $! >/tmp/scsd.pid")
        self.wait_file("/tmp/scsd.log", r"\]: ready")

    def end_service(self):
        self.sh("kill $(cat /tmp/scsd.pid); n=0; "
                "while kill -0 $(cat /tmp/scsd.pid) 2>/dev/null; do "
                "n=$((n+1)); [ $n -lt 50 ] || exit 1; usleep 100000; done")

    def login(self, pin, user="alice"):
        """Through PAM, as any program would; (let in, dialogue)."""
        status, out = self.m.sh(
            f"echo {pin} | pamtester -v scs {user} authenticate acct_mgmt")
        return status == 0, out
