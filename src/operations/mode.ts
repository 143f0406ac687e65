/**
 * `keep` writes what it makes into the cluster's folder; `imagine` (a dry run) makes nothing that stays; `bare` is `keep` without
 * the etcd authority: new members are made without a certificate, and get it later.
 */
export type Mode = "keep" | "imagine" | "bare";
