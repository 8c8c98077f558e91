/** A package cannot be made; the message is for people and says all. */
export class PackageError extends Error {}
