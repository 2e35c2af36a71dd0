#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reader drivers that come, change and go while the service runs: nobody but
their own readers notices.

usage: drivers.py BUILD
"""
import os
import shutil
import signal
import stat
import struct
import sys

import ifd
import stack
from readerd_rig import expect

INFO = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>bad.so</string>
<key>ifdVendorID</key><array>%s</array>
<key>ifdProductID</key><array>%s</array>
<key>ifdFriendlyName</key><array>%s</array>
</dict></plist>
"""


def write(path, text):
    """As a package or an editor does: a new file takes the old one's name."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path + ".dpkg-new", "w") as f:
        f.write(text)
    os.chmod(path + ".dpkg-new", 0o644)
    os.rename(path + ".dpkg-new", path)


def readers(st):
    return sorted(ifd.states(st))


def wait_readers(st, *names):
    stack.wait_until(lambda: readers(st) == sorted(names), 60,
                     f"readers {names}, and not {readers(st)}")


def talks(client):
    expect(client.transmit(b"\0\1\0\0"), (0, b"\x90\0"), "who was there before")


def reader_conf(st, library):
    conf = f"{st.prefix}/etc/reader.conf.d"
    write(f"{conf}/one", ifd.reader("One", "well", library))
    wait_readers(st, "One 01 00", "Virtual Reader 00 00")
    ifd.wait_atr(st, "One 01 00", ifd.ATR)
    client = ifd.connect(st, "One 01 00")
    talks(client)
    pid = ifd.ifds(st)["One"][0]
    virtual = ifd.ifds(st)["Virtual Reader"][0]
    # a second one, and one that is wrong in a line
    write(f"{conf}/two", ifd.reader("Two", "well", library))
    write(f"{conf}/wrong", "FRIENDLYNAME\n")
    ifd.wait_atr(st, "Two 02 00", ifd.ATR)
    st.wait_log("/wrong: ")
    talks(client)
    # the second goes, and another comes
    os.remove(f"{conf}/two")
    stack.wait_until(lambda: "Two 02 00" not in readers(st), 60, "it is gone")
    write(f"{conf}/three", ifd.reader("Three", "well", library))
    stack.wait_until(lambda: any(n.startswith("Three ") for n in readers(st)),
                     60, "the third")
    talks(client)
    expect(ifd.ifds(st)["One"][0], pid, "the process of the first")
    # the first has another device: a new process, of the same name
    write(f"{conf}/one", ifd.reader("One", "well", library, 7))
    stack.wait_until(lambda: ifd.ifds(st).get("One", (None,))[0] not in
                     (None, pid), 60, "a new process")
    expect(ifd.ifds(st)["Virtual Reader"][0], virtual,
           "the virtual reader's process")
    client.close()


def named_users(path):
    """Of its access control list: acl(5), as the kernel keeps it."""
    name = "system.posix_acl_access"
    if name not in os.listxattr(path):
        return []
    entries = struct.iter_unpack("<HHI", os.getxattr(path, name)[4:])
    return [who for tag, _, who in entries if tag == 2]


def serial_lines(st, library):
    """A node that is root's is given to the driver that root names for it."""
    if os.geteuid() != 0:
        print("  skipped: only root has nodes that are not everybody's")
        return
    conf = f"{st.prefix}/etc/reader.conf.d"
    node = f"{st.prefix}/line"
    os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    write(f"{conf}/line", ifd.reader("Line", f"{node}:Twin", library))
    stack.wait_until(lambda: any(n.startswith("Line ") for n in readers(st)),
                     60, "the reader at a serial line")
    first = ifd.ifds(st)["Line"][0]
    os.kill(first, signal.SIGKILL)
    stack.wait_until(lambda: ifd.ifds(st).get("Line", (first,))[0] != first
                     and any(n.startswith("Line ") for n in readers(st)),
                     60, "and again")
    os.remove(f"{conf}/line")
    stack.wait_until(lambda: "Line" not in ifd.ifds(st), 60, "its end")
    stack.wait_until(lambda: not named_users(node), 60, "nobody's after that")
    os.remove(node)


