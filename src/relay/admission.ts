/**
 * Who may send through the server, and who gets answers: decides, per datagram from the network, which
 * session it belongs to, by what WireGuard shows in clear. Addresses are grouped by the indices they use; an
 * address earns return traffic by delivering a session's packets, and until it has proved to be the client's
 * never gets more bytes than it sent. Nobody but WireGuard can tell a genuine packet, so nothing of a known
 * session is ever turned away here: doubt only costs a stranger his answers.
 * Source: WireGuard white paper, sections 5.4 (messages) and 6.1 (lifetimes).
 */
import { ADDRESS_WORDS, type Batch, type Counters, ELSEWHERE, R, UNKNOWN_PATH } from '../net/index.ts';
import {
  COOKIE_REPLY,
  HANDSHAKE_INITIATION,
  HANDSHAKE_INITIATION_BYTES,
  HANDSHAKE_RESPONSE,
  hasValidMac1,
  receiverIndex,
  senderIndex,
  TRANSPORT_DATA,
} from '../wireguard/index.ts';
import type { Desk } from './desk.ts';
import { NewcomerLimit } from './newcomer-limit.ts';
import { RecentInitiations } from './recent-initiations.ts';
import { NO_SESSION } from './session-state.ts';
import type { SessionTable } from './session-table.ts';

export interface AdmissionLimits {
  /** Sessions at the same time; a further handshake is turned away and counted in `sessionsExhausted`. */
  readonly maxSessions: number;
  /** Of those, sessions that WireGuard has not answered; counted in `unconfirmedExhausted`. */
  readonly maxUnconfirmedSessions: number;
  /**
   * Addresses without any proof that are taken in per second; counted in `newAddressesLimited`. What they send
   * before WireGuard answers is limited in proportion and counted in `unconfirmedLimited`.
   */
  readonly newAddressesPerSecond: number;
  /** Silence after which an address is forgotten. */
  readonly pathTimeoutMs: number;
}

/** WireGuard refuses key pairs older than 180 s; until then a client may come back without a handshake. */
export const SESSION_TIMEOUT_MS = 190_000;
/** WireGuard answers data at the latest with a keepalive after 10 s. */
const UNCONFIRMED_TIMEOUT_MS = 15_000;
/** An unconfirmed session this old makes room for a newer one when places run out. */
const UNCONFIRMED_GRACE_MS = 1_000;
/** A session found by an initiation may turn out to be an older one's for this long. */
const MERGE_WITHIN_MS = 10_000;
/** An address that carries another session's packets changes over when its own has been silent for this long. */
const REASSIGNED_AFTER_MS = 1_000;
/**
 * Datagrams per second that unconfirmed sessions may send to WireGuard, for each new address taken in, and how
 * many of them at once. More would fill WireGuard's receive buffer (212,992 bytes by default, some 270 small
 * datagrams) and so cost established sessions theirs; the first answer ends it for a session.
 */
const UNCONFIRMED_DATAGRAMS = 2;
const UNCONFIRMED_AT_ONCE = 1 / 16;
/** Indices seen once, of which a second packet proves that somebody means it. */
const CANDIDATES = 1024;

export class Admission {
  /** The path of the datagram just decided, `UNKNOWN_PATH` when its address has none. */
  path = UNKNOWN_PATH;
  /** After `ELSEWHERE`: the session it is of, and the packet loop that has that. */
  away = NO_SESSION;
  loop = 0;
  readonly #table: SessionTable;
  readonly #desk: Desk | undefined;
  readonly #values: Float64Array;
  readonly #limits: AdmissionLimits;
  readonly #mac1Key: Uint8Array | undefined;
  readonly #newcomers: NewcomerLimit;
  readonly #unconfirmed: NewcomerLimit;
  readonly #initiations = new RecentInitiations();
  readonly #candidates = new Int32Array(CANDIDATES);

  /**
   * @param mac1Key of the server's WireGuard (wireguard/mac1.ts); absent: initiations are not checked
   * @param desk knows the sessions of the server's other packet loops; absent: there are none
   */
  constructor(
    table: SessionTable,
    counters: Counters,
    limits: AdmissionLimits,
    mac1Key?: Uint8Array,
    desk?: Desk,
  ) {
    this.#table = table;
    this.#desk = desk;
    this.#values = counters.values;
    this.#limits = limits;
    this.#mac1Key = mac1Key;
    this.#newcomers = new NewcomerLimit(limits.newAddressesPerSecond);
    const datagrams = limits.newAddressesPerSecond * UNCONFIRMED_DATAGRAMS;
    this.#unconfirmed = new NewcomerLimit(datagrams, Math.max(1, datagrams * UNCONFIRMED_AT_ONCE));
  }

