/** Addresses of the model: clients' links and what a NAT makes of them, attackers, strangers. */
import { formatAddress, type SocketAddress } from '../../src/net/index.ts';

export interface Address extends SocketAddress {
  /** As people write it, and as the model's books are kept. */
  readonly key: string;
}

export function addressOf(address: string, port: number): Address {
  return { address, port, key: formatAddress({ address, port }) };
}
