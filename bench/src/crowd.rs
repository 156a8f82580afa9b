//! Sessions that are held: each has a task that answers pings until the crowd is taken back.

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::session::{LoadError, Session};

/// Sessions that are held.
pub struct Crowd {
    tasks: JoinSet<Result<Session, LoadError>>,
    end: watch::Sender<bool>,
}

impl Crowd {
    /// Holds them.
    pub fn hold(sessions: Vec<Session>) -> Self {
        let (end, ended) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for session in sessions {
            tasks.spawn(stay(session, ended.clone()));
        }
        Crowd { tasks, end }
    }

    /// Those that are still there, and why the others are not.
    pub async fn take_back(mut self) -> (Vec<Session>, Vec<LoadError>) {
        // Nobody listens if all have ended by themselves.
        let _ = self.end.send(true);
        let (mut kept, mut lost) = (Vec::new(), Vec::new());
        while let Some(outcome) = self.tasks.join_next().await {
            match outcome {
                Ok(Ok(session)) => kept.push(session),
                Ok(Err(error)) => lost.push(error),
                Err(error) => lost.push(LoadError::Unexpected(error.to_string())),
            }
        }
        (kept, lost)
    }
}

async fn stay(mut session: Session, mut ended: watch::Receiver<bool>) -> Result<Session, LoadError> {
    tokio::select! {
        error = session.idle() => Err(error),
        _ = ended.wait_for(|ended| *ended) => Ok(session),
    }
}
