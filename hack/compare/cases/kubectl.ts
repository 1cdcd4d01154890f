/** kubectl command lines, run in order in one folder with the manifests below. */
import type { KubectlCase } from '../case.ts';

export const manifests: Record<string, string> = {
  'crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shelves.store.example }
spec:
  group: store.example
  scope: Namespaced
  names: { plural: shelves, singular: shelf, kind: Shelf, shortNames: [sh], categories: [stock] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      additionalPrinterColumns:
        - { name: Size, type: string, jsonPath: .spec.size }
        - { name: Tier, type: string, jsonPath: .spec.tier, priority: 1 }
      schema:
        openAPIV3Schema:
          type: object
          description: A shelf in the larder.
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              x-kubernetes-validations:
                - { rule: 'self.size >= oldSelf.size', message: 'size must not shrink' }
              properties:
                size: { type: integer, minimum: 1, maximum: 100, description: How many jars fit. }
                tier: { type: string, enum: [top, middle, bottom], default: middle }
                label: { type: string, pattern: '^[a-z]+$', maxLength: 5 }
                jars:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties: { name: { type: string }, grams: { type: integer, default: 100 } }
                tags: { type: array, x-kubernetes-list-type: set, items: { type: string } }
            status:
              type: object
              properties:
                conditions:
                  type: array
                  items:
                    type: object
                    properties:
                      type: { type: string }
                      status: { type: string }
`,
  'shelf.yaml': `apiVersion: store.example/v1
kind: Shelf
metadata: { name: jam, labels: { kind: sweet } }
spec:
  size: 10
  jars: [{ name: plum }, { name: fig, grams: 250 }]
  tags: [a, b]
`,
  'shelf-more.yaml': `apiVersion: store.example/v1
kind: Shelf
metadata: { name: jam, labels: { kind: sweet } }
spec:
  size: 12
  jars: [{ name: plum, grams: 90 }]
`,
  'bad.yaml': `apiVersion: store.example/v1
kind: Shelf
metadata: { name: bad }
spec:
  size: 1000
  tier: attic
  label: Toolong1
  tags: [a, a]
  color: red
`,
  'config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: notes }
data: { one: "1", two: "2" }
`,
  'job.yaml': `apiVersion: batch/v1
kind: Job
metadata: { name: chore }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - { name: main, image: example/none, env: [{ name: A, value: "1" }, { name: B, value: "2" }] }
`,
  'secret.yaml': `apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { password: hunter }
`,
};

export const kubectlCases: KubectlCase[] = [
  {
    name: 'kubectl: CRD',
    lines: [
      '$K apply -f crd.yaml',
      '$K wait --for=condition=Established crd/shelves.store.example --timeout=20s',
      '$K get crd shelves.store.example -o jsonpath={.status.acceptedNames}',
      '$K api-resources --api-group=store.example',
      '$K api-versions | grep store.example',
    ],
  },
  {
    name: 'kubectl: apply and get',
    lines: [
      '$K apply -f shelf.yaml',
      '$K apply -f shelf.yaml',
      '$K get shelves',
      '$K get sh -o wide',
      '$K get sh jam -o yaml --show-managed-fields',
      '$K get sh -o jsonpath=\'{.items[*].spec.jars[?(@.name=="fig")].grams}\'',
      '$K get stock',
      '$K get sh -l kind=sweet -o name',
      '$K get sh -l kind=salty',
      '$K get sh --field-selector metadata.name=jam -o name',
      '$K get sh --field-selector spec.size=10 -o name',
      '$K get sh nothing',
      '$K get nosuchkind',
      '$K describe sh jam',
    ],
  },
  {
    name: 'kubectl: validation',
    lines: [
      '$K apply -f bad.yaml',
      '$K apply -f bad.yaml --validate=false',
      '$K create -f bad.yaml --validate=warn',
      '$K patch sh jam --type=merge -p \'{"spec":{"size":5}}\'',
      '$K patch sh jam --type=merge -p \'{"spec":{"size":"big"}}\'',
      '$K patch sh jam --type=json -p \'[{"op":"test","path":"/spec/size","value":3}]\'',
      '$K patch sh jam --type=json -p \'[{"op":"remove","path":"/spec/nothing"}]\'',
      '$K patch sh jam --type=strategic -p \'{"spec":{"size":11}}\'',
      '$K create configmap Bad_Name',
      '$K create namespace UPPER',
      '$K create configmap x -n nowhere',
      "$K label sh jam 'bad label=1'",
      "$K annotate sh jam 'bad/annotation/key=1'",
      'echo \'{"apiVersion":"store.example/v1","kind":"Shelf","metadata":{"name":"a"}}\' | $K create -f -',
      'echo \'{"apiVersion":"store.example/v1","kind":"Shelf","metadata":{"name":"a"},"spec":{"size":1},"spec":{"size":2}}\' | $K create -f -',
      'echo "{" | $K create --raw /apis/store.example/v1/namespaces/default/shelves -f -',
    ],
  },
  {
    name: 'kubectl: explain',
    lines: [
      '$K explain shelves',
      '$K explain shelf.spec --recursive',
      '$K explain shelf.spec.jars',
      '$K explain configmap.data',
      '$K explain shelf.nothing',
    ],
  },
  {
    name: 'kubectl: patches, labels, dry run, diff',
    lines: [
      '$K patch sh jam --type=merge -p \'{"spec":{"tags":["c"]}}\'',
      '$K patch sh jam --type=json -p \'[{"op":"replace","path":"/spec/size","value":11}]\'',
      '$K label sh jam fresh=yes',
      '$K label sh jam fresh=no',
      '$K label sh jam fresh=no --overwrite',
      '$K annotate sh jam note=hello',
      '$K diff -f shelf-more.yaml',
      '$K apply -f shelf-more.yaml --dry-run=server',
      '$K apply -f shelf-more.yaml',
      '$K get sh jam -o yaml --show-managed-fields',
      'KUBE_EDITOR="sed -i s/size:.12/size:\\ 13/" $K edit sh jam',
      '$K get sh jam -o jsonpath={.metadata.generation}/{.spec.size}',
      '$K patch sh jam --subresource=status --type=merge -p \'{"status":{"conditions":[{"type":"Ready","status":"True"}]}}\'',
      '$K wait --for=condition=Ready sh/jam --timeout=5s',
      "$K wait --for=jsonpath='{.spec.size}'=13 sh/jam --timeout=5s",
      '$K wait --for=condition=Other sh/jam --timeout=1s',
      '$K get sh jam -o jsonpath={.metadata.generation}',
      '$K replace -f shelf-more.yaml',
    ],
  },
  {
    name: 'kubectl: server-side apply',
    lines: [
      '$K apply --server-side --field-manager=one -f shelf.yaml',
      '$K apply --server-side --force-conflicts --field-manager=one -f shelf.yaml',
      '$K apply --server-side --force-conflicts --field-manager=one -f shelf-more.yaml',
      '$K apply --server-side --field-manager=two -f shelf.yaml',
      '$K apply --server-side --field-manager=two -f config.yaml',
      '$K apply --server-side --field-manager=three -f config.yaml',
      '$K patch configmap notes --type=merge -p \'{"data":{"two":"zwei"}}\'',
      '$K apply --server-side --field-manager=two -f config.yaml',
      '$K get configmap notes -o yaml --show-managed-fields',
      '$K apply --server-side -f job.yaml',
      '$K get job chore -o jsonpath={.spec.backoffLimit}/{.spec.completions}/{.spec.parallelism}/{.spec.template.spec.dnsPolicy}',
      '$K delete job chore',
    ],
  },
  {
    name: 'kubectl: built-in kinds',
    lines: [
      '$K create -f secret.yaml',
      '$K get secret key -o yaml',
      '$K get secret',
      '$K describe secret key',
      '$K patch secret key -p \'{"stringData":{"more":"x"}}\'',
      '$K patch secret key -p \'{"data":{"more":"not base64!"}}\'',
      '$K apply -f config.yaml',
      '$K get cm notes',
      '$K patch cm notes -p \'{"immutable":true}\'',
      '$K patch cm notes -p \'{"data":{"one":"x"}}\'',
      '$K create job hello --image=example/none',
      '$K patch job hello -p \'{"spec":{"template":{"spec":{"containers":[{"name":"hello","image":"x"}]}}}}\'',
      '$K delete job hello --cascade=orphan --wait=false',
      '$K create namespace attic',
      '$K get ns attic',
      '$K create configmap in-attic -n attic --from-literal=a=b',
      '$K create serviceaccount helper',
      '$K get sa helper',
      '$K get events',
      '$K get cm -A --no-headers | grep -c attic',
    ],
  },
  {
    name: 'kubectl: auth',
    lines: [
      '$K auth can-i create shelves',
      "$K auth can-i '*' '*' --all-namespaces",
      '$K auth whoami',
      '$K --token=nonsense get cm',
    ],
  },
  {
    name: 'kubectl: delete',
    lines: [
      '$K patch sh jam --type=merge -p \'{"metadata":{"finalizers":["store.example/hold"]}}\'',
      '$K delete sh jam --wait=false',
      '$K get sh jam -o jsonpath={.metadata.finalizers}',
      '$K patch sh jam --type=merge -p \'{"metadata":{"finalizers":["store.example/hold","store.example/new"]}}\'',
      '$K patch sh jam --type=merge -p \'{"metadata":{"finalizers":null}}\'',
      '$K wait --for=delete sh/jam --timeout=5s',
      '$K delete sh jam',
      '$K delete sh jam --ignore-not-found',
      '$K delete cm notes --cascade=foreground --wait=false',
      '$K delete secret --all',
      '$K delete crd shelves.store.example',
      '$K get shelves',
    ],
  },
];
