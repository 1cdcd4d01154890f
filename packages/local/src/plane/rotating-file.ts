/** A file that never grows beyond its bound; what is older is kept beside it, up to a number of files. */
import { appendFileSync, renameSync, statSync } from 'node:fs';

export interface RotatingFileOptions {
  /** Where a file ends and the next begins. @default 10 MiB */
  maxBytes?: number;
  /** How many older files stay, as `<path>.1` (the newest) and so on. @default 3 */
  keep?: number;
}

/** Appends to the file at `path`. Never throws: a log that can't be written must not stop what it tells of. */
export function rotatingFile(path: string, options: RotatingFileOptions = {}): { write(text: string): void } {
  const { maxBytes = 10 * 1024 * 1024, keep = 3 } = options;
  let size = sizeOf(path);
  return {
    write(text) {
      const bytes = Buffer.byteLength(text);
      try {
        if (size > 0 && size + bytes > maxBytes) size = rotate(path, keep);
        appendFileSync(path, text, { mode: 0o600 });
        size += bytes;
      } catch {
        // A full disk, most likely: the next line tries again.
      }
    },
  };
}

function rotate(path: string, keep: number): number {
  for (let n = keep - 1; n >= 1; n--) renameIfThere(`${path}.${n}`, `${path}.${n + 1}`);
  renameIfThere(path, `${path}.1`);
  return 0;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
