/** A server that lives many lives on one folder: each ends by SIGKILL, and the next one may listen somewhere else. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { makeServiceAccountKey, TestCa, type KeyAndCertificate } from '../server/certificates.ts';
import type { Life } from './served-life.ts';

const program = new URL('served-life.ts', import.meta.url).pathname;

export interface LivesOptions {
  keepEvents?: number;
  memory?: { events: number; bytes: number };
}

export interface Sent {
  method: string;
  path: string;
  body?: unknown;
  type?: string;
}

export class Lives {
  readonly folder: string;
  readonly #life: Life;
  readonly #ca: TestCa;
  readonly #admin: KeyAndCertificate;
  #process: ChildProcess | undefined;
  #agent = new Agent();
  /** Where it serves now, or will. */
  #port = Promise.resolve(0);

  constructor(life: Life, ca: TestCa, admin: KeyAndCertificate) {
    this.folder = life.folder;
    this.#life = life;
    this.#ca = ca;
    this.#admin = admin;
  }

  /** Begins a life; resolves when it serves. */
  async begin(): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    this.#port = firstLine(child);
    this.#agent = new Agent({ keepAlive: true });
    child.stdin?.end(JSON.stringify(this.#life));
    await this.#port;
  }

  /** SIGKILL; resolves when nothing of it is left. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.#agent.destroy();
  }

  /** The answer before its body was read. @throws whatever a connection that breaks throws */
  async open({ method, path, body, type = 'application/json' }: Sent): Promise<IncomingMessage> {
    const where = await this.address();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request({ method, path, headers, ...where, agent: this.#agent }, resolve);
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** For connections of a test's own. */
  async address(): Promise<KeyAndCertificate & { host: string; port: number; ca: string }> {
    return { host: '127.0.0.1', port: await this.#port, ca: this.#ca.cert, ...this.#admin };
  }

  /** The memory that the process really has. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  async ask<T>(sent: Sent): Promise<{ code: number; body: T }> {
    const response = await this.open(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    return { code: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as T };
  }
}

/** One that serves already, and is gone with its folder after the test. */
export async function startLives(test: TestContext, options: LivesOptions = {}): Promise<Lives> {
  const { keepEvents = 1e9, memory = { events: 20, bytes: 1e9 } } = options;
  const folder = await mkdtemp(join(tmpdir(), 'larder-lives-'));
  const ca = await TestCa.make();
  const [tls, admin] = await Promise.all([
    ca.issue('CN=localhost', ['localhost']),
    ca.issue('CN=admin, O=system:masters'),
  ]);
  const serviceAccountKey = makeServiceAccountKey();
  const lives = new Lives({ folder, tls, clientCa: ca.cert, serviceAccountKey, memory, keepEvents }, ca, admin);
  test.after(async () => {
    await lives.kill();
    await rm(folder, { recursive: true, force: true });
  });
  await lives.begin();
  return lives;
}

async function firstLine(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the server has no output');
  for await (const line of createInterface(child.stdout)) return (JSON.parse(line) as { port: number }).port;
  throw new Error('the server ended before it served');
}
