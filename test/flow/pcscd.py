# SPDX-License-Identifier: BSD-2-Clause
"""Debian's pcscd with its vpcd driver, for judging our card by strangers.

/run/pcscd is a tmpfs in a mount namespace of the caller's own, which must have
been entered before (own_namespace()), so a pcscd of the machine is not touched.
"""
import os
import subprocess
import sys

import stack

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"


def own_namespace(mark):
    """Start the calling program again in a mount namespace of its own."""
    if os.environ.get(mark):
        subprocess.run(["mkdir", "-p", "/run/pcscd"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/pcscd"],
                       check=True)
        return
    os.environ[mark] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                          sys.executable, *sys.argv])


class Pcscd:
    """One pcscd with one vpcd reader at `port`, two slots named NAME 00 0x."""

    def __init__(self, folder, port, name="Virtual PCD"):
        conf = f"{folder}/reader.conf.d"
        os.makedirs(conf, exist_ok=True)
        with open(f"{conf}/vpcd", "w") as f:
            f.write(f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:0x{port:X}\n'
                    f"LIBPATH {DRIVER}\nCHANNELID 0x{port:X}\n")
        self.port = port
        self.log = open(f"{folder}/pcscd.log", "ab")
        self.proc = subprocess.Popen(
            ["pcscd", "-f", "-c", conf], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        stack.wait_until(lambda: os.path.exists("/run/pcscd/pcscd.comm"), 10,
                         "pcscd's socket")

    def stop(self):
        stack.end(self.proc)
        self.log.close()
