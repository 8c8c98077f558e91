/** What a fuzz target is: how bytes become calls, and what must hold of them whatever the bytes are. */

export interface Target {
  /** One sentence: what is handed the bytes. */
  readonly what: string;
  /**
   * Throws, or rejects, when something does not hold. What the code under test is documented to throw is caught
   * here. Nothing may be left over for the next call.
   */
  run(bytes: Buffer): void | Promise<void>;
  /** Inputs that lead far, to begin with. */
  seeds(): readonly (Uint8Array | string)[];
  /** Words that no literal of the source shows. */
  readonly words?: readonly string[];
  /** Longer inputs are not made. Default: 4,096. */
  readonly maxBytes?: number;
  /** An input that takes more of the processor, three times, is a finding. Default: 500 ms. */
  readonly slowMs?: number;
}
