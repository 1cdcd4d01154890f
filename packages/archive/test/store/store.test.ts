/** The client of a bucket, against a real server, with faults on the wire. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { openStore, StoreError, type ListEntry, type Store } from '@larder/archive';
import { BUCKET, bytes, faultsOf, randomFaults, startRig, type Rig } from '../rig.ts';

const MB = 2 ** 20;

describe('a store', () => {
  let rig: Rig;
  let store: Store;
  before(async () => {
    rig = await startRig();
    store = openStore(rig.destination);
  });
  after(async () => {
    store.close();
    await rig.close();
  });
  beforeEach(() => {
    rig.fault = () => undefined;
    rig.up();
  });
  const read = async (key: string): Promise<Buffer | undefined> => store.read(key, 64 * MB);
  const list = async (prefix: string, delimiter?: string): Promise<ListEntry[]> => {
    const found: ListEntry[] = [];
    for await (const entry of store.list(prefix, { delimiter })) found.push(entry);
    return found;
  };
  const failure = async (call: Promise<unknown>): Promise<StoreError> => {
    const error = await call.then(
      () => assert.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof StoreError, String(error));
    assert.ok(!error.message.includes(rig.destination.secretAccessKey), 'no secret');
    assert.ok(!error.message.includes('\n'), 'one line');
    return error;
  };

  it('puts, reads, looks, lists and removes', async () => {
    const data = bytes(3 * MB);
    assert.equal(await store.put('one/a b+ü', data), 'stored');
    await store.put('one/sub/x', Buffer.alloc(0));
    assert.ok((await read('one/a b+ü'))?.equals(data));
    assert.equal((await store.head('one/a b+ü'))?.size, data.length);
    assert.deepEqual((await read('one/sub/x'))?.length, 0);
    assert.equal(await read('one/nothing'), undefined);
    assert.equal(await store.head('one/nothing'), undefined);
    const entries = await list('one/', '/');
    assert.deepEqual(
      entries.map(entry => (entry.kind === 'folder' ? entry.prefix : entry.key)),
      ['one/sub/', 'one/a b+ü'],
    );
    await store.remove(['one/a b+ü', 'one/sub/x', 'one/never']);
    assert.deepEqual(await list('one/'), []);
    await store.check();
  });

  it('lists and removes more than a page', async () => {
    const keys = Array.from({ length: 1_005 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
    // A file that somebody puts there by hand is an object of this server.
    await mkdir(join(rig.objects, 'many'));
    for (const key of keys) await writeFile(join(rig.objects, key), key);
    const found = (await list('many/')).map(entry => entry.kind === 'object' && entry.key);
    assert.deepEqual(found, keys);
    // Most of them are gone already: what isn't there costs the server nothing.
    await rm(join(rig.objects, 'many'), { recursive: true });
    await store.put('many/1004', Buffer.from('a'));
    await store.remove(keys);
    assert.deepEqual(await list('many/'), []);
  });

  it('puts only what is absent when asked', async () => {
    assert.equal(await store.put('once', Buffer.from('a'), { ifAbsent: true }), 'stored');
    assert.equal(await store.put('once', Buffer.from('b'), { ifAbsent: true }), 'exists');
    assert.equal((await read('once'))?.toString(), 'a');
  });

  it('a store without conditional writes is asked before', async () => {
    const own = openStore(rig.destination);
    rig.fault = request =>
      request.headers['if-none-match'] === '*' ? { answer: 501, code: 'NotImplemented' } : undefined;
    assert.equal(await own.put('unconditional', Buffer.from('a'), { ifAbsent: true }), 'stored');
    assert.equal(await own.put('unconditional', Buffer.from('b'), { ifAbsent: true }), 'exists');
    assert.equal((await read('unconditional'))?.toString(), 'a');
    own.close();
  });

  it('tries again what failed on the wire', async () => {
    const data = bytes(5 * MB);
    rig.fault = faultsOf(
      () => true,
      [{ answer: 500, code: 'InternalError' }, { cutRequest: 100_000 }, { answer: 503, code: 'SlowDown' }],
    );
    assert.equal(await store.put('again', data, { ifAbsent: true }), 'stored');
    rig.fault = faultsOf(
      () => true,
      [{ cutAnswer: 0 }, { cutAnswer: 1_000_000 }, { cutAnswer: 300_000 }, { cutRequest: 0 }],
    );
    assert.ok((await read('again'))?.equals(data), 'a body that was cut goes on where it broke off');
    rig.fault = faultsOf(() => true, [{ cutAnswer: 10 }, { answer: 500, code: 'InternalError' }]);
    assert.equal((await list('again')).length, 1, 'a list that was cut');
    rig.fault = faultsOf(() => true, [{ answer: 500, code: 'InternalError' }, { cutRequest: 0 }]);
    assert.equal((await store.head('again'))?.size, data.length);
  });

  it('an answer that was lost after the object was stored reads as "exists"', async () => {
    rig.fault = faultsOf(({ method }) => method === 'PUT', [{ cutAnswer: 0 }]);
    const outcome = await store.put('lost', bytes(1000), { ifAbsent: true });
    // An answer without a body may have come whole before its connection was cut.
    assert.ok(['exists', 'stored'].includes(outcome), outcome);
    assert.equal((await read('lost'))?.length, 1000);
  });

  it('never takes one object for another whose body was cut', async () => {
    await store.put('changing', bytes(4 * MB));
    const found = await store.get('changing');
    rig.fault = () => undefined;
    const chunks: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of found!.body) {
        chunks.push(chunk as Buffer);
        if (chunks.length === 1) {
          await store.put('changing', bytes(4 * MB));
          rig.down();
          rig.up();
        }
      }
    })();
    const error = await reading.catch((reason: unknown) => reason);
    if (error === undefined)
      assert.equal(Buffer.concat(chunks).length, 4 * MB, 'the old one came whole from the buffers');
    else assert.equal((error as StoreError).code, 'PreconditionFailed');
  });

  it('survives one failing request in a hundred, and one in ten', async () => {
    rig.fault = randomFaults(0.1);
    for (let n = 0; n < 40; n++) {
      const data = bytes(200_000);
      assert.notEqual(await store.put(`some/${n}`, data, { ifAbsent: true }), undefined);
      assert.ok((await read(`some/${n}`))?.equals(data));
    }
    rig.fault = randomFaults(0.1);
    assert.equal((await list('some/')).length, 40);
  });

  it('a store that is down is transient, and tried a bounded number of times', async () => {
    rig.down();
    const error = await failure(store.put('down', Buffer.from('a')));
    assert.equal(error.kind, 'transient');
    assert.match(error.message, /cannot write "down" in bucket "archive" at http.*doesn't answer as it should/);
    assert.equal((await failure(store.get('down'))).kind, 'transient');
    assert.equal((await failure(store.head('down'))).kind, 'transient');
  });

  it('a store that is silent is transient', async () => {
    const hasty = openStore(rig.destination, { silenceMs: 100, retry: { attempts: 2 } });
    rig.fault = () => ({ delayMs: 10_000 });
    assert.equal((await failure(hasty.head('silent'))).kind, 'transient');
    hasty.close();
  });

  it('a key that is refused is denied at once', async () => {
    const key = await rig.newKey('owner');
    const own = openStore({ ...rig.destination, ...key });
    await own.put('denied', Buffer.from('a'));
    await rig.removeKey(key);
    const before = rig.requests.length;
    const error = await failure(own.put('denied', Buffer.from('b')));
    assert.equal(rig.requests.length, before + 1);
    assert.equal(error.kind, 'denied');
    assert.match(error.message, /access key isn't accepted .*InvalidAccessKeyId/);
    assert.equal((await failure(own.head('denied'))).kind, 'denied', 'also where an answer has no words');
    own.close();
    const wrong = openStore({ ...rig.destination, secretAccessKey: 'wrong' });
    assert.equal((await failure(wrong.get('denied'))).code, 'SignatureDoesNotMatch');
    wrong.close();
  });

  it('an archive key neither replaces nor removes', async () => {
    const own = openStore({ ...rig.destination, ...(await rig.newKey('archive')) });
    assert.equal(await own.put('worm', Buffer.from('a'), { ifAbsent: true }), 'stored');
    assert.equal((await failure(own.put('worm', Buffer.from('b')))).code, 'PreconditionFailed');
    assert.equal((await failure(own.remove(['worm']))).kind, 'denied');
    own.close();
  });

  it('a full store says so', async () => {
    const full = [
      { answer: 507, code: 'XMinioStorageFull' },
      { answer: 500, code: 'InternalError', message: 'The disk of the store is full' },
      { answer: 403, code: 'QuotaExceeded' },
    ];
    for (const fault of full) {
      rig.fault = () => fault;
      const error = await failure(store.put('full', Buffer.from('a')));
      assert.equal(error.kind, 'full', fault.code);
      assert.match(error.message, /no room left/);
    }
  });

  it('a missing bucket is never an object that is not there', async () => {
    const own = openStore({ ...rig.destination, bucket: 'other' });
    for (const call of [() => own.get('x'), () => own.put('x', Buffer.from('a')), () => own.check()])
      assert.notEqual((await failure(call())).kind, 'transient');
    own.close();
    rig.fault = () => ({ answer: 404, code: 'NoSuchBucket' });
    assert.equal((await failure(store.get('x'))).kind, 'missingBucket');
    rig.fault = () => ({ answer: 404, code: 'SomethingElse' });
    assert.equal((await failure(store.get('x'))).kind, 'other', 'a 404 that does not name the key proves nothing');
  });

  it('uploads what has no length yet, in parts', async () => {
    const data = bytes(23 * MB);
    rig.fault = randomFaults(0.1);
    const chunks = Array.from({ length: 23 }, (_, n) => data.subarray(n * MB, (n + 1) * MB));
    await store.upload('large', Readable.from(chunks), { partBytes: 5 * MB });
    rig.fault = () => undefined;
    assert.ok((await read('large'))?.equals(data));
    await store.upload('empty', Readable.from([]));
    assert.equal((await read('empty'))?.length, 0);
  });

  it('leaves nothing of an upload that fails or is given up', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      for (let n = 0; n < 12; n++) yield bytes(MB);
      throw new Error('the source broke');
    };
    await assert.rejects(store.upload('broken', Readable.from(broken()), { partBytes: 5 * MB }));
    const giving = new AbortController();
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (let n = 0; ; n++) {
        if (n === 12) giving.abort(new Error('given up'));
        yield bytes(MB);
      }
    };
    await assert.rejects(
      store.upload('endless', Readable.from(endless()), { partBytes: 5 * MB, signal: giving.signal }),
      /given up/,
    );
    assert.equal(await store.head('broken'), undefined);
    assert.equal(await store.head('endless'), undefined);
    const client = new S3Client({
      endpoint: rig.destination.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: rig.owner,
    });
    // An abort may still be on its way when the upload has failed.
    for (const deadline = Date.now() + 30_000; ;) {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
      if (Uploads.length === 0) break;
      assert.ok(Date.now() < deadline, 'the parts are still there');
    }
    client.destroy();
  });

  it('ends when it is told to', async () => {
    rig.fault = () => ({ delayMs: 60_000 });
    const giving = new AbortController();
    const call = store.put('aborted', bytes(1000), { signal: giving.signal });
    giving.abort(new Error('told to'));
    await assert.rejects(call, /told to/);
  });

  const unusable = [
    [{ endpoint: 'ftp://host' }, /endpoint/],
    [{ endpoint: 'host:9000' }, /endpoint/],
    [{ endpoint: 'https://user:word@host' }, /endpoint/],
    [{ bucket: '../x' }, /bucket/],
    [{ bucket: '' }, /bucket/],
    [{ accessKeyId: '' }, /accessKeyId/],
    [{ region: '' }, /region/],
  ] as const;
  for (const [wrong, says] of unusable)
    it(`refuses ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => openStore({ ...rig.destination, ...wrong }), says));
});
