//! What the store in a file promises when its process is killed and when its disk is full. Each test runs this binary
//! again as a child that does the writing; the `child_` tests do nothing unless they are that child.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tessera_core::gateway::record::{Mark, UserRecord};
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, UserId};
use tessera_core::time::Millis;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::{Change, Store, UserKey};

const CHILD_PATH: &str = "TESSERA_TEST_STORE";
const ROUND: &str = "TESSERA_TEST_ROUND";
const TASKS: u64 = 8;

fn key(user: &str) -> UserKey {
    (AppId(1), UserId::parse(user).unwrap())
}

fn with_floor(floor: u64) -> UserRecord {
    UserRecord { floor, ..UserRecord::default() }
}

fn child_path() -> Option<PathBuf> {
    std::env::var_os(CHILD_PATH).map(PathBuf::from)
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{text}").and_then(|()| out.flush()).unwrap();
}

/// The command that runs one test of this binary as a child on the store at `path`.
fn child(command: &mut Command, test: &str, path: &Path) -> std::process::Child {
    command.args([test, "--exact", "--nocapture"]).env(CHILD_PATH, path).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_writes_until_it_is_killed() {
    let Some(path) = child_path() else { return };
    let round = std::env::var(ROUND).unwrap();
    let store = Arc::new(EmbeddedStore::open(path).unwrap());
    let tasks = (0..TASKS).map(|task| {
        let (store, round) = (Arc::clone(&store), round.clone());
        tokio::spawn(async move {
            let [left, right] = [format!("left-{task}"), format!("right-{task}")].map(|user| key(&user));
            let first = store.load(&left).unwrap().unwrap_or_default().floor + 1;
            for number in first.. {
                let new = key(&format!("new-{round}-{task}-{number}"));
                let batch = [left, new, right].map(|user| Change::User(user, with_floor(number)));
                store.write(batch.to_vec()).await.unwrap();
                say(&format!("acknowledged {task} {number}"));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// Reads a child's lines until it has acknowledged `enough` writes, kills it, and gives every acknowledgement that it
/// got out.
fn kill_after(mut child: std::process::Child, enough: usize) -> Vec<(u64, u64)> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        // The last line may be cut off.
        let Ok(line) = line else { break };
        let words: Vec<_> = line.split(' ').collect();
        if let ["acknowledged", task, number] = words[..]
            && let (Ok(task), Ok(number)) = (task.parse(), number.parse())
        {
            acknowledged.push((task, number));
        }
        if acknowledged.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= enough, "the child ended by itself");
    acknowledged
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    // G9
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut last: HashMap<u64, u64> = HashMap::new();
    for round in 0..6 {
        let mut command = Command::new(this_binary());
        let child = child(command.env(ROUND, round.to_string()), "child_writes_until_it_is_killed", &path);
        let acknowledged = kill_after(child, 1 + 60 * round);
        let store = EmbeddedStore::open(&path).unwrap();
        for (task, number) in acknowledged {
            let new = store.load(&key(&format!("new-{round}-{task}-{number}"))).unwrap();
            assert_eq!(new, Some(with_floor(number)), "round {round}: acknowledged, then lost");
            last.entry(task).and_modify(|last| *last = number.max(*last)).or_insert(number);
        }
        for task in 0..TASKS {
            let [left, right] =
                ["left", "right"].map(|side| store.load(&key(&format!("{side}-{task}"))).unwrap());
            assert_eq!(left, right, "round {round}: half of a batch is there");
            let floor = left.map_or(0, |record| record.floor);
            assert!(floor >= last.get(&task).copied().unwrap_or(0), "round {round}: went back to {floor}");
        }
    }
}

/// About ten kilobytes, so that a small disk is soon full.
fn fat_record(number: u64) -> UserRecord {
    let mark = Mark { device: DeviceId([7; 16]), by: Platform::Web, at: Millis(number), spent_by: None };
    UserRecord { marks: vec![mark; 100], ..with_floor(number) }
}

fn make_room(folder: &Path) {
    std::fs::remove_file(folder.join("ballast")).unwrap();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, Rlimit { current: limit.maximum, ..limit }).unwrap();
    }
}

fn fat_users_are_there(store: &EmbeddedStore, count: u64) {
    for number in 0..count {
        assert_eq!(store.load(&key(&number.to_string())).unwrap(), Some(fat_record(number)));
    }
}

#[tokio::test]
async fn child_fills_its_disk_and_goes_on_when_there_is_room() {
    let Some(path) = child_path() else { return };
    let folder = path.parent().unwrap();
    std::fs::write(folder.join("ballast"), vec![1; 1 << 20]).unwrap();
    let store = EmbeddedStore::open(&path).unwrap();
    let known = key("known");
    store.write(vec![Change::User(known, with_floor(1))]).await.unwrap();

    let mut count = 0;
    let failure = loop {
        let user = key(&count.to_string());
        match store.write(vec![Change::User(user, fat_record(count))]).await {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
        assert!(count < 10_000, "the disk has no end");
    };
    say(&format!("full after {count}: {failure}"));
    assert_eq!(store.load(&key(&count.to_string())).unwrap(), None, "the failed write is visible");
    assert_eq!(store.load(&known).unwrap(), Some(with_floor(1)));
    fat_users_are_there(&store, count);

    // A chain of writes, each made from the one before: none of it may be left when it fails.
    let chain: Vec<_> = (0..5).map(|_| store.write(vec![Change::User(known, fat_record(2))])).collect();
    for write in chain {
        if write.await.is_ok() {
            // It found free pages, which is as good.
            store.write(vec![Change::User(known, with_floor(1))]).await.unwrap();
        }
    }
    assert_eq!(store.load(&known).unwrap(), Some(with_floor(1)));

    make_room(folder);
    let mut tries = 0;
    while let Err(error) = store.write(vec![Change::User(known, with_floor(3))]).await {
        tries += 1;
        assert!(tries < 200, "there is room, but: {error}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    for number in count..count + 50 {
        store.write(vec![Change::User(key(&number.to_string()), fat_record(number))]).await.unwrap();
    }
    drop(store);
    let store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(store.load(&known).unwrap(), Some(with_floor(3)));
    fat_users_are_there(&store, count + 50);
    say("went on");
}

#[cfg(target_os = "linux")]
fn full_disk(command: &mut Command, folder: &Path) {
    let test = "child_fills_its_disk_and_goes_on_when_there_is_room";
    let output = child(command, test, &folder.join("store")).wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("full after") && text.contains("went on"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_at_its_size_limit_fails_the_write_keeps_the_rest_and_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    // The signal is ignored, so the write fails; a soft limit, so that the child can raise it.
    let script = r#"trap "" XFSZ; ulimit -S -f 4096; exec "$0" "$@""#;
    full_disk(Command::new("sh").args(["-c", script]).arg(this_binary()), folder.path());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_fails_the_write_keeps_the_rest_and_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=4m tmpfs '{}'", folder.path().display());
    let small_disk = |then: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &format!("{mount} && {then}")]);
        command
    };
    // Not every machine lets a user mount in a namespace of its own; the test above needs no rights.
    if !small_disk("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        say("skipped: no disk of its own can be mounted here");
        return;
    }
    full_disk(small_disk(r#"exec "$0" "$@""#).arg(this_binary()), folder.path());
}
