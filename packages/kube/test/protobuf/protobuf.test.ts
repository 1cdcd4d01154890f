import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtobufError, decodeProtobuf } from '@larder/kube';

type Value = string | number | bigint | boolean | Uint8Array;

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** A message of numbered fields. */
function message(...fields: [number, Value][]): Uint8Array {
  const parts = fields.flatMap(([number, value]) => {
    const isBytes = typeof value === 'string' || value instanceof Uint8Array;
    const tag = varint(BigInt(number * 8 + (isBytes ? 2 : 0)));
    if (!isBytes) return [tag, varint(BigInt(value))];
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return [tag, varint(BigInt(bytes.length)), bytes];
  });
  return Buffer.concat(parts);
}

function body(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const typeMeta = message([1, apiVersion], [2, kind]);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, typeMeta], [2, raw], [3, ''], [4, ''])]);
}

const name = (text: string): Uint8Array => message([1, text], [2, ''], [3, ''], [7, 0], [8, new Uint8Array()]);
const entry = (key: string, value: Value): Uint8Array => message([1, key], [2, value]);

const bodies: { name: string; apiVersion: string; kind: string; raw: Uint8Array; want: Record<string, unknown> }[] = [
  {
    name: 'a secret, without the zeros that Go writes for what is absent',
    apiVersion: 'v1',
    kind: 'Secret',
    raw: message([1, name('s')], [2, entry('k', 'väl')], [2, entry('empty', '')], [3, ''], [5, false]),
    want: { metadata: { name: 's' }, data: { k: 'dsOkbA==', empty: '' }, immutable: false },
  },
  {
    name: 'labels that look like prototypes',
    apiVersion: 'v1',
    kind: 'ConfigMap',
    raw: message([1, name('c')], [2, entry('__proto__', 'x')], [2, entry('constructor', 'y')]),
    want: { metadata: { name: 'c' }, data: JSON.parse('{"__proto__":"x","constructor":"y"}') as unknown },
  },
  {
    name: 'a job, with zeros that are meant, negative numbers, quantities, and what Go embeds',
    apiVersion: 'batch/v1',
    kind: 'Job',
    raw: message(
      [1, name('j')],
      [
        2,
        message(
          [7, 0],
          [3, -5n],
          [
            6,
            message([
              2,
              message(
                [1, message([1, 'v'], [2, message([2, message([1, ''])])])],
                [
                  2,
                  message(
                    [1, 'c'],
                    [8, message([1, entry('cpu', message([1, '100m']))])],
                    [
                      10,
                      message(
                        [
                          1,
                          message([2, message([1, '/'], [2, message([1, 1], [2, 0], [3, 'http'])], [3, ''], [4, ''])]),
                        ],
                        [2, 7],
                      ),
                    ],
                    [16, true],
                  ),
                ],
                [21, false],
              ),
            ]),
          ],
          [10, true],
        ),
      ],
      [3, message([4, 0])],
    ),
    want: {
      metadata: { name: 'j' },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: -5,
        suspend: true,
        template: {
          spec: {
            volumes: [{ name: 'v', emptyDir: {} }],
            containers: [
              {
                name: 'c',
                resources: { limits: { cpu: '100m' } },
                livenessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 7 },
                stdin: true,
              },
            ],
            automountServiceAccountToken: false,
          },
        },
      },
    },
  },
  {
    name: 'a review',
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    raw: message([1, new Uint8Array()], [2, message([1, message([1, 'default'], [2, 'get'], [4, '*'], [5, 'pods'])])]),
    want: { spec: { resourceAttributes: { namespace: 'default', verb: 'get', version: '*', resource: 'pods' } } },
  },
  {
    name: 'times',
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    raw: message([1, name('l')], [2, message([1, 'me'], [2, 15], [4, message([1, 1767225600], [2, 1234000])])]),
    want: {
      metadata: { name: 'l' },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.001234Z' },
    },
  },
];

describe('protobuf', () => {
  for (const { name: what, apiVersion, kind, raw, want } of bodies) {
    it(`reads ${what}`, () => {
      assert.deepEqual(decodeProtobuf(body(apiVersion, kind, raw)), { apiVersion, kind, ...want });
    });
  }
  it('passes over fields that it does not know', () => {
    const raw = message([1, name('n')], [99, 'x'], [100, 7]);
    assert.deepEqual(decodeProtobuf(body('v1', 'Namespace', raw)).metadata, { name: 'n' });
  });
  for (const [what, bytes] of [
    ['JSON', Buffer.from('{}')],
    ['nothing', new Uint8Array()],
    ['an unknown kind', body('v1', 'Node', new Uint8Array())],
    ['a custom kind', body('syn.tools/v1', 'Secret', new Uint8Array())],
    ['another version', body('batch/v2', 'Job', new Uint8Array())],
    ['an inherited name', body('v1', 'constructor', new Uint8Array())],
    ['half a message', body('v1', 'Secret', message([1, name('s')]).subarray(0, -1))],
    ['a length beyond the end', body('v1', 'Secret', Uint8Array.from([10, 255, 255, 255, 255, 15]))],
    ['a text that is no UTF-8', body('v1', 'Secret', message([3, Uint8Array.from([0xff])]))],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeProtobuf(bytes), ProtobufError);
    });
  }
  it('survives any bytes', () => {
    const kinds = fc.constantFrom<[string, string]>(
      ['v1', 'Pod'],
      ['batch/v1', 'CronJob'],
      ['v1', 'Event'],
      ['v1', 'Secret'],
    );
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 200 }), ([apiVersion, kind], raw) => {
        try {
          decodeProtobuf(body(apiVersion, kind, raw));
        } catch (error) {
          assert.ok(error instanceof ProtobufError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
