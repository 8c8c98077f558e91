/** A certificate and its key, from PEM files that somebody else renews (an ACME client, say). */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ManagerSettings } from './protocol.ts';

/** Where the pair is. */
export type CertificateFiles = NonNullable<ManagerSettings['tls']>;

/** What TLS needs of it. */
export interface CertificatePair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws Error that says which file or pair is wrong */
export function readCertificate({ certificateFile, keyFile }: CertificateFiles): CertificatePair {
  const cert = readFileSync(certificateFile);
  const key = readFileSync(keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${certificateFile} and ${keyFile} are no certificate with its key: ${reason}`, {
      cause: error,
    });
  }
  return { cert, key };
}

/**
 * Calls back each time one of the files has changed. By looking every few seconds, because renewal replaces
 * files and the links to them, which notification by the kernel loses track of.
 * @returns a function that ends it
 */
export function watchCertificate(files: CertificateFiles, everyMs: number, onChange: () => void): () => void {
  const paths = [files.certificateFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, onChange);
  return () => {
    for (const path of paths) unwatchFile(path, onChange);
  };
}
