/**
 * Bodies, paths and schemas that mean harm: each gets the answer that Kubernetes gives, none is a fault of the server, and the server
 * answers others meanwhile. Fuzzed with a printed seed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer, RequestExtras, TestServer } from '../server/harness.ts';
import { startTestServer } from '../server/harness.ts';
import { seedOf } from '../store/fixtures.ts';

const base = '/api/v1/namespaces/default/configmaps';
const runs = process.env['LARDER_FULL'] === '1' ? 3_000 : 100;
const faults: unknown[] = [];
const ended: (() => Promise<void>)[] = [];
let server: TestServer;

before(async () => {
  const t = { after: (end: unknown) => void ended.push(end as () => Promise<void>) };
  server = await startTestServer(t, { onError: error => void faults.push(error) });
  await ask('POST', base, { body: configMap('there', '"data":{"a":"1"}') });
});
after(async () => {
  for (const end of ended) await end();
});

const ask = (method: string, path: string, extras?: RequestExtras): Promise<Answer> => server.ask(method, path, extras);
const configMap = (name: string, more = '"data":{}'): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":${JSON.stringify(name)}},${more}}`;
const message = ({ body }: Answer): string => (body as { message: string }).message;
const dataOf = ({ body }: Answer): [string, string][] =>
  Object.entries((body as { data: Record<string, string> }).data);

/** A refusal, or an answer, but never a fault; and nothing has leaked into all objects. */
function checkHarmless(answer: Answer): void {
  const [fault] = faults;
  assert.equal(fault, undefined, String((fault as Error | undefined)?.stack));
  // So does Kubernetes answer an apply patch with fields that its schema hasn't.
  const isMeant = answer.code === 500 && /failed to create typed patch object/.test(answer.text);
  assert.ok(answer.code < 500 || isMeant, answer.text);
  assert.ok(answer.body !== undefined, answer.text);
  const { kind, code } = answer.body as { kind: string; code?: number };
  if (answer.code >= 400) assert.deepEqual([kind, code], ['Status', answer.code]);
  const plain = {} as Record<string, unknown>;
  assert.deepEqual([plain.polluted, plain.data, Object.keys(Object.prototype)], [undefined, undefined, []]);
}

