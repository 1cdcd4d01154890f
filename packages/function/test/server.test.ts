/** A real gRPC client in Crossplane's place, with certificates and without. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  FunctionRunnerServiceService,
  RunFunctionRequest,
  Severity,
  type RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import { credentials, makeGenericClientConstructor, status, type ServiceError } from '@grpc/grpc-js';
import { issueAuthority } from '@larder/local';
import { startFunction, type FunctionLog, type RunningFunction } from '@larder/function';
import { certificate, mountCertificates, type Mounted } from './certificates.ts';

const lines: string[] = [];
const note = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
const log: FunctionLog = { info: note, debug: note, error: note };

let mounted: Mounted;
let running: RunningFunction;
before(async () => {
  mounted = await mountCertificates();
  running = await startFunction({
    address: '127.0.0.1:0',
    certificates: mounted.folder,
    refreshMs: 50,
    maxMessageBytes: 8 * 1024 ** 2,
    health: { host: '127.0.0.1', port: 0 },
    log,
  });
});
after(async () => {
  await running.stop();
  mounted.remove();
});

test('Crossplane, with its certificate, is answered', async () => {
  const response = await callAsCrossplane(aRequest());
  assert.deepEqual(Object.keys(response.desired?.resources ?? {}), ['namespace']);
  assert.equal(response.results.length, 0);
});

test('a stranger without a certificate is refused', async () => {
  const stranger = credentials.createSsl(Buffer.from(mounted.authority.cert));
  assert.equal((await refusal(stranger)).code, status.UNAVAILABLE);
});

test('a stranger with a certificate of another authority is refused', async () => {
  const other = await issueAuthority('somebody', new Date());
  const { cert, key } = await certificate(other, 'client');
  const stranger = credentials.createSsl(Buffer.from(mounted.authority.cert), Buffer.from(key), Buffer.from(cert));
  assert.equal((await refusal(stranger)).code, status.UNAVAILABLE);
});

test('a stranger without TLS is refused', async () => {
  assert.equal((await refusal(credentials.createInsecure())).code, status.UNAVAILABLE);
});

test('a message larger than agreed is refused, and the next one answered', async () => {
  const filler = 'x'.repeat(9 * 1024 ** 2);
  const error = await callAsCrossplane(aRequest({ filler })).catch((reason: unknown) => reason as ServiceError);
  assert.equal((error as ServiceError).code, status.RESOURCE_EXHAUSTED);
  await callAsCrossplane(aRequest({ filler: filler.slice(0, 5 * 1024 ** 2) }));
});

test('a Composition that names no engine fails the call, so that nothing changes', async () => {
  const asked = aRequest();
  const response = await callAsCrossplane({ ...asked, input: { ...asked.input, engine: 'oracle' } });
  const [result] = response.results;
  assert.equal(result?.severity, Severity.SEVERITY_FATAL);
  assert.match(result?.message ?? '', /"postgresql\/oracle" is not on offer: choose postgresql\/cloudnativepg or/);
});

test('health and metrics are told over HTTP', async () => {
  await callAsCrossplane(aRequest());
  const ask = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${running.healthPort}${path}`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask('/healthz'), [200, 'ok\n']);
  assert.deepEqual(await ask('/readyz'), [200, 'ok\n']);
  assert.match((await ask('/metrics'))[1], /larder_function_calls_total\{outcome="done"\} [1-9]/);
  assert.equal((await ask('/secrets'))[0], 404);
});

test('the log names claim and composite, and holds no secret', async () => {
  const asked = aRequest();
  const password = 'do-not-tell';
  const data = { username: 'YXBw', password: Buffer.from(password).toString('base64') };
  const metadata = { name: 'postgres1-abcde-app', namespace: 'sv-postgresql-postgres1-abcde' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data };
  const one = { resource: secret, connectionDetails: { password: Buffer.from(password) }, ready: 0 };
  await callAsCrossplane({
    ...asked,
    requiredResources: { 'secret-postgres1-abcde-app': { items: [one] } },
    observed: { ...asked.observed, composite: asked.observed?.composite, resources: { extra: one } },
  });
  const written = lines.join('\n');
  assert.match(
    written,
    /"kind":"XPostgreSQLInstance","composite":"postgres1-abcde","claim":"postgres1","namespace":"my-app"/,
  );
  assert.ok(!written.includes(password) && !written.includes(data.password));
});

test('certificates that change are used without a restart', async () => {
  const authority = await issueAuthority('the next', new Date());
  await mounted.renew(authority);
  const mine = { ...mounted, authority };
  const deadline = Date.now() + 60_000;
  let answered: RunFunctionResponse | undefined;
  while (answered === undefined && Date.now() < deadline) {
    answered = await callAsCrossplane(aRequest(), mine).catch(() => undefined);
  }
  assert.ok(answered, 'the new authority is known');
  await assert.rejects(callAsCrossplane(aRequest()), 'the former one is not any more');
});

test('it ends after the calls under way are answered', async () => {
  const another = await startFunction({ address: '127.0.0.1:0', log });
  const client = clientOf(another.port, credentials.createInsecure());
  const calls = Array.from({ length: 20 }, () => call(client, aRequest()));
  await Promise.all(calls.slice(0, 1));
  const ended = another.stop();
  const outcomes = await Promise.allSettled(calls);
  client.close();
  await ended;
  assert.ok(outcomes.every(({ status: outcome }) => outcome === 'fulfilled'));
});

function aRequest(labels: Record<string, string> = {}): RunFunctionRequest {
  const composite = {
    apiVersion: 'syn.tools/v1',
    kind: 'XPostgreSQLInstance',
    metadata: { name: 'postgres1-abcde', uid: 'u', labels },
    spec: {
      parameters: { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } },
      claimRef: { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace: 'my-app', name: 'postgres1' },
    },
  };
  return RunFunctionRequest.fromPartial({
    meta: { tag: 't', capabilities: [] },
    observed: { composite: { resource: composite }, resources: {} },
    input: { service: 'postgresql', engine: 'cloudnativepg', images: [{ version: '17.11', image: 'pg:17.11' }] },
  });
}

async function callAsCrossplane(
  request: RunFunctionRequest,
  { authority }: Pick<Mounted, 'authority'> = mounted,
): Promise<RunFunctionResponse> {
  const { cert, key } = await certificate(authority, 'client');
  const client = clientOf(
    running.port,
    credentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert)),
  );
  return call(client, request).finally(() => client.close());
}

async function refusal(by: ReturnType<typeof credentials.createSsl>): Promise<ServiceError> {
  const client = clientOf(running.port, by);
  const outcome = await call(client, aRequest()).catch((error: unknown) => error as ServiceError);
  client.close();
  assert.ok('code' in outcome, 'it was answered');
  return outcome;
}

type Client = InstanceType<ReturnType<typeof makeGenericClientConstructor>>;

function clientOf(port: number, by: ReturnType<typeof credentials.createSsl>): Client {
  const Runner = makeGenericClientConstructor(FunctionRunnerServiceService, 'FunctionRunnerService');
  return new Runner(`127.0.0.1:${port}`, by, {
    'grpc.max_receive_message_length': 32 * 1024 ** 2,
    'grpc.ssl_target_name_override': 'localhost',
  });
}

function call(client: Client, request: RunFunctionRequest): Promise<RunFunctionResponse> {
  const { path, requestSerialize, responseDeserialize } = FunctionRunnerServiceService.runFunction;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
      if (error) reject(error);
      else resolve(response!);
    });
  });
}
