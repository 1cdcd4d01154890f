/**
 * Measures one server, turn by turn. A turn asks all that is cheap; sizes, tables and settings are asked when they are due, less often
 * the longer the answers take. Never more than one connection: the kept one gives way while another database is looked at.
 */
import { add, sumOf, valueOf, type Measured } from '../measured.ts';
import { bounds, Chosen } from './bounds.ts';
import { readActivity, readDatabases, readLocks, readSizes } from './read-databases.ts';
import {
  readArchiver,
  readInstance,
  readReplication,
  readSlots,
  readTransactions,
  readWal,
  readWriter,
  type Row,
} from './read-server.ts';
import { readSettings } from './read-settings.ts';
import { askIn, isAnswer, keepSession, type Access, type Kept } from './session.ts';
import { SETTINGS, sizesAfter, WAL, type FastPart } from './statements.ts';
import { isLost, reachOf, readReach, type Reach, type Successes } from './reach.ts';
import { joinedTables, readTables } from './read-tables.ts';
import { TABLES } from './table-statement.ts';
import { Turns } from './turns.ts';

export interface ServerReading {
  reach: Reach;
  /** What the last turn came to, part by part. A part that failed isn't there. */
  parts: ReadonlyMap<string, Measured>;
  /** What `# HELP` says of settings. */
  settingsHelp: ReadonlyMap<string, string>;
  /** What was wrong, for the log; absent when nothing was. */
  problem?: string;
  /** Of the last turn (ms). */
  tookMs: number;
}

const FAST: readonly FastPart[] = [
  'instance',
  'archiver',
  'bgwriter',
  'database',
  'activity',
  'transactions',
  'locks',
  'slots',
  'replication',
];

const MINUTE = 60_000;
/** Databases whose sizes are asked in one turn. */
const SIZES_A_TURN = 40;
/** A part may take this share of the server's time at most. */
const SHARE = 1 / 400;
/** Connections that have to be free before ours is given up on a server that reserves none. */
const ROOM = 5;

export interface ServerMonitorOptions extends Access {
  /** What servers are called in CloudNativePG's labels. */
  name: string;
}

export class ServerMonitor {
  readonly #options: ServerMonitorOptions;
  readonly #databases = new Chosen(bounds.databases);
  readonly #parts = new Map<string, Measured>();
  readonly #tables = new Map<string, Measured>();
  readonly #sizes = new Map<string, number>();
  readonly #turns = new Turns();
  #sizesAfter = '0';
  #sizesSeen = new Set<string>();
  #help: ReadonlyMap<string, string> = new Map();
  #kept: Kept | undefined;
  /** When it read its configuration, and what was asked of that. */
  #loaded: unknown;
  #configured: unknown;
  #connectable: string[] = [];

  constructor(options: ServerMonitorOptions) {
    this.#options = options;
  }

  /** One turn. Never throws, and ends within seconds whatever the server does. */
  async turn(): Promise<ServerReading> {
    const began = performance.now();
    let reach: Reach = 'up';
    let problem: string | undefined;
    const success: Successes = new Map();
    try {
      await this.#askAll(success);
    } catch (error) {
      this.#drop();
      this.#parts.clear();
      reach = reachOf(error);
      problem = (error as Error).message;
    }
    const failed = [...success].filter(([, { ok }]) => !ok).map(([part]) => part);
    if (failed.length > 0) problem ??= `could not ask for ${failed.join(', ')}`;
    this.#parts.set('reach', readReach({ name: this.#options.name, reach, success, problem }));
    const tookMs = performance.now() - began;
    return { reach, parts: new Map(this.#parts), settingsHelp: this.#help, problem, tookMs };
  }

  /** Ends the connection. */
  stop(): void {
    this.#drop();
  }

  async #askAll(success: Successes): Promise<void> {
    const had = this.#kept;
    try {
      await this.#askFast(had ?? (await this.#connect()), success);
    } catch (error) {
      // One that broke since the last turn, as a restart does it, is made again at once.
      if (!had || !isLost(error)) throw error;
      this.#drop();
      await this.#askFast(await this.#connect(), success);
    }
    if (this.#kept) await this.#askSlow(this.#kept, success);
  }

  async #connect(): Promise<Kept> {
    this.#kept = await keepSession(this.#options);
    this.#configured = undefined;
    return this.#kept;
  }

  #drop(): void {
    this.#kept?.abandon();
    this.#kept = undefined;
  }

  async #askFast(kept: Kept, success: Successes): Promise<void> {
    const began = performance.now();
    try {
      const answers = await kept.all(FAST);
      const ms = (performance.now() - began) / FAST.length;
      for (const [part, rows] of answers) {
        this.#read(part, rows);
        success.set(part, { ok: true, ms });
      }
      return;
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
    // Something is locked or gone: the others are still told.
    for (const part of FAST) await this.#try(part, success, async () => this.#read(part, await kept.one(part)));
  }

