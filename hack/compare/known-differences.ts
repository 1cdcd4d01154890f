/** Where we differ from Kubernetes on purpose, each with its reason. */
export const knownDifferences: { line: string; why: string }[] = [];