describe('fields with the names of what every object has', () => {
  const special = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
  const pairs = special.map(name => [name, 'mine']);
  const text = `{${special.map(name => `"${name}":"mine"`).join(',')}}`;
  const patches: [string, string, RequestExtras][] = [
    ['created from JSON', 'json', { body: configMap('json', `"data":${text}`) }],
    [
      'created from YAML',
      'yaml',
      {
        body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n${special.map(name => `  ${name}: mine\n`).join('')}`,
        type: 'application/yaml',
      },
    ],
  ];
  for (const [how, name, extras] of patches) {
    it(`are data like any other when ${how}`, async () => {
      assert.equal((await ask('POST', base, extras)).code, 201);
      assert.deepEqual(dataOf(await ask('GET', `${base}/${name}`)).sort(), [...pairs].sort());
    });
  }
  const ways: [string, string, string][] = [
    ['a merge patch', 'application/merge-patch+json', `{"data":${text},"__proto__":{"polluted":1}}`],
    [
      'a strategic merge patch',
      'application/strategic-merge-patch+json',
      `{"data":${text},"__proto__":{"polluted":1}}`,
    ],
    [
      'a JSON patch',
      'application/json-patch+json',
      JSON.stringify(special.map(name => ({ op: 'add', path: `/data/${name}`, value: 'mine' }))),
    ],
  ];
  for (const [index, [how, type, body]] of ways.entries()) {
    it(`are data like any other in ${how}`, async () => {
      await ask('POST', base, { body: configMap(`patched${index}`, '"data":{"toString":"mine"}') });
      const answer = await ask('PATCH', `${base}/patched${index}`, { type, body });
      checkHarmless(answer);
      assert.deepEqual(dataOf(await ask('GET', `${base}/patched${index}`)).sort(), [...pairs].sort(), answer.text);
    });
  }
  it('are data like any other in an apply patch, and owned', async () => {
    const apply = (fields: string): Promise<Answer> =>
      ask('PATCH', `${base}/applied?fieldManager=m`, {
        type: 'application/apply-patch+yaml',
        body: configMap('applied', `"data":${fields}`),
      });
    checkHarmless(await apply(text));
    assert.deepEqual(dataOf(await ask('GET', `${base}/applied`)).sort(), [...pairs].sort());
    checkHarmless(await apply('{"__proto__":"mine"}'));
    assert.deepEqual(dataOf(await ask('GET', `${base}/applied`)), [['__proto__', 'mine']]);
  });
  it('name nothing in a path', async () => {
    for (const name of special) {
      const paths = [
        `/${name}`,
        `/api/v1/${name}`,
        `/apis/${name}`,
        `/apis/${name}/v1`,
        `/apis/apps/${name}/x`,
        `${base}/there/${name}`,
      ];
      for (const path of [...paths, `/openapi/v3/apis/${name}/v1`, `${base}/${name}`]) {
        const answer = await ask('GET', path);
        assert.deepEqual([answer.code, path], [404, path]);
      }
    }
  });
});

describe('more than anybody can read', () => {
  it('of warnings is cut short, so that clients can read the head', async () => {
    const fields = Array.from({ length: 50_000 }, (_, at) => `"unknown${at}":1`).join(',');
    const answer = await ask('POST', base, { body: configMap('warned', fields) });
    assert.equal(answer.code, 201, answer.text.slice(0, 300));
    const { length } = String(answer.headers.warning);
    assert.ok(length > 100 && length < 8_000, `${length} characters of warnings`);
    const strict = await ask('POST', `${base}?fieldValidation=Strict`, { body: configMap('strict', fields) });
    assert.equal(strict.code, 400);
    assert.equal(message(strict).match(/unknown field/g)?.length, 100);
  });
  it('of one warning is told whole', async () => {
    const name = 'u'.repeat(1_000);
    const answer = await ask('POST', base, { body: configMap('wordy', `"${name}":1`) });
    assert.ok(String(answer.headers.warning).includes(name));
  });
});

describe('numbers that a field can’t hold', () => {
  const job = (spec: string): string =>
    `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{${spec},"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"b"}]}}}}`;
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  for (const [what, spec] of [
    ['32 bits', '"backoffLimit":2147483648'],
    ['32 bits below zero', '"backoffLimit":-2147483649'],
    ['what is exact', '"activeDeadlineSeconds":9007199254740993'],
    ['64 bits', '"activeDeadlineSeconds":9223372036854775808'],
    ['anything', '"activeDeadlineSeconds":1e400'],
    ['whole numbers', '"backoffLimit":1.5'],
  ]) {
    it(`are refused, never changed: more than ${what}`, async () => {
      const answer = await ask('POST', jobs, { body: job(spec ?? '') });
      assert.equal(answer.code, 400, answer.text);
      assert.match(message(answer), /cannot unmarshal number/);
    });
  }
  it('and those at the edge are kept', async () => {
    const answer = await ask('POST', `${jobs}?dryRun=All`, {
      body: job('"backoffLimit":2147483647,"activeDeadlineSeconds":9007199254740991'),
    });
    assert.equal(answer.code, 201, answer.text);
    assert.match(answer.text, /"activeDeadlineSeconds":9007199254740991/);
  });
});

describe('names that would be paths or SQL', () => {
  const names = [
    '../../etc/passwd',
    '..',
    '.',
    'a/b',
    'a\u0000b',
    "x'; DROP TABLE objects; --",
    '%2e%2e',
    'ä',
    'a\nb',
    '-',
    'A',
    '\u202e',
    '💣',
  ];
  for (const name of names) {
    it(`${JSON.stringify(name)} is none that an object can have`, async () => {
      const made = await ask('POST', base, { body: configMap(name) });
      assert.equal(made.code, 422, made.text);
      const namespace = await ask('POST', '/api/v1/namespaces', {
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      });
      assert.equal(namespace.code, 422, namespace.text);
      const within = `/api/v1/namespaces/${encodeURIComponent(name)}/configmaps`;
      for (const path of [`${base}/${encodeURIComponent(name)}`, `${within}/x`]) {
        for (const method of ['GET', 'DELETE', 'PUT']) {
          const answer = await ask(method, path, method === 'PUT' ? { body: configMap('x') } : {});
          assert.ok([400, 404, 422].includes(answer.code), `${method} ${path}: ${answer.text}`);
        }
      }
      checkHarmless(await ask('GET', within));
    });
  }
});

it('what the server can’t apply is quoted to its client alone, never told as a fault: it may be a secret', async () => {
  const body = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"password":{"oops":"hunter2"}}}';
  const path = '/api/v1/namespaces/default/secrets/s?fieldManager=m';
  const answer = await ask('PATCH', path, { type: 'application/apply-patch+yaml', body });
  assert.ok(answer.code >= 400, answer.text);
  assert.deepEqual(faults.map(String), []);
});

describe('schemas that cost much', () => {
  const crd = (plural: string, kind: string, schema: object): object => ({
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `${plural}.bomb.dev` },
    spec: {
      ...{ group: 'bomb.dev', scope: 'Namespaced', names: { plural, kind } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } },
        },
      ],
    },
  });
  const thing = (kind: string, spec: unknown): object => ({
    ...{ apiVersion: 'bomb.dev/v1', kind },
    ...{ metadata: { name: 'one' }, spec },
  });
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

  it('a regular expression with many ways to fail is as quick as any', async () => {
    const pattern = '^(([a-z])+.)+[A-Z]([a-z])+$|^(a|aa)+$|^(a*)*$';
    assert.equal((await ask('POST', crds, { body: crd('regexes', 'Regex', { type: 'string', pattern }) })).code, 201);
    const body = thing('Regex', `${'a'.repeat(20_000)}!`);
    const answer = await ask('POST', '/apis/bomb.dev/v1/namespaces/default/regexes', { body });
    assert.equal(answer.code, 422, answer.text.slice(0, 300));
  });
  it('a rule that never ends is refused, or ended', async () => {
    const rule = 'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d != 1))))';
    const list = { type: 'array', items: { type: 'integer' }, 'x-kubernetes-validations': [{ rule }] };
    const made = await ask('POST', crds, { body: crd('loops', 'Loop', list) });
    checkHarmless(made);
    if (made.code !== 201) return;
    const body = thing(
      'Loop',
      Array.from({ length: 2_000 }, (_, at) => at + 2),
    );
    const answer = await ask('POST', '/apis/bomb.dev/v1/namespaces/default/loops', { body });
    assert.equal(answer.code, 422);
    assert.match(message(answer), /cost/);
  });
  it('a rule that is none is refused with the place', async () => {
    for (const rule of ['self.(', '1 +', 'self.nope', 'size(', '('.repeat(5_000)]) {
      const list = { type: 'string', 'x-kubernetes-validations': [{ rule }] };
      const answer = await ask('POST', crds, { body: crd('brokens', 'Broken', list) });
      checkHarmless(answer);
      assert.deepEqual([answer.code, rule], [422, rule]);
    }
  });
});

