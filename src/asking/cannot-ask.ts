/** Nothing could be learned; the message says why and what to do. */
export class CannotAsk extends Error {
  /** `refused`: somebody answers, but not this or not us. */
  readonly why: 'silent' | 'refused';
  /** The message without who was asked and what to do. */
  readonly reason: string;

  constructor(
    message: string,
    {
      why = 'silent',
      reason = message,
      ...options
    }: ErrorOptions & { why?: CannotAsk['why']; reason?: string } = {},
  ) {
    super(message, options);
    this.name = 'CannotAsk';
    this.why = why;
    this.reason = reason;
  }
}
