/** Connections that mean harm: strangers' certificates, requests smuggled in others, clients that are slow, many, or gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { startTestServer, type TestServer } from '../server/harness.ts';
import { TestCa, type KeyAndCertificate } from '../server/certificates.ts';

const base = '/api/v1/namespaces/default/configmaps';
const full = process.env['LARDER_FULL'] === '1';
const faults: unknown[] = [];
const ended: (() => Promise<void>)[] = [];
const open = new Set<{ destroy: () => void }>();
let server: TestServer;

before(async () => {
  const t = { after: (end: unknown) => void ended.push(end as () => Promise<void>) };
  server = await startTestServer(t, { onError: error => void faults.push(error) });
});
after(async () => {
  for (const socket of open) socket.destroy();
  for (const end of ended) await end();
});

async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.api.port, ca: server.ca.cert, ...server.admin, ...options });
  open.add(socket);
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** All that comes until the server ends the connection. */
async function readAll(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  if (!socket.destroyed) await once(socket, 'close');
  return text;
}

async function say(text: string): Promise<string> {
  const socket = await dial();
  socket.write(text);
  return readAll(socket);
}

const answers = async (): Promise<void> => assert.equal((await server.ask('GET', base)).code, 200);

describe('plain HTTP', () => {
  it('is answered as Kubernetes does, and nothing of it is looked at', async () => {
    const socket = createConnection(server.api.port, '127.0.0.1');
    open.add(socket);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.write('GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await ended;
    assert.equal(text, 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    await answers();
  });
});

describe('who one is', () => {
  const path = '/api/v1/namespaces/default/secrets';
  const strangers: [string, () => Promise<KeyAndCertificate>][] = [
    ['an expired certificate', () => server.ca.issue('CN=admin, O=system:masters', [], { expired: true })],
    [
      'a certificate that is for servers',
      () => server.ca.issue('CN=admin, O=system:masters', [], { serverOnly: true }),
    ],
    [
      'a certificate of another authority of the same name',
      async () => (await TestCa.make()).issue('CN=admin, O=system:masters'),
    ],
    ['a certificate without a name', () => server.ca.issue('O=system:masters')],
  ];
  for (const [what, make] of strangers) {
    it(`is not proven by ${what}`, async () => {
      const answer = await server.ask('GET', path, { as: await make() });
      assert.equal(answer.code, 401, answer.text);
    });
  }
  it('is not proven by the key of another certificate', async () => {
    const other = await server.ca.issue('CN=other');
    await assert.rejects(server.ask('GET', path, { as: { cert: server.admin.cert, key: other.key } }));
  });
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'system:admin', iss: 'https://kubernetes.default.svc.cluster.local', exp: 99999999999 };
  for (const [what, token] of [
    ['an unsigned token', `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
    ['a token signed with the public certificate', `${encoded({ alg: 'HS256' })}.${encoded(claims)}.AAAA`],
    ['a token with a key of its own', `${encoded({ alg: 'ES256', jwk: {} })}.${encoded(claims)}.AAAA`],
    ['a huge token', 'a.'.repeat(10_000)],
    ['no JSON', 'e30.e30.e30'],
  ]) {
    it(`is not proven by ${what}`, async () => {
      const answer = await server.ask('GET', path, { as: 'nobody', headers: { Authorization: `Bearer ${token}` } });
      assert.equal(answer.code, 401);
    });
  }
  it('is not proven by headers of proxies', async () => {
    const pretended: Record<string, string>[] = [
      { 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters' },
      { 'Impersonate-User': 'admin', 'Impersonate-Group': 'system:masters' },
      { 'X-Forwarded-Client-Cert': 'Subject="O=system:masters,CN=admin"' },
    ];
    for (const headers of pretended) {
      const answer = await server.ask('GET', path, { as: 'nobody', headers });
      assert.ok([401, 403].includes(answer.code), answer.text);
    }
  });
});

describe('one request', () => {
  const get = 'GET /version HTTP/1.1\r\nHost: x\r\n';
  const hidden = 'GET /version HTTP/1.1\r\nHost: x\r\n\r\n';
  const smuggled: [string, string][] = [
    [
      'two lengths',
      `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    ],
    [
      'a length and chunks',
      `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'chunks spelled oddly',
      `POST ${base} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n${hidden}`,
    ],
    ['a space before a colon', `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n${hidden}`],
    [
      'a folded header',
      `POST ${base} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['a length with a sign', `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n${hidden}`],
    ['a negative length', `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n${hidden}`],
    [
      'a chunk of impossible size',
      `POST ${base} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${hidden}`,
    ],
    ['a NUL in a header', `${get}X-A: a\0b\r\n\r\n${hidden}`],
    ['a lone carriage return', `${get}X-A: a\rGET /version HTTP/1.1\r\n\r\n${hidden}`],
    ['another version of HTTP', `GET /version HTTP/3.7\r\nHost: x\r\n\r\n${hidden}`],
    ['no host', `GET /version HTTP/1.1\r\n\r\n`],
    ['a method that is none', `GET\0 /version HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`],
    ['the preface of HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ['bytes that are no HTTP', '\x00\x01\x02\x03'.repeat(100)],
  ];
  for (const [what, text] of smuggled) {
    it(`with ${what} is refused, and nothing behind it is heard`, async () => {
      const answer = await say(text);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.doesNotMatch(answer, /gitVersion/);
    });
  }
  it('with a head too large to read is refused', async () => {
    assert.match(await say(`${get}X-A: ${'a'.repeat(100_000)}\r\n\r\n`), /^HTTP\/1\.1 431 |^$/);
  });
  it('whose target is no path, or for another server, is refused', async () => {
    for (const target of ['*', 'http://elsewhere/version', 'version', '//[::1', '?x']) {
      const answer = await say(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 (400|404) /, target);
    }
  });
  it('to tunnel or to speak something else gets neither', async () => {
    const tunnel = await say('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.doesNotMatch(tunnel, /^HTTP\/1\.1 2/);
    const upgrade = await say(`${get}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`);
    assert.doesNotMatch(upgrade, /^HTTP\/1\.1 101/);
  });
  it('that announces more than fits is refused before it is sent', async () => {
    const answer = await say(`POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 413 /);
  });
  it('that sends more than fits, piece by piece, is cut off', async () => {
    const socket = await dial();
    const heard = readAll(socket);
    socket.write(`POST ${base} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 100 && !socket.destroyed; sent++) {
      if (!socket.write(piece))
        await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
    }
    assert.match(await heard, /^HTTP\/1\.1 413 |^$/);
    await answers();
  });
});

describe('the protocol', () => {
  it('is HTTP/1.1 for whoever would rather have HTTP/2, and nothing for who takes nothing else', async () => {
    const socket = await dial({ ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
    await assert.rejects(dial({ ALPNProtocols: ['h2'] }));
  });
  it('is TLS alone', async () => {
    const socket = createConnection({ host: '127.0.0.1', port: server.api.port });
    open.add(socket);
    socket.on('error', () => undefined);
    socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await once(socket, 'close');
    assert.doesNotMatch(text, /gitVersion/);
  });
});

describe('clients that are gone', () => {
  it('in the middle of a body are no fault of the server', async () => {
    for (let count = 0; count < 20; count++) {
      const socket = await dial();
      socket.write(
        `POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: application/json\r\n\r\n{"apiVersion":`,
      );
      await answers();
      socket.destroy();
    }
    await answers();
    assert.deepEqual(faults.map(String), []);
  });
  it('in the middle of a list or a watch are no fault of the server', async () => {
    for (const query of [
      '',
      '?watch=1',
      '?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    ]) {
      const socket = await dial();
      socket.write(`GET ${base}${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
    }
    await answers();
    assert.deepEqual(faults.map(String), []);
  });
});

describe('clients that are many', () => {
  it('and say nothing keep nobody from being served', async () => {
    const count = full ? 1_000 : 200;
    for (let done = 0; done < count; done += 20) await Promise.all(Array.from({ length: 20 }, () => dial()));
    await answers();
    for (const socket of open) socket.destroy();
  });
});

describe('clients that are slow', { skip: !full && 'takes 80 s: LARDER_FULL=1' }, () => {
  it(
    'are cut off: no word, half a head, a byte of a head now and then, half a body, no handshake',
    { timeout: 180_000 },
    async () => {
      const mute = await dial();
      const half = await dial();
      half.write('GET /version HTTP/1.1\r\nHost: x\r\n');
      const dripping = await dial();
      dripping.write('GET /version HTTP/1.1\r\n');
      const drip = setInterval(() => void dripping.write('X-A: b\r\n'), 500);
      const body = await dial();
      body.write(`POST ${base} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
      const bodyDrip = setInterval(() => void body.write(' '), 2_000);
      const bare = createConnection({ host: '127.0.0.1', port: server.api.port });
      open.add(bare);
      bare.on('error', () => undefined);
      bare.resume();
      const gone = (socket: { destroyed: boolean; once: TLSSocket['once'] }) => once(socket as TLSSocket, 'close');
      for (const socket of [mute, half, dripping, body]) socket.resume();
      await Promise.all([mute, half, dripping, body, bare as unknown as TLSSocket].map(gone));
      clearInterval(drip);
      clearInterval(bodyDrip);
      await answers();
    },
  );
});
