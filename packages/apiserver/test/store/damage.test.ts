/**
 * Damaged files: what is found wrong is said in words and left as it was; a store that opens is right. Wrong data and silent loss are the two
 * things that must not happen.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { copyStore } from '../../src/store/copy.ts';
import {
  CompactedError,
  openStore,
  readStoreCopy,
  restoreStoreCopy,
  type Store,
  StoreDamagedError,
  StoreTooNewError,
} from '../../src/store/index.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { chanceOf, keyOf, objectOf, seedOf, temporaryFolder, temporaryStore } from './fixtures.ts';
import { record, runWriter } from './record-history.ts';

const full = process.env['LARDER_FULL'] === '1';

/** A store of a few hundred kilobytes, as a crash leaves it: the last commits are in the write-ahead log only. */
async function crashedStore(test: TestContext): Promise<{ folder: string; state: unknown }> {
  const live = await temporaryFolder(test);
  const folder = await temporaryFolder(test);
  const first = await openStore({ folder: live });
  await writeMuch(first, 40);
  await first.close();
  const store = await openStore({ folder: live });
  await writeMuch(store, 40);
  const state = stateOf(store);
  // A process that dies leaves its files as they are at that moment.
  await cp(live, folder, { recursive: true });
  await store.close();
  return { folder, state };
}

async function writeMuch(store: Store, commits: number): Promise<void> {
  await runWriter(store, { who: 'writer '.repeat(200), commits, chance: chanceOf(commits), recording: record() });
}

function stateOf(store: Store): unknown {
  return ['configmaps', 'secrets'].map(resource => store.list(resource).items);
}

function namesOf(state: unknown): string[] {
  return (state as { key: { name: string } }[][])
    .flat()
    .map(({ key }) => key.name)
    .sort();
}

function editByHand(sql: string): (folder: string) => Promise<void> {
  return async folder => {
    const db = openSqlite(join(folder, 'store.db'));
    await db.exec(sql);
    // Now, not whenever libsql gets around to closing.
    await db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  };
}

describe('flipped bits', () => {
  const seed = seedOf();
  const rounds = full ? 1_000 : 60;
  it(`are found or harmless, never wrong data (${rounds} rounds, LARDER_SEED=${seed})`, async test => {
    const chance = chanceOf(seed);
    const { folder, state } = await crashedStore(test);
    const found = { damaged: 0, harmless: 0 };
    for (let round = 0; round < rounds; round++) {
      const victim = await temporaryFolder(test);
      await cp(folder, victim, { recursive: true });
      const name = ['store.db', 'store.db-wal'][chance(2)] as string;
      const at = await flip(join(victim, name), chance);
      const outcome = await tryOpen(victim);
      if (outcome instanceof StoreDamagedError) {
        assert.match(outcome.message, /cannot trust ".*store.db": .+; nothing was changed/);
        found.damaged++;
      } else {
        assert.deepEqual(outcome, state, `round ${round}: ${name} flipped at ${at}`);
        found.harmless++;
      }
      await rm(victim, { recursive: true });
    }
    test.diagnostic(JSON.stringify(found));
    assert.ok(found.damaged > 0);
  });

  /** Changes a run of one to eight bytes. */
  async function flip(path: string, chance: ReturnType<typeof chanceOf>): Promise<number> {
    const file = await open(path, 'r+');
    const at = chance((await file.stat()).size - 8);
    const bytes = Buffer.alloc(1 + chance(8));
    await file.read(bytes, 0, bytes.length, at);
    await file.write(
      bytes.map(byte => byte ^ (1 + chance(255))),
      0,
      bytes.length,
      at,
    );
    await file.close();
    return at;
  }

  async function tryOpen(folder: string): Promise<unknown> {
    try {
      const store = await openStore({ folder });
      // What is kept of the past is proven when it is read, and all of it must be readable.
      for await (const item of store.watch('configmaps', { since: store.compactedRevision, progressEveryMs: 1 })) {
        if (item.type === 'progress') break;
      }
      const state = stateOf(store);
      await store.close();
      return state;
    } catch (error) {
      if (error instanceof StoreDamagedError) return error;
      throw error;
    }
  }
});

