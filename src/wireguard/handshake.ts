/**
 * The handshake's two messages, made and consumed: pure functions from keys and bytes to bytes and keys.
 * Leaves the MAC fields zero (cookie.ts fills them), and retries, replay of initiations and timers to endpoint.ts.
 * Source: WireGuard white paper, sections 5.4.2, 5.4.3 and 5.4.5.
 */

import type { KeyObject } from 'node:crypto';
import { TAG_BYTES } from './aead.ts';
import {
  generateKeyPair,
  KEY_BYTES,
  privateKeyObject,
  publicKeyOf,
  requireKeyLength,
  sharedSecret,
} from './keys.ts';
import {
  HANDSHAKE_INITIATION,
  HANDSHAKE_INITIATION_BYTES,
  HANDSHAKE_RESPONSE,
  HANDSHAKE_RESPONSE_BYTES,
} from './messages.ts';
import { SymmetricState } from './noise.ts';
import { TIMESTAMP_BYTES } from './tai64n.ts';

const SENDER_AT = 4;
const INITIATION_EPHEMERAL_AT = 8;
const INITIATION_STATIC_AT = INITIATION_EPHEMERAL_AT + KEY_BYTES;
const INITIATION_TIMESTAMP_AT = INITIATION_STATIC_AT + KEY_BYTES + TAG_BYTES;
const RESPONSE_RECEIVER_AT = 8;
const RESPONSE_EPHEMERAL_AT = 12;
const RESPONSE_EMPTY_AT = RESPONSE_EPHEMERAL_AT + KEY_BYTES;
const EMPTY = new Uint8Array(0);

/** What both messages need of the two parties. `staticSecret` is X25519 of the two static keys. */
export interface Parties {
  privateKey: KeyObject;
  publicKey: Uint8Array;
  peerPublicKey: Uint8Array;
  presharedKey: Uint8Array;
  staticSecret: Uint8Array;
}

/** An initiation that waits for its response. */
export interface PendingInitiation {
  message: Buffer;
  localIndex: number;
  ephemeral: KeyObject;
  state: SymmetricState;
}

/** An authentic initiation; whether its timestamp is new is the caller's to judge. */
export interface ReceivedInitiation {
  remoteIndex: number;
  timestamp: Uint8Array;
  ephemeral: Uint8Array;
  state: SymmetricState;
}

/** What a completed handshake leaves behind. */
export interface SessionKeys {
  isInitiator: boolean;
  localIndex: number;
  remoteIndex: number;
  sendKey: Uint8Array;
  receiveKey: Uint8Array;
}

/** Checks and copies the keys. Throws RangeError for one that isn't 32 bytes or a peer's key of low order. */
export function createParties(
  rawPrivateKey: Uint8Array,
  peerPublicKey: Uint8Array,
  presharedKey: Uint8Array = new Uint8Array(KEY_BYTES),
): Parties {
  requireKeyLength('peerPublicKey', peerPublicKey);
  requireKeyLength('presharedKey', presharedKey);
  const privateKey = privateKeyObject(rawPrivateKey);
  const staticSecret = sharedSecret(privateKey, peerPublicKey);
  if (staticSecret === null) throw new RangeError('Cannot use peerPublicKey: it is of low order');
  return {
    privateKey,
    publicKey: publicKeyOf(rawPrivateKey),
    peerPublicKey: peerPublicKey.slice(),
    presharedKey: presharedKey.slice(),
    staticSecret,
  };
}

/** Makes an initiation. Throws when the peer's public key is of low order. */
export function createInitiation(
  parties: Parties,
  localIndex: number,
  timestamp: Uint8Array,
): PendingInitiation {
  const state = new SymmetricState();
  const pair = generateKeyPair();
  const ephemeral = privateKeyObject(pair.privateKey);
  const secret = sharedSecret(ephemeral, parties.peerPublicKey);
  if (secret === null) throw new RangeError('Cannot start a handshake: peerPublicKey is of low order');
  const message = Buffer.alloc(HANDSHAKE_INITIATION_BYTES);
  message[0] = HANDSHAKE_INITIATION;
  message.writeInt32LE(localIndex, SENDER_AT);
  message.set(pair.publicKey, INITIATION_EPHEMERAL_AT);

  state.mixHash(parties.peerPublicKey);
  state.mixEphemeral(pair.publicKey);
  state.mixKey(secret);
  state.sealInto(message, INITIATION_STATIC_AT, parties.publicKey);
  state.mixKey(parties.staticSecret);
  state.sealInto(message, INITIATION_TIMESTAMP_AT, timestamp);
  return { message, localIndex, ephemeral, state };
}

