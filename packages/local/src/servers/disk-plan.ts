/** Decides what a disk that runs out means for the servers on it: who stops writing, and when the ballast is given up or made again. */

/** What is kept free for all, in bytes. */
export interface Reserve {
  /** Below it, those that grew stop writing; below half of it, everybody does. */
  floor: number;
  /** A file that is there to be removed: room to end recoveries and to write down what happened. */
  ballast: number;
}

export interface DiskSeen {
  free: number;
  ballastThere: boolean;
  /** Who is kept from writing now. */
  held: ReadonlySet<string>;
  /** By how much each has grown since the disk had enough. */
  growth: ReadonlyMap<string, number>;
}

export interface DiskPlan {
  /** Who is kept from writing from now on. */
  held: ReadonlySet<string>;
  ballast: 'keep' | 'remove' | 'make';
}

/** Room above the floor before anybody is let go, so that nobody is held and let go in turn. */
const AGAIN = 1.25;

export function planDisk({ floor, ballast }: Reserve, seen: DiskSeen): DiskPlan {
  const { free, ballastThere, held, growth } = seen;
  if (free < floor / 2)
    return { held: new Set([...held, ...growth.keys()]), ballast: ballastThere ? 'remove' : 'keep' };
  if (free < floor) return { held: new Set([...held, ...growers(growth)]), ballast: 'keep' };
  const makes = !ballastThere && free >= floor * AGAIN + ballast;
  const letsGo = free >= floor * AGAIN && (ballastThere || makes);
  return { held: letsGo ? new Set() : held, ballast: makes ? 'make' : 'keep' };
}

const WORTH_HOLDING = 4 * 2 ** 20;

/** Who took most, and who took nearly as much; nobody where something else fills the disk. */
function growers(growth: ReadonlyMap<string, number>): string[] {
  const most = Math.max(0, ...growth.values());
  return [...growth].filter(([, bytes]) => bytes >= WORTH_HOLDING && bytes >= most / 4).map(([name]) => name);
}

/** @default 2 % of the disk, at most 512 MiB; and a quarter of that */
export function reserveOf(diskBytes: number, wanted: Partial<Reserve> = {}): Reserve {
  const floor = wanted.floor ?? Math.min(512 * 2 ** 20, Math.floor(diskBytes / 50));
  return { floor, ballast: wanted.ballast ?? Math.floor(floor / 4) };
}
