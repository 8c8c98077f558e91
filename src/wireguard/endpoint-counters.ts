/**
 * What an endpoint counts. Tests and the demo tell from these what a link did to the tunnel.
 */

/** Only ever growing. Packets are what send() takes and deliver() gives; keepalives count apart. */
export interface EndpointCounters {
  /** Packets sealed and transmitted. */
  sent: number;
  /** Packets delivered. */
  received: number;
  keepalivesSent: number;
  keepalivesReceived: number;
  /** Authentic, but seen before or too old: replayed packets and initiations. Late copies show up here. */
  duplicates: number;
  /** For a session or handshake that is over: the late copies of a response, and packets under forgotten keys. */
  stale: number;
  /** Neither WireGuard's shape nor authentic. */
  rejected: number;
  /** Authentic, but with an IP header that lies about its length; dropped. */
  malformed: number;
  initiationsSent: number;
  /** Sessions that came into use, by either side's initiation. */
  handshakes: number;
  cookies: number;
  /** Packets that were queued for a session and dropped. */
  queueDropped: number;
}

/** All counters at their start. */
export function zeroCounters(): EndpointCounters {
  return {
    sent: 0,
    received: 0,
    keepalivesSent: 0,
    keepalivesReceived: 0,
    duplicates: 0,
    stale: 0,
    rejected: 0,
    malformed: 0,
    initiationsSent: 0,
    handshakes: 0,
    cookies: 0,
    queueDropped: 0,
  };
}
