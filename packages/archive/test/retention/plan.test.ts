/** What may go, by barman's rules. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planRetention, type Backup, type Retention } from '@larder/archive';

const NOW = new Date('2026-11-23T12:00:00Z');
const DAY = 86_400_000;

/** A backup that ended so many days ago and began in that segment. */
function backup(
  daysAgo: number,
  segment: number,
  more: { timeline?: number; keep?: Backup['keep']; to?: number } = {},
): Backup {
  const { timeline = 1, keep, to = segment } = more;
  const endTime = new Date(NOW.getTime() - daysAgo * DAY);
  const id = `${new Date(endTime.getTime() - 60_000).toISOString().slice(0, 19).replace(/[-:]/g, '')}`;
  const info = {
    ...{ beginTime: new Date(endTime.getTime() - 60_000), endTime, timeline, version: 170010, tablespaces: [] },
    ...{ beginWal: wal(segment, timeline), endWal: wal(to, timeline), segmentSize: 2 ** 24, snapshots: false },
  };
  return { id, info, storedBytes: 1, ...(keep ? { keep } : {}) };
}

function wal(segment: number, timeline = 1): string {
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return `${hex(timeline)}${hex(0)}${hex(segment)}`;
}

const keyOf = (name: string): string => `p/s/wals/${name.slice(0, 16)}/${name}.gz`;
const logOf = (segments: number[], timeline = 1): string[] => segments.map(segment => keyOf(wal(segment, timeline)));
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

interface Row {
  name: string;
  backups: Backup[];
  retention: Retention;
  log?: string[];
  unusable?: { id: string; why: string }[];
  /** Indices of backups. */
  go: number[];
  goLog?: string[];
}

const TABLE: Row[] = [
  {
    name: 'a window keeps the newest backup that had ended when it begins, and goes with what is older',
    backups: [backup(12, 2), backup(9, 4), backup(5, 6), backup(1, 8)],
    retention: { windowMs: 7 * DAY },
    go: [0],
    goLog: logOf([1, 2, 3]),
  },
  {
    name: 'a window that nothing is older than keeps all, but the log from before the first backup',
    backups: [backup(5, 6), backup(1, 8)],
    retention: { windowMs: 7 * DAY },
    go: [],
    goLog: logOf([1, 2, 3, 4, 5]),
  },
  {
    name: 'the newest backup stays however old it is',
    backups: [backup(90, 2), backup(60, 4)],
    retention: { windowMs: DAY },
    go: [0],
    goLog: logOf([1, 2, 3]),
  },
  {
    name: 'a count keeps so many',
    backups: [backup(4, 2), backup(3, 4), backup(2, 6), backup(1, 8)],
    retention: { count: 2 },
    go: [0, 1],
    goLog: logOf([1, 2, 3, 4, 5]),
  },
  {
    name: 'a count of none keeps one',
    backups: [backup(2, 2), backup(1, 4)],
    retention: { count: 0 },
    go: [0],
    goLog: logOf([1, 2, 3]),
  },
  { name: 'a single backup stays', backups: [backup(100, 2)], retention: { count: 1 }, go: [], goLog: logOf([1]) },
  {
    name: 'a kept backup stays with all the log since',
    backups: [backup(40, 2, { keep: 'full' }), backup(30, 4), backup(1, 8)],
    retention: { count: 1 },
    go: [1],
    goLog: logOf([1]),
  },
  {
    name: 'a standalone backup stays with what it needs to start',
    backups: [backup(40, 2, { keep: 'standalone', to: 3 }), backup(30, 5), backup(1, 8)],
    retention: { count: 1 },
    go: [1],
    goLog: logOf([1, 4, 5, 6, 7]),
  },
  {
    name: 'history files, names of nobody and the log of other timelines stay',
    backups: [backup(3, 4), backup(1, 6, { timeline: 2 })],
    retention: { count: 1 },
    log: [
      ...logOf([1, 5]),
      ...logOf([4, 5, 6], 2),
      'p/s/wals/00000002.history.gz',
      'p/s/wals/notes.txt',
      ...logOf([9], 3),
    ],
    go: [0],
    goLog: logOf([4, 5], 2),
  },
  {
    name: 'labels and partial segments go with their segment',
    backups: [backup(1, 6)],
    retention: { count: 1 },
    log: [
      `p/s/wals/0/${wal(2)}.00000028.backup.gz`,
      `p/s/wals/0/${wal(2)}.partial`,
      `p/s/wals/0/${wal(7)}.00000028.backup.gz`,
    ],
    go: [],
    goLog: [`p/s/wals/0/${wal(2)}.00000028.backup.gz`, `p/s/wals/0/${wal(2)}.partial`],
  },
  {
    name: 'nothing goes as long as one backup can’t be read',
    backups: [backup(4, 2), backup(1, 8)],
    unusable: [{ id: '20261120T000000', why: 'x' }],
    retention: { count: 1 },
    go: [],
    goLog: [],
  },
  { name: 'no backup, no removal', backups: [], retention: { count: 1 }, go: [], goLog: [] },
];

describe('retention', () => {
  for (const { name, backups, retention, log = logOf(upTo(10)), unusable = [], go, goLog = [] } of TABLE) {
    it(name, () => {
      const plan = planRetention({ backups, unusable }, log, retention, NOW);
      assert.deepEqual(
        plan.backups,
        go.map(index => backups[index]!.id),
      );
      assert.deepEqual(plan.wals, goLog);
    });
  }

  it('never takes the newest backup, a kept one, or log that a backup which stays needs', () => {
    const backups = fc
      .array(
        fc.record({
          gap: fc.integer({ min: 1, max: 3 }),
          keep: fc.constantFrom(undefined, 'full' as const, 'standalone' as const),
        }),
        {
          minLength: 1,
          maxLength: 8,
        },
      )
      .map(list => {
        let at = 1;
        return list.map(({ gap, keep }, index) => backup(list.length - index, (at += gap), { keep, to: at }));
      });
    const retention = fc.oneof(
      fc.record({ count: fc.integer({ min: -1, max: 9 }) }),
      fc.record({ windowMs: fc.integer({ min: 0, max: 9 * DAY }) }),
    );
    fc.assert(
      fc.property(backups, retention, (list, wanted) => {
        const plan = planRetention({ backups: list, unusable: [] }, logOf(upTo(40)), wanted, NOW);
        assert.ok(!plan.backups.includes(list.at(-1)!.id));
        const staying = list.filter(({ id }) => !plan.backups.includes(id));
        assert.ok(list.every(({ id, keep }) => keep === undefined || !plan.backups.includes(id)));
        for (const { keep, info } of staying) {
          const last = keep === 'standalone' ? info.endWal : wal(40);
          const lost = plan.wals.filter(key => key >= keyOf(info.beginWal) && key <= keyOf(last));
          assert.deepEqual(lost, []);
        }
      }),
    );
  });
});
