#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Debian whole, with systemd as its first process, in a machine of QEMU's: our
unit and users as they are installed, a person who logs in at the first virtual
console with a card in a USB reader, and who may see the cards then.

usage: system.py BUILD FOLDER    FOLDER keeps kernel, packages and logs
"""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "flow")]
import image  # noqa: E402
import run  # noqa: E402
import stack  # noqa: E402
import world  # noqa: E402
from machine import Failure, expect  # noqa: E402

PACKAGES = ("systemd-sysv dbus udev kmod libpam-systemd libnss-systemd login "
            "passwd opensc pcsc-tools libccid libplist3 libjson-c5 "
            "libseccomp2 libacl1 pamtester acl usbutils procps").split()
NOT_NEEDED = ("apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer "
              "e2scrub_all.timer e2scrub_reap.service fstrim.timer "
              "systemd-timesyncd.service serial-getty@ttyS0.service "
              "systemd-networkd-wait-online.service "
              "systemd-journal-flush.service pcscd.socket pcscd.service").split()
AGENT = """[Unit]
After=systemd-logind.service dbus.service systemd-user-sessions.service
[Service]
ExecStart=/usr/local/sbin/agent
Environment=HOME=/ PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
[Install]
WantedBy=multi-user.target
"""
LOGIN = """auth [success=done default=die] pam_smartcard.so
account required pam_unix.so
session required pam_unix.so
session optional pam_systemd.so
"""
DISK = "1200M"


def packages(folder):
    """Debian's packages of the system, unpacked and set up, as a tar file."""
    key = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:8]
    tar = f"{folder}/system-{key}.tar"
    if os.path.exists(tar):
        return tar
    sources = glob.glob("/etc/apt/sources.list.d/*")
    if os.path.exists("/etc/apt/sources.list"):
        sources.append("/etc/apt/sources.list")
    sources = [s for s in sources if os.path.getsize(s)]
    without = [f"--dpkgopt=path-exclude=/usr/share/{d}/*"
               for d in ("doc", "man", "locale")]
    try:
        image.run("mmdebstrap", "--quiet", "--variant=minbase", *without,
                  "--include=" + ",".join(PACKAGES), "bookworm",
                  tar + ".new", "--format=tar", *sources)
    except FileNotFoundError as e:
        raise image.CannotMake("no mmdebstrap on this machine") from e
    except subprocess.CalledProcessError as e:
        raise image.CannotMake("mmdebstrap: " +
                               e.stderr.strip().splitlines()[-1]) from e
    os.rename(tar + ".new", tar)
    return tar


class Tree(image.Root):
    """An unpacked system, to be changed."""

    def __init__(self, folder, tar):  # pylint: disable=super-init-not-called
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        image.run("tar", "-xpf", tar, "-C", folder, "--exclude=./dev/*")


def make_disk(folder, build, kernel, more):
    root = Tree(f"{folder}/system", packages(folder))
    root.put(f"{HERE}/agent", "/usr/local/sbin/agent")
    root.write("/etc/systemd/system/agent.service", AGENT)
    root.write("/etc/hostname", "machine\n")
    root.write("/etc/pam.d/login", LOGIN)
    wants = f"{root.folder}/etc/systemd/system/multi-user.target.wants"
    os.makedirs(wants, exist_ok=True)
    os.symlink("../agent.service", f"{wants}/agent.service")
    for unit in NOT_NEEDED:
        path = f"{root.folder}/etc/systemd/system/{unit}"
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("/dev/null", path)
    for line, name in (("alice:x:1000:1000::/tmp:/bin/sh\n"
                        "bob:x:1001:1001::/tmp:/bin/sh\n", "passwd"),
                       ("alice:x:1000:\nbob:x:1001:\n", "group"),
                       ("alice:*:19000:0:99999:7:::\n"
                        "bob:*:19000:0:99999:7:::\n", "shadow")):
        with open(f"{root.folder}/etc/{name}", "a", encoding="ascii") as f:
            f.write(line)
    for source, place in more.items():
        root.put(source, place)
    image.install_ours(root, build)
    image.move_module(root)
    disk = f"{folder}/system.ext4"
    if os.path.exists(disk):
        os.unlink(disk)
    image.run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d",
              root.folder, disk, DISK)
    shutil.rmtree(root.folder)
    small = image.Root(f"{folder}/root")
    image.add_modules(small, kernel, MODULES)
    small.put("/bin/busybox")
    small.put(f"{HERE}/init", "/init")
    os.chmod(f"{small.folder}/init", 0o755)
    small.pack(f"{folder}/initramfs-system")
    return disk


MODULES = ("virtio_pci", "virtio_blk", "ext4", "xhci-pci", "autofs4")


class World(world.World):
    def make_image(self):
        kernel = image.Kernel(self.folder)
        self.disk = make_disk(self.folder, self.build, kernel,
                              {self.make_watch(): "/usr/bin/reader-watch"})
        return kernel.vmlinux, f"{self.folder}/initramfs-system"

    def start(self):
        self.start_readers()
        self.m.start(
            [*self.devices(), "-drive", f"file={self.disk},format=raw,"
             "if=virtio,snapshot=on,cache=unsafe"], MODULES,
            "scs.root=/dev/vda systemd.show_status=0 audit=0", 1024)

    def log(self):
        return self.sh("journalctl -b -o short-monotonic --no-pager -u scsd "
                       "-u 'getty@*' -t login | grep -v driver:", None)

    def screen(self):
        """What is on the first virtual console."""
        return self.sh("fold -w 80 /dev/vcs1 | sed 's/ *$//' | grep .", None)

    def type(self, text):
        for c in text:
            self.m.monitor.ask("send-key", keys=[
                {"type": "qcode", "data": KEYS.get(c, c)}
                for c in (["shift", SHIFTED[c]] if c in SHIFTED else [c])])
            time.sleep(0.05)

    def wait_screen(self, pattern):
        try:
            self.wait(lambda: re.search(pattern, self.screen()),
                      f"{pattern} on the screen")
        except Failure as e:
            raise Failure(f"{e}; it shows:\n{self.screen()}") from e


