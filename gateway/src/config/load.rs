//! From file, environment and flags to a checked configuration. A flag wins over the environment, which wins over the
//! file. It reads files, and the environment only through its argument.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tessera_core::generated::limits::GatewayLimits;
use tessera_core::settings::LIMITS;
use toml::de::DeTable;

use super::apps::{self, Entries};
use super::file::{self, FileValues, Given};
use super::keys::{
    ENV_PREFIX, FILE_ENV, KEYS, KeyRow, LIMITS_ENV_PREFIX, STORE_IN_MEMORY, Scope, key_row, nearest,
};
use super::mistake::{ConfigError, Findings, Mistake, Place, Source};
use super::{AdminConfig, AdminToken, AppConfig, Config, Network, TlsFiles, values};

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file, if there is one.
    pub file: Option<PathBuf>,
    /// The environment; only variables that begin with `TESSERA_GATEWAY_` count, and empty ones do not.
    pub environment: Vec<(String, String)>,
    /// Flags: the name of a key, such as `tls.key`, and its value.
    pub flags: Vec<(String, String)>,
    /// Limits by flag: name and value.
    pub limits: Vec<(String, String)>,
}

/// A configuration without a mistake.
#[derive(Debug)]
pub struct Loaded {
    /// What the gateway is started with.
    pub config: Config,
    /// What is logged, and how.
    pub log: LogConfig,
    /// What is allowed but may not be meant, in sentences.
    pub warnings: Vec<String>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `off`, `error`, `warn`, `info`, `debug` or `trace`.
    pub level: &'static str,
    /// True for one JSON object a line.
    pub json: bool,
}

/// Reads and checks a configuration.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    match sources.file.as_deref().map(read_file).transpose() {
        Ok(text) => load_text(sources, text.as_deref()),
        // What could not be read would only be reported as missing.
        Err(mistake) => Err(ConfigError { mistakes: vec![mistake] }),
    }
}

/// Like [`load`], with the text of the file, if there is one.
pub(crate) fn load_text(sources: &Sources, text: Option<&str>) -> Result<Loaded, ConfigError> {
    let mut findings = Findings::default();
    let path = sources.file.as_deref().unwrap_or(Path::new(""));
    let source = Source { path, text: text.unwrap_or_default() };
    let (document, errors) = DeTable::parse_recoverable(source.text);
    for error in &errors {
        findings.mistake(&source.place(error.span().unwrap_or_default()), error.message());
    }
    if !errors.is_empty() {
        // What could not be parsed would only be reported as missing.
        return Err(findings.finish().expect_err("there is a mistake"));
    }
    let from_file = file::read(source, &document, &mut findings);
    let mut builder = Builder::new(sources, source, &from_file, &mut findings);
    let config = builder.config(&from_file);
    let log = builder.log();
    let warnings = findings.finish()?;
    let config = config.expect("a value is missing only with a mistake");
    Ok(Loaded { config, log, warnings })
}

fn read_file(path: &Path) -> Result<String, Mistake> {
    std::fs::read_to_string(path).map_err(|error| Mistake {
        place: Place::Flag("config".to_owned()),
        message: format!("{} cannot be read: {error}", path.display()),
    })
}

/// The values of all sources, of which the strongest is kept.
struct Builder<'s, 'f> {
    given: BTreeMap<&'static str, Given<String>>,
    limits: BTreeMap<String, Given<String>>,
    source: Source<'s>,
    folder: &'s Path,
    findings: &'f mut Findings,
}

impl<'s, 'f> Builder<'s, 'f> {
    fn new(sources: &Sources, source: Source<'s>, file: &FileValues<'_>, findings: &'f mut Findings) -> Self {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let limits = file.limits.iter().cloned().collect();
        let mut builder = Builder { given: file.scalars.clone(), limits, source, folder, findings };
        for (name, value) in &sources.environment {
            builder.variable(name, value);
        }
        for (name, value) in &sources.flags {
            let row = key_row(name).filter(|row| row.scope != Scope::Entry);
            let row = row.expect("flags are made from the table of keys");
            let place = Place::Flag(row.flag.to_owned());
            builder.given.insert(row.name, Given { place, value: value.clone() });
        }
        for (name, value) in &sources.limits {
            builder
                .limits
                .insert(name.clone(), Given { place: Place::Flag("limit".to_owned()), value: value.clone() });
        }
        builder
    }

