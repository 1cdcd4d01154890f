/** OpenAPI documents: v2 in one, v3 one for each group version, with hashes that clients cache by. */
import { notAcceptable, openApiV2, openApiV3, type ResourceDefinition } from '@larder/kube';
import { createHash } from 'node:crypto';
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf } from '../registry/served.ts';
import type { HttpContext } from './context.ts';
import { send, sendPageNotFound, sendText, type Exchange } from './exchange.ts';
import { parseAccept } from './media-type.ts';

/** @throws StatusError */
export function handleOpenApi({ api }: HttpContext, exchange: Exchange, rest: readonly string[]): void {
  const [version, ...path] = rest;
  checkAccept(exchange);
  if (version === 'v2' && path.length === 0) return sendV2(exchange, api.registry);
  if (version !== 'v3') return sendPageNotFound(exchange);
  if (path.length === 0) return send(exchange, 200, { paths: index(api.registry) });
  sendV3(exchange, api.registry, path);
}

function checkAccept({ request }: Exchange): void {
  const accepted = parseAccept(request.headers.accept ?? '*/*').map(({ type }) => type);
  if (accepted.some(type => type === '*/*' || type === 'application/*' || type === 'application/json')) return;
  throw notAcceptable(['application/json']);
}

function sendV2(exchange: Exchange, registry: Registry): void {
  const definitions = registry.all().map(({ definition }) => definition);
  sendHashed(exchange, hashOf(definitions), () => openApiV2(definitions));
}

function index(registry: Registry): Record<string, { serverRelativeURL: string }> {
  const versions = registry.groups().flatMap(({ name, versions }) => versions.map(version => ({ name, version })));
  return Object.fromEntries(
    versions.map(({ name, version }) => {
      const path = name === '' ? `api/${version}` : `apis/${name}/${version}`;
      const hash = hashOf(definitionsOf(registry, name, version));
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    }),
  );
}

function sendV3(exchange: Exchange, registry: Registry, path: readonly string[]): void {
  const [root, group = '', version = ''] = path[0] === 'api' ? ['api', '', path[1]] : path;
  const definitions = definitionsOf(registry, group, version);
  const known = (root === 'api' && path.length === 2) || (root === 'apis' && path.length === 3);
  if (!known || definitions.length === 0) {
    exchange.response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const hash = hashOf(definitions);
  const asked = exchange.query.get('hash');
  if (asked !== null && asked !== hash) {
    const location = `/openapi/v3/${path.map(encodeURIComponent).join('/')}?hash=${hash}`;
    exchange.response.writeHead(301, { Location: location, 'Content-Length': 0 }).end();
    return;
  }
  sendHashed(exchange, hash, () => openApiV3(group, version, definitions));
}

function definitionsOf(registry: Registry, group: string, version: string): ResourceDefinition[] {
  return registry.inGroupVersion(apiVersionOf(group, version)).map(({ definition }) => definition);
}

/** Of what the document is made from: much less than the document. */
function hashOf(definitions: readonly ResourceDefinition[]): string {
  return createHash('sha256').update(JSON.stringify(definitions)).digest('hex').toUpperCase();
}

function sendHashed(exchange: Exchange, hash: string, document: () => object): void {
  const { request, response } = exchange;
  response.setHeader('ETag', `"${hash}"`);
  response.setHeader('Vary', 'Accept');
  if (request.headers['if-none-match'] === `"${hash}"`) {
    response.writeHead(304).end();
    return;
  }
  sendText(exchange, 200, JSON.stringify(document()), 'application/json');
}
