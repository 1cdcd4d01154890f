/** Generated secret values: which keys, how long, how written. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { generated, planSecret, type Secret } from '../src/secrets/generate.ts';

const at = new Date('2026-01-01T00:00:00Z');
const prefix = 'secret-generator.v1.mittwald.de/';

function secret(annotations: Record<string, string>, data: Record<string, string> = {}): Secret {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', annotations: prefixed }, data };
}

function fill(input: Secret): Record<string, string> {
  const plan = planSecret(input);
  assert.equal(plan.kind, 'generate');
  const { data = {} } = generated(input, plan, randomBytes, at);
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('latin1')]),
  );
}

const shapes: { name: string; annotations: Record<string, string>; want: RegExp }[] = [
  { name: '40 characters of base64 by default', annotations: {}, want: /^[A-Za-z0-9+/]{40}$/ },
  { name: 'as many characters as asked for', annotations: { length: '7' }, want: /^[A-Za-z0-9+/]{7}$/ },
  { name: 'as many bytes as asked for', annotations: { length: '32b', encoding: 'hex' }, want: /^[0-9a-f]{64}$/ },
  { name: 'bytes in upper case', annotations: { length: '9B', encoding: 'base64url' }, want: /^[\w-]{12}$/ },
  { name: 'base32', annotations: { length: '10b', encoding: 'base32' }, want: /^[A-Z2-7]{16}$/ },
  { name: 'raw bytes', annotations: { length: '16', encoding: 'raw' }, want: /^[^]{16}$/ },
];
for (const { name, annotations, want } of shapes)
  test(name, () => assert.match(fill(secret({ autogenerate: 'password', ...annotations })).password ?? '', want));

test('keys that are there stay; keys that lack are filled', () => {
  const kept = Buffer.from('mine').toString('base64');
  const data = fill(secret({ autogenerate: 'a, b' }, { a: kept, other: kept }));
  assert.equal(data.a, 'mine');
  assert.equal(data.other, 'mine');
  assert.equal(data.b?.length, 40);
});

test('nothing is to do twice', () => {
  const input = secret({ autogenerate: 'a' });
  const plan = planSecret(input);
  assert.equal(plan.kind, 'generate');
  assert.deepEqual(planSecret(generated(input, plan, randomBytes, at)), { kind: 'nothing' });
});

for (const value of ['yes', 'true', 'a'])
  test(`regenerate: "${value}" gives a new value once`, () => {
    const input = secret({ autogenerate: 'a', regenerate: value }, { a: Buffer.from('old').toString('base64') });
    const plan = planSecret(input);
    assert.equal(plan.kind, 'generate');
    const after = generated(input, plan, randomBytes, at);
    assert.notEqual(after.data?.a, input.data?.a);
    assert.deepEqual(planSecret(after), { kind: 'nothing' });
  });

test('a secret without the annotation is nobody of ours', () => {
  assert.deepEqual(planSecret(secret({})), { kind: 'nothing' });
});

const refused: { annotations: Record<string, string>; want: RegExp }[] = [
  { annotations: { length: '-1' }, want: /length is "-1"; use a number from 1 to 4096/ },
  { annotations: { length: '99999' }, want: /use a number from 1 to 4096/ },
  { annotations: { encoding: 'rot13' }, want: /encoding is "rot13"; use one of base64/ },
  { annotations: { type: 'ssh-keypair' }, want: /type is "ssh-keypair"; only "string"/ },
  { annotations: { autogenerate: '../etc' }, want: /autogenerate is "\.\.\/etc"/ },
];
for (const { annotations, want } of refused)
  test(`refused: ${JSON.stringify(annotations)}`, () => {
    const plan = planSecret(secret({ autogenerate: 'a', ...annotations }));
    assert.equal(plan.kind, 'refused');
    assert.match(plan.message, want);
  });