    fn variable(&mut self, name: &str, value: &str) {
        if !name.starts_with(ENV_PREFIX) || name == FILE_ENV || value.is_empty() {
            return;
        }
        let given = Given { place: Place::Environment(name.to_owned()), value: value.to_owned() };
        if let Some(limit) = name.strip_prefix(LIMITS_ENV_PREFIX) {
            self.limits.insert(limit.to_lowercase(), given);
        } else if let Some(row) = KEYS.iter().find(|row| row.scope != Scope::Entry && row.env == name) {
            self.given.insert(row.name, given);
        } else if !is_service_link(name) {
            // A warning and not a mistake, because other software may own a variable with this beginning.
            let names = KEYS.iter().filter(|row| row.scope != Scope::Entry).map(|row| row.env);
            let hint = nearest(name, names).map_or(String::new(), |name| format!("; did you mean {name}?"));
            self.findings.warning(format!("the environment variable {name} means nothing{hint}"));
        }
    }

    fn config(&mut self, file: &FileValues<'_>) -> Option<Config> {
        let listen = self.parsed("listen", values::address);
        let tls = self.tls();
        let store = self.store();
        let proxies = self.proxies();
        let proxy_protocol = self.parsed("proxy_protocol", values::flag);
        let loopback_exempt = self.parsed("loopback_exempt", values::flag);
        let apps = self.apps(file);
        let admin = self.admin(file);
        let limits = self.limits();
        let config = Config {
            listen: listen?,
            tls: tls?,
            store: store?,
            admin: admin?,
            trusted_proxies: proxies?,
            proxy_protocol: proxy_protocol?,
            loopback_exempt: loopback_exempt?,
            apps,
            limits,
        };
        self.warn_of(&config);
        Some(config)
    }

    fn log(&mut self) -> LogConfig {
        let level = self.parsed("log.level", values::choice).unwrap_or("info");
        let json = self.parsed("log.format", values::choice) == Some("json");
        LogConfig { level, json }
    }

    /// The value of a key, or its default; none if it has a mistake.
    fn parsed<T>(&mut self, name: &str, parse: fn(&KeyRow, &str) -> Result<T, String>) -> Option<T> {
        let row = key_row(name).expect("a row of spec/gateway.toml");
        match self.given.get(row.name) {
            Some(given) => self.findings.take(&given.place, parse(row, &given.value)),
            None => self.findings.take(&Place::Default, parse(row, row.default.unwrap_or_default())),
        }
    }

    /// A path: relative to the file's folder if it stands in the file.
    fn path(&self, name: &str) -> Option<(PathBuf, Place)> {
        let given = self.given.get(name)?;
        let path = match given.place {
            Place::File(..) => self.folder.join(&given.value),
            Place::Environment(_) | Place::Flag(_) | Place::Default => PathBuf::from(&given.value),
        };
        Some((path, given.place.clone()))
    }

    fn tls(&mut self) -> Option<Option<TlsFiles>> {
        let (certificate, key) = match (self.path("tls.certificate"), self.path("tls.key")) {
            (None, None) => return Some(None),
            (Some(certificate), Some(key)) => (certificate, key),
            (Some((_, place)), None) => {
                self.findings
                    .mistake(&place, "`tls.certificate` needs `tls.key`, the certificate's private key");
                return None;
            }
            (None, Some((_, place))) => {
                self.findings.mistake(&place, "`tls.key` needs `tls.certificate`, the certificate chain");
                return None;
            }
        };
        for (path, place) in [&certificate, &key] {
            if let Err(error) = std::fs::File::open(path) {
                self.findings.mistake(place, format!("{} cannot be read: {error}", path.display()));
            }
        }
        super::secret::warn_if_exposed(&key.0, self.findings);
        Some(Some(TlsFiles { certificate: certificate.0, key: key.0 }))
    }

    fn store(&mut self) -> Option<Option<PathBuf>> {
        let default = key_row("store").and_then(|row| row.default).expect("a row of spec/gateway.toml");
        let (path, place) = self.path("store").unwrap_or_else(|| (self.folder.join(default), Place::Default));
        if self.given.get("store").is_some_and(|given| given.value == STORE_IN_MEMORY) {
            self.findings
                .warning("`store` is in memory: accounts, kicks and revoked tickets are lost at the end");
            return Some(None);
        }
        if path.as_os_str().is_empty() {
            self.findings.mistake(&place, "`store` is empty; name a file");
            return None;
        }
        Some(Some(path))
    }

    fn proxies(&mut self) -> Option<Vec<Network>> {
        let row = key_row("trusted_proxies").expect("a row of spec/gateway.toml");
        let Some(given) = self.given.get(row.name) else { return Some(Vec::new()) };
        let texts = given.value.split(',').map(str::trim).filter(|text| !text.is_empty());
        let networks = texts.map(|text| self.findings.take(&given.place, values::network(row, text)));
        // Collected first, so that every network's mistake is found.
        networks.collect::<Vec<_>>().into_iter().collect()
    }

