/*
 * Why a change could not be written into engarde.yml. The file is then as it was, but for 'damaged'.
 */

/** Stable; the message tells people the same at length. */
export type EditFailure =
  /** The file is gone, or may not be read. */
  | 'unreadable'
  /** It has errors already, without the change. */
  | 'invalid-file'
  /** The client section has `paths`, and none of this name. */
  | 'unknown-path'
  /** A pattern leaves the interface out, and perhaps others. */
  | 'excluded-by-pattern'
  /** The only entry of includedInterfaces: without it every interface would be used. */
  | 'last-included'
  /** With the change it would contradict itself. */
  | 'contradiction'
  /** Written in a way that cannot be changed without touching more than asked for. */
  | 'unsupported-notation'
  /** No permission for the file or its directory, or a file system that takes no writes. */
  | 'not-writable'
  /** Anything else that the system refused, such as a full disk. */
  | 'write-failed'
  /** Others kept changing the file meanwhile. */
  | 'busy'
  /** What was read back is not what was written; the message names the file with the old text. */
  | 'damaged';

/** The file could not be changed. */
export class EditError extends Error {
  readonly code: EditFailure;

  constructor(code: EditFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EditError';
    this.code = code;
  }
}
