/**
 * What may not be deleted by hand. A service protects its claims; whoever deletes what a protected claim has become, at any depth, or
 * the kinds of all that, would lose the same data without having been asked.
 */
import type { Service } from '@larder/catalog';
import type { AdmissionRule, KindRef, KubeObject, Refusal } from '@larder/kube';
import { nameOf, protectedAnnotation, unusedAnnotation, type Composite } from './crossplane.ts';
import { crdNamesOfDefinition, kindsOfDefinition } from './definition/crds.ts';

/** The services' own rules, and those that follow from them. */
export function admissionRules(services: readonly Service[]): AdmissionRule[] {
  const composed = services.flatMap(service => service.kinds.flatMap(kindsOf));
  return [
    ...services.flatMap(service => service.admission),
    ...services.map(service => onDelete(kindsOfDefinition(service.definition).composite, refuseComposite(service))),
    ...composed.map(kind => onDelete(kind, refuseComposed)),
    onDelete({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }, refuseKind(services)),
  ];
}

/** Whether the service would refuse to delete the claim that this composite is of. */
export function isProtected({ admission }: Pick<Service, 'admission'>, composite: KubeObject): boolean {
  return admission.some(rule => rule.operations.includes('DELETE') && rule.refuse(composite) !== undefined);
}

function onDelete(kind: KindRef, refuse: AdmissionRule['refuse']): AdmissionRule {
  return { ...kind, operations: ['DELETE'], refuse };
}

function kindsOf({ spec }: Service['kinds'][number]): KindRef[] {
  return spec.versions.map(({ name }) => ({ apiVersion: `${spec.group}/${name}`, kind: spec.names.kind }));
}

function refuseComposite(service: Service): AdmissionRule['refuse'] {
  return object => {
    if (!isProtected(service, object)) return undefined;
    const { claimRef } = (object as Composite).spec;
    const where = claimRef === undefined ? 'it' : nameOf(claimRef);
    const message = `${nameOf(object)} is protected: set spec.parameters.deletionProtection to false on ${where} first`;
    return { reason: 'Forbidden', message };
  };
}

function refuseComposed(object: KubeObject): Refusal | undefined {
  if (object.metadata.annotations?.[protectedAnnotation] === undefined) return undefined;
  const owner = object.metadata.ownerReferences?.find(reference => reference.controller === true);
  const whose = owner === undefined ? 'a protected composite' : `${nameOf(owner)}, which is protected`;
  const message = `${nameOf(object)} belongs to ${whose}: set spec.parameters.deletionProtection to false on its claim first`;
  return { reason: 'Forbidden', message };
}

/** With a kind all of its objects would go, and with them the data. */
function refuseKind(services: readonly Service[]): AdmissionRule['refuse'] {
  const ours = new Set(
    services.flatMap(({ definition, kinds }) => [
      ...kinds.map(kind => kind.metadata.name),
      ...Object.values(crdNamesOfDefinition(definition)),
    ]),
  );
  return crd => {
    const { name, annotations } = crd.metadata;
    if (!ours.has(name) || annotations?.[unusedAnnotation] === 'true') return undefined;
    const message = `${nameOf(crd)} is the plane's own, and all objects of this kind would go with it: delete the claims that you don't need instead`;
    return { reason: 'Forbidden', message };
  };
}
