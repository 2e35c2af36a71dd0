#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Our reader service beside Debian's pcscd, in one run, through Debian's
libpcsclite: bench/pcsc/run.py BUILD [--long] [--json FILE] [--only SUITE,...]

Both have a card that costs nothing, in the same driver: nullifd, which answers
in pcscd's own process and in our host for foreign drivers. Our drivers live in a
process of their own, so each command of ours pays for the way to it and back.
"over vpcd" is the same card as a process of its own, behind our virtual reader
and behind pcscd's vpcd driver.

Both run in turns, so that a drift of the machine hits both alike. A figure is
the median of the runs' medians. Client, service and card share a processor,
where nothing says otherwise: the steadiest placement.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "test", "flow"))
import stack  # noqa: E402

WORSE = 1.5
FDS = 20000
NICE = -10  # all of it, so that other work on the machine disturbs less
PORT = 0x9A51
PCSCD = "/usr/sbin/pcscd"
VPCD = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
NAMESPACE = "SCS_BENCH_NAMESPACE"
MANY_CONTEXTS = ["-t", "20000", "-r", "20000", "-s", "20000"]
ONE, OTHER = {0}, {max(os.sched_getaffinity(0))}


def own_namespace():
    """A mount namespace with a /run/pcscd of our own, so that a pcscd of the
    machine is not touched: this program once more, in it."""
    if NAMESPACE not in os.environ:
        os.environ[NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                              sys.executable, *sys.argv])
    os.makedirs("/run/pcscd", exist_ok=True)
    subprocess.run(["mount", "-n", "-t", "tmpfs", "tmpfs", "/run/pcscd"], check=True)


def on(cpus):
    def apply():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FDS, hard), hard))
        if cpus:
            os.sched_setaffinity(0, cpus)
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    return apply


def page(path):
    """What nullifd looks at: a card is in."""
    with open(path, "wb") as f:
        f.write((1).to_bytes(4, sys.byteorder) + bytes(4092))


class Service:
    """One reader service with so many readers; `mover` moves the first card."""

    def __init__(self, build, readers=1, cpus=None, vpcd=False):
        self.build, self.readers, self.cpus = build, readers, cpus
        self.dir = tempfile.mkdtemp(prefix="scs-bench.", dir="/run")
        self.env = dict(os.environ)
        self.card = None
        self.prepare(vpcd)

    def program(self, name):
        return os.path.abspath(stack.find_program(self.build, name))

    def __enter__(self):
        self.log = open(f"{self.dir}/log", "ab")
        self.proc = subprocess.Popen(
            self.argv, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, preexec_fn=on(self.cpus))
        self.pid = self.proc.pid
        stack.wait_until(lambda: os.path.exists(self.socket), 10, self.socket)
        if self.where:
            time.sleep(1)  # pcscd's vpcd looks for a card now and then
            self.card = subprocess.Popen(
                [self.program("null-card"), self.where],
                preexec_fn=on(self.cpus))
            time.sleep(1)
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        if self.card:
            stack.end(self.card)
        stack.end(self.proc)
        self.log.close()
        shutil.rmtree(self.dir)

    def bench(self, *args, cpus=None):
        r = subprocess.run(
            [self.program("pcbench"), *map(str, args)], env=self.env,
            capture_output=True, text=True, timeout=600, preexec_fn=on(cpus))
        if r.returncode != 0:
            raise stack.Failure(
                f"{self.name}: pcbench {args}: {r.stdout}{r.stderr}"
                + open(f"{self.dir}/log", errors="replace").read()[-2000:])
        return json.loads(r.stdout)


class Ours(Service):
    name = "ours"

    def prepare(self, vpcd):
        self.socket = f"{self.dir}/pcscd.comm"
        self.env["PCSCLITE_CSOCK_NAME"] = self.socket
        self.mover = f"{self.dir}/page-0"
        self.where = f"{self.dir}/virtual-0.sock" if vpcd else None
        self.argv = [self.program("scs-readerd"), "--standalone", self.dir,
                     "--ifd", self.program("scs-ifd")]
        if not vpcd:
            self.argv += ["--library", self.program("libnullifd.so")]
        for i in range(self.readers):
            page(f"{self.dir}/page-{i}")
            self.argv += ["--virtual", f"page-{i}"]


