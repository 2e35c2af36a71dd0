# SPDX-License-Identifier: BSD-2-Clause
"""Programs of others' libraries: javax.smartcardio, pyscard. Each line that
they print is a result; the lines CARD IN and CARD OUT move the card, of a
slot if they name one."""
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PCSCLITE = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1"
PYSCARD = "/usr/lib/python3/dist-packages/smartcard/System.py"


def watched(t, *argv):
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    p = subprocess.Popen(argv, env=env, cwd=t.dir, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    for line in p.stdout:
        if line.startswith("CARD "):
            _, where, *slot = line.split()
            t.puppet.present[int(*slot)] = where == "IN"
            continue
        what, _, value = line.rstrip("\n").partition(": ")
        t.say(what, value)
    t.say("exit", p.wait(60))


def run(t, what, *argv, data="", hide=()):
    """Each line is a result; `hide` is what differs from run to run."""
    if not shutil.which(argv[0]):
        t.say("SKIP", f"{argv[0]} is not installed")
        return
    r = subprocess.run(argv, input=data, cwd=t.dir, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, encoding="latin-1",
                       timeout=30)
    for n, line in enumerate(r.stdout.splitlines()):
        for pattern in (re.escape(t.dir), r"card=0x[0-9a-f]+", *hide):
            line = re.sub(pattern, "", line)
        t.say(f"{what} {n}", line)
    t.say(f"{what} exit", r.returncode)


def pyscard(t):
    if os.path.exists(PYSCARD):
        watched(t, "/usr/bin/python3", "-B", f"{HERE}/beside_pyscard.py")
    else:
        t.say("SKIP", "python3-pyscard is not installed")


def java(t):
    if not shutil.which("javac") or not os.path.exists(PCSCLITE):
        t.say("SKIP", "no Java here")
        return
    # without UsePerfData, Java leaves /tmp/hsperfdata_USER
    subprocess.run(["javac", "-J-XX:-UsePerfData", "-d", t.dir,
                    f"{HERE}/Beside.java"], check=True, timeout=200)
    watched(t, "java", "-XX:-UsePerfData", "-cp", t.dir,
            f"-Dsun.security.smartcardio.library={PCSCLITE}", "Beside")


PROBES = [pyscard, java]
