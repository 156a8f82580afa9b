//! Doing something many times, a few at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What came of it.
pub struct Done<T, E> {
    /// What succeeded, in no order.
    pub good: Vec<T>,
    /// What did not.
    pub bad: Vec<E>,
    /// From the first start to the last end.
    pub took: Duration,
}

impl<T, E> Done<T, E> {
    /// What succeeded, if everything did.
    ///
    /// # Errors
    /// The first failure.
    pub fn all(mut self) -> Result<(Vec<T>, Duration), E> {
        match self.bad.pop() {
            Some(error) => Err(error),
            None => Ok((self.good, self.took)),
        }
    }
}

/// Runs `work(0)` to `work(count - 1)`, `width` at a time.
pub async fn run<T, E, F>(
    count: usize,
    width: usize,
    work: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Done<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
    F: Future<Output = Result<T, E>> + Send,
{
    let (next, work) = (Arc::new(AtomicUsize::new(0)), Arc::new(work));
    let start = Instant::now();
    let worker = || {
        let (next, work) = (Arc::clone(&next), Arc::clone(&work));
        tokio::spawn(async move {
            let (mut good, mut bad) = (Vec::new(), Vec::new());
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return (good, bad);
                }
                match work(n).await {
                    Ok(one) => good.push(one),
                    Err(error) => bad.push(error),
                }
            }
        })
    };
    let workers: Vec<_> = (0..width.clamp(1, count.max(1))).map(|_| worker()).collect();
    let mut done = Done { good: Vec::with_capacity(count), bad: Vec::new(), took: Duration::ZERO };
    for worker in workers {
        // A worker that has panicked has reported it; what it had is lost.
        if let Ok((good, bad)) = worker.await {
            done.good.extend(good);
            done.bad.extend(bad);
        }
    }
    done.took = start.elapsed();
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_number_is_worked_on_once() {
        let odd = |n| async move { if n % 2 == 0 { Ok(n) } else { Err(n) } };
        let mut done = run(7, 3, odd).await;
        done.good.sort_unstable();
        done.bad.sort_unstable();
        assert_eq!((done.good, done.bad), (vec![0, 2, 4, 6], vec![1, 3, 5]));
        assert!(run(0, 3, odd).await.good.is_empty());
    }
}
