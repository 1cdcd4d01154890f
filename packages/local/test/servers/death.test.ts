/** What is said of a server that died: that it was started again only where it was. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deathFindings } from '../../src/servers/death.ts';
import type { Work } from '../../src/servers/work.ts';

const died = { death: { cause: 'PANIC: no more', until: Infinity } } as Work['memory'];

it('says that it was started again when it runs', () => {
  const [finding] = deathFindings({ memory: died }, 'up');
  assert.equal(finding?.message, 'the server died and was started again by the plane; its last words: PANIC: no more');
});

it('promises no start while it is down, since it may not be started', () => {
  const [finding] = deathFindings({ memory: died }, 'down');
  assert.equal(finding?.message, 'the server died; its last words: PANIC: no more');
});

it('is forgotten after a while', () => {
  assert.deepEqual(deathFindings({ memory: { death: { cause: 'x', until: 0 } } as Work['memory'] }, 'up'), []);
});
