/** One request and its answer. */
import type { Status } from '@larder/kube';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import type { User } from '../rest/api.ts';
import { parseAccept } from './media-type.ts';
import type { OutputForm } from './negotiate.ts';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  user: User;
  /** Upper case. */
  method: string;
  pathname: string;
  query: URLSearchParams;
  /** Told to the client beside the answer. */
  warnings: string[];
}

/** As Go's encoder writes it. Many readers take YAML for version 1.1, where a bare `yes` is no text. */
const yamlForm = { aliasDuplicateObjects: false, indentSeq: false, sortMapEntries: true, version: '1.1' } as const;

export function send(
  exchange: Exchange,
  code: number,
  value: unknown,
  encoding: OutputForm['encoding'] = 'json',
): void {
  if (encoding === 'yaml') return sendText(exchange, code, stringify(value, yamlForm), 'application/yaml');
  const text = isPretty(exchange) ? JSON.stringify(value, null, 2) : JSON.stringify(value);
  sendText(exchange, code, `${text}\n`, 'application/json');
}

export function sendText({ request, response, warnings }: Exchange, code: number, text: string, type: string): void {
  const body = Buffer.from(text);
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-cache, private',
    ...(warnings.length > 0 ? { Warning: warningHeaders(warnings) } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** As YAML for who wants that before JSON; whatever else was asked for, a failure is a JSON object. */
export function sendStatus(exchange: Exchange, status: Status): void {
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined) exchange.response.setHeader('Retry-After', String(seconds));
  const [wanted] = parseAccept(exchange.request.headers.accept ?? '');
  send(exchange, status.code, status, wanted?.type === 'application/yaml' ? 'yaml' : 'json');
}

/** The answer to a path that nothing is behind, not even a kind that could be served. */
export function sendPageNotFound(exchange: Exchange): void {
  sendText(exchange, 404, '404 page not found\n', 'text/plain; charset=utf-8');
}

/** People read answers with curl, and Kubernetes indents for them. */
export function isPretty({ request, query }: Exchange): boolean {
  const pretty = query.get('pretty');
  if (pretty !== null) return pretty === 'true' || pretty === '1' || pretty === '';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

/** As Kubernetes: many warnings are cut short, and beyond this the rest is left out, since clients bound the head that they read. */
const maxWarningCharacters = 4096;
const maxCutCharacters = 256;

/** RFC 7234, as client-go reads it. */
function warningHeaders(warnings: readonly string[]): string[] {
  const texts = [...new Set(warnings)];
  const isTooMuch = texts.reduce((sum, { length }) => sum + length, 0) > maxWarningCharacters;
  let left = maxWarningCharacters;
  const shown = texts
    .map(text => (isTooMuch ? text.slice(0, maxCutCharacters) : text))
    .filter(({ length }) => (left -= length) >= 0);
  return shown.map(warningHeader);
}

/** Header values must be printable ASCII. */
function warningHeader(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?');
  return `299 - "${printable.replace(/["\\]/g, '\\$&')}"`;
}
