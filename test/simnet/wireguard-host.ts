/**
 * The server's WireGuard with many peers, each a real endpoint: finds the peer a datagram is for as WireGuard
 * does, by receiver index, and answers to where the peer's last authentic datagram came from (white paper,
 * section 2.1, roaming). One thing it is told: which peer made an initiation. To find that out costs WireGuard
 * a Diffie-Hellman; here it would cost one per peer.
 */
import {
  type Endpoint,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  messageType,
  NOT_WIREGUARD,
  receiverIndex,
  senderIndex,
} from '../../src/wireguard/index.ts';

/** A socket of the relay towards this host. */
export interface Upstream {
  answer(datagram: Uint8Array): void;
}

export class WireguardHost {
  /** Datagrams for no peer; answers that had nowhere to go. */
  strangers = 0;
  unanswerable = 0;
  readonly #byIndex = new Map<number, Endpoint>();
  readonly #byInitiation = new Map<string, Endpoint>();
  readonly #upstreams = new Map<Endpoint, Upstream>();

  /** A client made this initiation, for that peer. */
  announce(initiation: Uint8Array, peer: Endpoint): void {
    this.#byInitiation.set(keyOf(initiation), peer);
  }

  /** The peer's own transmit(). */
  transmit(datagram: Uint8Array, peer: Endpoint): void {
    const view = viewOf(datagram);
    const type = messageType(view, 0, datagram.length);
    if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE) {
      this.#byIndex.set(senderIndex(view, 0), peer);
    }
    const upstream = this.#upstreams.get(peer);
    if (upstream === undefined) this.unanswerable++;
    else upstream.answer(datagram);
  }

  receive(datagram: Uint8Array, upstream: Upstream): void {
    const peer = this.#peerFor(datagram);
    if (peer === undefined) {
      this.strangers++;
      return;
    }
    const before = this.#upstreams.get(peer);
    // Its answer leaves from within receive() and belongs where this came from, if it is authentic: only
    // then does it answer at all.
    this.#upstreams.set(peer, upstream);
    if (!peer.receive(datagram) && before !== undefined) this.#upstreams.set(peer, before);
  }

  #peerFor(datagram: Uint8Array): Endpoint | undefined {
    const view = viewOf(datagram);
    const type = messageType(view, 0, datagram.length);
    if (type === NOT_WIREGUARD) return undefined;
    if (type === HANDSHAKE_INITIATION) return this.#byInitiation.get(keyOf(datagram));
    return this.#byIndex.get(receiverIndex(view, 0, type));
  }
}

/** Sender index and ephemeral key. */
function keyOf(initiation: Uint8Array): string {
  return Buffer.from(initiation.subarray(4, 40)).toString('latin1');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
