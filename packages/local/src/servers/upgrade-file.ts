/**
 * What the plane must know of a server's major upgrade whatever happens: two servers, of which the instance's record says which has the
 * port. That record alone is the switch: it is replaced in one write. Written by who carries out the upgrade, readable by the plane alone.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeDurably } from '@larder/postgres';
import type { KeylessTables } from '@larder/upgrade';
import type { LogOrder } from '../storage/archives.ts';
import type { InstanceRecord } from './record.ts';

export interface UpgradeFile {
  /** The PostgresChange that makes it. */
  by: string;
  from: string;
  to: string;
  /** That clients know. */
  port: number;
  /** The server that there was, as it was when the switch began. */
  source: InstanceRecord;
  /** The server of the new major. */
  target: InstanceRecord;
  /** Of the server's object before: it goes back to them. */
  settings: Record<string, string>;
  /** When the new server had the port; RFC 3339. */
  switchedAt?: string;
  /** Until when the old one is kept. */
  keptUntil?: string;
  /** Why nobody can go back any more, and since when. */
  ended?: { at: string; why: string };
  /** Databases that follow back. */
  returning?: string[];
  /** Of the new server's catalogues when the old one began to follow. */
  catalogue?: string;
  /** Tables that recognise their rows by the whole of them meanwhile. */
  keyless?: KeylessTables;
  /** What the comparison said. */
  proof?: string;
  /** How the old server archives: what it wrote last must reach its own archive. */
  order?: LogOrder;
}

/** Half of one can't be: it is replaced as a whole. @throws Error when it can't be read */
export function findUpgrade(root: string): UpgradeFile | undefined {
  try {
    return JSON.parse(readFileSync(pathIn(root), 'utf8')) as UpgradeFile;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

export async function writeUpgrade(root: string, file: UpgradeFile): Promise<UpgradeFile> {
  await writeDurably(pathIn(root), JSON.stringify(file, undefined, 2));
  return file;
}

export async function removeUpgrade(root: string): Promise<void> {
  await rm(pathIn(root), { force: true });
  await syncFolder(dirname(pathIn(root)));
}

/** Whether the new server has the port. */
export function isSwitched({ target }: UpgradeFile, main: InstanceRecord | undefined): boolean {
  return main?.systemIdentifier !== undefined && main.systemIdentifier === target.systemIdentifier;
}

/** The name of the order by which the server that lost the port goes on archiving. */
export function orderBefore(server: string): string {
  return `${server}.before`;
}

function pathIn(root: string): string {
  return join(root, 'upgrade.json');
}
