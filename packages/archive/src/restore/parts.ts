/** The archives that a backup consists of, by the keys in its folder: every way that barman names them. Pure. */

export interface BackupPart {
  key: string;
  compression: 'none' | 'gzip' | 'bzip2';
  size: number;
}

const PART = /^data(?:_(\d{4,}))?\.tar(?:\.([a-z0-9]+))?$/;
const COMPRESSIONS: Record<string, BackupPart['compression']> = { gz: 'gzip', bz2: 'bzip2' };

/** @throws Error in words when one lacks, or can't be read here */
export function backupParts(folder: string, objects: { key: string; size: number }[]): BackupPart[] {
  const parts = new Map<number, BackupPart>();
  for (const { key, size } of objects) {
    const match = PART.exec(key.slice(folder.length));
    if (!match) continue;
    const [, number = '0', suffix] = match;
    const compression = suffix === undefined ? 'none' : COMPRESSIONS[suffix];
    if (compression === undefined) {
      throw new Error(
        `cannot restore "${key}": its compression "${suffix}" is not read here; ` +
          'take a backup with gzip or bzip2, or restore it with the tool that made it',
      );
    }
    if (parts.has(Number(number))) throw new Error(`cannot restore "${key}": it is there twice, in two compressions`);
    parts.set(Number(number), { key, compression, size });
  }
  const ordered = [...parts].sort(([a], [b]) => a - b);
  if (ordered.length === 0) throw new Error(`cannot restore "${folder}": it has no data.tar`);
  const gap = ordered.findIndex(([number], index) => number !== index);
  if (gap >= 0) throw new Error(`cannot restore "${folder}": its part ${gap} is missing`);
  return ordered.map(([, part]) => part);
}
