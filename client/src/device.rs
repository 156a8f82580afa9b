//! The device id: which one a client has, and where it is kept (C23).
//!
//! The shared instance has the one of the installation, kept in the file `device-id` of the device folder. Every
//! further client of the process has a random one. So has a second process that uses the same folder at the same
//! time: two sessions of one user with one device id would replace each other for ever without a word (G4).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::id::DeviceId;
use tessera_core::settings::ClientSettings;

use crate::entropy;
use crate::process::PerProcess;

const FILE: &str = "device-id";
/// An id has 32 hexadecimal digits; a file that is longer is not ours.
const FILE_BYTES_MAX: u64 = 64;

/// The ids of some folders, with the locks on their files.
type Held = Vec<(PathBuf, DeviceId, Option<File>)>;

/// What this process uses. The child of a fork is a second process, though it has the parent's files open.
static HELD: PerProcess<Mutex<Held>> = PerProcess::new(Mutex::default);

/// The device id of a client.
///
/// # Errors
/// 6017 for a `device_id` that is not 32 hexadecimal digits; 7012 without randomness.
pub(crate) fn resolve(settings: &ClientSettings, shared: bool) -> Result<DeviceId, Error> {
    if let Some(text) = &settings.device_id {
        return DeviceId::parse(text).ok_or_else(|| {
            let desc = "`device_id` must have 32 hexadecimal digits";
            Error::new(codes::ERR_INVALID_PARAMETERS, desc)
        });
    }
    if shared { installed(settings) } else { random() }
}

/// The id of the installation; if it cannot be read nor stored, one that lasts for the process.
fn installed(settings: &ClientSettings) -> Result<DeviceId, Error> {
    let folder = settings.device_dir.as_ref().map(PathBuf::from).or_else(default_folder);
    let path = folder.clone().unwrap_or_default();
    let mut held = HELD.get().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, id, _)) = held.iter().find(|(known, _, _)| *known == path) {
        return Ok(*id);
    }
    let (id, lock) = match folder.as_deref().map(open) {
        Some(Ok((id, lock))) => (id, Some(lock)),
        Some(Err(error)) => {
            tracing::warn!(
                "the device id cannot be kept in {}, it lasts for this process: {error}",
                path.display()
            );
            (random()?, None)
        }
        None => {
            tracing::warn!(
                "there is no device folder, the device id lasts for this process: set `device_dir`"
            );
            (random()?, None)
        }
    };
    held.push((path, id, lock));
    Ok(id)
}

