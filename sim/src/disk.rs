//! A disk that forgets: what was written but not synced is lost or torn when the power goes. It is a storage for
//! redb, and knows nothing of what is on it.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What the disk writes as a whole or not at all.
const SECTOR: usize = 512;
/// What is shared between the synced and the current content; a multiple of a sector.
const PAGE: usize = 4096;

type Page = Arc<[u8; PAGE]>;

/// A disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<Content>>);

#[derive(Clone, Debug, Default)]
struct Content {
    current: Image,
    synced: Image,
    /// Pages of `current` that may differ from `synced`.
    dirty: BTreeSet<usize>,
    /// The sync that fails, by how many come before it, and how.
    fails_at: Option<(u32, Failure)>,
    dead: bool,
}

#[derive(Clone, Debug, Default)]
struct Image {
    len: u64,
    /// A page that was never written is zero.
    pages: Vec<Option<Page>>,
}

/// How a sync fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// It reports an error once, and what was written since the last sync is lost.
    Error,
    /// The power goes: nothing is read or written from then on.
    PowerCut,
}

impl Disk {
    /// A disk with the same synced content, of its own.
    pub(crate) fn copy(&self) -> Disk {
        let synced = self.lock().synced.clone();
        Disk::with(synced)
    }

    fn with(image: Image) -> Disk {
        let content = Content { current: image.clone(), synced: image, ..Content::default() };
        Disk(Arc::new(Mutex::new(content)))
    }

    /// Lets the sync after `syncs` more fail.
    pub(crate) fn fail_after(&self, syncs: u32, failure: Failure) {
        self.lock().fails_at = Some((syncs, failure));
    }

    /// Takes an ordered failure back.
    pub(crate) fn mend(&self) {
        self.lock().fails_at = None;
    }

    /// Cuts the power, and starts again with what is left: each sector that was not synced is the old or the new one,
    /// as `survives` says. This disk is dead from then on.
    pub(crate) fn crash(&self, mut survives: impl FnMut(usize) -> bool) -> Disk {
        let mut content = self.lock();
        content.dead = true;
        let (old, new) = (&content.synced, &content.current);
        let mut image = old.clone();
        let mut end = old.len;
        for &page in &content.dirty {
            for sector in page * PAGE / SECTOR..(page + 1) * PAGE / SECTOR {
                let at = sector * SECTOR % PAGE;
                let bytes = |image: &Image| image.page(page).map(|page| page[at..at + SECTOR].to_vec());
                let (before, after) = (bytes(old), bytes(new));
                if before != after && survives(sector) {
                    let after = after.unwrap_or_else(|| vec![0; SECTOR]);
                    image.page_mut(page)[at..at + SECTOR].copy_from_slice(&after);
                    end = end.max((((sector + 1) * SECTOR) as u64).min(new.len));
                }
            }
        }
        // A file is as long as what of it survived; a length alone is kept or lost.
        image.len = if end > old.len || survives(usize::MAX) { new.len.max(end) } else { old.len };
        Disk::with(image)
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // No step in here can panic halfway, so a poisoned lock guards good content.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> Result<MutexGuard<'_, Content>, Error> {
        let content = self.lock();
        if content.dead { Err(Error::other("the power is gone")) } else { Ok(content) }
    }
}

impl Image {
    fn page(&self, page: usize) -> Option<&Page> {
        self.pages.get(page).and_then(Option::as_ref)
    }

    fn page_mut(&mut self, page: usize) -> &mut [u8; PAGE] {
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        Arc::make_mut(self.pages[page].get_or_insert_with(|| Arc::new([0; PAGE])))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.alive()?.current.len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let content = self.alive()?;
        if offset + out.len() as u64 > content.current.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        for (page, within, part) in parts(offset, out.len()) {
            let out = &mut out[part];
            match content.current.page(page) {
                Some(bytes) => out.copy_from_slice(&bytes[within..within + out.len()]),
                None => out.fill(0),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut content = self.alive()?;
        let first_cut = usize::try_from(len / PAGE as u64).map_err(Error::other)?;
        if len < content.current.len {
            let within = usize::try_from(len % PAGE as u64).map_err(Error::other)?;
            for page in first_cut..content.current.pages.len() {
                let from = if page == first_cut { within } else { 0 };
                if content.current.page(page).is_some() {
                    content.current.page_mut(page)[from..].fill(0);
                    content.dirty.insert(page);
                }
            }
        }
        content.current.len = len;
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut content = self.alive()?;
        match content.fails_at {
            Some((0, failure)) => {
                content.fails_at = None;
                match failure {
                    Failure::Error => {
                        content.current = content.synced.clone();
                        content.dirty.clear();
                    }
                    Failure::PowerCut => content.dead = true,
                }
                return Err(Error::other("the disk did not take it"));
            }
            Some((syncs, failure)) => content.fails_at = Some((syncs - 1, failure)),
            None => {}
        }
        let content = &mut *content;
        content.synced.len = content.current.len;
        content.synced.pages.resize(content.current.pages.len().max(content.synced.pages.len()), None);
        for page in std::mem::take(&mut content.dirty) {
            content.synced.pages[page] = content.current.page(page).cloned();
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut content = self.alive()?;
        let content = &mut *content;
        for (page, within, part) in parts(offset, data.len()) {
            let data = &data[part];
            content.current.page_mut(page)[within..within + data.len()].copy_from_slice(data);
            content.dirty.insert(page);
        }
        content.current.len = content.current.len.max(offset + data.len() as u64);
        Ok(())
    }
}

/// The pages that a range touches: number, offset in it, and which part of the range it is.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (usize, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = usize::try_from(offset).ok()? + done;
        let count = (PAGE - at % PAGE).min(len - done);
        let part = (at / PAGE, at % PAGE, done..done + count);
        done += count;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(disk: &Disk, offset: u64, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        disk.read(offset, &mut out).expect("is within the disk");
        out
    }

    #[test]
    fn a_crash_keeps_what_was_synced_and_tears_the_rest_by_sectors() {
        let disk = Disk::default();
        disk.write(0, &[1; 3 * SECTOR]).expect("is alive");
        disk.sync_data().expect("is alive");
        disk.write(SECTOR as u64, &[2; 2 * SECTOR]).expect("is alive");
        let after = disk.crash(|sector| sector == 2);
        assert!(disk.sync_data().is_err(), "the old handle is dead");
        assert_eq!(read(&after, 0, 2 * SECTOR), vec![1; 2 * SECTOR]);
        assert_eq!(read(&after, 2 * SECTOR as u64, SECTOR), vec![2; SECTOR]);
    }

    #[test]
    fn a_cut_file_is_zero_where_it_grows_again() {
        let disk = Disk::default();
        disk.write(0, &[1; 2 * PAGE]).expect("is alive");
        disk.set_len(100).expect("is alive");
        disk.set_len(PAGE as u64).expect("is alive");
        assert_eq!(read(&disk, 0, PAGE), [vec![1; 100], vec![0; PAGE - 100]].concat());
        assert!(disk.read(1, &mut [0; PAGE]).is_err(), "reads past the end fail");
    }

    #[test]
    fn the_power_goes_at_the_sync_that_was_named() {
        let disk = Disk::default();
        disk.fail_after(1, Failure::PowerCut);
        disk.write(0, &[1; 8]).expect("is alive");
        disk.sync_data().expect("the first is good");
        disk.write(0, &[2; 8]).expect("is alive");
        assert!(disk.sync_data().is_err());
        assert!(disk.write(0, &[3; 8]).is_err());
        assert_eq!(read(&disk.crash(|_| false), 0, 8), [1; 8]);
    }
}
