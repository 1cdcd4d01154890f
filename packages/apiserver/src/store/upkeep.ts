/** What a store does for itself from time to time: lets old events go, keeps the copy beside it young. */
import { copyStore, findCopy } from './copy.ts';

export interface Upkeep {
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface UpkeepOptions {
  folder: string;
  keepMs: number;
  copyEveryMs: number;
  revision: () => number;
  compact: (to: number) => Promise<void>;
  notice: (text: string) => void;
}

/** A start is busy enough without a copy. */
const FIRST_COPY_AFTER_MS = 60_000;

export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { folder, keepMs, copyEveryMs, revision, compact, notice } = options;
  let mark = revision();
  let copied = -1;
  const compaction = repeat(keepMs, keepMs, async () => {
    await compact(mark);
    mark = revision();
  });
  const copying = repeat(Math.min(FIRST_COPY_AFTER_MS, copyEveryMs), copyEveryMs, async () => {
    const now = revision();
    if (now === copied || (await isYoung(folder, copyEveryMs))) return;
    try {
      await copyStore(folder);
      copied = now;
    } catch (error) {
      notice(`cannot copy the store in "${folder}": ${String(error)}; the copy before it is kept`);
    }
  });
  return {
    stop: async () => {
      await Promise.all([compaction.stop(), copying.stop()]);
    },
  };
}

/** A copy from before this start counts, so that frequent starts don't mean frequent copies. */
async function isYoung(folder: string, ms: number): Promise<boolean> {
  const copy = await findCopy(folder);
  return copy !== undefined && Math.abs(Date.now() - copy.time.getTime()) < ms / 2;
}

/** Runs `work` again and again, one at a time; it must not throw. Keeps no process alive. */
function repeat(firstMs: number, everyMs: number, work: () => Promise<void>): Upkeep {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const run = (): void => {
    running = work().then(() => {
      if (!stopped) timer = setTimeout(run, everyMs).unref();
    });
  };
  let timer = setTimeout(run, firstMs).unref();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
