/**
 * The protocol's times, all in ms, in one place; an endpoint takes others so that tests needn't wait for minutes.
 * Source: WireGuard white paper, section 6.1 (constants) and 6.2 to 6.5 (their use).
 */

/** When an endpoint does what. Keep rejectAfterMs above rekeyAfterMs + keepaliveMs + rekeyTimeoutMs. */
export interface EndpointTimers {
  /** Age at which the initiator of a session replaces it when it sends. */
  rekeyAfterMs: number;
  /** Age at which a session is forgotten. */
  rejectAfterMs: number;
  /** How long initiations are repeated before the endpoint gives up and drops the packets in its queue. */
  rekeyAttemptMs: number;
  /** Least time between two initiations, and so between an unanswered one and the next. */
  rekeyTimeoutMs: number;
  /** After this long a received packet without an answer is answered with a keepalive. */
  keepaliveMs: number;
  /** At most this much random time is added where two peers might act in step. */
  jitterMs: number;
  /** Silence after which a keepalive is sent, to hold NAT mappings open; 0: never. */
  persistentKeepaliveMs: number;
}

/** The white paper's times; no persistent keepalive. */
export const DEFAULT_TIMERS: Readonly<EndpointTimers> = {
  rekeyAfterMs: 120_000,
  rejectAfterMs: 180_000,
  rekeyAttemptMs: 90_000,
  rekeyTimeoutMs: 5_000,
  keepaliveMs: 10_000,
  jitterMs: 333,
  persistentKeepaliveMs: 0,
};
