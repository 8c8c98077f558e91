/** What the rest of the program knows of a network interface, whichever way it was found out. */

export type InterfaceKind =
  | 'loopback'
  | 'ethernet'
  | 'wifi'
  | 'mobile'
  | 'wireguard'
  | 'bridge'
  | 'container'
  | 'tunnel'
  | 'virtual'
  | 'other';

export interface InterfaceAddress {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
  /** Fit to send to the internet from. */
  readonly usable: boolean;
  /** Why it is not usable: "loopback", "link-local", "tentative" … */
  readonly why?: string;
  /** On its way out, such as those of a prefix that the provider has replaced: another one is better (RFC 4862, 5.5.4). */
  readonly isDeprecated?: true;
}

export interface NetworkInterface {
  readonly name: string;
  /** Changes when the device is made anew, even under the same name; 0 where the system has no such number. */
  readonly index: number;
  readonly kind: InterfaceKind;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  /** Bytes; 0 when unknown. */
  readonly mtu: number;
  /** Name of the bridge whose port this is: its packets go to the bridge, not to this interface's sockets. */
  readonly bridge?: string;
  /** Best first: usable, then preferred, then the subnet's first, then those set by hand. */
  readonly addresses: readonly InterfaceAddress[];
}
