/**
 * On a cluster the agent may not read the Secrets of claims. The composition copies the one that a claim names into the agent's own
 * namespace, and notes on the copy what it is of. That nobody else writes there is what makes the notes a record.
 */
export const SERVER_SECRET = {
  /** On the copy: the uid of the Secret that it is of. */
  uidAnnotation: 'sql.larder.dev/secret-uid',
  namespaceAnnotation: 'sql.larder.dev/secret-namespace',
  nameAnnotation: 'sql.larder.dev/secret-name',
  /** Says that a plane of ours seems to have written it: that it lends rights may be recorded in a moment. Proves nothing. */
  expectedAnnotation: 'sql.larder.dev/lending-expected',
  /** The object that logs in with it: `PostgresRole.<name>`. */
  usedByLabel: 'sql.larder.dev/used-by',
  /** Keeps the copy until that object has gone: it needs it to undo what it did. */
  finalizer: 'sql.larder.dev/used-by',
} as const;

/** The keys of a connection secret that matter for a connection. */
export const serverSecretKeys = ['endpoint', 'port', 'username', 'password', 'database', 'sslmode', 'ca.crt'] as const;
