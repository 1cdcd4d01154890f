/** The durable store of the API server. */
export * from './errors.ts';
export { openStore, type OpenStoreOptions } from './open.ts';
export { readStoreCopy, restoreStoreCopy } from './copy.ts';
export type * from './store.ts';