describe('a file that is not what it was', () => {
  const cases: { reason: string; spoil: (folder: string) => Promise<void>; says: RegExp }[] = [
    {
      reason: 'an emptied database',
      spoil: folder => truncate(join(folder, 'store.db'), 0),
      says: /it is empty/,
    },
    {
      reason: 'a shortened database',
      spoil: async folder => {
        await rm(join(folder, 'store.db-wal'));
        await truncate(join(folder, 'store.db'), 8_192);
      },
      says: /SQLite says|were written/,
    },
    { reason: 'a lost database', spoil: folder => rm(join(folder, 'store.db')), says: /it is gone, but/ },
    {
      reason: 'a lost log',
      spoil: folder => rm(join(folder, 'store.db-wal')),
      says: /ends at revision .* was acknowledged/,
    },
    {
      reason: 'a shortened log',
      spoil: async folder => {
        const path = join(folder, 'store.db-wal');
        await truncate(path, (await stat(path)).size - 100);
      },
      says: /ends at revision .* was acknowledged/,
    },
    {
      reason: 'another file in its place',
      spoil: async folder => {
        await rm(join(folder, 'store.db-wal'));
        await writeFile(join(folder, 'store.db'), 'hello'.repeat(999));
      },
      says: /SQLite says/,
    },
    { reason: "another program's database", spoil: makeForeign, says: /no store of Larder/ },
    {
      reason: 'a row that was changed by hand',
      spoil: editByHand("UPDATE change SET value = replace(value, 'writer', 'walter')"),
      says: /isn't what was written/,
    },
    {
      reason: 'a row that was deleted by hand',
      spoil: editByHand('DELETE FROM change WHERE revision = 5'),
      says: /were written, .* were found/,
    },
    {
      reason: 'a tally that was changed by hand',
      spoil: editByHand('UPDATE tally SET revision = revision - 1'),
      says: /were written/,
    },
  ];
  for (const { reason, spoil, says } of cases) {
    it(`is refused and left alone: ${reason}`, async test => {
      const { folder } = await crashedStore(test);
      await spoil(folder);
      const before = await fingerprint(folder);
      await assert.rejects(openStore({ folder }), (error: unknown) => {
        assert.ok(error instanceof StoreDamagedError, String(error));
        assert.match(error.message, says);
        assert.match(error.message, /there is no copy beside it: bring the folder back from a backup/);
        return true;
      });
      assert.deepEqual(await fingerprint(folder), before);
    });
  }

  it('is refused and left alone: a newer layout', async test => {
    const folder = await temporaryFolder(test);
    await (await openStore({ folder })).close();
    await editByHand('PRAGMA user_version = 9')(folder);
    const before = await fingerprint(folder);
    await assert.rejects(openStore({ folder }), (error: unknown) => {
      assert.ok(error instanceof StoreTooNewError);
      assert.match(error.message, /it has layout 9, this version of Larder knows 1; use the newer Larder/);
      return true;
    });
    assert.deepEqual(await fingerprint(folder), before);
  });

  async function makeForeign(folder: string): Promise<void> {
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm']) await rm(join(folder, name), { force: true });
    await editByHand('CREATE TABLE other (x)')(folder);
  }

  /** The bytes of the database, its log and its mark: looking at a store must not change them. */
  async function fingerprint(folder: string): Promise<string[]> {
    return Promise.all(
      ['store.db', 'store.db-wal', 'store.mark'].map(name =>
        readFile(join(folder, name)).then(
          bytes => (bytes.length === 0 ? 'absent or empty' : createHash('sha256').update(bytes).digest('hex')),
          () => 'absent or empty',
        ),
      ),
    );
  }
});

describe('the copy of a store', () => {
  it('is kept beside it, whole, and can be gone back to', async test => {
    const { folder, kept } = await storeWithCopy(test);
    await truncate(join(folder, 'store.db'), 4_096);
    await assert.rejects(openStore({ folder }), (error: unknown) => {
      assert.ok(error instanceof StoreDamagedError);
      assert.equal(error.copy?.path, join(folder, 'store.db.bak'));
      assert.match(
        error.message,
        /there is a copy of 20.*Z, ".*store.db.bak": larder restore-store goes back to it \(later changes are lost\)/,
      );
      return true;
    });
    const copied = await readStoreCopy(folder);
    assert.deepEqual(copied?.keys.map(({ name }) => name).sort(), namesOf(kept.state));
    const { damagedFolder } = await restoreStoreCopy(folder);
    assert.ok((await readdir(damagedFolder)).includes('store.db'));
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.startsWith('store.db.new')),
      [],
    );
    const store = await temporaryStore(test, { folder });
    assert.deepEqual(stateOf(store), kept.state);
  });

  it('gone back to makes every watcher list again, and never gives a revision twice', async test => {
    const { folder, kept } = await storeWithCopy(test);
    await restoreStoreCopy(folder);
    const store = await temporaryStore(test, { folder });
    for (const since of [0, kept.revision, kept.revision + 50]) {
      assert.throws(() => store.watch('configmaps', { since }), CompactedError);
    }
    const [stored] = await store.commit([{ do: 'put', key: keyOf('a'), value: objectOf(keyOf('a'), 'x') }]);
    assert.ok((stored?.revision ?? 0) > kept.revision + 1_000_000);
  });

  it('is refused when it is damaged itself, with all files left where they are', async test => {
    const { folder } = await storeWithCopy(test);
    await truncate(join(folder, 'store.db.bak'), 4_096);
    const before = await readdir(folder);
    await assert.rejects(restoreStoreCopy(folder), StoreDamagedError);
    assert.deepEqual((await readdir(folder)).sort(), before.sort());
  });

  it('is not made of a damaged store: the whole one from before stays', async test => {
    const { folder } = await storeWithCopy(test);
    const notices: string[] = [];
    const store = await openStore({ folder, copyEveryMs: 1, notice: text => notices.push(text) });
    test.after(() => store.close());
    await editByHand("UPDATE change SET value = '{}' WHERE revision = 3")(folder);
    const changed = keyOf('changed');
    while (notices.length === 0) await store.commit([{ do: 'put', key: changed, value: objectOf(changed, 'x') }]);
    assert.match(
      notices.join(),
      /cannot copy the store in ".*": .*revision 3 isn't what was written.*the copy before it is kept/,
    );
    await store.close();
    await restoreStoreCopy(folder);
  });

  /** A closed store with a copy, and what was in it when the copy was made. */
  async function storeWithCopy(
    test: TestContext,
  ): Promise<{ folder: string; kept: { state: unknown; revision: number } }> {
    const folder = await temporaryFolder(test);
    const writing = await openStore({ folder });
    await writeMuch(writing, 40);
    const kept = { state: stateOf(writing), revision: writing.revision };
    await copyStore(folder);
    await writeMuch(writing, 3);
    await writing.close();
    return { folder, kept };
  }
});