def many(st, library):
    """More than the old array has; and more than there may be."""
    conf = f"{st.prefix}/etc/reader.conf.d"

    def seen():
        c = ifd.client(st)
        c.version(6)
        found = [s[0] for s in c.all_states() if s[0].startswith("Many")]
        c.close()
        return len(found)
    st.mark()
    write(f"{conf}/many", "".join(
        ifd.reader("Many", "well", library, i) for i in range(40)))
    stack.wait_until(lambda: seen() == 40, 60, f"forty readers, not {seen()}")
    talks(ifd.connect(st, next(n for n in readers(st) if "Many" in n)))
    write(f"{conf}/many", "".join(
        ifd.reader("Many", "well", library, i) for i in range(200)))
    st.wait_log("more than 120 readers: the last ")
    os.remove(f"{conf}/many")
    stack.wait_until(lambda: seen() == 0, 60, f"none of them, not {seen()}")


def after_a_restart(st):
    """scs-readerd begins anew, with what there is by then."""
    conf = f"{st.prefix}/etc/reader.conf.d"
    os.remove(f"{conf}/one")
    stack.wait_until(lambda: "One" not in ifd.ifds(st), 60, "its end")
    for _ in range(3):
        before = st.pid_of("scs-readerd")
        os.kill(before, signal.SIGKILL)
        stack.wait_until(lambda: not os.path.exists(f"/proc/{before}"), 60,
                         "its end")
        # who asks at once is told everything, not that there is no reader
        seen = ifd.states(st)
        expect(sorted(n[:5] for n in seen), ["Three", "Virtu"],
               "the first answer: readers")
        expect([s[4] for n, s in seen.items() if n[:5] == "Three"],
               [ifd.ATR], "the first answer: the card")


def bundles(st, folder):
    where = f"{st.prefix}/usr/lib/pcsc/drivers/ifd-x.bundle/Contents"
    st.mark()
    os.makedirs(f"{where}/Linux", mode=0o755)
    shutil.copy(f"{folder}/bad.so", f"{where}/Linux/bad.so")
    write(f"{where}/Info.plist", INFO % (
        "<string>0x1234</string>", "<string>0x0001</string>",
        "<string>X</string>"))
    st.wait_log("ifd-x.bundle: 1 devices")
    # an upgrade that knows one more; while it cannot be read, nothing is lost
    st.mark()
    write(f"{where}/Info.plist", "<plist>")
    st.wait_log("ifd-x.bundle")
    st.mark()
    write(f"{where}/Info.plist", INFO % (
        "<string>0x1234</string>" * 2,
        "<string>0x0001</string><string>0x0002</string>",
        "<string>X</string><string>Y</string>"))
    st.wait_log("ifd-x.bundle: 2 devices")
    st.mark()
    os.kill(st.scsd.pid, signal.SIGHUP)
    st.wait_log("ifd-x.bundle: 2 devices")
    if os.geteuid() == 0:
        st.mark()
        os.makedirs(f"{os.path.dirname(os.path.dirname(where))}/ifd-y.bundle"
                    "/Contents/Linux", mode=0o777)
        os.chmod(f"{st.prefix}/usr/lib/pcsc/drivers/ifd-y.bundle", 0o777)
        st.wait_log("ifd-y.bundle: its folders must be there, and be root's "
                    "alone: left out")


def main():
    folder = ifd.for_everybody(sys.argv[1])
    try:
        with stack.Stack(sys.argv[1]) as st:
            wait_readers(st, "Virtual Reader 00 00")
            reader_conf(st, f"{folder}/bad.so")
            serial_lines(st, f"{folder}/bad.so")
            many(st, f"{folder}/bad.so")
            after_a_restart(st)
            bundles(st, folder)
    finally:
        shutil.rmtree(folder)
    print("drivers: all passed")


if __name__ == "__main__":
    main()
