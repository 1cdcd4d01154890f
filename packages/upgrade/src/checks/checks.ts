/**
 * What is in the way of a major upgrade, and what its owner will notice: a list with what to do for each, made before anything is
 * touched. Pure, over a snapshot of the old server and what the new one offers.
 */
import type { DatabaseSnapshot, ServerSnapshot } from './snapshot.ts';

export interface Finding {
  /** `stop`: it can't begin; `note`: it is taken care of, or is to be known. */
  weight: 'stop' | 'note';
  code: string;
  /** What was found, where. */
  said: string;
  /** What to do, in a sentence; absent where nothing is to be done. */
  remedy?: string;
  /** An offline copy, which carries all but this list's other stops, would do. */
  offline?: boolean;
}

export interface Offer {
  major: number;
  /** The newest server that our pg_dump reads. */
  dumpMajor: number;
  /** Extensions that the new server has. */
  extensions: string[];
  /** Settings that it knows. */
  settings: string[];
  /** Bytes for both servers together: the storage of the claim, and what the disk has left. */
  storageBytes: number;
  freeBytes: number;
}

export function checkUpgrade(from: ServerSnapshot, offer: Offer): Finding[] {
  return [
    ...checkVersions(from, offer),
    ...checkServer(from, offer),
    ...from.databases.flatMap(database => checkDatabase(database, from, offer)),
    ...checkRoom(from, offer),
  ].sort((a, b) => Number(b.weight === 'stop') - Number(a.weight === 'stop'));
}

function checkVersions({ major }: ServerSnapshot, offer: Offer): Finding[] {
  if (offer.major <= major) {
    const said = `the server runs ${major}: ${offer.major} is no newer major`;
    return [stop('NotNewer', said, 'set updatePolicy.version to a newer major')];
  }
  if (major <= offer.dumpMajor) return [];
  return [
    stop(
      'TooNewForDump',
      `the server runs ${major}, and its schema is read by pg_dump ${offer.dumpMajor}`,
      'install a newer Larder',
    ),
  ];
}

function checkServer(from: ServerSnapshot, offer: Offer): Finding[] {
  const needed = from.databases.length + 2;
  const known = new Set(offer.settings.map(name => name.toLowerCase()));
  const gone = from.storedSettings.filter(name => !name.includes('.') && !known.has(name.toLowerCase()));
  return [
    ...from.slots.map(({ name, active }) =>
      stop(
        'Slot',
        `the replication slot ${name} ${active ? 'is in use' : 'is there'}: its position means nothing on another server`,
        `end what uses it and drop it: SELECT pg_drop_replication_slot('${name}'), and make it again afterwards`,
      ),
    ),
    ...when(
      from.walLevel !== 'logical',
      stop('WalLevel', `wal_level is ${from.walLevel}`, 'restart the instance, so that it is logical'),
    ),
    ...when(
      from.freeSlots < needed || from.freeSenders < needed,
      stop(
        'FreeSlots',
        `${needed} replication slots and WAL senders are needed, ${from.freeSlots} slots and ${from.freeSenders} senders are free`,
        'raise max_replication_slots and max_wal_senders, and restart',
      ),
    ),
    ...when(
      from.prepared > 0,
      stop('PreparedTransactions', `${from.prepared} prepared transactions are open`, 'commit them or roll them back'),
    ),
    ...listed(from.tablespaces, many =>
      stop('Tablespaces', `tablespaces: ${many}`, 'move what lies in them to pg_default, and drop them'),
    ),
    ...listed(gone, many =>
      stop(
        'SettingsGone',
        `settings of roles or databases that ${offer.major} doesn't know: ${many}`,
        'ALTER ROLE or ALTER DATABASE … RESET each',
      ),
    ),
    ...listed(from.grantedSettings, many =>
      stop(
        'GrantedSettings',
        `rights on settings: ${many}`,
        'REVOKE SET, ALTER SYSTEM ON PARAMETER, and grant them again afterwards',
      ),
    ),
    ...when(
      from.securityLabels > 0,
      stop('SecurityLabels', `${from.securityLabels} security labels`, 'remove them, and set them again afterwards'),
    ),
  ];
}

