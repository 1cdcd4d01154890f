/** Small things about objects that rendering needs. */
import { compileSchema, type JsonObject, type KubeObject } from '@larder/kube';
import { services } from '@larder/catalog';

/** The object with the defaults of its kind's schema, as the API would have stored it. */
export function withDefaults(claim: KubeObject): KubeObject {
  const service = services.find(({ definition }) => definition.spec.claimNames?.kind === claim.kind);
  const schema = service?.definition.spec.versions[0]?.schema.openAPIV3Schema;
  if (!schema) throw new Error(`"${claim.kind}" is no kind of claim: there are ${kinds().join(', ')}`);
  const whole = structuredClone(claim) as KubeObject & JsonObject;
  compileSchema(schema).applyDefaults(whole);
  return whole;
}

function kinds(): string[] {
  return services.flatMap(({ definition }) => definition.spec.claimNames?.kind ?? []);
}
