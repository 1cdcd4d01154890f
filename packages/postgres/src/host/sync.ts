/** Making whole folders durable at once: hundreds of single fsyncs cost a quarter of a second, one `syncfs` a few milliseconds. */
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from './run.ts';

/** Everything below `folder`, and its name in its parent, is on disk when this returns. */
export async function syncTree(folder: string): Promise<void> {
  await run('sync', process.platform === 'linux' ? ['-f', folder] : []);
  await syncFolder(dirname(folder));
}

/** The names in `folder` are on disk when this returns. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
