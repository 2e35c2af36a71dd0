/* SPDX-License-Identifier: BSD-2-Clause */
/* A Java program with a card: javax.smartcardio, as Java's own users write it.
 * Each line it prints is a result that clients.py expects. */
import java.util.List;
import javax.smartcardio.*;

public class Client {
	public static void main(String[] args) throws Exception {
		TerminalFactory factory = TerminalFactory.getDefault();
		List<CardTerminal> all = factory.terminals().list();
		System.out.println("terminals " + all.size());
		CardTerminal t = all.get(0);
		System.out.println("name " + t.getName());
		System.out.println("present " + t.waitForCardPresent(2000));
		Card card = t.connect("*");
		System.out.println("protocol " + card.getProtocol());
		card.beginExclusive();
		byte[] piv = { (byte)0xa0, 0, 0, 3, 8 };
		CardChannel channel = card.getBasicChannel();
		ResponseAPDU r = channel.transmit(
		    new CommandAPDU(0, 0xa4, 4, 0, piv, 256));
		System.out.println("select " + Integer.toHexString(r.getSW()));
		/* an object of more than 256 bytes: GET RESPONSE is Java's */
		byte[] tag = { 0x5c, 3, 0x5f, (byte)0xc1, 0x05 };
		r = channel.transmit(
		    new CommandAPDU(0, 0xcb, 0x3f, 0xff, tag, 256));
		System.out.println("certificate " + (r.getData().length > 256) +
		    " " + Integer.toHexString(r.getSW()));
		card.endExclusive();
		card.disconnect(true);
		System.out.println("with cards " + factory.terminals()
		    .list(CardTerminals.State.CARD_PRESENT).size());
		System.out.println("absent " + t.waitForCardAbsent(300));
	}
}