class Theirs(Service):
    name = "pcscd"

    def prepare(self, vpcd):
        self.socket = "/run/pcscd/pcscd.comm"
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.mover = f"{self.dir}/page-0"
        self.where = str(PORT) if vpcd else None
        conf = f"{self.dir}/conf"
        os.mkdir(conf)
        with open(f"{conf}/null", "w") as f:
            for i in range(self.readers):
                page(f"{self.dir}/page-{i}")
                device, channel = f"{self.dir}/page-{i}", i + 1
                if vpcd:
                    device, channel = f"/dev/null:0x{PORT:X}", PORT
                f.write(f'FRIENDLYNAME "Null"\nDEVICENAME {device}\n'
                        f"LIBPATH {self.driver(vpcd)}\n"
                        f"CHANNELID 0x{channel:X}\n\n")
        self.argv = [PCSCD, "-f", "-c", conf, *MANY_CONTEXTS]

    def driver(self, vpcd):
        if vpcd:
            return VPCD
        return os.path.join(os.path.dirname(self.program("pcbench")),
                            "libnullifd.so")


# ---- the suites: each runs one service and yields (row, figure)

def latency(make, long, place="", cpus=(ONE, ONE)):
    client, service = cpus
    n = 10000 if long else 3000
    with make(cpus=service) as s:
        for send, recv in ((5, 2), (260, 257), (4103, 4098)):
            r = s.bench("transmit", "-s", send, "-r", recv, "-n", n,
                        cpus=client)
            yield f"transmit {send} -> {recv}{place}", r["us"]["median"]
        for what, name, n in (
                ("txn", "begin and end", n), ("status", "status", n),
                ("control", "control", n),
                ("listreaders", "list readers", n),
                ("getstatus0", "status change, no wait", n // 10),
                ("cycle", "establish, connect, both undone", n // 5)):
            r = s.bench(what, "-n", n, cpus=client)
            yield name + place, r["us"]["median"]


def apart(make, long):
    yield from latency(make, long, ", two processors", (ONE, OTHER))


def vpcd(make, long):
    with make(cpus=ONE, vpcd=True) as s:
        for send, recv in ((5, 2), (260, 257)):
            r = s.bench("transmit", "-s", send, "-r", recv, "-n",
                        5000 if long else 200, cpus=ONE)
            yield f"transmit {send} -> {recv}, over vpcd", r["us"]["median"]


def event(make, long):
    with make() as s:
        for clients in (1, 8, 64):
            r = s.bench("event", "-c", s.mover, "-C", clients, "-n",
                        60 if long else 30)
            yield (f"card moved, last of {clients} clients awake",
                   r["last_us"]["median"])


def contend(make, long):
    with make() as s:
        r = s.bench("contend", "-C", 2, "-T", 3 if long else 2, "-H", 2000)
        yield "two clients, 2 ms each: transactions", r["per_second"]
        yield "two clients, 2 ms each: share of the second", \
            100 * r["least_share"]
        yield "two clients, 2 ms each: longest wait", r["worst_us"] / 1000


def throughput(make, long):
    with make() as s:
        for clients in (2, 8, 32) if long else (8,):
            r = s.bench("throughput", "-C", clients, "-T", 1)
            yield f"commands of {clients} clients", r["per_second"]
    # the card in a process of its own, as every card is one
    with make(vpcd=True) as s:
        r = s.bench("throughput", "-C", 8, "-T", 1)
        yield "commands of 8 clients, over vpcd", r["per_second"]


def contexts(make, long):
    n = 5000 if os.geteuid() == 0 else 200
    with make(readers=16) as s:
        r = s.bench("contexts", "-N", n, "-R", 16, "-T", 60, "-p", s.pid)
        yield f"{n} contexts: connected and used", r["transmitted"]
        if r["transmitted"] != n:
            return
        yield f"{n} contexts: time to open", r["open_ms"]
        grown = (r["after"]["private_dirty_kb"]
                 - r["before"]["private_dirty_kb"])
        yield f"{n} contexts: memory each", grown / n


def private_memory(pid):
    """KiB of a service and of its drivers' processes."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        kib = next(int(line.split()[1]) for line in f
                   if line.startswith("Private_Dirty:"))
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return kib + sum(private_memory(int(p)) for p in f.read().split())


def startup(make, long):
    with tempfile.TemporaryDirectory(dir="/run") as other:
        s = make()
        argv = [other if a == s.dir else a for a in s.argv]
        if isinstance(s, Ours):
            s.env["PCSCLITE_CSOCK_NAME"] = f"{other}/pcscd.comm"
            page(f"{other}/page-0")
        r = s.bench("startup", "--", *argv)
        shutil.rmtree(s.dir)
        yield "exec to first list of readers", r["first_list_us"] / 1000
    with make() as s:
        yield "idle service, private memory", private_memory(s.pid)


def churn(make, long):
    n = 100000 if long else 10000
    with make() as s:
        r = s.bench("churn", "-c", s.mover, "-H", 100, "-n", n)
        yield f"wrong returns of {n} under card churn", r["wrong"]


MORE_IS_BETTER = {"commands/s", "transactions/s", "%", "contexts"}
UNITS = {
    "transactions": "transactions/s", "share of the second": "%",
    "longest wait": "ms", "time to open": "ms", "memory each": "KiB",
    "connected and used": "contexts", "list of readers": "ms",
    "private memory": "KiB", "card churn": "returns",
}


def unit(row):
    if row.startswith("commands"):
        return "commands/s"
    return next((u for end, u in UNITS.items() if row.endswith(end)), "us")


def worse_by(row, ours, theirs):
    """How many times pcscd's figure ours is, as a loss."""
    a, b = (theirs, ours) if unit(row) in MORE_IS_BETTER else (ours, theirs)
    if a == b:
        return 1.0
    return a / b if b else float("inf")


def table(figures):
    lines = [f"{'':<50}{'ours':>10}{'pcscd':>10}  {'unit':<15}{'ratio':>6}"]
    for row, by in figures.items():
        o, t = (statistics.median(by[n]) if by[n] else None
                for n in ("ours", "pcscd"))
        ratio = None if o is None or t is None else worse_by(row, o, t)
        cells = "".join(f"{'-' if v is None else format(v, '.1f'):>10}"
                        for v in (o, t))
        lines.append(
            f"{row:<50}{cells}  {unit(row):<15}"
            f"{'-' if ratio is None else format(ratio, '.2f'):>6}"
            + (f"  worse than {WORSE} x" if ratio and ratio > WORSE else ""))
    return "\n".join(lines)


SUITES = {f.__name__: f for f in (
    latency, vpcd, event, contend, throughput, contexts, startup, churn, apart)}
# how often, in the short and the long form
RUNS = {"latency": (5, 9), "vpcd": (3, 5), "event": (3, 5), "contend": (3, 5),
        "throughput": (3, 5), "contexts": (1, 3), "startup": (9, 15),
        "churn": (1, 1), "apart": (0, 5)}


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


def main():
    own_namespace()
    build, long = sys.argv[1], "--long" in sys.argv
    figures = {}
    only = option("--only")
    for name in only.split(",") if only else SUITES:
        for _ in range(max(RUNS[name][long], 1 if only else 0)):
            for service in (Ours, Theirs):
                def make(**kw):
                    return service(build, **kw)
                for row, value in SUITES[name](make, long):
                    by = figures.setdefault(row, {"ours": [], "pcscd": []})
                    by[service.name].append(value)
    if option("--json"):
        with open(option("--json"), "w") as f:
            json.dump(figures, f, indent=1)
    print(table(figures))
    print("\nours: the driver is a process of its own, to which each command "
          "goes and from\nwhich its answer comes; pcscd: the driver is in "
          "pcscd's process")


if __name__ == "__main__":
    main()