/** What a list of names is, and what to do about it. */
const LISTS: {
  list: ListName;
  weight: Finding['weight'];
  code: string;
  said: string;
  remedy?: string;
  offline?: boolean;
}[] = [
  {
    list: 'unlogged',
    weight: 'stop',
    code: 'Unlogged',
    said: 'unlogged tables are not replicated',
    remedy: 'ALTER TABLE … SET LOGGED, or drop them',
    offline: true,
  },
  {
    list: 'foreign',
    weight: 'stop',
    code: 'Foreign',
    said: 'foreign tables, whose servers hold passwords, are not carried over',
    remedy: 'drop them and make them again afterwards',
    offline: true,
  },
  {
    list: 'eventTriggers',
    weight: 'stop',
    code: 'EventTriggers',
    said: 'event triggers would run as the plane',
    remedy: 'drop them and make them again afterwards',
  },
  {
    list: 'triggers',
    weight: 'stop',
    code: 'ReplicaTriggers',
    said: 'triggers that are enabled ALWAYS or REPLICA would run once more for each row',
    remedy: 'ALTER TABLE … ENABLE TRIGGER, which is for rows of applications alone',
  },
  {
    list: 'publications',
    weight: 'stop',
    code: 'Publications',
    said: 'publications have followers that would follow nobody',
    remedy: 'drop them and make them again afterwards',
  },
  {
    list: 'subscriptions',
    weight: 'stop',
    code: 'Subscriptions',
    said: 'subscriptions would be followed twice',
    remedy: 'drop them and make them again afterwards',
  },
  {
    list: 'superuserObjects',
    weight: 'stop',
    code: 'OwnedBySuperuser',
    said: 'what superusers own can only be made by one',
    remedy: 'REASSIGN OWNED BY … TO a role that is none',
  },
  {
    list: 'extensionTables',
    weight: 'stop',
    code: 'ExtensionTables',
    said: 'tables of extensions come with rows of their own',
    remedy: 'drop the extension and make it again afterwards',
    offline: true,
  },
  {
    list: 'invalidIndexes',
    weight: 'stop',
    code: 'InvalidIndexes',
    said: 'invalid indexes would become valid ones, or fail',
    remedy: 'REINDEX or drop them',
  },
  {
    list: 'keyless',
    weight: 'note',
    code: 'Keyless',
    said: 'tables without a key are followed by whole rows until the end: their updates write more log meanwhile; a primary key spares that',
  },
  {
    list: 'views',
    weight: 'note',
    code: 'MaterialisedViews',
    said: 'materialised views are filled anew before the switch',
  },
  {
    list: 'collatedIndexes',
    weight: 'note',
    code: 'Collations',
    said: 'indexes by a library’s collation are built anew by the new server’s libraries',
  },
];

type ListName =
  | 'unlogged'
  | 'foreign'
  | 'eventTriggers'
  | 'triggers'
  | 'publications'
  | 'subscriptions'
  | 'superuserObjects'
  | 'extensionTables'
  | 'invalidIndexes'
  | 'keyless'
  | 'views'
  | 'collatedIndexes';

function checkDatabase(database: DatabaseSnapshot, { major }: ServerSnapshot, offer: Offer): Finding[] {
  const where = `database ${JSON.stringify(database.name)}`;
  const missing = database.extensions.filter(({ name }) => !offer.extensions.includes(name)).map(({ name }) => name);
  return [
    ...LISTS.flatMap(({ list, said, ...rest }) =>
      listed(database[list], many => ({ ...rest, said: `${where}: ${said}: ${many}` })),
    ),
    ...listed(missing, many =>
      stop('ExtensionsMissing', `${where}: ${offer.major} doesn't have the extensions ${many}`, 'drop them'),
    ),
    ...when(database.largeObjects > 0, {
      ...stop(
        'LargeObjects',
        `${where}: ${database.largeObjects} large objects are not replicated`,
        'move them into bytea columns, or unlink them',
      ),
      offline: true,
    }),
    ...when(
      database.provider !== 'c',
      stop(
        'LocaleProvider',
        `${where}: its locale comes from another provider than the system`,
        'move its content to a database with LOCALE_PROVIDER libc',
      ),
    ),
    ...when(
      major < 16 && database.extensions.length > 0,
      note('ExtensionVersions', `${where}: extensions come in the versions that ${offer.major} brings`),
    ),
  ];
}

/** The new server needs as much as the old one, and the log of the time that it takes. */
function checkRoom({ databases }: ServerSnapshot, { storageBytes, freeBytes }: Offer): Finding[] {
  const used = databases.reduce((total, { bytes }) => total + bytes, 0);
  const needed = Math.ceil(used * 1.2) + 2 ** 28;
  return [
    ...when(
      freeBytes < needed,
      stop(
        'Disk',
        `${inMegabytes(needed)} MB are needed for the second server, and ${inMegabytes(freeBytes)} MB are free`,
        'free some of the disk',
      ),
    ),
    ...when(
      storageBytes < needed,
      stop(
        'Storage',
        `the new server would begin with ${inMegabytes(needed)} of ${inMegabytes(storageBytes)} MB of its storage used`,
        'raise resources.storageSize first',
      ),
    ),
  ];
}

/** How long an offline copy would keep applications away, roughly (ms): rows by COPY, and indexes built anew. Pure. */
export function offlineCopyMs({ databases }: ServerSnapshot, bytesPerSecond = 20 * 2 ** 20): number {
  const bytes = databases.reduce((total, database) => total + database.bytes, 0);
  return Math.ceil(30_000 + (bytes / bytesPerSecond) * 1_000);
}

function stop(code: string, said: string, remedy: string): Finding {
  return { weight: 'stop', code, said, remedy };
}

function note(code: string, said: string): Finding {
  return { weight: 'note', code, said };
}

function when(is: boolean, finding: Finding): Finding[] {
  return is ? [finding] : [];
}

function listed(names: string[], finding: (many: string) => Finding): Finding[] {
  if (names.length === 0) return [];
  return [finding(names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : ''))];
}

function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
