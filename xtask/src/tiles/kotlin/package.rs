//! `cargo xtask package kotlin`: fills a Maven repository in `dist/maven` with the jar for a JVM and the AAR for Android.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Workshop;
use super::android;
use crate::cargo::{cache_dir, root, run};
use crate::libraries::Profile;
use crate::notices;

const DEPLOY: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file";
/// Folders with sources that both artefacts have, under `bindings/kotlin/src`.
const SHARED_SOURCES: [&str; 4] = ["generated/kotlin", "generated/java", "common/kotlin", "common/java"];
/// The name of the jar for those who have modules.
const MANIFEST: &str = "Automatic-Module-Name: io.tessera\n";
/// Archives do not tell when they were made, so that the same sources give the same archive.
const DATE: &str = "--date=2000-01-01T00:00:00Z";

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
    run(&mut workshop.maven(&[
        "clean",
        "package",
        "-DskipTests",
        "--quiet",
        "--projects",
        "jvm,android",
    ])?)?;
    remove(repository)?;
    let staged = workshop.folder.join("publish");
    remove(&staged)?;
    let notices = notices::of("tessera-uniffi")?;
    Artefact { name: "tessera", packaging: "jar", source: "jvm", folder: staged.join("jvm") }.publish(
        &workshop,
        repository,
        &notices,
        |content| {
            let library = content.join(jna_folder()?);
            copy(&workshop.library(), &library.join(file_name(&workshop.library())))
        },
    )?;
    Artefact { name: "tessera-android", packaging: "aar", source: "android", folder: staged.join("android") }
        .publish(&workshop, repository, &notices, |content| {
            let source = root().join("bindings/kotlin/src/android");
            let classes = workshop.target().join("android/classes");
            archive(&content.join("classes.jar"), &[&classes])?;
            copy(&source.join("manifest/AndroidManifest.xml"), &content.join("AndroidManifest.xml"))?;
            // The name that a shrinker looks for in an AAR.
            copy(&source.join("consumer-rules.pro"), &content.join("proguard.txt"))?;
            // The library has no resources, but the file must be there.
            write(&content.join("R.txt"), "")?;
            android::libraries(&content.join("jni"), profile)
        })
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
        notices: &str,
        fill: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let content = self.folder.join("content");
        fill(&content)?;
        let legal = content.join("META-INF");
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            copy(&root().join(licence), &legal.join(licence))?;
        }
        write(&legal.join("THIRD-PARTY-NOTICES.md"), notices)?;
        let file = self.folder.join(format!("{}.{}", self.name, self.packaging));
        let classes = workshop.target().join(self.source).join("classes");
        match self.packaging {
            "jar" => {
                let manifest = self.folder.join("MANIFEST.MF");
                write(&manifest, MANIFEST)?;
                archive_with(&manifest, &file, &[&classes, &content])?;
            }
            _ => archive(&file, &[&content])?,
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
        archive(&file, &folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        Ok(file)
    }

    /// The template with the versions that the build has used.
    fn pom(&self) -> Result<PathBuf, String> {
        let template = read(&root().join(format!("bindings/kotlin/publish/{}.pom", self.name)))?;
        let build = read(&root().join("bindings/kotlin/pom.xml"))?;
        let mut pom = template;
        for name in ["version", "kotlin.stdlib.version", "coroutines.version", "jna.version"] {
            let value = element(&build, name).ok_or(format!("bindings/kotlin/pom.xml has no <{name}>"))?;
            pom = pom.replace(&format!("@{name}@"), value);
        }
        // Not `pom.xml`, which Maven would take for the project that it is called on.
        let file = self.folder.join(format!("{}.pom", self.name));
        write(&file, &pom)?;
        Ok(file)
    }

    fn deploy(&self, repository: &Path, file: &Path, sources: &Path, pom: &Path) -> Result<(), String> {
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "--no-transfer-progress", DEPLOY]);
        maven.arg(format!("-Dmaven.repo.local={}", cache_dir()?.join("maven").display()));
        maven.arg(format!("-Durl=file://{}", repository.display()));
        maven.arg(format!("-Dpackaging={}", self.packaging));
        for (name, path) in [("file", file), ("sources", sources), ("pomFile", pom)] {
            maven.arg(format!("-D{name}={}", path.display()));
        }
        run(maven.current_dir(&self.folder))
    }
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

/// An archive of what is in these folders.
fn archive(file: &Path, folders: &[&Path]) -> Result<(), String> {
    pack(Command::new("jar").arg("--no-manifest"), file, folders)
}

fn archive_with(manifest: &Path, file: &Path, folders: &[&Path]) -> Result<(), String> {
    pack(Command::new("jar").arg("--manifest").arg(manifest), file, folders)
}

fn pack(jar: &mut Command, file: &Path, folders: &[&Path]) -> Result<(), String> {
    create(file.parent().expect("a file has a folder"))?;
    jar.args(["--create", DATE, "--file"]).arg(file);
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        jar.arg("-C").arg(folder).arg(".");
    }
    run(jar)
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn file_name(path: &Path) -> &std::ffi::OsStr {
    path.file_name().expect("a library has a name")
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    create(to.parent().expect("a file has a folder"))?;
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    create(file.parent().expect("a file has a folder"))?;
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
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
    fn the_versions_of_maven_and_cargo_are_the_same() {
        let build = read(&root().join("bindings/kotlin/pom.xml")).unwrap();
        assert_eq!(element(&build, "version"), Some(env!("CARGO_PKG_VERSION")));
    }
}
