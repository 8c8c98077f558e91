/** WireGuard keys as its files have them: base64. Made by node:crypto, as `wg genkey` and `wg pubkey` would. */
import { generateKeyPair, publicKeyOf } from '../wireguard/index.ts';
import type { KeyPair } from './answers.ts';

/** A fresh key pair. */
export function newWireguardKeys(): KeyPair {
  const { privateKey, publicKey } = generateKeyPair();
  return { privateKey: base64(privateKey), publicKey: base64(publicKey) };
}

/** The public half of a private key. */
export function publicKeyText(privateKey: string): string {
  return base64(publicKeyOf(Buffer.from(privateKey, 'base64')));
}

function base64(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}
