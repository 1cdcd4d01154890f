/** Connections to PostgreSQL servers: SCRAM only, TLS verified, the search path pinned. */
export * from './connect.ts';
export * from './quote.ts';
export * from './raw.ts';
export * from './scram-client.ts';
export * from './verifier.ts';
export * from './tls.ts';
export * from './password.ts';
