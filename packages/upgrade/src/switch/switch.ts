/**
 * The switch from one server to the other, in either direction. Until `committed` was called the first one is the truth, and
 * `goBack` makes it serve again; from then on the second is. Clients are away from `held` to the end.
 */
import { inDatabase, type Side } from '../side.ts';
import type { Host } from '../host.ts';
import { dropSlot, ensureSlot, pauseSubscription, resumeSubscription, slotName, type Way } from '../replicate/start.ts';
import { drain, holdWrites } from './hold.ts';
import { carrySequences } from './sequences.ts';

export interface Party extends Side {
  host: Host;
}

export interface SwitchOptions {
  from: Party;
  to: Party;
  /** Of the changes up to here. */
  way: Way;
  /** All databases; those without tables follow nothing. */
  databases: string[];
  /** Those that follow. */
  following: string[];
  /** The port that clients know. */
  port: number;
  /** Where the second server listens until it has that one. */
  spare: number;
  /** Ways back are made before the first new write; none after a return. */
  back?: Way;
  /** Just before nobody comes in any more. */
  closing?: () => void;
  /** The last look, while nobody writes: whatever it throws, the old server serves again. */
  check: () => Promise<void>;
  /** Written down durably before anybody is let into the new server. */
  committed: () => Promise<void>;
  /** Between its start and the first new write. */
  opened?: () => Promise<void>;
  holdMs?: number;
  drainMs?: number;
}

/**
 * May run again after it was cut short, as long as `committed` was not called.
 * @throws Error with the old server serving again; where `committed` failed, with neither: then it is for the caller to know
 */
export async function switchOver(options: SwitchOptions): Promise<void> {
  try {
    await closeOld(options);
    await options.to.host.start(options.port, 'plane');
    await options.opened?.();
  } catch (error) {
    await goBack(options).catch((second: Error) => {
      throw new Error(`${(error as Error).message}; and the old server could not serve again: ${second.message}`, {
        cause: error,
      });
    });
    throw error;
  }
  await options.committed();
  await options.to.host.admit('everybody');
}

async function closeOld({
  from,
  to,
  way,
  databases,
  following,
  back,
  check,
  closing,
  ...times
}: SwitchOptions): Promise<void> {
  const { holdMs = 10_000, drainMs = 30_000 } = times;
  // What a shutdown writes is little then.
  await Promise.all(
    [from, to].map(side => inDatabase(side, 'postgres', session => session.rows('CHECKPOINT'), PATIENT)),
  );
  closing?.();
  await holdWrites(from, from.host, holdMs);
  await drain(from, following, way, drainMs);
  await Promise.all([check(), ...databases.map(database => carrySequences(from, to, database))]);
  for (const database of following) {
    await inDatabase(to, database, async session => {
      // It would follow whoever has the port next.
      await pauseSubscription(session, way);
      if (!back) return;
      // One of an attempt that was cut short would send back what came from the old server.
      await dropSlot(session, await slotName(session, back));
      await ensureSlot(session, await slotName(session, back), drainMs);
    });
  }
  await Promise.all([from.host.stop(), to.host.stop()]);
}

const PATIENT = { statementMs: 600_000 };

/** The old server serves on its port as if nothing had been, and the other one follows it again. May run twice. */
export async function goBack(
  options: Omit<SwitchOptions, 'check' | 'committed' | 'opened' | 'closing'>,
): Promise<void> {
  const { from, to, port, spare, way, following } = options;
  await to.host.stop();
  await from.host.start(port, 'everybody');
  await from.host.admit('everybody');
  await to.host.start(spare, 'plane');
  for (const database of following) await inDatabase(to, database, session => resumeSubscription(session, way));
}
