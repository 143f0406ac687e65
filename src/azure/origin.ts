/**
 * Who may be asked. Addresses come back in answers (the next page of a list, an operation's URL, a redirection), and what is asked
 * there gets the token and is believed. So there is one rule, before the sign-in: the endpoint's own origin, and of Azure's own
 * clouds their regional hosts (https://westus.management.azure.com). Anything else is asked nothing.
 */
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { notAzure } from "../core/advice/azure-error.ts";
import { cloudAt } from "./clouds.ts";

export const ownHosts = (endpoint: string): PipelinePolicy => ({
  name: "ownHosts",
  async sendRequest(request, next) {
    if (isOwn(request.url, endpoint)) return next(request);
    throw notAzure(`it leads to ${shownAddress(request.url)}, where nothing was sent, and not to ${endpoint}`);
  },
});

export function isOwn(address: string, endpoint: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return false;
  if (url.origin === new URL(endpoint).origin) return true;
  // a server of this machine may not know by which of its names it was asked; nobody signs in there
  if (url.protocol === "http:" && sameMachine(url.origin) === sameMachine(new URL(endpoint).origin)) return true;
  const cloud = cloudAt(endpoint);
  return cloud !== undefined && cloudAt(address) === cloud;
}

/** Without what may be a secret: user, password, query. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return "something that is no URL";
  const { origin, protocol, pathname } = new URL(address);
  return `${origin === "null" ? protocol : origin}${pathname}`.slice(0, LONGEST);
}

const sameMachine = (origin: string): string => origin.replace(/^http:\/\/localhost(?=:|$)/, "http://127.0.0.1");

const LONGEST = 300;
