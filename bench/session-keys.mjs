/**
 * Keys of the tunnels in sessions.mjs: made from names, so that both ends know them without being told.
 * And the mark by which both tell ready-made packets from sealed ones.
 */
import { createHash } from 'node:crypto';
import { built } from './dist.mjs';

const { publicKeyOf } = await built('wireguard/keys.js');

/** High half of a ready-made packet's counter. No sealed packet of a benchmark gets there. */
export const READY_MADE = 1;

function pairOf(name) {
  const privateKey = new Uint8Array(createHash('sha256').update(name).digest());
  privateKey[0] &= 248;
  privateKey[31] = (privateKey[31] & 127) | 64;
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

export const hostKeys = pairOf('host');
export const clientKeys = (session) => pairOf(`client ${session}`);
