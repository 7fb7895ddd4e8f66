/** A file of a model, where it comes from. */
export interface SourceFile {
  /** Path below the model's folder, with slashes. */
  path: string;
  /** Bytes. */
  size: number;
  /** SHA-256, hexadecimal, where the source says it. */
  sha256?: string;
}

/** Where weights come from: a repository at one commit, or a folder. */
export interface Source {
  /** What the manifest calls it: `hf:REPO@COMMIT`, or `folder`. */
  label: string;
  /** What a person calls it. */
  title: string;
  /** What follows `--from` to get this very source again. */
  argument: string;
  files: readonly SourceFile[];
  /** That many bytes from a position, no more and no fewer. Throws a UserError when they cannot be had. */
  read(file: SourceFile, start: number, length: number, signal: AbortSignal): Promise<Buffer>;
  /** SHA-256 of a file that the source gives none for; reads all of it. */
  checksum(file: SourceFile, signal: AbortSignal): Promise<string>;
}
