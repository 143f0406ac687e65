/** Results that are no documents. A part of the library's face: nothing of the operations is named here. */
import type { DestroyDocument } from "../core/documents.ts";
import type { ClusterError } from "../core/errors.ts";

export interface ExportResult {
  /** An ARM template, or the content of main.tf.json. */
  readonly document: object;
  /** Path of the values that belong to it, with private keys in them: a file for the owner alone. */
  readonly valuesFile: string;
}

/** How one cluster ended in `gc`. */
export type GcResult = DestroyDocument | { readonly name: string; readonly resourceGroup: string; readonly error: ClusterError };
