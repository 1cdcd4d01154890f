/** The tar within an archive of a backup. */
import { pipeline, type Duplex, type Readable } from 'node:stream';
import unbzip2 from 'unbzip2-stream';
import { gunzip } from './gunzip.ts';
import type { BackupPart } from './parts.ts';

/** Fails where the archive is cut or damaged; whoever destroys it ends `body` too. */
export function decompress(body: Readable, compression: BackupPart['compression']): Readable {
  if (compression === 'none') return body;
  if (compression === 'gzip') return gunzip(body);
  // A failure of either ends the other; whoever reads hears of it.
  return pipeline(body, unbzip2() as unknown as Duplex, () => undefined);
}
