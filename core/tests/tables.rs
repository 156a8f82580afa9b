//! The generated tables against the clauses that fix their numbers. Their text is checked by `cargo xtask codegen
//! --check`, the rules across their rows by the tests of `codegen/`.

use tessera_core::error::{Code, Kind};
use tessera_core::generated::codes::{self, CODES};
use tessera_core::generated::status::{ConnectionStatus, LogLevel, LoginStatus, Numbering, Platform};

#[test]
fn each_platform_has_its_published_status_numbers() {
    // C2: logged in, logging in, logged out, logging out.
    let numbers = |numbering| {
        [LoginStatus::LoggedIn, LoginStatus::LoggingIn, LoginStatus::LoggedOut, LoginStatus::LoggingOut]
            .map(|status| status.number(numbering))
    };
    for numbering in Numbering::ALL.iter().copied() {
        let expected = match numbering {
            Numbering::Android | Numbering::Apple | Numbering::Cpp => [1, 2, 3, 3],
            Numbering::Flutter | Numbering::Python => [1, 2, 3, 3],
            Numbering::ReactNative | Numbering::Node => [0, 1, 2, 2],
            Numbering::C | Numbering::Csharp => [1, 2, 3, 4],
        };
        assert_eq!(numbers(numbering), expected, "{numbering}");
    }
}

#[test]
fn a_state_has_one_number_for_each_constant() {
    // C2: where two states share a number they share the constant, and the other way round.
    for numbering in Numbering::ALL.iter().copied() {
        for one in LoginStatus::ALL {
            for other in LoginStatus::ALL {
                let same_number = one.number(numbering) == other.number(numbering);
                assert_eq!(same_number, one.name(numbering) == other.name(numbering), "{numbering}");
            }
        }
    }
}

#[test]
fn every_code_is_found_by_its_number() {
    assert!(CODES.is_sorted_by_key(|row| row.code));
    for row in CODES {
        assert_eq!(row.code.row().map(|found| found.name), Some(row.name));
    }
    assert!(Code(4711).row().is_none());
}

#[test]
fn three_codes_mean_get_a_new_ticket() {
    // C17.
    let found: Vec<_> = CODES.iter().filter(|row| row.needs_new_ticket).map(|row| row.code).collect();
    let expected = [
        codes::ERR_USER_SIG_EXPIRED,
        codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED,
        codes::ERR_SVR_ACCOUNT_INVALID_USERSIG,
    ];
    assert_eq!(found, expected);
    assert_eq!(found, [Code(6206), Code(70001), Code(70052)]);
}

#[test]
fn only_success_is_of_the_kind_success() {
    let found: Vec<_> = CODES.iter().filter(|row| row.kind == Kind::Success).map(|row| row.code).collect();
    assert_eq!(found, [Code(0)]);
}

#[test]
fn names_and_numbers_of_every_value_lead_back_to_it() {
    for platform in Platform::ALL {
        assert_eq!(Platform::parse(platform.as_str()), Some(*platform));
        assert_eq!(serde_json::to_value(platform).unwrap(), platform.as_str());
    }
    for status in ConnectionStatus::ALL {
        assert_eq!(ConnectionStatus::from_number(status.number()), Some(*status));
    }
    for level in LogLevel::ALL {
        assert_eq!(LogLevel::from_number(level.number()), Some(*level));
    }
    assert_eq!((Platform::parse("Android"), LogLevel::from_number(1)), (None, None));
}