  /** What the server answers with an error is left out; when it doesn't answer, the turn is over. */
  async #try(part: string, success: Successes, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    let ok = true;
    try {
      await work();
    } catch (error) {
      if (!isAnswer(error)) throw error;
      ok = false;
      this.#parts.delete(part);
    }
    success.set(part, { ok, ms: performance.now() - began });
  }

  #read(part: FastPart, rows: Row[]): void {
    const measured: Measured = new Map();
    this.#parts.set(part, measured);
    const dropped = (kind: string, count: number): void =>
      add(measured, 'larder_monitor_values_dropped', count, [kind]);
    switch (part) {
      case 'instance':
        this.#loaded = rows[0]?.[4];
        return readInstance(rows, measured);
      case 'archiver':
        return readArchiver(rows, measured);
      case 'bgwriter':
        return readWriter(rows, measured);
      case 'database':
        this.#connectable = rows.filter(row => row[2] === true).map(row => String(row[1]));
        readDatabases(rows, measured, this.#databases);
        return dropped('databases', this.#databases.dropped);
      case 'activity':
        return dropped('sessions', readActivity(rows, measured, this.#databases));
      case 'transactions':
        return readTransactions(rows, measured);
      case 'locks':
        return readLocks(rows, measured, this.#databases);
      case 'slots':
        return dropped('slots', readSlots(rows, measured));
      case 'replication':
        return dropped('receivers', readReplication(rows, measured));
    }
  }

  async #askSlow(kept: Kept, success: Successes): Promise<void> {
    const configured = `${String(this.#loaded)} ${this.#turns.every(10 * MINUTE)}`;
    if (configured !== this.#configured)
      await this.#try('settings', success, async () => {
        const measured: Measured = new Map();
        this.#help = readSettings(await kept.ask(SETTINGS), measured).help;
        add(measured, 'pg_static', 1, [kept.version.full, kept.version.short]);
        this.#parts.set('settings', measured);
        this.#configured = configured;
      });
    if (this.#turns.isDue('wal'))
      await this.#try('wal', success, () =>
        this.#turns.take('wal', { least: MINUTE, share: SHARE }, async () => {
          const measured: Measured = new Map();
          readWal(await kept.ask(WAL), measured);
          this.#parts.set('wal', measured);
        }),
      );
    if (this.#turns.isDue('sizes')) await this.#try('sizes', success, () => this.#askSizes(kept));
    if (this.#turns.isDue('tables') && this.#canGiveWay(kept)) await this.#lookAtTables(success);
  }

  /** A part of the databases in one turn, all of them in a minute at the most often. */
  async #askSizes(kept: Kept): Promise<void> {
    const rows = await this.#turns.take('sizes', { least: 0, share: SHARE }, () =>
      kept.ask(sizesAfter(this.#sizesAfter, SIZES_A_TURN)),
    );
    for (const [oid, name, bytes] of rows) {
      this.#sizesAfter = String(oid);
      if (bytes === null) continue;
      this.#sizes.set(String(name), Number(bytes));
      this.#sizesSeen.add(String(name));
    }
    if (rows.length < SIZES_A_TURN) {
      for (const name of this.#sizes.keys()) if (!this.#sizesSeen.has(name)) this.#sizes.delete(name);
      this.#sizesSeen = new Set();
      this.#sizesAfter = '0';
      this.#turns.postpone('sizes', MINUTE);
    }
    const measured: Measured = new Map();
    readSizes(this.#sizes, measured, this.#databases);
    this.#parts.set('sizes', measured);
  }

  /** Before 16 no connection is reserved: who gives the kept one up when there are few left may not get another. */
  #canGiveWay({ major }: Kept): boolean {
    if (major >= 16) return true;
    const settings = this.#parts.get('settings');
    const most = valueOf(settings, 'pg_settings_max_connections') ?? 0;
    const reserved = valueOf(settings, 'larder_connections_reserved') ?? 0;
    const taken = sumOf(this.#parts.get('activity'), 'pg_stat_activity_count') ?? most;
    return taken < most - reserved - ROOM;
  }

  /** One database after the other. The kept connection is given up meanwhile: there is never a second one. */
  async #lookAtTables(success: Successes): Promise<void> {
    const present = this.#connectable.filter(name => this.#databases.has(name) && name !== 'postgres');
    for (const name of this.#tables.keys()) if (!present.includes(name)) this.#tables.delete(name);
    const database = this.#turns.next('database', present);
    if (database === undefined) return this.#turns.postpone('tables', MINUTE);
    const began = performance.now();
    const least = Math.max(MINUTE / 4, MINUTE / present.length);
    this.#drop();
    let ok = true;
    try {
      const rows = await this.#turns.take('tables', { least, share: SHARE }, () =>
        askIn(this.#options, database, TABLES),
      );
      const measured: Measured = new Map();
      readTables(rows, database, measured);
      this.#tables.set(database, measured);
    } catch {
      // It was dropped, is locked, or doesn't let us in: that is no news about the server.
      this.#tables.delete(database);
      ok = false;
    }
    success.set('tables', { ok, ms: performance.now() - began });
    this.#parts.set('tables', joinedTables(this.#tables));
    await this.#connect();
  }
}
