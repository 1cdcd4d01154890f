/** The HTTPS client against a small server that answers as Kubernetes does; and what it reads from kubeconfigs. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isExpired, isNotFound, StatusError } from '@larder/kube';
import { connectionOf, ConnectionError, httpClient, loadConnection, type HttpClient } from '../src/index.ts';
import { thing, thingKind } from './memory-client.ts';

interface Asked {
  method: string;
  url: string;
  type?: string;
  body: unknown;
  token?: string;
}

type Answer = (asked: Asked, response: ServerResponse) => void;

const resources = {
  resources: [
    { name: 'things', singularName: 'thing', kind: 'Thing', namespaced: true, verbs: [], shortNames: ['tg'] },
    { name: 'things/status', singularName: '', kind: 'Thing', namespaced: true, verbs: [] },
    { name: 'worlds', singularName: 'world', kind: 'World', namespaced: false, verbs: [] },
  ],
};
const worldKind = { ...thingKind, kind: 'World' };

async function serve(t: TestContext, answer: Answer): Promise<{ client: HttpClient; asked: Asked[]; port: number }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void receive(request, response));
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    if (url === '/apis/test.dev/v1') return void json(response, 200, resources);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const one = { method, url, type: headers['content-type'], body, token: headers.authorization };
    asked.push(one);
    answer(one, response);
  };
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = httpClient({ server: `http://127.0.0.1:${port}`, token: 'abc', namespace: 'mine' });
  t.after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return { client, asked, port };
}

function json(response: ServerResponse, code: number, value: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const failure = (code: number, reason: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason,
  message: reason,
  code,
});

test('every method asks what Kubernetes expects', async t => {
  const { client, asked } = await serve(t, (_one, response) =>
    json(response, 200, { ...thing('a'), items: [], metadata: {} }),
  );
  const ref = { ...thingKind, name: 'a/b', namespace: 'n' };
  const ask = async (call: Promise<unknown>): Promise<string> => {
    await call;
    const { method, url, type = '', body } = asked.at(-1) as Asked;
    return [method, url, type, JSON.stringify(body) ?? ''].join(' ').trim();
  };
  const base = '/apis/test.dev/v1/namespaces/n/things';
  assert.equal(await ask(client.get(ref)), `GET ${base}/a%2Fb`);
  assert.equal(await ask(client.get({ ...thingKind, name: 'a' })), 'GET /apis/test.dev/v1/namespaces/mine/things/a');
  assert.equal(await ask(client.get({ ...worldKind, name: 'w' })), 'GET /apis/test.dev/v1/worlds/w');
  assert.equal(
    await ask(client.list(thingKind, { labelSelector: 'a=b', limit: 2 })),
    'GET /apis/test.dev/v1/things?labelSelector=a%3Db&limit=2',
  );
  assert.equal(
    await ask(
      client.patch(ref, { type: 'apply', body: { metadata: { name: 'a/b' } }, force: true }, { fieldManager: 'm' }),
    ),
    `PATCH ${base}/a%2Fb?fieldManager=m&force=true application/apply-patch+yaml {"apiVersion":"test.dev/v1","kind":"Thing","metadata":{"name":"a/b"}}`,
  );
  assert.equal(
    await ask(client.patch(ref, { type: 'merge', body: { a: 1 } }, { subresource: 'status', dryRun: true })),
    `PATCH ${base}/a%2Fb/status?fieldManager=larder&dryRun=All application/merge-patch+json {"a":1}`,
  );
  assert.match(
    await ask(client.create(thing('c'))),
    /^POST \/apis\/test.dev\/v1\/namespaces\/mine\/things\?fieldManager=larder application\/json/,
  );
  assert.match(await ask(client.updateStatus(thing('c'))), /^PUT .*\/namespaces\/mine\/things\/c\/status\?/);
  assert.equal(
    await ask(client.delete(ref, { propagationPolicy: 'Foreground' })),
    `DELETE ${base}/a%2Fb application/json {"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground"}`,
  );
  assert.ok(asked.every(each => each.token === 'Bearer abc'));
});

test('failures are StatusErrors with the server’s own words; no answer is a ConnectionError', async t => {
  const { client, port } = await serve(t, ({ url }, response) => {
    if (url.endsWith('/html')) response.writeHead(502).end('<h1>Bad gateway</h1>');
    else json(response, 404, failure(404, 'NotFound'));
  });
  await assert.rejects(client.get({ ...thingKind, name: 'a' }), isNotFound);
  assert.equal(await client.find({ ...thingKind, name: 'a' }), undefined);
  await assert.rejects(client.find({ ...thingKind, kind: 'Nothing', name: 'a' }), isNotFound);
  await assert.rejects(
    client.get({ ...thingKind, name: 'html' }),
    (error: StatusError) => error instanceof StatusError && error.code === 502 && error.message.includes('Bad gateway'),
  );
  const nobody = httpClient({ server: `http://127.0.0.1:1` });
  await assert.rejects(nobody.get({ ...thingKind, name: 'a' }), (error: Error) => {
    return error instanceof ConnectionError && error.message.startsWith('cannot reach http://127.0.0.1:1: ');
  });
  assert.ok(port > 0);
});

test('a kind of a group that is not served is not found, as one that its group lacks', async t => {
  const { client } = await serve(t, (_asked, response) => void response.writeHead(404).end('404 page not found\n'));
  for (const kind of [
    { apiVersion: 'nobody.dev/v1', kind: 'Thing' },
    { ...thingKind, kind: 'Stranger' },
  ])
    await assert.rejects(client.list(kind), error => isNotFound(error));
});

test('a watch gives events however the network cuts them, throws what the server says, and ends with its signal', async t => {
  const line = JSON.stringify({ type: 'ADDED', object: thing('ä€') }) + '\n';
  const { client } = await serve(t, ({ url }, response) => {
    response.writeHead(200);
    if (url.includes('resourceVersion=old')) {
      response.end(JSON.stringify({ type: 'ERROR', object: failure(410, 'Expired') }) + '\n');
      return;
    }
    const bytes = Buffer.from(line);
    const cut = bytes.indexOf(0xe2) + 1;
    response.write(bytes.subarray(0, cut), () => response.write(bytes.subarray(cut)));
  });
  const ending = new AbortController();
  const seen: string[] = [];
  for await (const event of client.watch(thingKind, { signal: ending.signal })) {
    seen.push(`${event.type} ${event.object.metadata.name}`);
    ending.abort();
  }
  assert.deepEqual(seen, ['ADDED ä€']);
  await assert.rejects(async () => {
    for await (const event of client.watch(thingKind, { resourceVersion: 'old' })) assert.fail(event.type);
  }, isExpired);
});

const kubeconfig = {
  'current-context': 'here',
  contexts: [
    { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'n' } },
    { name: 'plugin', context: { cluster: 'c', user: 'p' } },
    { name: 'lost', context: { cluster: 'gone', user: 'u' } },
  ],
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/', 'certificate-authority': 'ca.pem' } }],
  users: [
    {
      name: 'u',
      user: { 'client-certificate-data': Buffer.from('CERT').toString('base64'), 'client-key': 'key.pem', token: 't' },
    },
    { name: 'p', user: { exec: { command: 'aws' } } },
  ],
};

test('kubeconfigs: inline data, files beside the kubeconfig, JSON and YAML', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'larder-controller-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'ca.pem'), 'CA');
  await writeFile(join(folder, 'key.pem'), 'KEY');
  await writeFile(join(folder, 'json'), JSON.stringify(kubeconfig));
  await writeFile(join(folder, 'yaml'), `# a comment\n${JSON.stringify(kubeconfig)}\n`);
  for (const name of ['json', 'yaml']) {
    const { server, ca, cert, key, token, namespace } = await loadConnection(join(folder, name));
    assert.deepEqual(
      [server, ca, cert, key, token, namespace],
      ['https://127.0.0.1:6443', 'CA', 'CERT', 'KEY', 't', 'n'],
    );
  }
});

for (const { context, want } of [
  { context: 'nowhere', want: 'no context "nowhere"; it has "here", "plugin", "lost"' },
  { context: 'lost', want: 'no cluster "gone"; it has "c"' },
  { context: 'plugin', want: 'user "p" logs in with a plugin; give it a token or a client certificate' },
]) {
  test(`kubeconfig with context ${context} is refused with the remedy`, async () => {
    await assert.rejects(connectionOf(kubeconfig, { context }), { message: `cannot use kubeconfig: ${want}` });
  });
}
