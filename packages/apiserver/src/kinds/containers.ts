/** What the containers of a pod must be, with Kubernetes' texts. Pure; the types were checked. */
import {
  duplicate,
  fieldNotFound,
  invalidValue,
  notSupported,
  parseQuantity,
  required,
  validateDns1123Label,
  validateDns1123Subdomain,
  type FieldError,
  type JsonObject,
} from '@larder/kube';
import { objectIn, objectsIn, textIn } from './read-fields.ts';
import { validateDescending } from './volumes.ts';

export interface Containers {
  containers: readonly JsonObject[];
  /** Where they are: `spec.containers`. */
  field: string;
  /** The names of the pod's volumes. */
  volumes: ReadonlySet<string>;
  /** The names that other containers of the pod have; those of these are added. */
  names: Set<string>;
}

export function validateContainers({ containers, field, volumes, names }: Containers): FieldError[] {
  return containers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const name = textIn(container, 'name');
    const errors = validateContainer(container, at, volumes);
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

function validateContainer(container: JsonObject, at: string, volumes: ReadonlySet<string>): FieldError[] {
  const image = textIn(container, 'image');
  return [
    ...validateName(textIn(container, 'name'), `${at}.name`),
    ...(image === '' ? [required(`${at}.image`)] : []),
    ...objectsIn(container, 'ports').flatMap((port, index) => validatePort(port, `${at}.ports[${index}]`)),
    ...objectsIn(container, 'env').flatMap((variable, index) => validateVariable(variable, `${at}.env[${index}]`)),
    ...validateMounts(objectsIn(container, 'volumeMounts'), `${at}.volumeMounts`, volumes),
    ...validatePullPolicy(textIn(container, 'imagePullPolicy'), `${at}.imagePullPolicy`),
    ...validateResources(objectIn(container, 'resources'), `${at}.resources`),
  ];
}

function validateName(name: string, at: string): FieldError[] {
  if (name === '') return [required(at)];
  return validateDns1123Label(name).map(problem => invalidValue(at, name, problem));
}

function validatePort({ containerPort }: JsonObject, at: string): FieldError[] {
  if (typeof containerPort !== 'number' || containerPort === 0) return [required(`${at}.containerPort`)];
  if (containerPort >= 1 && containerPort <= 65_535) return [];
  return [invalidValue(`${at}.containerPort`, containerPort, 'must be between 1 and 65535, inclusive')];
}

const variableName = /^[\x20-\x3c\x3e-\x7e]+$/;

function validateVariable(variable: JsonObject, at: string): FieldError[] {
  const name = textIn(variable, 'name');
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${at}.name`));
  else if (!variableName.test(name)) {
    const why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    errors.push(invalidValue(`${at}.name`, name, why));
  }
  if (variable.valueFrom === undefined) return errors;
  return [...errors, ...validateSource(variable, `${at}.valueFrom`)];
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function validateSource(variable: JsonObject, at: string): FieldError[] {
  const from = objectIn(variable, 'valueFrom');
  const given = sources.filter(source => from[source] !== undefined);
  if (given.length === 0) {
    const why =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    return [invalidValue(at, '', why)];
  }
  const errors = ['configMapKeyRef', 'secretKeyRef']
    .filter(source => from[source] !== undefined)
    .flatMap(source => validateKeyReference(objectIn(from, source), `${at}.${source}`));
  if (textIn(variable, 'value') !== '') {
    errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  } else if (given.length > 1) {
    errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateKeyReference(reference: JsonObject, at: string): FieldError[] {
  const name = textIn(reference, 'name');
  return [
    ...validateDns1123Subdomain(name).map(problem => invalidValue(`${at}.name`, name, problem)),
    ...(textIn(reference, 'key') === '' ? [required(`${at}.key`)] : []),
  ];
}

function validateMounts(mounts: readonly JsonObject[], field: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const [name, path] = [textIn(mount, 'name'), textIn(mount, 'mountPath')];
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(path)) errors.push(invalidValue(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    // Kubernetes names the list here, not the mount.
    const below = ['subPath', 'subPathExpr'].flatMap(part =>
      validateDescending(textIn(mount, part), `${field}.${part}`),
    );
    return [...errors, ...below];
  });
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function validatePullPolicy(policy: string, at: string): FieldError[] {
  return policy === '' || pullPolicies.includes(policy) ? [] : [notSupported(at, policy, pullPolicies)];
}

function validateResources(resources: JsonObject, at: string): FieldError[] {
  const [limits, requests] = [objectIn(resources, 'limits'), objectIn(resources, 'requests')];
  const all = { limits, requests };
  const negative = (['limits', 'requests'] as const).flatMap(part =>
    Object.entries(all[part])
      .filter(([, amount]) => quantityOf(amount).sign() < 0)
      .map(([name, amount]) =>
        invalidValue(`${at}.${part}[${name}]`, String(amount), 'must be greater than or equal to 0'),
      ),
  );
  const tooMuch = Object.entries(requests).filter(
    ([name, amount]) => limits[name] !== undefined && quantityOf(amount).compare(quantityOf(limits[name])) > 0,
  );
  const excess = tooMuch.map(([name, amount]) => {
    const limit = quantityOf(limits[name]).format();
    return invalidValue(
      `${at}.requests`,
      quantityOf(amount).format(),
      `must be less than or equal to ${name} limit of ${limit}`,
    );
  });
  return [...negative, ...excess];
}

const quantityOf = (amount: unknown) => parseQuantity(String(amount));
