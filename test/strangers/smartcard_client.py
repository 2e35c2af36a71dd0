# SPDX-License-Identifier: BSD-2-Clause
"""A Python program with a card (pyscard), run by the system's own Python.

argv[1]: the path of a file that gets what the monitor sees: the card, and how
it then goes out and in. Each line printed is a result clients.py expects.
"""
import sys
import threading

from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.System import readers
from smartcard.util import toHexString


class Watch(CardObserver):
    def __init__(self):
        self.seen = []
        self.came_back = threading.Event()

    def update(self, observable, actions):
        added, removed = actions
        self.seen += ["in"] * len(added) + ["out"] * len(removed)
        with open(sys.argv[1], "w") as f:
            f.write(" ".join(self.seen))
        if self.seen == ["in", "out", "in"]:
            self.came_back.set()


reader = readers()[0]
print("reader", reader)
connection = reader.createConnection()
connection.connect()
print("atr", toHexString(connection.getATR()).replace(" ", "").lower())
data, sw1, sw2 = connection.transmit(
    [0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00])
print("select %02x%02x" % (sw1, sw2), data[0] == 0x61)
connection.disconnect()

monitor, watch = CardMonitor(), Watch()
monitor.addObserver(watch)
print("events", watch.came_back.wait(120), watch.seen)
monitor.deleteObserver(watch)