/** Reads an initiation of the right length; null unless it comes from the peer. */
export function consumeInitiation(parties: Parties, message: Buffer): ReceivedInitiation | null {
  const state = new SymmetricState();
  const ephemeral = Buffer.from(message.subarray(INITIATION_EPHEMERAL_AT, INITIATION_STATIC_AT));
  state.mixHash(parties.publicKey);
  state.mixEphemeral(ephemeral);
  const secret = sharedSecret(parties.privateKey, ephemeral);
  if (secret === null) return null;
  state.mixKey(secret);
  const initiator = state.open(message.subarray(INITIATION_STATIC_AT, INITIATION_TIMESTAMP_AT));
  if (initiator === null || Buffer.compare(initiator, parties.peerPublicKey) !== 0) return null;
  state.mixKey(parties.staticSecret);
  const timestampEnd = INITIATION_TIMESTAMP_AT + TIMESTAMP_BYTES + TAG_BYTES;
  const timestamp = state.open(message.subarray(INITIATION_TIMESTAMP_AT, timestampEnd));
  if (timestamp === null) return null;
  return { remoteIndex: message.readInt32LE(SENDER_AT), timestamp, ephemeral, state };
}

/** Answers an authentic initiation; null when its ephemeral key is of low order. Uses the initiation up. */
export function createResponse(
  parties: Parties,
  initiation: ReceivedInitiation,
  localIndex: number,
): { message: Buffer; keys: SessionKeys } | null {
  const { state, remoteIndex } = initiation;
  const pair = generateKeyPair();
  const ephemeral = privateKeyObject(pair.privateKey);
  const ephemeralSecret = sharedSecret(ephemeral, initiation.ephemeral);
  const staticSecret = sharedSecret(ephemeral, parties.peerPublicKey);
  if (ephemeralSecret === null || staticSecret === null) return null;
  const message = Buffer.alloc(HANDSHAKE_RESPONSE_BYTES);
  message[0] = HANDSHAKE_RESPONSE;
  message.writeInt32LE(localIndex, SENDER_AT);
  message.writeInt32LE(remoteIndex, RESPONSE_RECEIVER_AT);
  message.set(pair.publicKey, RESPONSE_EPHEMERAL_AT);

  state.mixEphemeral(pair.publicKey);
  state.mixKey(ephemeralSecret);
  state.mixKey(staticSecret);
  state.mixPresharedKey(parties.presharedKey);
  state.sealInto(message, RESPONSE_EMPTY_AT, EMPTY);
  const [receiveKey, sendKey] = state.split();
  return { message, keys: { isInitiator: false, localIndex, remoteIndex, sendKey, receiveKey } };
}

/** Reads a response of the right length to `pending`, which stays usable; null unless it is the peer's. */
export function consumeResponse(
  parties: Parties,
  pending: PendingInitiation,
  message: Buffer,
): SessionKeys | null {
  const { localIndex, ephemeral } = pending;
  if (message.readInt32LE(RESPONSE_RECEIVER_AT) !== localIndex) return null;
  const state = pending.state.clone();
  const peerEphemeral = message.subarray(RESPONSE_EPHEMERAL_AT, RESPONSE_EMPTY_AT);
  const ephemeralSecret = sharedSecret(ephemeral, peerEphemeral);
  const staticSecret = sharedSecret(parties.privateKey, peerEphemeral);
  if (ephemeralSecret === null || staticSecret === null) return null;
  state.mixEphemeral(peerEphemeral);
  state.mixKey(ephemeralSecret);
  state.mixKey(staticSecret);
  state.mixPresharedKey(parties.presharedKey);
  if (state.open(message.subarray(RESPONSE_EMPTY_AT, RESPONSE_EMPTY_AT + TAG_BYTES)) === null) return null;
  const [sendKey, receiveKey] = state.split();
  return { isInitiator: true, localIndex, remoteIndex: message.readInt32LE(SENDER_AT), sendKey, receiveKey };
}
