/**
 * A second client of the same server: two links of its own, a WireGuard that is another peer, and nothing that befalls
 * it but what befalls the server. So it may lose only while the server is down, whatever becomes of the first client.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitTunnel, clientPort, tunnel } from '../lab/lab.ts';
import { Topology } from '../lab/topology.ts';
import type { KeyPair, WireguardOptions } from '../lab/wireguard.ts';
import { Host, type HostOptions } from './host.ts';

/** Numbers that no path of the first client has. */
const links = [5, 6];
const linkMtu = 1_500;
/** Inside of the tunnel. */
export const guestAddress = '10.88.0.3';

export interface GuestOptions {
  readonly beside: Topology;
  readonly engine: HostOptions['engine'];
  /** Address and port of the server, without a name. */
  readonly destination: string;
  readonly keys: KeyPair;
  readonly serverKey: string;
  readonly tunnelMtu: number;
  /** Where its file is, and where its log goes. */
  readonly folder: string;
  readonly logFolder: string;
}

export class Guest {
  readonly topology: Topology;
  readonly host: Host;

  private constructor(topology: Topology, options: GuestOptions) {
    const { engine, destination, folder, logFolder } = options;
    this.topology = topology;
    const file = join(folder, 'guest.yml');
    const client = { listenAddr: `127.0.0.1:${clientPort}`, dstAddr: destination };
    writeFileSync(file, JSON.stringify({ client }));
    this.host = new Host({
      side: 'client',
      namespace: topology.client,
      engine,
      file,
      logFile: join(logFolder, 'guest.log'),
      environment: {},
      wireguard: wireguardOf(topology, options),
    });
  }

  /** Resolves when a ping through its tunnel has been answered; the server has to know its key. */
  static async arrive(options: GuestOptions): Promise<Guest> {
    const { beside } = options;
    const topology = await Topology.create({ paths: 0, linkMtu, stableAddress: true, beside });
    const guest = new Guest(topology, options);
    try {
      for (const link of links) await topology.addPath(link);
      await topology.client.ip('route add unreachable 10.88.0.0/24 metric 4000000');
      await guest.host.start();
      await guest.host.startWireguard();
      await awaitTunnel(topology.client, guest.host.programs);
      return guest;
    } catch (error) {
      await guest.leave();
      throw error;
    }
  }

  /** Ends its programs and removes its namespace; the server's stays. */
  async leave(): Promise<void> {
    await this.host.stop();
    this.topology.client.remove();
  }
}

function wireguardOf({ client }: Topology, { keys, serverKey, tunnelMtu }: GuestOptions): WireguardOptions {
  const endpoint = `127.0.0.1:${clientPort}`;
  return {
    namespace: client,
    keys,
    listenPort: 0,
    addresses: [`${guestAddress}/24`],
    mtu: tunnelMtu,
    peer: { publicKey: serverKey, allowedIps: [tunnel.server.ipv4], endpoint },
  };
}
