# SPDX-License-Identifier: BSD-2-Clause
"""pyscard's classes, run by the system's own Python; beside_programs.py moves
the card when a line says so, and compares every line."""
import time

from smartcard.CardRequest import CardRequest
from smartcard.CardType import AnyCardType, ATRCardType
from smartcard.CardConnection import CardConnection
from smartcard.ExclusiveConnectCardConnection import (
    ExclusiveConnectCardConnection)
from smartcard.ExclusiveTransmitCardConnection import (
    ExclusiveTransmitCardConnection)
from smartcard.System import readergroups, readers
from smartcard.util import toHexString
from smartcard import scard

SELECT = [0x00, 0xA4, 0x04, 0x00]


def say(what, step):
    try:
        value = step()
    except Exception as e:
        value = f"{type(e).__name__}: {e}"
    print(f"{what}: {value}", flush=True)


def until_empty():
    """What pyscard says next depends on who was faster."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    reader = str(readers()[0])
    state = 0
    while not state & scard.SCARD_STATE_EMPTY:
        time.sleep(0.05)
        _, states = scard.SCardGetStatusChange(
            context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
        state = states[0][1]
    scard.SCardReleaseContext(context)


def one(kind, protocol=None):
    c = kind(readers()[0].createConnection())
    c.connect(protocol) if protocol else c.connect()
    value = (c.getProtocol(), toHexString(c.getATR()), c.transmit(SELECT))
    c.disconnect()
    return value


say("readers", lambda: [str(r) for r in readers()])
say("groups", lambda: readergroups())
say("no card", lambda: readers()[0].createConnection().connect())
say("no card in time", lambda: CardRequest(
    timeout=1, cardType=AnyCardType()).waitforcard())
print("CARD IN", flush=True)
say("a card", lambda: CardRequest(
    timeout=10, newcardonly=False,
    cardType=AnyCardType()).waitforcard().connection.getReader())
say("not this card", lambda: CardRequest(
    timeout=1, cardType=ATRCardType([0x3B, 0x00])).waitforcard())
for name, kind in (("plain", lambda c: c),
                   ("exclusive connection", ExclusiveConnectCardConnection),
                   ("exclusive transmit", ExclusiveTransmitCardConnection)):
    for protocol in (None, CardConnection.T0_protocol,
                     CardConnection.T1_protocol, CardConnection.RAW_protocol):
        say(f"{name}, {protocol}", lambda: one(kind, protocol))
first = readers()[0].createConnection()
second = readers()[0].createConnection()
first.connect()
second.connect(disposition=scard.SCARD_RESET_CARD)
say("two", lambda: (first.transmit(SELECT), second.transmit(SELECT)))
say("control", lambda: first.control(0x42000001, [1, 2, 3]))
say("control unknown", lambda: first.control(0x42000D48, []))
say("attribute", lambda: first.getAttrib(scard.SCARD_ATTR_VENDOR_NAME))
say("unknown attribute", lambda: first.getAttrib(0x12345))
second.disconnect()
say("after a reset", lambda: first.transmit(SELECT))
say("reconnected", lambda: (first.reconnect(), first.transmit(SELECT)))
print("CARD OUT", flush=True)
until_empty()
say("gone", lambda: CardRequest(
    timeout=10, newcardonly=True, cardType=AnyCardType()).waitforcardevent())
