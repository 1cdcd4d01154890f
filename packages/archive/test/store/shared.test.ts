/** Stores that share their connections. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { openStore, shareConnections, type Destination } from '@larder/archive';

describe('stores that share their connections', () => {
  it('use one after the other the same one, also after the first is closed', async () => {
    let connections = 0;
    const server = createServer((_, response) => response.writeHead(200, { 'Content-Length': 0 }).end());
    server.on('connection', () => connections++);
    server.keepAliveTimeout = 120_000;
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', prefix: '', serverName: 'pg' };
    const key = { accessKeyId: 'LKAAAAAAAAAAAAAAAAAA', secretAccessKey: 'secret' };
    const destinations: Destination[] = ['one', 'two', 'three'].map(bucket => ({ ...at, ...key, bucket }));
    const shared = shareConnections(1);
    try {
      const [first, ...others] = destinations.map(destination => openStore(destination, { shared }));
      await first!.check();
      first!.close();
      for (const other of others) await other.check();
      for (const other of others) other.close();
      assert.equal(connections, 1);
    } finally {
      shared.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  });
});
