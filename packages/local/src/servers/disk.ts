/** Watches the disk that all servers share, so that one of them can't stop the others by filling it. */
import { statfsSync } from 'node:fs';
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import { isBallastThere, makeBallast, removeBallast } from './ballast.ts';
import { planDisk, reserveOf, type Reserve } from './disk-plan.ts';

export interface DiskOptions {
  home: Pick<Home, 'folder'>;
  log: Logger;
  reserve?: Partial<Reserve>;
}

/** What a server uses now, and what it used when the disk last had enough. */
export interface DiskUse {
  used: number;
  usedBefore: number;
}

export class Disk {
  readonly #home: Pick<Home, 'folder'>;
  readonly #log: Logger;
  readonly #wanted: Partial<Reserve>;
  #held: ReadonlySet<string> = new Set();
  #free = Infinity;
  #reserve: Reserve = { floor: 0, ballast: 0 };

  constructor({ home, log, reserve = {} }: DiskOptions) {
    this.#home = home;
    this.#log = log;
    this.#wanted = reserve;
  }

  /** Free bytes for servers, as of the last look. */
  get free(): number {
    return this.#free;
  }

  get floor(): number {
    return this.#reserve.floor;
  }

  /** Whether what servers use has to be known exactly: the floor is near. */
  get isScarce(): boolean {
    return this.#free < 2 * this.#reserve.floor;
  }

  /** Whether the server may not write, since the disk is all but full. */
  holds(server: string): boolean {
    return this.#held.has(server);
  }

  /** Looks, and acts on the ballast. Returns the servers that are held or let go since the last look. Never throws. */
  async look(uses: ReadonlyMap<string, DiskUse>): Promise<string[]> {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#home.folder);
      this.#free = bavail * bsize;
      this.#reserve = reserveOf(blocks * bsize, this.#wanted);
      return await this.#act(uses);
    } catch (error) {
      this.#log.debug('cannot look at the disk', { error: (error as Error).message });
      return [];
    }
  }

  async #act(uses: ReadonlyMap<string, DiskUse>): Promise<string[]> {
    const growth = new Map([...uses].map(([name, { used, usedBefore }]) => [name, used - usedBefore]));
    const ballastThere = isBallastThere(this.#home);
    const before = this.#held;
    const plan = planDisk(this.#reserve, { free: this.#free, ballastThere, held: before, growth });
    this.#held = plan.held;
    if (plan.ballast === 'remove') await removeBallast(this.#home);
    if (plan.ballast === 'make') await makeBallast(this.#home, this.#reserve.ballast);
    const changed = [...new Set([...before, ...plan.held])].filter(name => before.has(name) !== plan.held.has(name));
    if (changed.length > 0) {
      const what = plan.held.size > before.size ? 'the disk is all but full' : 'the disk has room again';
      this.#log.error(what, { free: this.#free, floor: this.#reserve.floor, readOnly: [...plan.held].join(', ') });
    }
    return changed;
  }
}
