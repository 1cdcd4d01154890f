/** Proves that the file system tells `a` from `A`: on one that doesn't, two keys would be one file. */
import { rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** @throws Error when names that differ in case only are the same */
export async function checkCaseMatters(folder: string): Promise<void> {
  const name = `.case-${randomBytes(6).toString('hex')}-a`;
  await writeFile(join(folder, name), '', { mode: 0o600 });
  try {
    const other = await stat(join(folder, name.toUpperCase())).catch(() => undefined);
    if (other)
      throw new Error(
        `cannot keep buckets in "${folder}": its file system doesn't tell upper from lower case; use another`,
      );
  } finally {
    await rm(join(folder, name), { force: true });
  }
}
