/** An application that writes all the time, connects again at once, and remembers what was acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Endpoint, type Login, type Session } from '@larder/driver';

export interface Writer {
  /** Numbers of the rows whose insert was answered. */
  acknowledged: number[];
  readonly longestGapMs: number;
  stop(): Promise<void>;
}

/** Each number is tried once: one that wasn't answered may be there or not, but never twice. */
export function startWriter(endpoint: Endpoint, login: Login, table: string): Writer {
  const acknowledged: number[] = [];
  let [stopped, gap, last, next] = [false, 0, performance.now(), 1];
  const write = async (session: Session): Promise<void> => {
    while (!stopped) {
      await session.rows(`INSERT INTO ${table} (writer, number) VALUES ('one', $1)`, [next]);
      acknowledged.push(next);
      next += 1;
      const now = performance.now();
      gap = Math.max(gap, now - last);
      last = now;
    }
  };
  const work = (async () => {
    while (!stopped) {
      const session = await connect(endpoint, login, { connectMs: 2_000 }).catch(() => undefined);
      if (!session) {
        await delay(5);
        continue;
      }
      await write(session).catch(() => (next += 1));
      await session.close().catch(() => undefined);
    }
  })();
  return {
    acknowledged,
    get longestGapMs() {
      return gap;
    },
    stop: async () => {
      stopped = true;
      await work;
    },
  };
}

/** Until it holds, for as long as a loaded machine may take. */
export async function eventually(holds: () => Promise<void>, deadlineMs = 120_000): Promise<void> {
  for (const deadline = performance.now() + deadlineMs; ;) {
    try {
      return await holds();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
