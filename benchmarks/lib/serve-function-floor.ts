/**
 * The least that a call can cost: node's own gRPC with mutual TLS, bytes in and prepared bytes out, as a process of its own:
 * `serve-function-floor.ts <certificates> <file with an answer>`. Says its port as `{"port":…}`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { asBytes, functionPath } from './function-client.ts';

const [folder = '', answerFile = ''] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(join(folder, name));
const answer = readFileSync(answerFile);
const server = new Server();
server.addService(
  { runFunction: { path: functionPath, requestStream: false, responseStream: false, ...asBytes } },
  { runFunction: (_call: unknown, callback: sendUnaryData<Buffer>) => callback(null, answer) },
);
const pair = { private_key: read('tls.key'), cert_chain: read('tls.crt') };
const credentials = ServerCredentials.createSsl(read('ca.crt'), [pair], true);
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) throw error;
  console.log(JSON.stringify({ port }));
});
