/** Keys whose signature makes firmware a release: Ed25519, 32 bytes in hexadecimal. Their secret halves are with the maintainers, never here. */
export const releaseKeys: readonly string[] = ['e098974329dca5c1e48aa231bb0a7676dfd0cd7ee71cad76c20829711ac84d2f'];
