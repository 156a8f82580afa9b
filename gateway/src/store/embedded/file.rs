//! The store's file: who may open it, what it begins with, and how redb gets at the rest of it. It knows no tables.
//!
//! A header page of our own precedes redb's content. By it a foreign or newer file is told apart before anything in
//! it is changed (redb writes to every file that it opens), and a creation that was cut short is started again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, StorageBackend};

use super::super::StoreError;
use super::{guarded, tables};

/// The newest format that this version reads, and the one that it writes.
const FORMAT: u64 = 1;
/// The line end tells a file that went through a text-mode copy.
const MAGIC: &[u8; 16] = b"Tessera store\r\n\0";
/// A whole page, so that redb's pages stay aligned.
const HEADER_BYTES: u64 = 4096;
/// Magic, format and state, the numbers in little endian. The rest of the page is zero.
const HEADER_USED: usize = 32;
/// The file is being created; nothing in it was ever acknowledged.
const STATE_CREATING: u64 = 1;
/// The file is a store.
const STATE_READY: u64 = 2;

/// The open and locked file. The lock lasts as long as this value, so the database in it may be closed and opened
/// again without letting another process in.
pub(super) struct StoreFile {
    path: PathBuf,
    file: File,
    cache_bytes: usize,
}

impl StoreFile {
    /// Opens and locks the file, and creates the store in it if it is empty.
    pub(super) fn open(path: &Path, cache_bytes: usize) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let file = open_file(&path).map_err(|error| refusal(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let reason =
                    "another process has it open; stop that one, or name another file in `store`".to_owned();
                return Err(StoreError::Open { path, reason });
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(path = %path.display(), "this file system cannot lock files; open the store only once");
            }
            Err(TryLockError::Error(error)) => return Err(refusal(&path, &error)),
        }
        let store = StoreFile { path, file, cache_bytes };
        if store.is_new()? {
            store.create().map_err(|error| store.damaged(&error))?;
        }
        Ok(store)
    }

    /// Opens the database in the file, which repairs it if the last process was killed. Reads all of it in that case.
    pub(super) fn database(&self) -> Result<Database, redb::Error> {
        if StorageBackend::len(&self.backend()?)? == 0 {
            // To redb this is a new database, which would be accounts lost without a word.
            return Err(redb::Error::Corrupted("everything after the header is missing".to_owned()));
        }
        self.build()
    }

    /// Why the database in the file cannot be opened.
    pub(super) fn damaged(&self, error: &redb::Error) -> StoreError {
        if let redb::Error::Io(error) = error
            && error.kind() != ErrorKind::InvalidData
        {
            return refusal(&self.path, error);
        }
        let reason =
            format!("it is damaged ({error}); put a copy of it back, or name another file in `store`");
        StoreError::Open { path: self.path.clone(), reason }
    }

    /// Whether the store has to be created; an error if the file is somebody else's.
    fn is_new(&self) -> Result<bool, StoreError> {
        let header = self.read_header().map_err(|error| refusal(&self.path, &error))?;
        if header.is_empty() {
            return Ok(true);
        }
        let foreign =
            |reason: &str| StoreError::Foreign { path: self.path.clone(), reason: reason.to_owned() };
        if header.len() < HEADER_USED || &header[..16] != MAGIC {
            return Err(foreign("it does not begin as one"));
        }
        let number = |at: usize| {
            header[at..at + 8].iter().rev().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))
        };
        match (number(16), number(24)) {
            (found, _) if found > FORMAT => {
                Err(StoreError::Newer { path: self.path.clone(), found, known: FORMAT })
            }
            (FORMAT, STATE_CREATING) => Ok(true),
            (FORMAT, STATE_READY) => Ok(false),
            _ => Err(foreign("its first page is damaged")),
        }
    }

    fn create(&self) -> Result<(), redb::Error> {
        self.write_header(STATE_CREATING)?;
        self.file.set_len(HEADER_BYTES)?;
        tables::create(&self.build()?)?;
        self.write_header(STATE_READY)?;
        self.sync_folder();
        Ok(())
    }

    fn read_header(&self) -> io::Result<Vec<u8>> {
        let mut header = Vec::with_capacity(HEADER_USED);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.take(HEADER_USED as u64).read_to_end(&mut header)?;
        Ok(header)
    }

    fn write_header(&self, state: u64) -> io::Result<()> {
        let header = [MAGIC.as_slice(), &FORMAT.to_le_bytes(), &state.to_le_bytes()].concat();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header)?;
        self.file.sync_all()
    }

    /// Makes the new file's name durable, where a folder can be synced.
    fn sync_folder(&self) {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Not every system can do this, and those that cannot need it not.
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    }

    fn backend(&self) -> Result<AfterHeader, redb::Error> {
        Ok(AfterHeader(FileBackend::new(self.file.try_clone()?)?))
    }

    fn build(&self) -> Result<Database, redb::Error> {
        let backend = self.backend()?;
        guarded(|| Ok(Database::builder().set_cache_size(self.cache_bytes).create_with_backend(backend)?))
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    match path.metadata() {
        // Opening a pipe would wait, and a device would be overwritten.
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => {
            return Err(io::Error::other("it is not a file; name a file in `store`"));
        }
        Ok(_) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What the system's refusal means, and what to do.
fn refusal(path: &Path, error: &io::Error) -> StoreError {
    let remedy = match error.kind() {
        ErrorKind::NotFound => "its folder does not exist; create that, or name another file in `store`",
        ErrorKind::PermissionDenied => {
            "give the user that runs this the right to read and write it and its folder"
        }
        ErrorKind::IsADirectory => "it is a folder; name a file in it",
        ErrorKind::ReadOnlyFilesystem => "name a file on a file system that can be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        _ => {
            return StoreError::Open { path: path.to_owned(), reason: error.to_string() };
        }
    };
    StoreError::Open { path: path.to_owned(), reason: format!("{error}: {remedy}") }
}

/// The file after our header. Locks are not redb's matter: [`StoreFile`] holds one for the whole file.
#[derive(Debug)]
struct AfterHeader(FileBackend);

impl StorageBackend for AfterHeader {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(StorageBackend::len(&self.0)?.saturating_sub(HEADER_BYTES))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset + HEADER_BYTES, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.set_len(len + HEADER_BYTES)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.write(offset + HEADER_BYTES, data)
    }
}
