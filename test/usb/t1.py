# SPDX-License-Identifier: BSD-2-Clause
"""The card's side of T=1 (ISO/IEC 7816-3, 11), for a reader that leaves it to
the driver: blocks in and out, a whole command and a whole answer at the card.
"""
MORE = 0x20  # of an I-block
RESYNCH, IFS = 0xC0, 0xC1  # S-blocks; an answer has 0x20 too


def block(pcb, inf=b""):
    b = bytes([0, pcb, len(inf)]) + inf
    lrc = 0
    for x in b:
        lrc ^= x
    return b + bytes([lrc])


class Blocks:
    """`ask(command, then)` is the card's; `then(answer)` may come later."""

    def __init__(self, ask):
        self.ask = ask
        self.ifsd = 32  # what the reader takes; it says if it is more
        self.start()

    def start(self):
        self.ns = self.expected = 0
        self.command, self.answer, self.last = b"", b"", b""

    def next(self):
        """The answer's next block."""
        part, self.answer = self.answer[:self.ifsd], self.answer[self.ifsd:]
        self.last = block(self.ns << 6 | (MORE if self.answer else 0), part)
        self.ns ^= 1
        return self.last

    def send(self, b, then):
        """One block to the card; `then` gets the block that answers it."""
        pcb, inf = b[1], b[3:3 + b[2]]
        if len(b) != len(inf) + 4 or block(pcb, inf)[1:] != b[1:]:
            then(block(0x81 | self.expected << 4))  # a parity error
        elif pcb & 0x80 == 0:
            self.on_command(pcb, inf, then)
        elif pcb & 0xC0 == 0x80:
            # the number of the block that is wanted
            again = (pcb >> 4 & 1) != self.ns or not self.answer
            then(self.last if again else self.next())
        elif pcb == IFS:
            self.ifsd = inf[0]
            then(block(IFS | 0x20, inf))
        elif pcb == RESYNCH:
            self.start()
            then(block(RESYNCH | 0x20))
        else:
            then(block(0x82 | self.expected << 4))

    def on_command(self, pcb, inf, then):
        if pcb >> 6 & 1 != self.expected:
            then(block(0x82 | self.expected << 4))
            return
        self.expected ^= 1
        self.command += inf
        if pcb & MORE:
            then(block(0x80 | self.expected << 4))
            return

        def answered(answer):
            self.answer = answer
            then(self.next())

        command, self.command = self.command, b""
        self.ask(command, answered)
