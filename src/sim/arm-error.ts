/** A refusal in ARM's words: thrown by the rules, answered as `{ error: { code, message, details } }`. */
import { defined } from "../core/defined.ts";
import type { JsonValue } from "./json.ts";

interface ArmErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

export interface ArmErrorBody extends ArmErrorDetail {
  readonly details?: readonly ArmErrorDetail[];
  readonly innererror?: JsonValue;
}

export interface RefusalExtras {
  target?: string;
  details?: readonly ArmErrorDetail[];
  headers?: Record<string, string>;
}

export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: RefusalExtras;

  constructor(status: number, code: string, message: string, extras: RefusalExtras = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

/** Throws the refusal; typed so that a caller may go on as if it returned nothing. */
export function refuse(status: number, code: string, message: string, extras?: RefusalExtras): never {
  throw new ArmError(status, code, message, extras);
}

/** 400 InvalidParameter, as Compute says of one member of a body. */
export const invalid = (message: string, target: string): never => refuse(400, "InvalidParameter", message, { target });

export const envelope = (body: ArmErrorBody): JsonValue => ({ error: { ...body } });

export const errorBodyOf = (error: ArmError): ArmErrorBody => ({
  code: error.code,
  message: error.message,
  ...defined({ target: error.extras.target, details: error.extras.details }),
});