  /**
   * The session of datagram `i`, which came in message `message` on `path` (or on none yet); `NO_SESSION`
   * for a stranger's, `ELSEWHERE` for that of another packet loop's session. Sets `path` to the sender's path,
   * opened if it deserves one.
   */
  sessionFor(batch: Batch, i: number, message: number, type: number, path: number): number {
    const session = this.#find(batch, i, message, type, path);
    // Its new session had no place for it; the next datagram of this message may open it again.
    if (this.path >= 0 && this.#table.paths.sessionOf(this.path) === NO_SESSION) this.path = UNKNOWN_PATH;
    if (session < 0 || this.#table.isConfirmed(session)) return session;
    const isProved = type === HANDSHAKE_INITIATION && this.#mac1Key !== undefined;
    // While nobody is established nobody can be harmed, and a client that only sends hears from WireGuard no
    // sooner than its keepalive after 10 s: after a restart its stream must not wait for that.
    const isNobodyEstablished =
      type === TRANSPORT_DATA && this.#table.open === this.#table.unconfirmed && this.#awayCount === 0;
    if (isProved || isNobodyEstablished || this.#unconfirmed.admit(batch.nowMs)) return session;
    this.#values[R.unconfirmedLimited]!++;
    return NO_SESSION;
  }

  /** A datagram of `session` that was let in was a late copy: WireGuard never sees it. */
  droppedCopy(session: number): void {
    if (!this.#table.isConfirmed(session)) this.#unconfirmed.giveBack();
  }

  #find(batch: Batch, i: number, message: number, type: number, path: number): number {
    this.path = path;
    const offset = batch.offset[i]!;
    if (type === HANDSHAKE_INITIATION) return this.#initiation(batch, offset, message, path);
    const index = receiverIndex(batch.view, offset, type);
    const known = this.#table.indices.get(index);
    if (known !== NO_SESSION) {
      if (path === UNKNOWN_PATH) this.path = this.#table.paths.open(batch, message, known);
      else if (this.#table.paths.sessionOf(path) !== known) reassign(this.#table, path, known, batch.nowMs);
      return known;
    }
    const away = this.#desk?.directory.ofIndex(index) ?? NO_SESSION;
    if (away !== NO_SESSION) return this.#here(away);
    if (path !== UNKNOWN_PATH) return this.#ofPath(path, index, type);
    const other = this.#ofAddress(batch, message);
    if (other !== NO_SESSION) return this.#here(other);
    const session = type === TRANSPORT_DATA ? this.#provisional(index, batch.nowMs) : NO_SESSION;
    if (session === NO_SESSION) {
      this.#values[R.unknownIndex]!++;
      return NO_SESSION;
    }
    this.#table.learnIndex(index, session);
    this.path = this.#table.paths.open(batch, message, session);
    return session;
  }

  /**
   * Nobody knows the index, but the sender. After a restart of this server it may be that of a key pair in use: then
   * its client's other addresses, which may have begun another session, find each other by it.
   */
  #ofPath(path: number, index: number, type: number): number {
    const table = this.#table;
    const session = table.paths.sessionOf(path);
    const isClients = table.isConfirmed(session) && table.paths.isTrusted(path);
    if (type === TRANSPORT_DATA && isClients && table.indices.hasRoom(session))
      table.learnIndex(index, session);
    return session;
  }

  /** Sessions that other packet loops have. */
  get #awayCount(): number {
    return this.#desk?.directory.sessions ?? 0;
  }

  /** The session of another packet loop that the sender of a message belongs to. */
  #ofAddress(batch: Batch, message: number): number {
    return this.#desk?.directory.ofAddress(batch.source, message * ADDRESS_WORDS) ?? NO_SESSION;
  }

  /** The session, or `ELSEWHERE` if another packet loop has it. */
  #here(session: number): number {
    this.away = session;
    this.loop = this.#desk?.directory.loopOf(session) ?? 0;
    return this.loop === 0 ? session : ELSEWHERE;
  }

