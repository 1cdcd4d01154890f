/** Answers of HTTP cases. */
import { request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { loadConnection, type Connection } from '@larder/controller';
import type { Answers, HttpCase, HttpStep } from './case.ts';
import { normalise } from './normalise.ts';

/** What clients act on; the others are the server's own business. */
const comparedHeaders = ['content-type', 'warning', 'allow', 'retry-after', 'location', 'www-authenticate'];
const untilMs = 15_000;
const answerMs = 15_000;

export async function httpAnswers(cases: readonly HttpCase[], kubeconfig: string): Promise<Answers> {
  const connection = await loadConnection(kubeconfig);
  const answers: Answers = new Map();
  for (const { name, steps } of cases) {
    const kept = new Map<string, string>();
    for (const [index, step] of steps.entries()) {
      const body = step.body === undefined ? '' : ` ${short(step.body)}`;
      const started = Date.now();
      answers.set(`${name} ${index + 1}: ${step.ask}${body}`, await answerOf(connection, step, kept));
      if (process.env.LARDER_DEBUG && Date.now() - started > 3000)
        console.log('slow', connection.server, name, step.ask, Date.now() - started);
    }
  }
  return answers;
}

const short = (body: unknown): string => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

async function answerOf(connection: Connection, step: HttpStep, kept: Map<string, string>): Promise<string> {
  const end = Date.now() + untilMs;
  for (;;) {
    const answer = await ask(connection, step, kept);
    if (step.until === undefined || matches(answer.text, step.until) || Date.now() > end) {
      return textOf(answer, step, kept);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

const matches = (text: string, pattern: string | RegExp): boolean =>
  typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);

interface Answer {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function textOf({ code, headers, text }: Answer, { show, keep = {} }: HttpStep, kept: Map<string, string>): string {
  const values = parse(text);
  for (const [name, path] of Object.entries(keep)) kept.set(name, String(valueAt(values?.[0], path)));
  const body = values === undefined ? text : values.map(value => pretty(show ? show(value) : value)).join('\n');
  const lines = comparedHeaders.flatMap(name =>
    headers[name] === undefined ? [] : `${name}: ${String(headers[name])}`,
  );
  return normalise(`${code}\n${lines.join('\n')}\n${body}\n`);
}

/** A JSON value, or one a line as a watch sends them. */
function parse(text: string): unknown[] | undefined {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return parseLines(text);
  }
}

function parseLines(text: string): unknown[] | undefined {
  try {
    const lines = text.split('\n').filter(line => line !== '');
    return lines.length < 2 ? undefined : lines.map(line => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((at, field) => (at as Record<string, unknown> | undefined)?.[field], value);
}

/** The order of fields says nothing. */
function pretty(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(
    value,
    (_key, part: unknown): unknown => {
      if (Array.isArray(part)) return [...new Map(part.map((item: unknown) => [causeKey(item), item])).values()];
      if (typeof part !== 'object' || part === null) return part;
      const { managedFields, ...rest } = part as { managedFields?: unknown };
      const entries = Object.entries(
        Array.isArray(managedFields) ? { ...rest, managedFields: byManager(managedFields) } : part,
      );
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    1,
  );
}

/** Kubernetes checks metadata twice, and then has the same cause twice; everything else in a list is its own. */
function causeKey(item: unknown): unknown {
  const { field, message, reason } = (item ?? {}) as { field?: unknown; message?: unknown; reason?: unknown };
  return field !== undefined && message !== undefined && reason !== undefined ? JSON.stringify(item) : {};
}

/** Their order depends on which writes happened within the same second. */
function byManager(entries: unknown[]): unknown[] {
  const keyOf = (entry: unknown) => {
    const { manager, operation, subresource } = entry as Record<string, unknown>;
    return JSON.stringify([manager, operation, subresource]);
  };
  return [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function ask(connection: Connection, step: HttpStep, kept: Map<string, string>): Promise<Answer> {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => kept.get(name) ?? whole);
  const space = step.ask.indexOf(' ');
  const [method, path] = [step.ask.slice(0, space), fill(step.ask.slice(space + 1))];
  const text = typeof step.body === 'string' ? step.body : JSON.stringify(step.body);
  const body = text === undefined ? undefined : Buffer.from(fill(text));
  const { hostname, port } = new URL(connection.server);
  const { ca, cert, key } = connection;
  const options: RequestOptions = {
    ...{ method, path, hostname, port, ca, agent: false, signal: AbortSignal.timeout(answerMs) },
    ...(step.as === 'nobody' ? {} : { cert, key }),
    headers: {
      'User-Agent': 'compare/1',
      ...(body === undefined ? {} : { 'Content-Type': step.type ?? typeFor(method), 'Content-Length': body.length }),
      ...(step.accept === undefined ? {} : { Accept: step.accept }),
      ...step.headers,
    },
  };
  return send(options, body);
}

const typeFor = (method: string): string => (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');

function send(options: RequestOptions, body: Buffer | undefined): Promise<Answer> {
  return new Promise(resolve => {
    const sent = request(options, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const { statusCode: code = 0, headers } = response;
      const answer = (note = '') => resolve({ code, headers, text: `${Buffer.concat(chunks).toString()}${note}` });
      response.on('error', error => answer(`\ncut off: ${error.message}`));
      response.on('end', () => answer());
    });
    sent.on('error', error => resolve({ code: 0, headers: {}, text: `no answer: ${error.message}` }));
    sent.end(body);
  });
}
