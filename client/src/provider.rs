//! The ticket provider of the Rust API: asks the host's closure, and gives its answer to the client (C15).

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// What a provider answers, once.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;
/// A provider: the user's id goes in.
pub(crate) type Provider = Arc<dyn Fn(String) -> Answer + Send + Sync>;

/// Wraps the host's closure.
pub(crate) fn boxed<F, A, E>(ask: F) -> Provider
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<String, E>> + Send + 'static,
    E: Display + 'static,
{
    Arc::new(move |user| {
        let answer = ask(user);
        Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
    })
}

/// The provider of one client, and the question that it works on.
#[derive(Default)]
pub(crate) struct ProviderSeat(Mutex<Seated>);

/// A provider, or nobody. Once it is dropped, its question is not answered any more.
#[derive(Default)]
pub(crate) struct Seated {
    provider: Option<Provider>,
    question: Option<AbortHandle>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        if let Some(question) = &self.question {
            question.abort();
        }
    }
}

impl ProviderSeat {
    /// Replaces the provider. A question that the older one works on is dropped.
    pub(crate) fn set(&self, provider: Option<Provider>) {
        drop(self.replace(provider));
    }

    /// As [`ProviderSeat::set`]; dropping the older one may run the host's code.
    #[must_use = "to be dropped where no lock is held"]
    pub(crate) fn replace(&self, provider: Option<Provider>) -> Seated {
        std::mem::replace(&mut *self.lock(), Seated { provider, question: None })
    }

    /// Asks in a task of its own. `answered` gets the answer, unless the question is dropped first.
    pub(crate) fn ask(
        &self,
        runtime: &Handle,
        user: String,
        answered: impl FnOnce(Result<String, String>) + Send + 'static,
    ) {
        let Some(provider) = self.lock().provider.clone() else {
            return answered(Err("there is no ticket provider".to_owned()));
        };
        // Both the closure and its future are the host's code.
        let answer = match catch_unwind(AssertUnwindSafe(|| provider(user))) {
            Ok(answer) => runtime.spawn(answer),
            Err(_) => return answered(Err(panicked())),
        };
        // One question at a time: the core has forgotten the one before. If the provider has lost its seat meanwhile, it
        // is this one that nobody waits for.
        if let Some(forgotten) = self.seat(&provider, answer.abort_handle()) {
            forgotten.abort();
        }
        runtime.spawn(async move {
            match answer.await {
                Ok(answer) => {
                    if answer.is_err() {
                        // The text is the host's and may hold anything.
                        tracing::warn!("the ticket provider failed");
                    }
                    answered(answer);
                }
                Err(ended) if ended.is_cancelled() => {}
                Err(_) => answered(Err(panicked())),
            }
        });
    }

    /// Notes what a provider works on, and returns what nobody waits for any more.
    fn seat(&self, provider: &Provider, question: AbortHandle) -> Option<AbortHandle> {
        let mut seated = self.lock();
        match &seated.provider {
            Some(now) if Arc::ptr_eq(now, provider) => seated.question.replace(question),
            _ => Some(question),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panicked() -> String {
    tracing::error!("the ticket provider panicked");
    "the ticket provider panicked".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    async fn ask(seat: &ProviderSeat) -> Option<Result<String, String>> {
        let (answered, answer) = oneshot::channel();
        seat.ask(&Handle::current(), "alice".to_owned(), |result| {
            let _ = answered.send(result);
        });
        answer.await.ok()
    }

    #[tokio::test]
    async fn answers_errors_and_panics_all_come_back() {
        // C15
        let seat = ProviderSeat::default();
        assert!(ask(&seat).await.unwrap().is_err());
        seat.set(Some(boxed(async |user: String| Ok::<_, String>(format!("ticket of {user}")))));
        assert_eq!(ask(&seat).await.unwrap().unwrap(), "ticket of alice");
        seat.set(Some(boxed(async |_| Err::<String, _>("no"))));
        assert_eq!(ask(&seat).await.unwrap().unwrap_err(), "no");
        seat.set(Some(boxed(async |_| -> Result<String, String> { panic!("inside") })));
        assert!(ask(&seat).await.unwrap().is_err());
        let outside = |_| -> std::future::Ready<Result<String, String>> { panic!("outside") };
        seat.set(Some(boxed(outside)));
        assert!(ask(&seat).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_question_under_way_is_dropped_with_its_provider() {
        // C15
        let seat = ProviderSeat::default();
        seat.set(Some(boxed(async |_| std::future::pending::<Result<String, String>>().await)));
        let (answered, answer) = oneshot::channel::<()>();
        seat.ask(&Handle::current(), "alice".to_owned(), move |_| {
            let _ = answered.send(());
        });
        seat.set(None);
        assert!(answer.await.is_err());
    }

    #[tokio::test]
    async fn a_question_is_dropped_with_the_next_one() {
        // C15
        let seat = ProviderSeat::default();
        seat.set(Some(boxed(async |_| std::future::pending::<Result<String, String>>().await)));
        let (answered, answer) = oneshot::channel::<()>();
        seat.ask(&Handle::current(), "alice".to_owned(), move |_| drop(answered));
        seat.ask(&Handle::current(), "alice".to_owned(), |_| {});
        assert!(answer.await.is_err());
    }

    #[tokio::test]
    async fn a_provider_that_loses_its_seat_while_it_is_asked_works_for_nobody() {
        // C15
        let seat = Arc::new(ProviderSeat::default());
        let (working, works) = oneshot::channel::<()>();
        let (own, working) = (Arc::downgrade(&seat), Mutex::new(Some(working)));
        seat.set(Some(boxed(move |_| {
            own.upgrade().unwrap().set(None);
            let working = working.lock().unwrap().take();
            async move {
                let _until_dropped = working;
                std::future::pending::<Result<String, String>>().await
            }
        })));
        seat.ask(&Handle::current(), "alice".to_owned(), |_| {});
        assert!(works.await.is_err());
    }
}
