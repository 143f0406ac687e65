/**
 * The keys that coreos-cloudinit knows, and what each takes: Flatcar's version of 2026-05; those of CoreOS knew the same.
 * A table, so that a new key is a row. Anything else in a file is ignored by a node without a word.
 */
export type KeyShape =
  | { readonly type: "text"; readonly valid?: RegExp; readonly want?: string }
  | { readonly type: "int" | "number" | "bool" }
  | { readonly type: "list"; readonly of: KeyShape }
  | { readonly type: "map"; readonly keys: Readonly<Record<string, KeyShape>> };

const text: KeyShape = { type: "text" };
const int: KeyShape = { type: "int" };
const number: KeyShape = { type: "number" };
const bool: KeyShape = { type: "bool" };
const list = (of: KeyShape): KeyShape => ({ type: "list", of });
const map = (keys: Readonly<Record<string, KeyShape>>): KeyShape => ({ type: "map", keys });
const oneOf = (...words: readonly string[]): KeyShape => ({
  type: "text",
  valid: new RegExp(`^(${words.map((word) => word.replaceAll("+", "\\+")).join("|")})$`),
  want: words.join(", "),
});
const keys = (shape: KeyShape, names: string): Record<string, KeyShape> =>
  Object.fromEntries(names.split(" ").map((name) => [name, shape]));

const UNIT = map({
  name: text,
  mask: bool,
  enable: bool,
  runtime: bool,
  content: text,
  command: oneOf("start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "reload-or-try-restart"),
  drop_ins: list(map({ name: text, content: text })),
});

const FILE = map({
  path: text,
  content: text,
  owner: text,
  encoding: oneOf("base64", "b64", "gz", "gzip", "gz+base64", "gzip+base64", "gz+b64", "gzip+b64"),
  permissions: { type: "text", valid: /^0?[0-7]{3,4}$/, want: 'octal digits such as "0644"' },
});

const USER = map({
  ...keys(text, "name passwd gecos homedir primary_group shell coreos_ssh_import_github coreos_ssh_import_url"),
  ...keys(bool, "no_create_home no_user_group system no_log_init"),
  ...keys(list(text), "groups ssh_authorized_keys coreos_ssh_import_github_users"),
});

const ETCD = map({
  ...keys(
    text,
    "addr advertise_client_urls bind_addr ca_file cert_file cors data_dir discovery discovery_fallback discovery_srv discovery_proxy",
  ),
  ...keys(text, "graphite_host initial_advertise_peer_urls initial_cluster initial_cluster_state initial_cluster_token key_file"),
  ...keys(
    text,
    "listen_client_urls listen_peer_urls name peer_addr peer_bind_addr peer_ca_file peer_cert_file peer_key_file peers peers_file",
  ),
  ...keys(text, "proxy trace"),
  ...keys(
    int,
    "cluster_active_size election_timeout heartbeat_interval max_result_buffer max_retry_attempts max_snapshots max_wals",
  ),
  ...keys(int, "peer_election_timeout peer_heartbeat_interval snapshot_count"),
  ...keys(number, "cluster_remove_delay cluster_sync_interval http_read_timeout http_write_timeout retry_interval"),
  ...keys(bool, "force_new_cluster snapshot verbose very_verbose very_very_verbose"),
});

const ETCD2 = map({
  ...keys(
    text,
    "advertise_client_urls ca_file cert_file cors data_dir discovery discovery_fallback discovery_srv discovery_proxy",
  ),
  ...keys(
    text,
    "initial_advertise_peer_urls initial_cluster initial_cluster_state initial_cluster_token key_file listen_client_urls",
  ),
  ...keys(
    text,
    "listen_peer_urls log_package_levels name peer_ca_file peer_cert_file peer_key_file peer_trusted_ca_file trusted_ca_file wal_dir",
  ),
  ...keys(
    int,
    "election_timeout heartbeat_interval max_snapshots max_wals proxy_dial_timeout proxy_failure_wait proxy_read_timeout",
  ),
  ...keys(int, "proxy_refresh_interval proxy_write_timeout snapshot_count"),
  ...keys(bool, "client_cert_auth debug enable_pprof force_new_cluster peer_client_cert_auth strict_reconfig_check"),
  proxy: oneOf("on", "off", "readonly"),
});

const FLEET = map({
  ...keys(
    text,
    "agent_ttl authorized_keys_file etcd_cafile etcd_certfile etcd_keyfile etcd_key_prefix etcd_servers etcd_username",
  ),
  ...keys(text, "etcd_password metadata public_ip"),
  ...keys(number, "engine_reconcile_interval etcd_request_timeout"),
  ...keys(int, "token_limit verbosity"),
  ...keys(bool, "disable_engine verify_units"),
});

const LOCKSMITH = map({
  ...keys(text, "endpoint etcd_cafile etcd_certfile etcd_keyfile etcd_username etcd_password group"),
  window_start: {
    type: "text",
    valid: /^((sun|mon|tue|wed|thu|fri|sat) )?0*(\d|1\d|2[0-3]):0*(\d|[1-5]\d)$/i,
    want: "a time such as 04:00 or Thu 23:00",
  },
  window_length: { type: "text", valid: /^[-+]?(\d*(\.\d*)?[a-z]+)+$/, want: "a duration such as 1h30m" },
});

export const CLOUD_CONFIG = map({
  hostname: text,
  ssh_authorized_keys: list(text),
  manage_etc_hosts: oneOf("localhost"),
  users: list(USER),
  write_files: list(FILE),
  coreos: map({
    etcd: ETCD,
    etcd2: ETCD2,
    fleet: FLEET,
    flannel: map(
      keys(
        text,
        "etcd_endpoints etcd_cafile etcd_certfile etcd_keyfile etcd_prefix etcd_username etcd_password ip_masq subnet_file interface public_ip",
      ),
    ),
    locksmith: LOCKSMITH,
    oem: map(keys(text, "id name version_id home_url bug_report_url")),
    update: map({ reboot_strategy: oneOf("etcd-lock", "reboot", "off"), ...keys(text, "group server") }),
    units: list(UNIT),
  }),
});
