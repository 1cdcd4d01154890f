/** The API over HTTPS: forms, statuses and refusals, compared with those of kube-apiserver 1.35. Hostile requests among them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { startTestServer, type Answer, type RequestExtras, type TestServer } from './harness.ts';
import { TestCa } from './certificates.ts';

const base = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...more,
});
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';

let server: TestServer;
const ended: (() => Promise<void>)[] = [];
const ask = (method: string, path: string, extras?: RequestExtras): Promise<Answer> => server.ask(method, path, extras);
const message = ({ body }: Answer): string => (body as { message: string }).message;

before(async () => {
  server = await startTestServer({ after: end => ended.push(end as () => Promise<void>) });
  await ask('POST', base, { body: configMap('a') });
});
after(async () => {
  for (const end of ended) await end();
});

describe('requests', () => {
  const refusals: {
    name: string;
    method: string;
    path: string;
    extras?: RequestExtras;
    code: number;
    text: RegExp | string;
  }[] = [
    {
      name: 'AlreadyThere',
      method: 'POST',
      path: base,
      extras: { body: configMap('a') },
      code: 409,
      text: 'configmaps "a" already exists',
    },
    { name: 'NotThere', method: 'GET', path: `${base}/nope`, code: 404, text: 'configmaps "nope" not found' },
    {
      name: 'UnknownKind',
      method: 'GET',
      path: '/api/v1/namespaces/default/nopes',
      code: 404,
      text: 'the server could not find the requested resource',
    },
    {
      name: 'UnknownVersion',
      method: 'GET',
      path: '/apis/batch/v9',
      code: 404,
      text: 'the server could not find the requested resource',
    },
    {
      name: 'NoSuchSubresource',
      method: 'GET',
      path: `${base}/a/status`,
      code: 404,
      text: 'the server could not find the requested resource',
    },
    {
      name: 'CreateInAllNamespaces',
      method: 'POST',
      path: '/api/v1/configmaps',
      extras: { body: configMap('x') },
      code: 405,
      text: /does not allow this method/,
    },
    {
      name: 'UnknownFormat',
      method: 'POST',
      path: base,
      extras: { body: 'x', type: 'text/plain' },
      code: 415,
      text: /unknown format/,
    },
    {
      name: 'UnknownAnswer',
      method: 'GET',
      path: `${base}/a`,
      extras: { accept: 'application/vnd.kubernetes.protobuf' },
      code: 406,
      text: /406: Not Acceptable/,
    },
    { name: 'BrokenJson', method: 'POST', path: base, extras: { body: '{bad' }, code: 400, text: /json parse error/ },
    {
      name: 'BrokenYaml',
      method: 'POST',
      path: base,
      extras: { body: 'a: [', type: 'application/yaml' },
      code: 400,
      text: /yaml/,
    },
    {
      name: 'BrokenProtobuf',
      method: 'POST',
      path: base,
      extras: { body: 'k8s\0\x12\xff', type: 'application/vnd.kubernetes.protobuf' },
      code: 400,
      text: /unrecognized/,
    },
    { name: 'NoObject', method: 'POST', path: base, extras: { body: '[]' }, code: 400, text: /unrecognized/ },
    {
      name: 'WrongType',
      method: 'POST',
      path: base,
      extras: { body: configMap('x', { data: { a: 5 } }) },
      code: 400,
      text: /cannot unmarshal number/,
    },
    {
      name: 'WrongMetadata',
      method: 'POST',
      path: base,
      extras: { body: configMap('x', { metadata: { name: 5 } }) },
      code: 400,
      text: /ObjectMeta.metadata.name of type string/,
    },
    {
      name: 'BadName',
      method: 'POST',
      path: base,
      extras: { body: configMap('Bad_Name') },
      code: 422,
      text: /RFC 1123 subdomain/,
    },
    {
      name: 'UnknownFieldStrict',
      method: 'POST',
      path: `${base}?fieldValidation=Strict`,
      extras: { body: configMap('x', { extra: 1 }) },
      code: 400,
      text: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
    },
    {
      name: 'DuplicateFieldStrict',
      method: 'POST',
      path: `${base}?fieldValidation=Strict`,
      extras: { body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}' },
      code: 400,
      text: /duplicate field "data.a"/,
    },
    {
      name: 'OtherNamespace',
      method: 'POST',
      path: base,
      extras: { body: configMap('x', { metadata: { name: 'x', namespace: 'other' } }) },
      code: 400,
      text: /does not match the namespace sent/,
    },
    {
      name: 'MissingNamespace',
      method: 'POST',
      path: '/api/v1/namespaces/nope/configmaps',
      extras: { body: configMap('x') },
      code: 404,
      text: 'namespaces "nope" not found',
    },
    {
      name: 'OldVersion',
      method: 'PUT',
      path: `${base}/a`,
      extras: { body: configMap('a', { metadata: { name: 'a', resourceVersion: '1' } }) },
      code: 409,
      text: /please apply your changes to the latest version/,
    },
    {
      name: 'ApplyWithoutManager',
      method: 'PATCH',
      path: `${base}/a`,
      extras: { body: configMap('a'), type: 'application/apply-patch+yaml' },
      code: 422,
      text: /fieldManager: Required value/,
    },
    {
      name: 'BadSelector',
      method: 'GET',
      path: `${base}?labelSelector=a===`,
      code: 400,
      text: /unable to parse requirement/,
    },
    {
      name: 'FutureVersion',
      method: 'GET',
      path: `${base}?resourceVersion=999999999`,
      code: 504,
      text: /Too large resource version/,
    },
    { name: 'BadContinue', method: 'GET', path: `${base}?continue=abc`, code: 400, text: /continue key is not valid/ },
    { name: 'Traversal', method: 'GET', path: `${base}/..%2f..%2fetc`, code: 400, text: /may not contain/ },
    { name: 'DotDot', method: 'GET', path: `${base}/%2e%2e`, code: 400, text: /may not be/ },
    {
      name: 'BadEncoding',
      method: 'GET',
      path: '/api/v1/namespaces/%zz/configmaps',
      code: 400,
      text: /not validly encoded/,
    },
    {
      name: 'Deep',
      method: 'POST',
      path: base,
      extras: { body: '['.repeat(100_000) + ']'.repeat(100_000) },
      code: 400,
      text: /max depth/,
    },
    {
      name: 'DeepYaml',
      method: 'POST',
      path: base,
      extras: { body: '- '.repeat(20_000), type: 'application/yaml' },
      code: 400,
      text: /unrecognized/,
    },
    {
      name: 'AliasBomb',
      method: 'POST',
      path: base,
      extras: {
        body: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
        type: 'application/yaml',
      },
      code: 400,
      text: /yaml/,
    },
    {
      name: 'Huge',
      method: 'POST',
      path: base,
      extras: { body: configMap('x', { data: { a: 'x'.repeat(3_200_000) } }) },
      code: 413,
      text: 'Request entity too large: limit is 3145728',
    },
  ];
  for (const { name, method, path, extras, code, text } of refusals) {
    it(`${name} is refused as Kubernetes does`, async () => {
      const answer = await ask(method, path, extras);
      assert.equal(answer.code, code, answer.text);
      assert.equal((answer.body as { kind: string }).kind, 'Status');
      if (typeof text === 'string') assert.equal(message(answer), text);
      else assert.match(message(answer), text);
    });
  }

  it('warns of unknown fields, and drops them', async () => {
    const made = await ask('POST', base, { body: configMap('warned', { extra: 1 }) });
    assert.deepEqual([made.code, made.headers.warning], [201, '299 - "unknown field \\"extra\\""']);
    assert.equal('extra' in made.body, false);
  });

  it('answers rows, metadata alone, and YAML', async () => {
    const rows = (await ask('GET', base, { accept: table })).body as {
      kind: string;
      columnDefinitions: { name: string }[];
    };
    assert.deepEqual([rows.kind, rows.columnDefinitions.map(({ name }) => name)], ['Table', ['Name', 'Data', 'Age']]);
    const partial = await ask('GET', `${base}/a`, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    assert.deepEqual(Object.keys(partial.body).sort(), ['apiVersion', 'kind', 'metadata']);
    assert.match((await ask('GET', `${base}/a`, { accept: 'application/yaml' })).text, /^data:\n {2}a: "1"$/m);
  });

  it('answers a list in pages that show one revision', async () => {
    for (const name of ['p1', 'p2', 'p3']) await ask('POST', base, { body: configMap(name) });
    type List = { metadata: { continue?: string; resourceVersion: string }; items: { metadata: { name: string } }[] };
    const names: string[] = [];
    let next = '';
    const revisions = new Set<string>();
    do {
      const page = (await ask('GET', `${base}?limit=2&continue=${next}`)).body as List;
      names.push(...page.items.map(({ metadata }) => metadata.name));
      revisions.add(page.metadata.resourceVersion);
      next = page.metadata.continue ?? '';
      await ask('POST', base, { body: configMap(`zz-${names.length}`) });
    } while (next !== '');
    assert.equal(revisions.size, 1);
    assert.deepEqual(
      names.filter(name => name.startsWith('zz')),
      [],
    );
    assert.ok(['p1', 'p2', 'p3'].every(name => names.includes(name)));
  });
});

describe('watches', () => {
  it('tells what changed, in order, from a version on, and ends in time', async () => {
    const { metadata } = (await ask('GET', base)).body as { metadata: { resourceVersion: string } };
    const response = await server.open(
      'GET',
      `${base}?watch=1&resourceVersion=${metadata.resourceVersion}&fieldSelector=metadata.name=w&timeoutSeconds=2`,
    );
    await ask('POST', base, { body: configMap('w') });
    await ask('PUT', `${base}/w`, { body: configMap('w', { data: { b: '2' } }) });
    await ask('DELETE', `${base}/w`);
    assert.deepEqual(
      (await lines(response)).map(({ type }) => type),
      ['ADDED', 'MODIFIED', 'DELETED'],
    );
  });

  it('begins with everything and a bookmark when asked', async () => {
    const query =
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
    const events = await lines(await server.open('GET', `${base}?${query}&fieldSelector=metadata.name=a`));
    // Another bookmark may come just before the watch's time is over.
    assert.deepEqual([...new Set(events.map(({ type }) => type))], ['ADDED', 'BOOKMARK']);
    assert.equal(events.filter(({ type }) => type === 'ADDED').length, 1);
    assert.equal(events[1]?.object.metadata.annotations?.['k8s.io/initial-events-end'], 'true');
  });

  it('tells one who falls out of a selection that the object is gone', async () => {
    await ask('POST', base, { body: configMap('s', { metadata: { name: 's', labels: { on: 'yes' } } }) });
    const response = await server.open('GET', `${base}?watch=1&labelSelector=on%3Dyes&timeoutSeconds=2`);
    await ask('PATCH', `${base}/s`, {
      body: { metadata: { labels: { on: 'no' } } },
      type: 'application/merge-patch+json',
    });
    assert.deepEqual(
      (await lines(response)).map(({ type }) => type),
      ['ADDED', 'DELETED'],
    );
  });
});

interface Line {
  type: string;
  object: { metadata: { name: string; annotations?: Record<string, string> } };
}

async function lines(response: IncomingMessage): Promise<Line[]> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);
}

describe('who may what', () => {
  it('lets nobody see more than health and version', async () => {
    const codes = [];
    for (const path of ['/healthz', '/livez', '/readyz', '/version', '/api', '/apis', base])
      codes.push((await ask('GET', path, { as: 'nobody' })).code);
    assert.deepEqual(codes, [200, 200, 200, 200, 401, 401, 401]);
  });

  it('takes a certificate of another CA for none', async () => {
    const stranger = await (await TestCa.make()).issue('CN=admin, O=system:masters');
    assert.equal((await ask('GET', base, { as: stranger })).code, 401);
  });

  it('refuses wrong tokens', async () => {
    for (const authorization of ['Bearer wrong', 'Basic YTpi', 'Bearer ']) {
      assert.equal(
        (await ask('GET', '/version', { as: 'nobody', headers: { Authorization: authorization } })).code,
        401,
      );
    }
  });

  it('gives a ServiceAccount a token that lets it ask who it is, and nothing more', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await ask('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bob' } } });
    const spec = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { token } = (
      (await ask('POST', `${accounts}/bob/token`, { body: spec })).body as { status: { token: string } }
    ).status;
    const bob = { as: 'nobody', headers: { Authorization: `Bearer ${token}` } } as const;
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const who = await ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { ...bob, body: review });
    assert.match(who.text, /"username":"system:serviceaccount:default:bob"/);
    const refused = await ask('GET', '/api/v1/namespaces/default/secrets', bob);
    assert.deepEqual(
      [refused.code, message(refused)],
      [
        403,
        'secrets is forbidden: User "system:serviceaccount:default:bob" cannot list resource "secrets" in API group "" in the namespace "default"',
      ],
    );
    await ask('DELETE', `${accounts}/bob`);
    assert.equal((await ask('GET', '/api', bob)).code, 401);
  });
});

describe('discovery', () => {
  it('is told in one document or many', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const whole = await ask('GET', '/apis', { accept });
    assert.equal(whole.headers['content-type'], accept);
    assert.match((await ask('GET', '/apis')).text, /"kind":"APIGroupList"/);
    assert.match((await ask('GET', '/api/v1')).text, /"name":"serviceaccounts\/token"/);
  });

  it('has OpenAPI documents that can be cached by their hash', async () => {
    const index = (await ask('GET', '/openapi/v3')).body as { paths: Record<string, { serverRelativeURL: string }> };
    const url = index.paths['api/v1']?.serverRelativeURL ?? '';
    const document = await ask('GET', url);
    assert.equal(document.code, 200);
    assert.equal((await ask('GET', url, { headers: { 'If-None-Match': document.headers.etag ?? '' } })).code, 304);
  });
});

describe('connections', () => {
  it('are not shared by two requests smuggled as one', async () => {
    const socket = connect({ host: '127.0.0.1', port: server.api.port, ca: server.ca.cert, ...server.admin });
    await once(socket, 'secureConnect');
    socket.write(
      `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
    assert.match(text, /^HTTP\/1.1 400/);
    assert.doesNotMatch(text, /gitVersion/);
  });

  it('speak nothing older than TLS 1.2', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: server.api.port,
      ca: server.ca.cert,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    const [error] = (await once(socket, 'error')) as [Error];
    assert.ok(error);
  });
});
