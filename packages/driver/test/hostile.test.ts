/** Whoever holds the port may be an impostor: it never gets a password, in any form. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { ScramClient, scramVerifier } from '@larder/driver';

const message = (type: string, ...fields: number[]): Buffer => {
  const body = Buffer.from(fields);
  const head = Buffer.from([type.charCodeAt(0), 0, 0, 0, 0]);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** What a client says to a server that answers its greeting with `answer`. */
async function saidTo(answer: Buffer): Promise<{ error: string; said: string }> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('data', chunk => {
      if (heard.push(chunk) === 1) socket.write(answer);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const client = new ScramClient({
    host: '127.0.0.1',
    port,
    user: 'app',
    password: 'sesame',
    database: 'app',
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  const error = await client.connect().then(
    () => 'was taken in',
    (cause: Error) => cause.message,
  );
  for (const socket of sockets) socket.destroy();
  await new Promise(resolve => server.close(resolve));
  return { error, said: Buffer.concat(heard).toString('latin1') };
}

describe('a server that only pretends', () => {
  const cases = {
    'asks for a cleartext password': { answer: message('R', 0, 0, 0, 3), error: /asked for a cleartext password/ },
    'asks for an MD5 password': { answer: message('R', 0, 0, 0, 5, 1, 2, 3, 4), error: /asked for an MD5 password/ },
    'asks for no password at all': {
      answer: Buffer.concat([message('R', 0, 0, 0, 0), message('Z', 'I'.charCodeAt(0))]),
      error: /did not prove that it knows the password/,
    },
  };
  for (const [what, { answer, error }] of Object.entries(cases)) {
    it(`is refused when it ${what}`, async () => {
      const found = await saidTo(answer);
      assert.match(found.error, error);
      assert.ok(!found.said.includes('sesame') && !found.said.includes('md5'), found.said);
    });
  }

  for (const where of ['in its first message', 'in many messages'] as const)
    it(`cannot fill the memory ${where} before anybody is logged in`, async () => {
      const head = Buffer.from([0x45, 0x3f, 0xff, 0xff, 0xff]);
      const notice = Buffer.concat([Buffer.from([0x4e, 0, 0, 4, 0]), Buffer.alloc(1_020)]);
      const flood =
        where === 'in many messages' ? Buffer.concat(Array<Buffer>(64).fill(notice)) : Buffer.alloc(2 ** 16);
      let sent = 0;
      const sockets = new Set<Socket>();
      const server = createServer(socket => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        const pour = (): void => {
          while (sent < 2 ** 28 && !socket.destroyed) {
            sent += flood.length;
            if (!socket.write(flood)) return void socket.once('drain', pour);
          }
        };
        socket.once('data', () => {
          if (where === 'in its first message') socket.write(head);
          pour();
        });
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const client = new ScramClient({ host: '127.0.0.1', port, user: 'app', password: 'sesame', database: 'app' });
      client.on('error', () => undefined);
      await assert.rejects(client.connect(), /answer is longer than 1048576 bytes/);
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
      assert.ok(sent < 2 ** 28, String(sent));
    });

  it('would find no password in a verifier, which is the one of RFC 7677', async () => {
    const verifier = await scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
    assert.equal(
      verifier,
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});
