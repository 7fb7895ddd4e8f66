/** A document that cannot be priced: which, what it is or what is wrong with it, and what to give instead. */
export class DocumentError extends Error {
  constructor(
    readonly file: string,
    what: string,
    fix: string,
  ) {
    super(`${file}: ${what}. Fix: ${fix}`);
    this.name = "DocumentError";
  }
}
