/** The secret generator on the API: values come, stay, are renewed on request, and are nobody's business. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import type { Secret } from '../../src/secrets/generate.ts';
import { namespace, SECRET, startRig, until, untilTold } from './rig.ts';

const prefix = 'secret-generator.v1.mittwald.de';
const ref = (name: string) => ({ ...SECRET, name, namespace });
const secret = (name: string, wishes: Record<string, string>, data: Record<string, string> = {}): Secret => ({
  ...SECRET,
  metadata: {
    ...{ name, namespace },
    annotations: Object.fromEntries(Object.entries(wishes).map(([key, value]) => [`${prefix}/${key}`, value])),
  },
  stringData: data,
});
const valueOf = ({ data = {} }: Secret, key: string): string =>
  Buffer.from(data[key] ?? '', 'base64').toString('latin1');
const has =
  (...keys: string[]) =>
  ({ data = {} }: Secret): boolean =>
    keys.every(key => data[key]);

test('keys that lack are filled as asked; those that are there stay', async t => {
  const { client } = await startRig(t);
  await client.create(secret('plain', { autogenerate: 'password, other' }, { password: 'mine' }));
  const plain = await until<Secret>(client, ref('plain'), has('other'));
  assert.deepEqual([valueOf(plain, 'password'), valueOf(plain, 'other').length], ['mine', 40]);
  await client.create(secret('shaped', { autogenerate: 'key', length: '16b', encoding: 'hex' }));
  assert.match(valueOf(await until<Secret>(client, ref('shaped'), has('key')), 'key'), /^[0-9a-f]{32}$/);
  await client.create(secret('short', { autogenerate: 'key', length: '12', encoding: 'base32' }));
  assert.match(valueOf(await until<Secret>(client, ref('short'), has('key')), 'key'), /^[A-Z2-7]{12}$/);
});

test('a key that is taken away comes back with another value', async t => {
  const { client } = await startRig(t);
  await client.create(secret('lost', { autogenerate: 'password' }));
  const first = valueOf(await until<Secret>(client, ref('lost'), has('password')), 'password');
  await client.patch(ref('lost'), { type: 'json', body: [{ op: 'remove', path: '/data/password' }] });
  assert.notEqual(valueOf(await until<Secret>(client, ref('lost'), has('password')), 'password'), first);
});

test('a new value is made once for each wish, of the keys that are named', async t => {
  const { client } = await startRig(t);
  await client.create(secret('renewed', { autogenerate: 'a,b' }));
  const first = await until<Secret>(client, ref('renewed'), has('a', 'b'));
  const wish = (value: string): Promise<unknown> =>
    client.patch(ref('renewed'), {
      type: 'merge',
      body: { metadata: { annotations: { [`${prefix}/regenerate`]: value } } },
    });
  const isDone = ({ metadata }: KubeObject): boolean => metadata.annotations?.[`${prefix}/regenerate`] === undefined;
  await wish('b');
  const second = await until<Secret>(client, ref('renewed'), isDone);
  assert.equal(valueOf(second, 'a'), valueOf(first, 'a'));
  assert.notEqual(valueOf(second, 'b'), valueOf(first, 'b'));
  await wish('yes');
  const third = await until<Secret>(client, ref('renewed'), isDone);
  assert.notEqual(valueOf(third, 'a'), valueOf(second, 'a'));
  await wish('nothing-of-ours');
  assert.deepEqual((await until<Secret>(client, ref('renewed'), isDone)).data, third.data);
});

test('somebody who edits at the same time loses nothing, and neither does the generator', async t => {
  const { client } = await startRig(t);
  await client.create(secret('busy', { autogenerate: 'password' }));
  const edits = Array.from({ length: 30 }, (_, at) => ({ data: { [`k${at}`]: Buffer.from('v').toString('base64') } }));
  for (const body of edits) await client.patch(ref('busy'), { type: 'merge', body });
  const keys = edits.flatMap(({ data }) => Object.keys(data));
  await until<Secret>(client, ref('busy'), has('password', ...keys));
});

test('what can’t be generated is told with the remedy, and no value is ever logged', async t => {
  const { client, logged, stop } = await startRig(t);
  await client.create(secret('wrong', { autogenerate: 'password', length: 'long' }));
  const told = await untilTold(client, 'GenerationRefused');
  assert.match(String(told.message), /length is "long"; use a number/);
  await client.create(secret('good', { autogenerate: 'password' }));
  const value = valueOf(await until<Secret>(client, ref('good'), has('password')), 'password');
  const all = JSON.stringify((await client.list({ apiVersion: 'v1', kind: 'Event' })).items);
  await stop();
  assert.ok(value.length === 40 && !all.includes(value) && !logged().includes(value));
  assert.match(logged(), /generated secret values/);
});
