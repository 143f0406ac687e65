/** The library's face: one function a command. */
export { create } from "./operations/create.ts";
export { destroy } from "./operations/destroy.ts";
export { gc } from "./operations/gc.ts";
export { list } from "./operations/list.ts";
export { remove } from "./operations/remove.ts";
export { status } from "./operations/status.ts";
