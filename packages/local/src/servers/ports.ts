/** One port a server, for life: chosen once, recorded before it is used, never given to another while the record exists. */
import { createHash } from 'node:crypto';
import { isPortFree } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { listRecords } from './record.ts';

/** Below the range from which kernels take ports for outgoing connections. */
const FIRST = 20_000;
const COUNT = 10_000;

export interface PortChooser {
  /** A port that is free now and promised to nobody else; the promise lasts until `release`, or until it is recorded. */
  choose(): Promise<number>;
  release(port: number): void;
}

/** Each home begins at another place, so that two planes rarely want the same port while one of them is down. */
export function portChooser(home: Home, addresses: string[]): PortChooser {
  const promised = new Set<number>();
  const start = createHash('sha256').update(home.folder).digest().readUInt32LE(0) % COUNT;
  return {
    async choose() {
      const recorded = new Set((await listRecords(home)).map(record => record.port));
      for (let step = 0; step < COUNT; step++) {
        const port = FIRST + ((start + step) % COUNT);
        if (recorded.has(port) || promised.has(port)) continue;
        promised.add(port);
        if (await areFree(port, addresses)) return port;
        promised.delete(port);
      }
      throw new Error(`cannot find a port: all from ${FIRST} to ${FIRST + COUNT - 1} are taken`);
    },
    release: port => void promised.delete(port),
  };
}

/** Whether a server could listen on all these addresses; one that this machine doesn't have can't be taken. */
export async function areFree(port: number, addresses: string[]): Promise<boolean> {
  const free = await Promise.all(addresses.map(address => isPortFree(port, address)));
  return free.every(Boolean);
}
