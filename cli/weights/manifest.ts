import { byPath } from "./paths";

/** Name of the manifest, among the weights. It is written last: where it is, everything that it names is, too. */
export const manifestName = "manifest.json";

/** A file as it is in the store. */
export interface StoredFile {
  path: string;
  /** Bytes. */
  size: number;
  /** SHA-256, hexadecimal. */
  sha256: string;
}

/**
 * The manifest of a model's weights: where they are from, and every file with size and checksum. A line for each file,
 * and the same text for the same files, so that "is it the same?" is a comparison of texts.
 */
export function renderManifest(source: string, files: readonly StoredFile[]): string {
  const lines = [...files].sort(byPath).map(({ path, size, sha256 }) => JSON.stringify({ path, size, sha256 }));
  return `{"version":1,"source":${JSON.stringify(source)},"files":[\n${lines.join(",\n")}\n]}\n`;
}
