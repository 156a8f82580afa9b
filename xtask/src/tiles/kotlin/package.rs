//! `cargo xtask package kotlin`: fills a Maven repository in `dist/maven` with the jar for a JVM and the AAR for Android.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Workshop, android, archive, maven};
use crate::cargo::{built, cache_dir, root, run};
use crate::files::{copy, read, remove, write};
use crate::libraries::Profile;
use crate::notices;
use crate::tiles::c::with_gateway_build;

const DEPLOY: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Folders with sources that both artefacts have, under `bindings/kotlin/src`.
const SHARED_SOURCES: [&str; 4] = ["generated/kotlin", "generated/java", "common/kotlin", "common/java"];
/// The name of the jar for those who have modules.
const MANIFEST: &str = "Automatic-Module-Name: io.tessera\n";
/// What an AAR has to have.
const AAR: [&str; 7] = [
    "AndroidManifest.xml",
    "classes.jar",
    "proguard.txt",
    "R.txt",
    "META-INF/LICENSE-MIT",
    "META-INF/LICENSE-APACHE",
    "META-INF/THIRD-PARTY-NOTICES.md",
];

/// `dist/maven`, with what is published as it is published.
pub(crate) fn fill() -> Result<(), String> {
    let repository = root().join("dist/maven");
    publish(&repository, Profile::Dist)?;
    println!("{}: a Maven repository with io.tessera:tessera and :tessera-android", repository.display());
    Ok(())
}

/// Builds both artefacts and puts them into a repository, which is made anew.
pub(super) fn publish(repository: &Path, profile: Profile) -> Result<(), String> {
    let workshop = Workshop::with(profile)?;
    workshop.compile()?;
    let missing = android::missing();
    remove(repository)?;
    let staged = workshop.folder.join("publish");
    remove(&staged)?;
    Artefact { name: "tessera", packaging: "jar", source: "jvm", folder: staged.join("jvm") }.publish(
        &workshop,
        repository,
        |content| {
            let library = content.join(jna_folder()?);
            copy(&workshop.library(), &library.join(file_name(&workshop.library())))
        },
    )?;
    Artefact { name: "tessera-android", packaging: "aar", source: "android", folder: staged.join("android") }
        .publish(&workshop, repository, |content| {
            let source = root().join("bindings/kotlin/src/android");
            let classes = workshop.target().join("android/classes");
            archive::create(&content.join("classes.jar"), &[&classes])?;
            copy(&source.join("manifest/AndroidManifest.xml"), &content.join("AndroidManifest.xml"))?;
            // The name that a shrinker looks for in an AAR.
            copy(&source.join("consumer-rules.pro"), &content.join("proguard.txt"))?;
            // The library has no resources, but the file must be there.
            write(&content.join("R.txt"), "")?;
            if missing.is_empty() { android::libraries(&content.join("jni"), profile) } else { Ok(()) }
        })?;
    if !missing.is_empty() {
        println!("tessera-android HAS NO NATIVE LIBRARY and starts on no device. What is missing here:");
        missing.iter().for_each(|what| println!("    {what}"));
    }
    Ok(())
}

/// What is published under one name.
struct Artefact {
    name: &'static str,
    packaging: &'static str,
    /// Its source folder, and the module that compiles it.
    source: &'static str,
    folder: PathBuf,
}

impl Artefact {
    fn publish(
        &self,
        workshop: &Workshop,
        repository: &Path,
        fill: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let content = self.folder.join("content");
        fill(&content)?;
        notices::place(&content.join("META-INF"), "tessera-uniffi")?;
        let file = self.folder.join(format!("{}.{}", self.name, self.packaging));
        let classes = workshop.target().join(self.source).join("classes");
        match self.packaging {
            "jar" => {
                let manifest = self.folder.join("MANIFEST.MF");
                write(&manifest, MANIFEST)?;
                archive::with_manifest(&manifest, &file, &[&classes, &content])?;
            }
            _ => archive::create(&file, &[&content])?,
        }
        let sources = self.sources(workshop)?;
        let pom = self.pom()?;
        self.deploy(repository, &file, &sources, &pom)
    }

