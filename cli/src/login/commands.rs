//! Orders from standard input, a line each.

use std::io::BufRead;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What whoever sits in front of it wants.
#[derive(PartialEq, Eq)]
pub(super) enum Order {
    /// Log a user in.
    Login {
        /// The user.
        user: String,
        /// The ticket.
        ticket: String,
    },
    /// Log out.
    Logout,
    /// The network has changed.
    Hint,
    /// Show the status.
    Status,
    /// End.
    Quit,
    /// A line that is none of these, and what to say to it.
    Unknown(String),
}

const HELP: &str = "commands: login USER TICKET, logout, hint, status, quit";

/// Orders as they come; the channel ends with standard input.
pub(super) fn read() -> UnboundedReceiver<Order> {
    let (sender, orders) = unbounded_channel();
    // A thread that the process does not wait for, because nothing can interrupt reading a terminal.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if parse(&line).is_some_and(|order| sender.send(order).is_err()) {
                break;
            }
        }
    });
    orders
}

fn parse(line: &str) -> Option<Order> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Some(match words.as_slice() {
        [] => return None,
        ["login", user, ticket] => Order::Login { user: (*user).to_owned(), ticket: (*ticket).to_owned() },
        ["logout"] => Order::Logout,
        ["hint"] => Order::Hint,
        ["status"] => Order::Status,
        ["quit"] => Order::Quit,
        // The line is not repeated: it may hold a ticket.
        _ => Order::Unknown(HELP.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_orders() {
        assert!(parse("  ").is_none());
        assert!(parse(" quit ") == Some(Order::Quit));
        let login = Order::Login { user: "alice".to_owned(), ticket: "t".to_owned() };
        assert!(parse("login alice t") == Some(login));
        for wrong in ["login alice", "Quit", "logout now"] {
            assert!(parse(wrong) == Some(Order::Unknown(HELP.to_owned())), "{wrong}");
        }
    }
}
