/** What an archiver does next. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planArchiving, whyNotSegment } from '@larder/archive';
import { segment, SEGMENT_BYTES, segmentName, SYSTEM } from './instance.ts';

const [a, b, c, d] = [1, 2, 3, 4].map(n => segmentName(n)) as [string, string, string, string];
const history = '00000002.history';

const cases = [
  { name: 'nothing', seen: {}, want: {} },
  { name: 'begins with the oldest', seen: { ready: [c, a, b] }, want: { begin: [a, b, c], waiting: 3 } },
  { name: 'looks ahead so far only', seen: { ready: [d, c, b, a], lookAhead: 2 }, want: { begin: [a, b], waiting: 4 } },
  { name: 'a history comes first', seen: { ready: [a, history] }, want: { begin: [history, a], waiting: 2 } },
  {
    name: 'acknowledges what is durable',
    seen: { ready: [a, b], durable: [a] },
    want: { acknowledge: [a], begin: [b], waiting: 1 },
  },
  {
    name: 'never a later one before an earlier one',
    seen: { ready: [a, b, c], durable: [b, c] },
    want: { begin: [a], waiting: 3 },
  },
  {
    name: 'all up to the gap',
    seen: { ready: [a, b, c, d], durable: [a, b, d], busy: [c] },
    want: { acknowledge: [a, b], waiting: 2 },
  },
  {
    name: 'what is acknowledged is not sent again',
    seen: { ready: [a, b], marked: [a] },
    want: { begin: [b], waiting: 1 },
  },
  {
    name: 'forgets what the server took note of',
    seen: { ready: [b], marked: [a] },
    want: { begin: [b], forget: [a], waiting: 1 },
  },
  {
    name: 'what is under way is not begun again',
    seen: { ready: [a, b], busy: [a] },
    want: { begin: [b], waiting: 2 },
  },
  {
    name: 'what waits for an older one counts',
    seen: { ready: [a, b, c], durable: [b], busy: [a], lookAhead: 2 },
    want: { waiting: 3 },
  },
];

describe('the plan of an archiver', () => {
  for (const { name, seen, want } of cases)
    it(name, () => {
      const {
        ready = [],
        marked = [],
        durable = [],
        busy = [],
        lookAhead = 4,
      } = seen as Record<string, string[]> & { lookAhead?: number };
      const sets = { marked: new Set(marked), durable: new Set(durable), busy: new Set(busy) };
      assert.deepEqual(planArchiving({ ready, ...sets, lookAhead }), {
        acknowledge: [],
        begin: [],
        forget: [],
        waiting: 0,
        ...want,
      });
    });
});

describe('a segment is that of its server', () => {
  const good = { page: segment(a), size: SEGMENT_BYTES, systemIdentifier: SYSTEM };
  const bad: [string, string, Partial<typeof good>, RegExp][] = [
    ['of another server', a, { systemIdentifier: '1' }, /system identifier 7711152550942304173, not 1/],
    ['cut', a, { size: SEGMENT_BYTES - 1 }, /has 1048575 bytes/],
    ['under another name', b, {}, /another place in the log/],
    ['of a later timeline', a, { page: segment(a, { timeline: 2 }) }, /timeline 2/],
    ['empty', a, { page: Buffer.alloc(0), size: 0 }, /does not begin/],
    ['zeros', a, { page: Buffer.alloc(SEGMENT_BYTES) }, /does not begin/],
    ['no segment by its name', history, {}, /not that of a segment/],
  ];
  it('the right one', () => {
    assert.equal(whyNotSegment(a, good), undefined);
    assert.equal(whyNotSegment(`${a}.partial`, good), undefined);
    const inherited = { ...good, page: segment(segmentName(1, 3), { timeline: 2 }) };
    assert.equal(
      whyNotSegment(segmentName(1, 3), inherited),
      undefined,
      'the first of a timeline has the page of the one before',
    );
  });
  for (const [name, file, change, says] of bad)
    it(name, () => assert.match(whyNotSegment(file, { ...good, ...change }) ?? '', says));
});
