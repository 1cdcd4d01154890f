/** Addresses inside the node. It has a network of its own, so they can clash with nothing on the machine, and nothing outside reaches them. */
export const NODE_NAME = 'larder-node';
export const BRIDGE = 'larder0';
/** The node, on its bridge. */
export const NODE_ADDRESS = '10.88.0.1';
export const POD_RANGE = '10.88.0.0/16';
export const SERVICE_RANGE = '10.96.0.0/16';
export const API_SERVICE = '10.96.0.1';
export const DNS_SERVICE = '10.96.0.10';
export const API_PORT = 6443;
export const REGISTRY_PORT = 5000;
export const ETCD = 'http://127.0.0.1:2379';
/** What pods and containerd call the registry. */
export const REGISTRY = `${NODE_ADDRESS}:${REGISTRY_PORT}`;
