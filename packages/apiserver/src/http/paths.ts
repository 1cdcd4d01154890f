/** Requests that are for no resource: discovery, OpenAPI, health, version. */
import { resourceNotFound } from '@larder/kube';
import { authorize, refusal } from '../auth/authorize.ts';
import { groupDiscovery } from '../discovery/aggregated.ts';
import { coreVersions, group, groupList, resourceList } from '../discovery/legacy.ts';
import { apiVersionOf } from '../registry/served.ts';
import type { HttpContext } from './context.ts';
import { send, sendPageNotFound, sendText, type Exchange } from './exchange.ts';
import { parseAccept } from './media-type.ts';
import { negotiate } from './negotiate.ts';
import { notAllowed } from './not-allowed.ts';
import { handleOpenApi } from './openapi.ts';

/** @throws StatusError `NotFound` for a path that isn't served */
export async function handlePath(context: HttpContext, exchange: Exchange, parts: readonly string[]): Promise<void> {
  const verb = exchange.method === 'HEAD' ? 'get' : exchange.method.toLowerCase();
  const action = { kind: 'path', verb, path: exchange.pathname } as const;
  if (!authorize(exchange.user, action).allowed) throw refusal(exchange.user, action);
  const [root = '', ...rest] = parts;
  const handler = roots.get(root);
  if (handler === undefined) return sendPageNotFound(exchange);
  if (verb !== 'get') throw notAllowed();
  await handler(context, exchange, rest);
}

type Handler = (context: HttpContext, exchange: Exchange, rest: readonly string[]) => void | Promise<void>;

const roots = new Map<string, Handler>([
  [
    '',
    (_context, exchange) =>
      send(exchange, 200, {
        paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
      }),
  ],
  ['api', (context, exchange, rest) => handleDiscovery(context, exchange, 'api', rest)],
  ['apis', (context, exchange, rest) => handleDiscovery(context, exchange, 'apis', rest)],
  ['openapi', handleOpenApi],
  ['version', handleVersion],
  ['healthz', handleHealth],
  ['livez', handleHealth],
  ['readyz', handleHealth],
]);

function handleDiscovery(
  context: HttpContext,
  exchange: Exchange,
  root: 'api' | 'apis',
  rest: readonly string[],
): void {
  const { registry } = context.api;
  if (rest.length === 0) return sendRoot(context, exchange, root);
  const { encoding } = negotiate(exchange.request.headers.accept, false);
  const found = root === 'api' ? coreDocument() : groupDocument();
  if (found === undefined) {
    if (root === 'apis' && !registry.hasBuiltinGroup(rest[0] ?? '')) return sendPageNotFound(exchange);
    throw resourceNotFound();
  }
  send(exchange, 200, found, encoding);

  function coreDocument(): object | undefined {
    return rest.length === 1 ? resourceList(registry, rest[0] ?? '') : undefined;
  }
  function groupDocument(): object | undefined {
    const [name = '', version = ''] = rest;
    if (rest.length === 1) return group(registry, name);
    return rest.length === 2 ? resourceList(registry, apiVersionOf(name, version)) : undefined;
  }
}

function sendRoot({ api }: HttpContext, exchange: Exchange, root: 'api' | 'apis'): void {
  const { request, response } = exchange;
  response.setHeader('Vary', 'Accept');
  const version = aggregatedVersion(request.headers.accept);
  if (version !== undefined) {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return sendText(exchange, 200, JSON.stringify(groupDiscovery(api.registry, root, version)), type);
  }
  const { encoding } = negotiate(request.headers.accept, false);
  const address = `${request.socket.localAddress ?? ''}:${request.socket.localPort ?? ''}`;
  send(exchange, 200, root === 'api' ? coreVersions(address) : groupList(api.registry), encoding);
}

/** The version of aggregated discovery that the client prefers over anything else. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v');
    const known = parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (known && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}

/** Whose behaviour clients may expect. */
const kubernetes = { major: '1', minor: '35', patch: '4' };

function handleVersion({ version }: HttpContext, exchange: Exchange): void {
  negotiate(exchange.request.headers.accept, false);
  const { major, minor, patch } = kubernetes;
  const gitVersion = `v${major}.${minor}.${patch}+larder.${version}`;
  send(exchange, 200, {
    ...{ major, minor, gitVersion, gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z' },
    ...{ goVersion: process.version, compiler: 'v8', platform: `${process.platform}/${process.arch}` },
  });
}

function handleHealth(_context: HttpContext, exchange: Exchange): void {
  sendText(exchange, 200, 'ok', 'text/plain; charset=utf-8');
}
