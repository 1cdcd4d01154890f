/** Claims, composites and composed resources: what Crossplane does, in one process. */
export { admissionRules } from './admission.ts';
export * from './composer.ts';
export * from './install.ts';
export { crossplaneKinds } from './definition/crossplane-kinds.ts';
export { crdsOfDefinition, kindsOfDefinition, type DefinedCrds } from './definition/crds.ts';
export { isSecretOf } from './connection-secret.ts';
export {
  connectionSecretType,
  finalizer,
  label,
  resourceNameAnnotation,
  secretUidAnnotation,
  type Claim,
  type Composite,
} from './crossplane.ts';