describe('fuzzed', () => {
  const seed = seedOf();
  const check = <T extends [unknown, ...unknown[]]>(property: fc.IAsyncProperty<T>): Promise<void> =>
    Promise.resolve(fc.assert(property, { seed, numRuns: runs, endOnFailure: true }));
  const whole = configMap('fuzz', '"data":{"a":"1","b":[1,{"c":null}]}');

  /** The text with a piece taken out, doubled, or replaced by arbitrary bytes. */
  const damaged = (text: string): fc.Arbitrary<Buffer> =>
    fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.uint8Array({ maxLength: 12 }), fc.nat(2))
      .map(([at, length, bytes, twice]) => {
        const source = Buffer.from(text);
        const piece = source.subarray(at, at + length);
        const parts = [source.subarray(0, at), ...Array.from({ length: twice }, () => piece), bytes];
        return Buffer.concat([...parts, source.subarray(at + length)]);
      });
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
    damaged(whole),
    fc.json().map(text => Buffer.from(text)),
    fc
      .jsonValue()
      .map(value =>
        Buffer.from(configMap('fuzz', `"data":${JSON.stringify(value)},"metadata":${JSON.stringify(value)}`)),
      ),
  );
  const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
  const patchTypes = ['json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'];

  it(`bodies of new objects (LARDER_SEED=${seed})`, () =>
    check(
      fc.asyncProperty(bodies, fc.constantFrom(...types), async (body, type) => {
        checkHarmless(await ask('POST', `${base}?dryRun=All`, { body, type }));
      }),
    ));
  it(`protobuf (LARDER_SEED=${seed})`, () =>
    check(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async bytes => {
        const body = Buffer.concat([Buffer.from('k8s\0\x0a\x0e\x0a\x02v1\x12\x08', 'latin1'), bytes]);
        checkHarmless(await ask('POST', `${base}?dryRun=All`, { body, type: types[2] }));
      }),
    ));
  it(`patches (LARDER_SEED=${seed})`, () =>
    check(
      fc.asyncProperty(
        fc.oneof(
          bodies,
          damaged('[{"op":"add","path":"/data/x","value":"y"},{"op":"move","from":"/data/a","path":"/data/b"}]'),
        ),
        fc.constantFrom(...patchTypes),
        async (body, type) => {
          const path = `${base}/there?dryRun=All&fieldManager=f`;
          checkHarmless(await ask('PATCH', path, { body, type: `application/${type}` }));
        },
      ),
    ));
  it(`paths and queries (LARDER_SEED=${seed})`, () => {
    const word = fc.oneof(
      fc.constantFrom(
        'api',
        'apis',
        'v1',
        'namespaces',
        'default',
        'configmaps',
        'there',
        'status',
        'openapi',
        'v3',
        '..',
        '.',
        '',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }).map(text => {
        const bytes = [...Buffer.from(text)];
        return bytes.map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('');
      }),
      fc.constantFrom('%', '%zz', '%c0%ae', '%2f', '%00', '%ff', '%2e%2e%2f'),
    );
    const name = fc.constantFrom(
      ...[
        'limit',
        'continue',
        'labelSelector',
        'fieldSelector',
        'resourceVersion',
        'resourceVersionMatch',
        'timeoutSeconds',
      ],
      ...['pretty', 'dryRun', 'fieldValidation', 'fieldManager', 'force', 'propagationPolicy', 'gracePeriodSeconds'],
    );
    const value = fc.oneof(
      word,
      fc.integer().map(String),
      fc.constantFrom('-1', '1e9', '99999999999999999999', 'true', 'a=b', 'a in (', '!', '{}'),
    );
    const query = fc.array(
      fc.tuple(name, value).map(pair => pair.join('=')),
      { maxLength: 3 },
    );
    return check(
      fc.asyncProperty(fc.array(word, { maxLength: 8 }), query, async (words, pairs) => {
        const answer = await ask('GET', `/${words.join('/')}?${pairs.map(encodeURI).join('&')}`);
        // Some tell in plain text.
        if (answer.body !== undefined && answer.code !== 504) checkHarmless(answer);
      }),
    );
  });
});

it('and then the server has all that it had', async () => {
  assert.deepEqual(dataOf(await ask('GET', `${base}/there`)), [['a', '1']]);
  assert.deepEqual(faults, []);
});
