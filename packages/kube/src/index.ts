/** Kubernetes as plain data. No I/O, no clock. */
export * from './objects.ts';
export * from './client.ts';
export * from './resource.ts';
export * from './schema.ts';
export * from './go-text.ts';
export * from './field-error.ts';
export * from './status.ts';
export * from './names.ts';
export * from './quantity.ts';
export * from './duration.ts';
export * from './object-meta.ts';
export * from './admission.ts';
