/** What is found before an upgrade begins, and what is said about it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkUpgrade,
  findChange,
  fingerprintOf,
  judgeProgress,
  offlineCopyMs,
  planGrants,
  planRoles,
  type Cluster,
  type DatabaseSnapshot,
  type Offer,
  type Progress,
  type ServerSnapshot,
} from '@larder/upgrade';

const DATABASE: DatabaseSnapshot = {
  name: 'app',
  bytes: 10 * 2 ** 20,
  provider: 'c',
  largeObjects: 0,
  unlogged: [],
  foreign: [],
  keyless: [],
  views: [],
  invalidIndexes: [],
  extensionTables: [],
  triggers: [],
  eventTriggers: [],
  publications: [],
  subscriptions: [],
  superuserObjects: [],
  collatedIndexes: [],
  extensions: [],
};
const SERVER: ServerSnapshot = {
  major: 17,
  databases: [DATABASE],
  slots: [],
  freeSlots: 10,
  freeSenders: 10,
  walLevel: 'logical',
  prepared: 0,
  tablespaces: [],
  storedSettings: ['search_path', 'my.own'],
  securityLabels: 0,
  grantedSettings: [],
};
const OFFER: Offer = {
  major: 18,
  dumpMajor: 18,
  extensions: ['hstore'],
  settings: ['search_path', 'work_mem'],
  storageBytes: 2 ** 30,
  freeBytes: 2 ** 32,
};

interface Case {
  found: string;
  server?: Partial<ServerSnapshot>;
  database?: Partial<DatabaseSnapshot>;
  offer?: Partial<Offer>;
  want: string[];
  says?: RegExp;
}

const CASES: Case[] = [
  { found: 'nothing', want: [] },
  { found: 'the same major', offer: { major: 17 }, want: ['stop NotNewer'] },
  {
    found: 'a server that pg_dump cannot read',
    offer: { major: 20 },
    server: { major: 19 },
    want: ['stop TooNewForDump'],
  },
  { found: 'a slot', server: { slots: [{ name: 'cdc', active: true }] }, want: ['stop Slot'], says: /cdc is in use/ },
  { found: 'too few slots', server: { freeSlots: 2 }, want: ['stop FreeSlots'], says: /3 replication slots/ },
  { found: 'another wal_level', server: { walLevel: 'replica' }, want: ['stop WalLevel'] },
  { found: 'prepared transactions', server: { prepared: 1 }, want: ['stop PreparedTransactions'] },
  { found: 'tablespaces', server: { tablespaces: ['fast'] }, want: ['stop Tablespaces'] },
  {
    found: 'a setting that is gone',
    server: { storedSettings: ['vacuum_defer_cleanup_age'] },
    want: ['stop SettingsGone'],
    says: /vacuum_defer/,
  },
  { found: 'rights on settings', server: { grantedSettings: ['work_mem'] }, want: ['stop GrantedSettings'] },
  { found: 'security labels', server: { securityLabels: 2 }, want: ['stop SecurityLabels'] },
  { found: 'large objects', database: { largeObjects: 3 }, want: ['stop LargeObjects'] },
  { found: 'unlogged tables', database: { unlogged: ['public.u'] }, want: ['stop Unlogged'], says: /public\.u/ },
  { found: 'foreign tables', database: { foreign: ['public.f'] }, want: ['stop Foreign'] },
  { found: 'event triggers', database: { eventTriggers: ['e'] }, want: ['stop EventTriggers'] },
  { found: 'triggers on replication', database: { triggers: ['t on x'] }, want: ['stop ReplicaTriggers'] },
  { found: 'publications', database: { publications: ['p'] }, want: ['stop Publications'] },
  { found: 'subscriptions', database: { subscriptions: ['s'] }, want: ['stop Subscriptions'] },
  { found: 'what superusers own', database: { superuserObjects: ['table x'] }, want: ['stop OwnedBySuperuser'] },
  {
    found: 'an extension that is missing',
    database: { extensions: [{ name: 'postgis', version: '3' }] },
    want: ['stop ExtensionsMissing'],
  },
  { found: 'tables of extensions', database: { extensionTables: ['x'] }, want: ['stop ExtensionTables'] },
  { found: 'another provider of locales', database: { provider: 'i' }, want: ['stop LocaleProvider'] },
  { found: 'invalid indexes', database: { invalidIndexes: ['i'] }, want: ['stop InvalidIndexes'] },
  { found: 'a full disk', offer: { freeBytes: 2 ** 20 }, want: ['stop Disk'] },
  { found: 'a small storage', offer: { storageBytes: 2 ** 20 }, want: ['stop Storage'] },
  { found: 'tables without a key', database: { keyless: ['public.k'] }, want: ['note Keyless'] },
  { found: 'materialised views', database: { views: ['public.m'] }, want: ['note MaterialisedViews'] },
  { found: 'indexes by a collation', database: { collatedIndexes: ['public.i'] }, want: ['note Collations'] },
  {
    found: 'many',
    database: { keyless: ['1', '2', '3', '4', '5', '6', '7'], largeObjects: 1 },
    want: ['stop LargeObjects', 'note Keyless'],
    says: /1, 2, 3, 4, 5 and 2 more/,
  },
];

describe('the checks before a major upgrade find', () => {
  for (const { found, server, database, offer, want, says } of CASES) {
    it(found, () => {
      const snapshot = { ...SERVER, databases: [{ ...DATABASE, ...database }], ...server };
      const findings = checkUpgrade(snapshot, { ...OFFER, ...offer });
      assert.deepEqual(
        findings.map(({ weight, code }) => `${weight} ${code}`),
        want,
      );
      if (says) assert.match(findings.map(({ said }) => said).join('\n'), says);
      for (const { weight, remedy } of findings) assert.ok(weight === 'note' || remedy, 'each stop says what to do');
    });
  }

  it('how long an offline copy takes', () => {
    assert.ok(offlineCopyMs(SERVER) < 60_000);
    assert.ok(offlineCopyMs({ ...SERVER, databases: [{ ...DATABASE, bytes: 2 ** 40 }] }) > 3_600_000);
  });
});

describe('a follower', () => {
  const at: Progress = { database: 'app', tables: 4, ready: 4, lag: 0, lost: false, errors: 0 };
  const hours = (count: number): number => count * 3_600_000;
  const cases: {
    is: string;
    progress: Partial<Progress>;
    now?: number;
    copiedAt?: number;
    want: string;
    says?: RegExp;
  }[] = [
    { is: 'near', progress: {}, want: 'near' },
    { is: 'copying', progress: { ready: 1 }, want: 'copying', says: /5 of 8/ },
    { is: 'copying for ever', progress: { ready: 1 }, now: hours(25), want: 'giveUp', says: /not copied after 24 h/ },
    { is: 'catching up', progress: { lag: 2 ** 30 }, copiedAt: 0, now: hours(1), want: 'catchingUp', says: /1024 MB/ },
    {
      is: 'never catching up',
      progress: { lag: 2 ** 30 },
      copiedAt: 0,
      now: hours(3),
      want: 'giveUp',
      says: /more is written than can be taken over/,
    },
    { is: 'without its slot', progress: { lost: true }, want: 'startOver' },
    { is: 'failing', progress: { errors: 10, ready: 1 }, want: 'giveUp', says: /failed 10 times/ },
  ];
  for (const { is, progress, now = 0, copiedAt, want, says } of cases) {
    it(`that is ${is}`, () => {
      const judged = judgeProgress([at, { ...at, ...progress }], { now, startedAt: 0, copiedAt });
      assert.equal(judged.kind, want);
      if (says) assert.match('why' in judged ? judged.why : 'said' in judged ? judged.said : '', says);
    });
  }
});

describe('a catalogue', () => {
  it('says what has changed, and nothing where nothing has', () => {
    assert.equal(findChange({ a: '1' }, { a: '1' }), undefined);
    assert.equal(findChange({ a: '1', b: '2' }, { a: '3', c: '4' }), 'a was changed, b is gone, c is new');
    assert.match(findChange({}, { a: '', b: '', c: '', d: '' }) ?? '', /and 1 more$/);
  });
  it('has one fingerprint, in whatever order it was read', () => {
    assert.equal(fingerprintOf({ a: '1', b: '2' }), fingerprintOf({ b: '2', a: '1' }));
    assert.notEqual(fingerprintOf({ a: '1' }), fingerprintOf({ a: '2' }));
  });
});

describe('roles and rights', () => {
  const role = {
    superuser: false,
    inherit: true,
    createRole: false,
    createDatabase: false,
    login: true,
    replication: false,
  };
  const rest = { bypassRls: false, connectionLimit: -1, verifier: null, validUntil: null, comment: null };
  const none: Cluster = { roles: [], memberships: [], settings: [], databases: [] };

  it('are made where they lack, and given in the order in which each grantor may', () => {
    const by = (member: string, grantor: string, admin: boolean) => ({
      role: 'g',
      member,
      grantor,
      admin,
      inherit: true,
      set: false,
    });
    const from = {
      ...none,
      roles: [{ name: 'a"b', ...role, ...rest }],
      memberships: [by('x', 'y', false), by('y', 'larder', true)],
    };
    const plan = planRoles({ from, to: none, plane: 'larder', major: 17 });
    assert.equal(plan[0], 'CREATE ROLE "a""b"');
    assert.deepEqual(
      plan.filter(sql => sql.startsWith('GRANT')),
      [
        'GRANT "g" TO "y" WITH ADMIN true, INHERIT true, SET false GRANTED BY "larder"',
        'GRANT "g" TO "x" WITH ADMIN false, INHERIT true, SET false GRANTED BY "y"',
      ],
    );
    assert.ok(!planRoles({ from, to: from, plane: 'larder', major: 17 }).some(sql => sql.startsWith('CREATE')));
  });

  it('keep lists of settings as lists', () => {
    const settings = [{ role: 'r', database: null, name: 'search_path', value: '"$user", "a,b", public' }];
    assert.ok(
      planRoles({ from: { ...none, settings }, to: none, plane: 'larder', major: 17 }).includes(
        `ALTER ROLE "r" SET "search_path" TO '$user', 'a,b', 'public'`,
      ),
    );
  });

  it('on objects are given by those who gave them, after they may', () => {
    const right = { object: 'TABLE "t"', column: null, owner: 'o', privilege: 'SELECT' };
    const plan = planGrants({
      objects: [{ object: 'TABLE "t"', column: null, owner: 'o' }],
      rights: [
        { ...right, grantor: 'a', grantee: 'b', grantable: false },
        { ...right, grantor: 'o', grantee: 'a', grantable: true },
        { ...right, grantor: 'o', grantee: null, column: 'c', grantable: false },
      ],
      defaultObjects: [],
      defaults: [],
    });
    assert.deepEqual(
      plan.map(({ as, sql }) => `${as ?? 'owner'}: ${sql}`),
      [
        'owner: REVOKE ALL ON TABLE "t" FROM PUBLIC',
        'owner: REVOKE ALL ON TABLE "t" FROM "o"',
        'owner: GRANT SELECT ON TABLE "t" TO "a" WITH GRANT OPTION',
        'owner: GRANT SELECT ("c") ON TABLE "t" TO PUBLIC',
        'a: GRANT SELECT ON TABLE "t" TO "b"',
      ],
    );
  });
});