    fn apps(&mut self, file: &FileValues<'_>) -> Vec<AppConfig> {
        let before = file.apps.len();
        let mut apps: Vec<(Place, AppConfig)> = Vec::new();
        for entry in &file.apps {
            let read = self.entries().app(entry);
            apps.extend(read.map(|app| (entry.place.clone(), app)));
        }
        let start = |name| self.given.get(name);
        let id = start("app");
        let asked = id.or(start("key_file")).or(start("policy")).map(|given| given.place.clone());
        let from_start = apps::start_app(id, start("key_file"), start("policy"), self.findings);
        apps.extend(asked.clone().zip(from_start));
        if before == 0 && asked.is_none() {
            let message = "there is no app: add [[apps]] with `id` and `key_files` to the configuration file, or \
                           start with --app SDKAPPID --key-file FILE";
            self.findings.mistake(&Place::Default, message);
        }
        for (index, (place, app)) in apps.iter().enumerate() {
            if apps[..index].iter().any(|(_, earlier)| earlier.id == app.id) {
                let id = app.id;
                self.findings
                    .mistake(place, format!("app {id} is there twice; list all of its keys in one place"));
            }
        }
        apps.into_iter().map(|(_, app)| app).collect()
    }

    fn admin(&mut self, file: &FileValues<'_>) -> Option<Option<AdminConfig>> {
        let listen = self.parsed("admin.listen", values::address);
        let allow_remote = self.parsed("admin.allow_remote", values::flag);
        let mut tokens: Vec<AdminToken> = Vec::new();
        for entry in &file.tokens {
            let Some(token) = self.entries().token(entry) else { continue };
            if tokens.iter().any(|earlier| earlier.name == token.name) {
                let message = format!("the token name `{}` is there twice", token.name);
                self.findings.mistake(&entry.place, message);
            }
            tokens.push(token);
        }
        if let Some(file) = self.given.get("admin_token_file") {
            tokens.extend(apps::start_token(file, self.findings));
        }
        let (listen, allow_remote) = (listen?, allow_remote?);
        if tokens.is_empty() {
            return Some(None);
        }
        self.check_admin_address(listen, allow_remote);
        Some(Some(AdminConfig { listen, tokens }))
    }

    fn check_admin_address(&mut self, listen: SocketAddr, allow_remote: bool) {
        if listen.ip().is_loopback() {
            return;
        }
        let place = self.given.get("admin.listen").map_or(Place::Default, |given| given.place.clone());
        if allow_remote {
            self.findings.warning(format!(
                "the admin endpoint listens on {listen} without TLS: tokens can be read on the way; keep that \
                 network closed"
            ));
        } else {
            let message = format!(
                "`admin.listen` is {listen}, which other machines reach; use a loopback address, or set \
                 `admin.allow_remote = true`"
            );
            self.findings.mistake(&place, message);
        }
    }

    fn limits(&mut self) -> GatewayLimits {
        let mut limits = GatewayLimits::default();
        for (name, given) in &self.limits {
            if LIMITS.iter().any(|row| row.name == name) {
                let set = limits.set(name, &given.value).map_err(|error| error.to_string());
                self.findings.take(&given.place, set);
            } else {
                let hint = nearest(name, LIMITS.iter().map(|row| row.name))
                    .map_or("docs/limits.md lists them".to_owned(), |near| format!("did you mean `{near}`?"));
                self.findings.mistake(&given.place, format!("there is no limit `{name}`; {hint}"));
            }
        }
        limits
    }

    fn warn_of(&mut self, config: &Config) {
        if config.tls.is_none() && config.trusted_proxies.is_empty() && !config.listen.ip().is_loopback() {
            self.findings.warning(format!(
                "clients reach {} without TLS: tickets can be read on the way; set `tls`, or put a proxy with TLS in \
                 front and name it in `trusted_proxies`",
                config.listen
            ));
        }
        if config.proxy_protocol && config.trusted_proxies.is_empty() {
            self.findings.warning("`proxy_protocol` has no effect without `trusted_proxies`");
        }
    }

    fn entries(&mut self) -> Entries<'s, '_> {
        Entries { source: self.source, folder: self.folder, findings: self.findings }
    }
}

/// Variables that Kubernetes sets by itself for a service named `tessera-gateway`.
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(ENV_PREFIX).unwrap_or_default();
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}
