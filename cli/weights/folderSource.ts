import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../output";
import { byPath, checkPath } from "./paths";
import type { Source, SourceFile } from "./source";

/** The files of a folder, such as a clone or a snapshot in the cache of huggingface_hub, whose files are links. */
export function openFolder(given: string): Source {
  const root = resolve(given);
  const files = listFolder(root, given);
  return {
    label: "folder",
    title: given,
    argument: given,
    files,
    read: (file, start, length) => readRange(join(root, file.path), file, start, length),
    checksum: (file, signal) => hashFile(join(root, file.path), signal),
  };
}

function listFolder(root: string, given: string): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string, prefix: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      // What begins with a dot is of git or of a cache.
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, `${prefix}${entry.name}/`);
      else {
        const facts = statSync(path);
        if (facts.isFile()) files.push({ path: checkPath(prefix + entry.name, given), size: facts.size });
      }
    }
  };
  try {
    walk(root, "");
  } catch (error) {
    const { code, path = root } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof UserError) throw error;
    throw new UserError(
      `--from ${given}: ${path} cannot be read (${code}). Fix: give a folder that you may read, or hf:REPOSITORY`,
    );
  }
  return files.sort(byPath);
}

async function readRange(path: string, file: SourceFile, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: cannot be read (${error.code}). Fix: see that it is there and may be read`);
  });
  try {
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
      if (bytesRead === 0)
        throw new UserError(
          `${path}: became shorter than its ${file.size} bytes while it was read. Fix: push it when nobody writes to it`,
        );
      filled += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return bytes;
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
