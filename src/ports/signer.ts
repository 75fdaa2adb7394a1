/** Signs what nodes say to each other under the cluster's secret, and checks it. Without one nothing is signed or checked. */
export interface Signer {
  /** Greater than each number before, also than those of this machine's process before, unless its clock was set back. */
  nextCount(): number;
  /** The tag of a text: 22 characters of base64url. */
  sign(text: string): string;
  /** Whether a tag is that of the text. */
  isTagOf(tag: string, text: string): boolean;
  /** Whether this node signs, and still takes what has no good signature: while a cluster gets its secret. */
  readonly acceptsUnsigned: boolean;
  /** What a person is to know of the secret, such as that others can read it; null for nothing. */
  readonly warning: string | null;
}