  /** WireGuard sent this on `session`'s socket: learn its index; any answer but a cookie proves the session. */
  answered(batch: Batch, i: number, type: number, session: number): void {
    const offset = batch.offset[i]!;
    if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE) {
      this.#table.learnIndex(senderIndex(batch.view, offset), session);
    }
    if (type !== COOKIE_REPLY) this.#table.confirm(session);
  }

  expire(nowMs: number): void {
    expireSessions(this.#table, this.#limits, nowMs);
  }

  /** Copies of one initiation come from all of a client's addresses: they are one session. */
  #initiation(batch: Batch, offset: number, message: number, path: number): number {
    const { nowMs } = batch;
    const bytes = batch.bytes.subarray(offset, offset + HANDSHAKE_INITIATION_BYTES);
    if (this.#mac1Key !== undefined && !hasValidMac1(this.#mac1Key, bytes)) {
      this.#values[R.wrongMac1]!++;
      return NO_SESSION;
    }
    const seen = this.#openSession(this.#initiations.find(batch.view, offset, nowMs));
    const own = path === UNKNOWN_PATH ? this.#ofAddress(batch, message) : this.#table.paths.sessionOf(path);
    if (own !== NO_SESSION) {
      if (seen === NO_SESSION) this.#initiations.remember(batch.view, offset, own, nowMs);
      else if (seen !== own) return this.#join(seen, own, nowMs);
      return this.#here(own);
    }
    const isProved = this.#mac1Key !== undefined || seen !== NO_SESSION;
    const session = seen === NO_SESSION ? this.#open(isProved, nowMs) : seen;
    if (session === NO_SESSION) return NO_SESSION;
    this.#initiations.remember(batch.view, offset, session, nowMs);
    if (this.#here(session) === ELSEWHERE) return ELSEWHERE;
    this.path = this.#table.paths.open(batch, message, session);
    return session;
  }

  /**
   * The same initiation came to two sessions: one client, whose new link was faster and began a session of its own.
   * Always the younger one ends in the older, which else a stranger who repeats an initiation could make his.
   * @returns the session of the path that the initiation came on now
   */
  #join(seen: number, session: number, nowMs: number): number {
    const table = this.#table;
    const isSeenYounger = table.openedMs(seen) >= table.openedMs(session);
    const [younger, older] = isSeenYounger ? [seen, session] : [session, seen];
    if (nowMs - table.openedMs(younger) > MERGE_WITHIN_MS) return this.#here(session);
    if (this.#here(younger) === ELSEWHERE || this.#here(older) === ELSEWHERE) {
      this.#desk?.merge(younger, older);
      return this.#here(session);
    }
    return table.merge(younger, older) ? older : session;
  }

  #openSession(session: number): number {
    if (session !== NO_SESSION && this.#here(session) === ELSEWHERE) return session;
    return session !== NO_SESSION && this.#table.isOpen(session) ? this.#table.resolve(session) : NO_SESSION;
  }

  /** Data of no known session: after a restart of this server, a session that goes on (WireGuard will tell). */
  #provisional(index: number, nowMs: number): number {
    const isQuiet = this.#table.unconfirmed * 2 < this.#limits.maxUnconfirmedSessions;
    const place = index & (CANDIDATES - 1);
    const isSecond = this.#candidates[place] === index;
    this.#candidates[place] = index;
    return isQuiet || isSecond ? this.#open(false, nowMs) : NO_SESSION;
  }

  #open(isProved: boolean, nowMs: number): number {
    const table = this.#table;
    if (!isProved && !this.#newcomers.admit(nowMs)) {
      this.#values[R.newAddressesLimited]!++;
      return NO_SESSION;
    }
    const isUnconfirmedFull = table.unconfirmed >= this.#limits.maxUnconfirmedSessions;
    if (isUnconfirmedFull || table.open + this.#awayCount >= this.#limits.maxSessions) {
      const stalest = table.stalest(nowMs, UNCONFIRMED_GRACE_MS);
      if (stalest === NO_SESSION) {
        this.#values[isUnconfirmedFull ? R.unconfirmedExhausted : R.sessionsExhausted]!++;
        return NO_SESSION;
      }
      table.closeSession(stalest, nowMs);
    }
    const session = table.openSession(nowMs);
    this.#initiations.forget(session);
    return session;
  }
}

/** A NAT gave a silent client's address to another client, whose index came from it. */
export function reassign(table: SessionTable, path: number, session: number, nowMs: number): void {
  if (nowMs - table.paths.lastInMs(path) < REASSIGNED_AFTER_MS) return;
  table.paths.distrust(path);
  table.paths.move(path, session, nowMs);
}

/** Ends what has been silent for too long. */
export function expireSessions(table: SessionTable, limits: AdmissionLimits, nowMs: number): void {
  table.expire(nowMs, limits.pathTimeoutMs, SESSION_TIMEOUT_MS, UNCONFIRMED_TIMEOUT_MS);
}