/// Reads the id of a folder, or puts a new one there. The file stays locked while the process lives.
fn open(folder: &Path) -> io::Result<(DeviceId, File)> {
    create_folder(folder)?;
    let path = folder.join(FILE);
    for _ in 0..3 {
        match OpenOptions::new().read(true).open(&path) {
            Ok(file) => match (lock(&file)?, read(&file)?) {
                ((), Some(id)) => return Ok((id, file)),
                ((), None) => {
                    tracing::warn!("{} has no device id in it and is written anew", path.display());
                    std::fs::remove_file(&path)?;
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder, &path)?,
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("the file changes all the time"))
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another process uses it now")),
        // Some file systems have no locks; then the id is used unguarded.
        Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn read(mut file: &File) -> io::Result<Option<DeviceId>> {
    let mut text = String::new();
    match Read::by_ref(&mut file).take(FILE_BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => Ok(DeviceId::parse(text.trim())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a new id under another name first, so that no reader ever sees half of it.
fn create(folder: &Path, path: &Path) -> io::Result<()> {
    let id = random().map_err(io::Error::other)?;
    let draft = folder.join(format!("{FILE}.{id}"));
    let result = write_draft(&draft, id).and_then(|()| match std::fs::hard_link(&draft, path) {
        // Another process was faster, and its id holds.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links.
        Err(_) => std::fs::rename(&draft, path),
        Ok(()) => Ok(()),
    });
    // After a rename there is nothing to remove.
    let _ = std::fs::remove_file(&draft);
    result
}

fn write_draft(draft: &Path, id: DeviceId) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    writeln!(file, "{id}")?;
    file.sync_all()
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn random() -> Result<DeviceId, Error> {
    entropy::bytes().map(DeviceId)
}

/// The folder for application data of this system, with one of ours in it. Android has none that a library can find
/// by itself: there the binding sets `device_dir`. So does the one for Swift, because on Apple's systems backups copy
/// this folder to other devices, and apps outside of a sandbox share it.
fn default_folder() -> Option<PathBuf> {
    folder_in(&|name| std::env::var_os(name).map(PathBuf::from))
}

fn folder_in(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let base = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_vendor = "apple") {
        variable("HOME").map(|home| home.join("Library").join("Application Support"))
    } else if cfg!(target_os = "android") {
        None
    } else {
        let home = || variable("HOME").filter(absolute).map(|home| home.join(".local").join("share"));
        variable("XDG_DATA_HOME").filter(absolute).or_else(home)
    };
    base.filter(absolute).map(|base| base.join("tessera"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path) -> ClientSettings {
        ClientSettings { device_dir: folder.to_str().map(str::to_owned), ..ClientSettings::default() }
    }

    #[test]
    fn the_shared_instance_keeps_its_id_and_others_have_their_own() {
        // C23
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder.path().join("a").join("b"));
        let first = resolve(&settings, true).unwrap();
        assert_eq!(resolve(&settings, true).unwrap(), first);
        let kept = std::fs::read_to_string(folder.path().join("a/b/device-id")).unwrap();
        assert_eq!(kept.trim(), first.to_string());
        let other = resolve(&settings, false).unwrap();
        assert_ne!(other, first);
        assert_ne!(resolve(&settings, false).unwrap(), other);
        assert_eq!(std::fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1, "no drafts are left");
    }

    #[test]
    fn an_id_that_was_kept_is_read_again_and_one_that_is_none_is_replaced() {
        // C23
        let folder = tempfile::tempdir().unwrap();
        let (first, lock) = open(folder.path()).unwrap();
        drop(lock);
        assert_eq!(open(folder.path()).unwrap().0, first);
        for content in [&b"short"[..], b"", &[0xff; 32], &[b'a'; 4096]] {
            std::fs::write(folder.path().join(FILE), content).unwrap();
            let replaced = open(folder.path()).unwrap().0;
            assert_eq!(open_after_release(folder.path()), replaced);
        }
    }

    fn open_after_release(folder: &Path) -> DeviceId {
        open(folder).unwrap().0
    }

    #[test]
    fn a_folder_that_another_process_uses_is_left_to_it() {
        // A lock that is held through another open file stands for the other process.
        let folder = tempfile::tempdir().unwrap();
        let (kept, _lock) = open(folder.path()).unwrap();
        assert!(open(folder.path()).is_err());
        assert_ne!(resolve(&settings(folder.path()), true).unwrap(), kept);
    }

    #[test]
    fn an_id_that_cannot_be_kept_lasts_for_the_process() {
        // C23
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = settings(&file.path().join("below-a-file"));
        let first = resolve(&settings, true).unwrap();
        assert_eq!(resolve(&settings, true).unwrap(), first);
    }

    #[test]
    fn an_id_in_the_settings_is_taken_or_refused() {
        // C23
        let with = |text: &str| {
            let settings = ClientSettings { device_id: Some(text.to_owned()), ..ClientSettings::default() };
            resolve(&settings, true)
        };
        assert_eq!(with(&"ab".repeat(16)).unwrap(), DeviceId([0xab; 16]));
        assert_eq!(with("my phone").unwrap_err().code, codes::ERR_INVALID_PARAMETERS);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _held = open(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_default_folder_follows_the_desktop_standard() {
        let with = |pairs: &[(&str, &str)]| {
            folder_in(&|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/home/u");
        assert_eq!(with(&[home, ("XDG_DATA_HOME", "/data")]), Some("/data/tessera".into()));
        assert_eq!(with(&[home, ("XDG_DATA_HOME", "relative")]), Some("/home/u/.local/share/tessera".into()));
        assert_eq!(with(&[]), None);
    }
}
