//! The configuration: each class of mistake with its message, the example file, and which source wins.
#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::path::{Path, PathBuf};

use tessera_core::generated::status::Platform;
use tessera_core::id::AppId;
use tessera_gateway::config::keys::KEYS;
use tessera_gateway::config::{Loaded, Sources, load};

const SECRET: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const APP: &str = "[[apps]]\nid = 1400000001\nkey_files = [\"app.key\"]\n";

/// A folder with a key, a token and a configuration.
struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new(config: &str) -> Self {
        let setup = Setup { folder: tempfile::tempdir().unwrap() };
        setup.private("app.key", SECRET);
        setup.private("admin.token", "0123456789abcdef-console");
        setup.private("tessera.toml", config);
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn private(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        restrict(&self.path(name), 0o600);
    }

    fn sources(&self) -> Sources {
        Sources { file: Some(self.path("tessera.toml")), ..Sources::default() }
    }

    fn load(&self) -> Loaded {
        load(&self.sources()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The mistakes as they are printed, without the folder's name.
    fn mistakes(&self, sources: &Sources) -> Vec<String> {
        let error = load(sources).expect_err("must be refused");
        let folder = format!("{}/", self.folder.path().display());
        error.to_string().lines().map(|line| line.replace(&folder, "")).collect()
    }
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) {}

/// The mistakes of a file.
fn refused(config: &str) -> Vec<String> {
    let setup = Setup::new(config);
    setup.mistakes(&setup.sources())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_wrong_key_is_refused_with_its_line_and_the_nearest_right_one() {
    assert_eq!(
        refused(&format!("lisen = \"127.0.0.1:0\"\n{APP}")),
        ["tessera.toml:1: there is no key `lisen`; did you mean `listen`?"]
    );
    assert_eq!(
        refused(&format!("{APP}key_file = \"app.key\"\n")),
        ["tessera.toml:4: there is no key `apps.key_file`; did you mean `apps.key_files`?"]
    );
    assert_eq!(
        refused(&format!("{APP}[limits]\nlease = 5\nping_intervall_ms = 9\n")),
        [
            "tessera.toml:5: there is no key `limits.lease`; did you mean `limits.lease_ms`?",
            "tessera.toml:6: there is no key `limits.ping_intervall_ms`; did you mean `limits.ping_interval_ms`?",
        ]
    );
}

#[test]
fn a_key_in_the_wrong_table_is_refused_with_the_right_table() {
    assert_eq!(
        refused(&format!("lease_ms = 60000\n{APP}")),
        ["tessera.toml:1: there is no key `lease_ms`; `lease_ms` belongs into [limits]"]
    );
    assert_eq!(
        refused(&format!("{APP}[tls]\ncolour = 1\n")),
        ["tessera.toml:5: there is no key `tls.colour`; allowed here are `certificate`, `key`"]
    );
}

#[test]
fn a_wrong_type_is_refused_with_the_right_one() {
    let config = format!(
        "listen = 7700\nproxy_protocol = \"yes\"\ntls = true\ntrusted_proxies = [1]\n{APP}policy = 3\n\
         offline_kick_error = 1\n[limits]\nlease_ms = \"1 min\"\n"
    );
    assert_eq!(
        refused(&config),
        [
            "tessera.toml:1: `listen` must be an address in quotes, such as \"127.0.0.1:7700\", not a number",
            "tessera.toml:2: `proxy_protocol` must be true or false, not a string",
            "tessera.toml:3: `tls` is a table: write [tls]",
            "tessera.toml:4: `trusted_proxies` must be a list of networks, such as [\"10.0.0.0/8\"], not a list of \
             something else",
            "tessera.toml:8: `apps.policy` must be a table, or one of `single`, `dual`, `triple`, `multi`, not a \
             number",
            "tessera.toml:9: `apps.offline_kick_error` must be true or false, not a number",
            "tessera.toml:11: `limits.lease_ms` is a whole number from 0 to 604800000, not a string",
        ]
    );
    assert_eq!(refused("apps = 1\n")[0], "tessera.toml:1: `apps` is a list: write [[apps]] for each entry");
}

#[test]
fn a_value_out_of_its_range_is_refused_with_the_range() {
    let config = "listen = \"localhost\"\n[log]\nlevel = \"loud\"\n[[apps]]\nid = 0\nkey_files = [\"app.key\"]\n\
                  [limits]\nping_misses = 11\nlease_ms = -1\n";
    assert_eq!(
        refused(config),
        [
            "tessera.toml:1: `listen` is `localhost`; it must be an IP address with a port, such as 127.0.0.1:7700",
            "tessera.toml:3: `log.level` is `loud`; allowed are `off`, `error`, `warn`, `info`, `debug`, `trace`",
            "tessera.toml:5: `apps.id` is `0`; it must be a whole number from 1 to 4294967295",
            "tessera.toml:8: limit `ping_misses`: 11 is out of range; allowed is 1 to 10",
            "tessera.toml:9: limit `lease_ms`: `-1` is not a whole number from 0 to 604800000 ms",
        ]
    );
}

#[test]
fn a_wrong_policy_is_refused_at_its_line() {
    // G3
    let policy = |policy: &str| refused(&format!("{APP}{policy}"));
    assert_eq!(
        policy("policy = \"quadruple\"\n"),
        ["tessera.toml:4: `apps.policy` is `quadruple`; allowed are `single`, `dual`, `triple`, `multi`"]
    );
    assert_eq!(
        policy("policy = { caps = { web = 11 } }\n"),
        ["tessera.toml:4: `apps.policy`: the cap of web is 11; allowed are 1 to 10"]
    );
    let unknown = policy("[apps.policy]\nsets = [[\"web\"],\n[\"nokia\"]]\n");
    assert!(unknown[0].starts_with("tessera.toml:6: `apps.policy`: unknown variant `nokia`"), "{unknown:?}");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let found = refused(&format!("{APP}\nlisten = = 1\n"));
    assert!(found[0].starts_with("tessera.toml:5: "), "{found:?}");
}

#[test]
fn an_app_without_a_usable_key_is_refused_and_no_secret_is_shown() {
    assert_eq!(
        refused("[[apps]]\nid = 1\n"),
        ["tessera.toml:1: an app needs `key_files`, files with its secret keys, or `keys`"]
    );
    assert_eq!(refused("[[apps]]\nid = 1\nkeys = []\n"), ["tessera.toml:1: an app needs at least one key"]);
    let missing = refused("[[apps]]\nid = 1\nkey_files = [\"lost.key\"]\n");
    assert!(missing[0].starts_with("tessera.toml:3: lost.key cannot be read: "), "{missing:?}");

    let setup = Setup::new(APP);
    setup.private("app.key", &format!("{SECRET} {SECRET}\n"));
    let found = setup.mistakes(&setup.sources());
    assert_eq!(found, ["tessera.toml:3: app.key holds more than one word; it must hold one secret alone"]);
    setup.private("app.key", "\n");
    assert_eq!(
        setup.mistakes(&setup.sources()),
        ["tessera.toml:3: app.key is empty; it must hold one secret"]
    );

    let config =
        format!("[[apps]]\nid = \"x\"\nkeys = [\"{SECRET}\"]\n[[admin.tokens]]\nsecret = \"{SECRET}\"\n");
    assert!(!refused(&config).concat().contains(SECRET));
    assert!(!format!("{:?}", Setup::new(APP).load()).contains(SECRET));
}

#[test]
fn apps_and_tokens_that_are_there_twice_are_refused() {
    assert_eq!(
        refused(&format!("{APP}{APP}")),
        ["tessera.toml:4: app 1400000001 is there twice; list all of its keys in one place"]
    );
    let token = "[[admin.tokens]]\nname = \"a\"\nsecret_file = \"admin.token\"\n";
    assert_eq!(
        refused(&format!("{APP}{token}{token}")),
        ["tessera.toml:7: the token name `a` is there twice"]
    );
}

#[test]
fn a_token_that_is_none_is_refused() {
    let token = |rest: &str| refused(&format!("{APP}[[admin.tokens]]\n{rest}\n"));
    let short = token("name = \"a\"\nsecret = \"short-one\"");
    assert!(short[0].starts_with("tessera.toml:6: an admin token must have 16 to 512"), "{short:?}");
    assert!(!short[0].contains("short-one"));
    assert!(token("secret_file = \"admin.token\"")[0].contains("needs a `name`"));
    assert!(token("name = \"a\"")[0].contains("needs `secret_file`"));
    let both = token("name = \"a\"\nsecret = \"0123456789abcdef\"\nsecret_file = \"admin.token\"");
    assert!(both[0].contains("not both"), "{both:?}");
}

#[test]
fn an_admin_endpoint_that_others_reach_has_to_be_wanted() {
    let config = |extra: &str| {
        format!(
            "{APP}[admin]\nlisten = \"0.0.0.0:7701\"\n{extra}[[admin.tokens]]\nname = \"a\"\n\
             secret_file = \"admin.token\"\n"
        )
    };
    assert_eq!(
        refused(&config("")),
        [
            "tessera.toml:5: `admin.listen` is 0.0.0.0:7701, which other machines reach; use a loopback address, or \
          set `admin.allow_remote = true`"
        ]
    );
    let loaded = Setup::new(&config("allow_remote = true\n")).load();
    assert_eq!(loaded.config.admin.unwrap().listen.port(), 7701);
    assert!(loaded.warnings[0].contains("without TLS"), "{:?}", loaded.warnings);
}

#[test]
fn half_a_certificate_is_refused() {
    let half = refused(&format!("{APP}[tls]\nkey = \"k.pem\"\n"));
    assert_eq!(half, ["tessera.toml:5: `tls.key` needs `tls.certificate`, the certificate chain"]);
    let lost = refused(&format!("{APP}[tls]\nkey = \"k.pem\"\ncertificate = \"c.pem\"\n"));
    assert!(lost[0].starts_with("tessera.toml:5: k.pem cannot be read"), "{lost:?}");
    assert!(lost[1].starts_with("tessera.toml:6: c.pem cannot be read"), "{lost:?}");
}

#[test]
fn nothing_given_is_refused_with_what_to_add() {
    let error = load(&Sources::default()).unwrap_err().to_string();
    assert_eq!(
        error,
        "configuration: there is no app: add [[apps]] with `id` and `key_files` to the configuration file, or start \
         with --app SDKAPPID --key-file FILE"
    );
    let sources = Sources { flags: pairs(&[("app", "1400000001")]), ..Sources::default() };
    assert_eq!(
        load(&sources).unwrap_err().to_string(),
        "--app: an app needs its secret key: add --key-file FILE"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let sources = Sources { file: Some("nowhere/tessera.toml".into()), ..Sources::default() };
    let error = load(&sources).unwrap_err().to_string();
    assert!(error.starts_with("--config: nowhere/tessera.toml cannot be read: "), "{error}");
}

#[test]
fn one_app_by_flags_needs_no_file() {
    let setup = Setup::new("");
    let key = setup.path("app.key").display().to_string();
    let token = setup.path("admin.token").display().to_string();
    let flags =
        pairs(&[("app", "1400000001"), ("key_file", &key), ("policy", "dual"), ("admin_token_file", &token)]);
    let loaded = load(&Sources { flags, ..Sources::default() }).unwrap();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:7700");
    assert_eq!(loaded.config.apps[0].id, AppId(1_400_000_001));
    assert_eq!(loaded.config.store.as_deref(), Some(Path::new("tessera.redb")));
    let admin = loaded.config.admin.unwrap();
    assert_eq!(
        (admin.tokens[0].name.as_str(), admin.listen.to_string().as_str()),
        ("admin", "127.0.0.1:7701")
    );
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let setup = Setup::new(&format!("listen = \"127.0.0.1:1\"\n{APP}[limits]\nlease_ms = 1\n"));
    let mut sources = setup.sources();
    let found = |sources: &Sources| {
        let config = load(sources).unwrap().config;
        (config.listen.port(), config.limits.lease_ms)
    };
    assert_eq!(found(&sources), (1, 1));
    sources.environment = pairs(&[("TESSERA_GATEWAY_LISTEN", ""), ("TESSERA_GATEWAY_LIMITS_LEASE_MS", "")]);
    assert_eq!(found(&sources), (1, 1), "an empty variable counts as not set");
    sources.environment =
        pairs(&[("TESSERA_GATEWAY_LISTEN", "127.0.0.1:2"), ("TESSERA_GATEWAY_LIMITS_LEASE_MS", "2")]);
    assert_eq!(found(&sources), (2, 2));
    sources.flags = pairs(&[("listen", "127.0.0.1:3")]);
    sources.limits = pairs(&[("lease_ms", "3")]);
    assert_eq!(found(&sources), (3, 3));
}

#[test]
fn a_mistake_in_the_environment_or_a_flag_names_it() {
    let setup = Setup::new(APP);
    let mut sources = setup.sources();
    sources.environment = pairs(&[
        ("TESSERA_GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8, 10.0.0.1/8"),
        ("TESSERA_GATEWAY_LIMITS_LEASE", "1"),
    ]);
    sources.flags = pairs(&[("log.format", "xml")]);
    sources.limits = pairs(&[("frame_bytes_max", "4095")]);
    assert_eq!(
        setup.mistakes(&sources),
        [
            "TESSERA_GATEWAY_LIMITS_LEASE: there is no limit `lease`; did you mean `lease_ms`?",
            "TESSERA_GATEWAY_TRUSTED_PROXIES: `trusted_proxies` holds `10.0.0.1/8`; it has bits beyond its prefix; \
             write the network's first address, or an address alone, such as 10.0.0.0/8",
            "--limit: limit `frame_bytes_max`: 4095 is out of range; allowed is 4096 to 65536 bytes",
            "--log-format: `log.format` is `xml`; allowed are `text`, `json`",
        ]
    );
}

#[test]
fn an_unknown_variable_is_a_warning_unless_a_cluster_sets_it() {
    let setup = Setup::new(APP);
    let environment = pairs(&[
        ("TESSERA_GATEWAY_LISTN", "127.0.0.1:1"),
        ("TESSERA_GATEWAY_SERVICE_HOST", "10.0.0.1"),
        ("TESSERA_GATEWAY_PORT_7700_TCP", "tcp://10.0.0.1:7700"),
        ("TESSERA_GATEWAY_CONFIG", "tessera.toml"),
        ("PATH", "/bin"),
    ]);
    let loaded = load(&Sources { environment, ..setup.sources() }).unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "the environment variable TESSERA_GATEWAY_LISTN means nothing; did you mean TESSERA_GATEWAY_LISTEN?"
        ]
    );
}

#[test]
#[cfg(unix)]
fn a_secret_that_everybody_can_read_is_a_warning() {
    let setup = Setup::new(APP);
    assert_eq!(setup.load().warnings, Vec::<String>::new());
    restrict(&setup.path("app.key"), 0o644);
    let warnings = setup.load().warnings;
    assert!(warnings[0].contains("every user of this machine can read it"), "{warnings:?}");
}

#[test]
fn a_public_address_without_tls_is_a_warning() {
    let setup = Setup::new(&format!("listen = \"[::]:7700\"\n{APP}"));
    assert!(setup.load().warnings[0].contains("tickets can be read on the way"));
    let proxied = Setup::new(&format!("listen = \"[::]:7700\"\ntrusted_proxies = [\"::1\"]\n{APP}"));
    assert_eq!(proxied.load().warnings, Vec::<String>::new());
}

#[test]
fn policies_of_the_file_reach_the_app() {
    // G3
    let config = format!(
        "{APP}policy = {{ preset = \"single\", caps = {{ web = 2 }} }}\n[[apps]]\nid = 2\nkeys = [\"{SECRET}\", \"b\"]\n\
         offline_kick_error = true\n[apps.policy]\nsets = [[\"android\", \"web\"]]\n"
    );
    let apps = Setup::new(&config).load().config.apps;
    assert_eq!(apps[0].rules.policy.cap(Platform::Web), 2);
    assert!(!apps[0].rules.offline_kick_error);
    assert_eq!(apps[1].keys.len(), 2);
    assert!(apps[1].rules.offline_kick_error);
}

const EXAMPLE: &str = include_str!("../../docs/tessera.example.toml");

#[test]
fn the_example_file_loads_as_it_stands() {
    let loaded = Setup::new(EXAMPLE).load();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert_eq!(loaded.config.apps.len(), 1);
    assert_eq!(loaded.config.limits, tessera_core::generated::limits::GatewayLimits::default());
}

#[test]
fn the_example_file_loads_with_everything_uncommented() {
    // A token's two forms exclude each other, so the second one stays in its comment.
    let all: Vec<&str> = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') && !key.starts_with("secret =") => key,
            _ => line,
        })
        .collect();
    let setup = Setup::new(&all.join("\n"));
    setup.private("fullchain.pem", "");
    setup.private("privkey.pem", "");
    let config = setup.load().config;
    assert!(config.tls.is_some() && config.proxy_protocol && !config.loopback_exempt);
    assert_eq!(config.apps[0].keys.len(), 2);
}

#[test]
fn the_example_file_shows_every_key_that_a_file_may_hold() {
    use tessera_gateway::config::keys::Scope;
    for row in KEYS.iter().filter(|row| row.scope != Scope::Start) {
        let shown = |line: &str| line.trim_start_matches('#').starts_with(&format!("{} = ", row.leaf));
        assert!(EXAMPLE.lines().any(shown), "{}", row.name);
    }
}