    fn sources(&self, workshop: &Workshop) -> Result<PathBuf, String> {
        let source = root().join("bindings/kotlin/src");
        let own = [format!("{}/kotlin", self.source), format!("{}/java", self.source)];
        let folders = SHARED_SOURCES.iter().map(|folder| source.join(folder));
        let mut folders: Vec<PathBuf> = folders.chain(own.iter().map(|folder| source.join(folder))).collect();
        folders.push(workshop.generated().join("kotlin"));
        let file = self.folder.join("sources.jar");
        archive::create(&file, &folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        Ok(file)
    }

    /// The template with the versions that the build has used.
    fn pom(&self) -> Result<PathBuf, String> {
        let template = read(&root().join(format!("bindings/kotlin/publish/{}.pom", self.name)))?;
        let build = build_file()?;
        let mut pom = template;
        for name in ["version", "kotlin.stdlib.version", "coroutines.version", "jna.version"] {
            let value = element(&build, name).ok_or(format!("bindings/kotlin/pom.xml has no <{name}>"))?;
            pom = pom.replace(&format!("@{name}@"), value);
        }
        pom = pom.replace("@repository@", env!("CARGO_PKG_REPOSITORY"));
        // Not `pom.xml`, which Maven would take for the project that it is called on.
        let file = self.folder.join(format!("{}.pom", self.name));
        write(&file, &pom)?;
        Ok(file)
    }

    fn deploy(&self, repository: &Path, file: &Path, sources: &Path, pom: &Path) -> Result<(), String> {
        let mut maven = maven(&self.folder)?;
        maven.args(["--quiet", DEPLOY]);
        maven.arg(format!("-Durl=file://{}", repository.display()));
        maven.arg(format!("-Dpackaging={}", self.packaging));
        for (name, path) in [("file", file), ("sources", sources), ("pomFile", pom)] {
            maven.arg(format!("-D{name}={}", path.display()));
        }
        run(&mut maven)
    }
}

/// Projects that know no more of Tessera than its coordinates, with what is published: the samples, which are then run
/// beside a gateway, and the dependencies of an app for Android.
pub(super) fn consumers() -> Result<Vec<Command>, String> {
    let repository = cache_dir()?.join("kotlin/repository");
    publish(&repository, Profile::Release)?;
    check_sources(&repository)?;
    // What an earlier run has resolved would be taken for what was published now.
    remove(&cache_dir()?.join("maven/io/tessera"))?;
    let build = cache_dir()?.join("kotlin/consumers");
    remove(&build)?;
    let consumer = |folder: &str, build: &Path| -> Result<Command, String> {
        let mut package = maven(&root().join(folder))?;
        package.args(["--quiet", "package"]);
        package.arg(format!("-Dtessera.repository={}", repository.display()));
        package.arg(format!("-Dtessera.build={}", build.display()));
        Ok(package)
    };
    let (samples, android) = (build.join("samples"), build.join("android"));
    run(&mut consumer("bindings/kotlin/publish/consumer", &android)?)?;
    check_android(&android)?;
    let mut commands = vec![consumer("samples/android", &samples)?, with_gateway_build()?];
    for app in ["JavaApp", "KotlinApp"] {
        let mut java = Command::new(built("tessera-with-gateway")?);
        java.args(["--", "java", "-cp"]);
        java.arg(format!("{0}/classes:{0}/libraries/*", samples.display()));
        java.arg(format!("io.tessera.samples.{app}"));
        java.arg("{app}");
        commands.push(java);
    }
    Ok(commands)
}

/// Whoever looks a class up finds its source beside each artefact.
fn check_sources(repository: &Path) -> Result<(), String> {
    for name in ["tessera", "tessera-android"] {
        let file = format!("io/tessera/{name}/{VERSION}/{name}-{VERSION}-sources.jar");
        if !archive::list(&repository.join(&file))?.iter().any(|found| found == "io/tessera/Client.kt") {
            return Err(format!("{file} has no io/tessera/Client.kt"));
        }
    }
    Ok(())
}

/// What an app for Android gets: the AAR with everything in it that an AAR has, and JNA as an AAR.
fn check_android(resolved: &Path) -> Result<(), String> {
    let libraries = resolved.join("libraries");
    let jna = format!("jna-{}.aar", element(&build_file()?, "jna.version").unwrap_or_default());
    let tessera = format!("tessera-android-{VERSION}.aar");
    for name in [jna.as_str(), tessera.as_str()] {
        if !libraries.join(name).is_file() {
            return Err(format!("an app for Android does not get {name}"));
        }
    }
    let listed = archive::list(&libraries.join(&tessera))?;
    if let Some(name) = AAR.iter().find(|name| !listed.iter().any(|found| found == *name)) {
        return Err(format!("the AAR has no {name}"));
    }
    check_rules(&archive::text(&libraries.join(&tessera), "proguard.txt", resolved)?)
}

/// JNA reads the order of a structure's fields from an annotation. A shrinker takes annotations away unless it is told
/// not to, and then an app crashes at its first call.
fn check_rules(rules: &str) -> Result<(), String> {
    let mut kept = rules.lines().filter_map(|line| line.strip_prefix("-keepattributes "));
    let is_kept = kept.any(|names| names.split(',').any(|name| name.trim() == "RuntimeVisibleAnnotations"));
    if is_kept { Ok(()) } else { Err("the AAR's rules let a shrinker drop JNA's annotations".to_owned()) }
}

fn build_file() -> Result<String, String> {
    read(&root().join("bindings/kotlin/pom.xml"))
}

/// Where JNA looks for the library of this machine in a jar.
fn jna_folder() -> Result<&'static str, String> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x86-64"),
        ("linux", "aarch64") => Ok("linux-aarch64"),
        ("macos", "x86_64") => Ok("darwin-x86-64"),
        ("macos", "aarch64") => Ok("darwin-aarch64"),
        ("windows", "x86_64") => Ok("win32-x86-64"),
        (os, arch) => Err(format!("JNA's name for {os} on {arch} is not known here")),
    }
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn file_name(path: &Path) -> &std::ffi::OsStr {
    path.file_name().expect("a library has a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_of_the_poms_name_no_version_themselves() {
        for name in ["tessera", "tessera-android"] {
            let pom = read(&root().join(format!("bindings/kotlin/publish/{name}.pom"))).unwrap();
            assert_eq!(element(&pom, "artifactId"), Some(name));
            for version in pom.split("<version>").skip(1) {
                assert!(version.starts_with('@'), "{name}: {version}");
            }
        }
    }

    #[test]
    fn the_rules_for_shrinkers_keep_annotations() {
        let rules = read(&root().join("bindings/kotlin/src/android/consumer-rules.pro")).unwrap();
        assert_eq!(check_rules(&rules), Ok(()));
        assert!(check_rules("-keepattributes Signature\n# RuntimeVisibleAnnotations").is_err());
    }

    #[test]
    fn the_poms_have_what_maven_central_asks_for() {
        for name in ["tessera", "tessera-android"] {
            let pom = read(&root().join(format!("bindings/kotlin/publish/{name}.pom"))).unwrap();
            for required in ["name", "description", "url", "licenses", "developers", "scm"] {
                assert!(element(&pom, required).is_some(), "{name} has no <{required}>");
            }
        }
    }

    #[test]
    fn the_versions_of_maven_and_cargo_are_the_same() {
        let build = build_file().unwrap();
        assert_eq!(element(&build, "version"), Some(VERSION));
    }
}
