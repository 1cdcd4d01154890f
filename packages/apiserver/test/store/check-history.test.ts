/** The judge itself: it accepts a faithful history and finds each way of being unfaithful. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkHistory, type Watched, type Write } from './check-history.ts';

const writes: Write[] = [
  { revision: 1, type: 'put', key: 'a', content: 'one' },
  { revision: 2, type: 'put', key: 'b', content: 'two' },
  { revision: 3, type: 'put', key: 'a', content: 'three' },
  { revision: 4, type: 'delete', key: 'b' },
];
const [, second, third, fourth] = writes as [Write, Write, Write, Write];
const start: Watched['start'] = { revision: 1, state: new Map([['a', 'one']]) };
const progress = (revision: number): Watched['seen'][number] => ({ type: 'progress', revision });

describe('checkHistory', () => {
  const cases: {
    reason: string;
    seen?: Watched['seen'];
    start?: Watched['start'];
    writes?: Write[];
    finds: RegExp[];
  }[] = [
    { reason: 'a faithful watch', seen: [second, third, progress(3), fourth, progress(4)], finds: [] },
    { reason: 'a watch that ended early', seen: [second], finds: [] },
    { reason: 'a missing event', seen: [second, fourth], finds: [/4 came where 3 was due/, /has "a" as one/] },
    { reason: 'an event twice', seen: [second, second], finds: [/2 came after 2/, /2 came where 3 was due/] },
    {
      reason: 'events in the wrong order',
      seen: [third, second],
      finds: [/3 came where 2/, /2 came after 3/, /2 came where/],
    },
    {
      reason: 'progress ahead of an event',
      seen: [progress(2)],
      finds: [/progress 2 came before revision 2/, /has "b"/],
    },
    { reason: 'progress that goes back', seen: [second, third, progress(2)], finds: [/went back from 3 to 2/] },
    {
      reason: 'an event that says something else',
      seen: [{ ...second, content: 'other' }],
      finds: [/saw put b other at 2, written was put b two at 2/, /has "b" as other/],
    },
    {
      reason: 'an event with another state before',
      seen: [second, { ...third, before: 'two' }],
      finds: [/revision 3 says "two" was before, it was "one"/],
    },
    {
      reason: 'a list that shows the future',
      start: { revision: 1, state: new Map([['a', 'three']]) },
      finds: [/its list has "a" as three/, /list and watch together/],
    },
    {
      reason: 'a revision given twice',
      writes: [...writes, { ...fourth, key: 'c' }],
      finds: [/revision 4 was given twice/],
    },
  ];
  for (const { reason, finds, ...given } of cases) {
    it(finds.length === 0 ? `accepts ${reason}` : `finds ${reason}`, () => {
      const watcher: Watched = { who: 'w', covers: () => true, start: given.start ?? start, seen: given.seen ?? [] };
      const broken = checkHistory({ writes: given.writes ?? writes, watchers: [watcher] });
      assert.equal(broken.length, finds.length, broken.join('\n'));
      finds.forEach((pattern, at) => assert.match(broken[at] as string, pattern));
    });
  }

  it('looks only at what a watcher covers', () => {
    const watcher: Watched = {
      who: 'w',
      covers: key => key === 'b',
      start: { revision: 0, state: new Map() },
      seen: [second, fourth],
    };
    assert.deepEqual(checkHistory({ writes, watchers: [watcher] }), []);
  });
});
