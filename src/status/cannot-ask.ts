/** No status could be had; the message says why and what to do. */
export class CannotAsk extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CannotAsk';
  }
}