KEYS = {"\n": "ret", " ": "spc", "-": "minus", "/": "slash", ".": "dot",
        ";": "semicolon"}
SHIFTED = {">": "dot", "_": "minus"}


# ---- the test, one claim a step

def the_unit_starts_with_its_users(w):
    w.sh("systemctl is-active dbus systemd-logind systemd-udevd")
    w.sh("systemd-sysusers && systemctl daemon-reload")
    w.sh("systemctl start scsd")
    w.sh("systemctl is-active scsd")
    w.usb = f"{world.NAME} 00 00"
    w.wait_reader(w.usb, False)
    out = w.sh("ps -eo user:20,args | grep '[s]cs-'")
    for user in ("scs-reader", "scs-token", "scs-auth"):
        expect(re.search(rf"^{user} ", out, re.M), f"nobody is {user}:\n{out}")


def a_card_is_read_and_paired(w):
    w.card_in()
    w.wait_reader(w.usb, True)
    w.wait_tokens(1)
    out = w.sh("sc_auth identities")
    m = re.search(r"^([0-9A-F]{40})\t.*PIV Authentication", out, re.M)
    expect(m, f"sc_auth identities says:\n{out}")
    w.sh(f"sc_auth pair -u alice -h {m[1]}")


def without_a_session_nobody_sees_the_card(w):
    for user in ("alice", "bob"):
        out = w.sh(f"setpriv --reuid {user} --clear-groups pcsc_scan -r "
                   "</dev/null", None)
        expect("Gemalto" not in out, f"{user} sees the reader:\n{out}")


def alice_logs_in_at_the_console_with_her_pin(w):
    w.wait_screen("login: *$")
    w.type("alice\n")
    w.wait_screen("PIN")
    w.type(stack.PIN + "\n")
    w.wait_screen(r"\$ *$")
    out = w.sh("loginctl --no-pager --no-legend list-sessions")
    expect(re.search(r"\b1000 alice seat0 tty1", out), f"sessions:\n{out}")


def her_session_sees_the_card_and_bob_does_not(w):
    w.type("pcsc_scan -r > /tmp/alice-sees\n")
    w.wait(lambda: "Gemalto" in w.sh("cat /tmp/alice-sees", None),
           "the reader in her session")
    out = w.sh("setpriv --reuid bob --clear-groups pcsc_scan -r </dev/null",
               None)
    expect("Gemalto" not in out, f"bob sees the reader:\n{out}")


def when_she_is_gone_she_sees_it_no_more(w):
    w.type("exit\n")
    w.wait(lambda: "alice" not in w.sh(
        "loginctl --no-pager --no-legend list-sessions | grep -v closing",
        None), "the end of her session")
    w.wait(lambda: "Gemalto" not in w.sh(
        "setpriv --reuid alice --clear-groups pcsc_scan -r </dev/null", None),
        "alice without a session", 20)


def a_wrong_pin_and_an_unpaired_user_stay_out(w):
    w.wait_screen("login: *$")
    w.type("bob\n")
    w.wait_screen("not paired")
    # login(1) asks again for nobody: then the card says who it is
    w.wait_screen("Enter PIN for .*Alice")
    w.type("000000\n")
    w.wait_screen("8 tries left")  # of the 9 that her card has
    out = w.sh("loginctl --no-pager --no-legend list-sessions", None)
    expect("alice" not in out and "bob" not in out, f"sessions:\n{out}")
    w.sh("systemctl stop getty@tty1")


def a_user_of_systemds_own_is_looked_up(w):
    """nss-systemd asks over a socket of systemd's, from inside our filter."""
    w.sh("systemd-run --unit=carol -p DynamicUser=yes -p User=carol "
         "sleep 600")
    expect("carol" in w.sh("getent passwd carol"), "no such user")
    out = w.sh("echo 000000 | pamtester -v login carol authenticate", None)
    expect("not paired" in out, f"carol was told:\n{out}")


def the_service_outlives_all_this_and_stops(w):
    out = w.log()
    expect(not re.search("killed by signal (?!9)", out), out)
    out = w.sh("systemctl show scsd -p NRestarts,ActiveState")
    expect("NRestarts=0" in out and "ActiveState=active" in out, out)
    w.sh("systemctl stop scsd")
    expect(not w.sh("ps -eo args | grep '[s]cs-'", None), "processes left")
    out = w.sh("systemctl show scsd -p Result")
    expect("Result=success" in out, out)


STEPS = (
    the_unit_starts_with_its_users,
    a_card_is_read_and_paired,
    without_a_session_nobody_sees_the_card,
    alice_logs_in_at_the_console_with_her_pin,
    her_session_sees_the_card_and_bob_does_not,
    when_she_is_gone_she_sees_it_no_more,
    a_wrong_pin_and_an_unpaired_user_stay_out,
    a_user_of_systemds_own_is_looked_up,
    the_service_outlives_all_this_and_stops,
)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(run.main(*map(os.path.abspath, sys.argv[1:]), World, STEPS))
