//! Documents that are not what they must be, in good text: each is 70003, and says why.

use tessera_core::ticket::{Field, Refusal};

use crate::forge::{APP, Accepted, Forge, NOW, Stream, check, object, wrap};

/// Checks a document that is not signed anew, in a stored block.
fn document(json: &str) -> Result<Accepted, Refusal> {
    check(&wrap(json.as_bytes(), Stream::Stored))
}

/// The document of a good ticket in which the value of one field is replaced.
fn with(name: &str, value: &str) -> Result<Accepted, Refusal> {
    let mut fields = Forge::default().fields();
    fields.iter_mut().filter(|(field, _)| *field == name).for_each(|(_, old)| *old = value.into());
    document(&object(&fields))
}

#[test]
fn json_in_any_order_and_spacing_is_read() {
    let forge = Forge { userbuf: Some("+/+/".into()), ..Forge::default() };
    let mut fields = forge.fields();
    let expected = check(&forge.ticket()).unwrap();
    for _ in 0..fields.len() {
        fields.rotate_left(1);
        for json in [
            object(&fields),
            format!("\r\n\t {} \n", object(&fields).replace("\":", "\" :\t").replace(',', " ,\n")),
            object(&fields).replace('/', "\\/"),
            object(&fields).replace("TLS.", "\\u0054L\\u0053."),
        ] {
            assert_eq!(document(&json).as_ref(), Ok(&expected), "{json}");
        }
    }
}

#[test]
fn numbers_of_unknown_fields_are_read_as_json_says() {
    let good = Forge::default().json();
    for unknown in ["0", "-0", "10", "1.50", "1e5", "1E5", "1e+05", "1E-5", "-1.5e-10"] {
        assert!(document(&good.replacen('{', &format!("{{\"x\":{unknown},"), 1)).is_ok(), "{unknown}");
    }
    for unknown in ["01", "-", "+1", "1.", ".5", "1e", "1e+", "1ee5", "0x1", "1e5E5"] {
        let refusal = document(&good.replacen('{', &format!("{{\"x\":{unknown},"), 1)).unwrap_err();
        assert!(matches!(refusal, Refusal::Json { .. }), "{unknown} {refusal:?}");
    }
}

#[test]
fn a_refusal_names_the_field_and_the_form_that_it_must_have() {
    // G1: 70003, the text naming what
    for (field, name, form) in [
        (Field::Ver, "TLS.ver", "a string"),
        (Field::Identifier, "TLS.identifier", "a string"),
        (Field::SdkAppId, "TLS.sdkappid", "a plain number of 0 or more"),
        (Field::Time, "TLS.time", "a plain number of 0 or more"),
        (Field::Expire, "TLS.expire", "a plain number"),
        (Field::UserBuf, "TLS.userbuf", "bytes in base64"),
        (Field::Sig, "TLS.sig", "32 bytes in base64"),
    ] {
        assert_eq!(field.to_string(), name);
        let text = Refusal::Form(field).to_string();
        assert!(text.contains(&format!("the ticket's {name} is not {form}:")), "{text}");
    }
}

#[test]
fn escapes_are_read_as_json_says() {
    let good = Forge::default().json();
    for unknown in [r#""\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00""#, r#""😀 é""#, r#""""#, r#""\\""#] {
        assert!(document(&good.replacen('{', &format!("{{\"x\":{unknown},"), 1)).is_ok(), "{unknown}");
    }
    let wrong = [
        r#""\x""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\u+123""#,
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83d\u0041""#,
        r#""\ud83dx""#,
        "\"\n\"",
        "\"\0\"",
        r#""\"#,
        r#"""#,
    ];
    for unknown in wrong {
        let refusal = document(&good.replacen('{', &format!("{{\"x\":{unknown},"), 1)).unwrap_err();
        assert!(matches!(refusal, Refusal::Json { .. }), "{unknown} {refusal:?}");
    }
}

#[test]
fn unknown_fields_are_read_past_unless_they_nest_or_are_not_json() {
    let good = Forge::default().json();
    let extended = |value: &str| document(&good.replacen('{', &format!("{{\"TLS.x\":{value},"), 1));
    for value in
        ["1", "-0", "0.5", "-1.5e+10", "1E9", "99999999999999999999999999", "true", "false", "null", "\"\""]
    {
        assert!(extended(value).is_ok(), "{value}");
    }
    for value in ["{}", "[]", "[[[[", "01", "1.", ".5", "+1", "-", "1e", "nul", "True", "NaN", "'a'", ""] {
        let refusal = extended(value).unwrap_err();
        assert!(matches!(refusal, Refusal::Json { .. }), "{value} {refusal:?}");
    }
    let deep = format!("{{\"x\":{}", "[".repeat(700));
    assert_eq!(document(&deep), Err(Refusal::Json { at: 5 }));
}

#[test]
fn documents_that_are_not_one_flat_object_are_refused() {
    let good = Forge::default().json();
    for json in [
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "\u{feff}{}",
        "//",
        &format!("{good}{good}"),
        &format!("{good}x"),
        &format!("{good}\0"),
        &format!("[{good}]"),
        &good.replacen(',', ",,", 1),
        &good.replacen('{', "{,", 1),
        &good[..good.len() - 1],
    ] {
        let refusal = document(json).unwrap_err();
        assert!(matches!(refusal, Refusal::Json { .. }), "{json} {refusal:?}");
    }
    let mut latin = good.clone().into_bytes();
    latin.insert(2, 0xe9);
    assert_eq!(check(&wrap(&latin, Stream::Stored)), Err(Refusal::Json { at: 2 }));
}

#[test]
fn a_field_that_occurs_twice_is_refused() {
    let forge = Forge { userbuf: Some("YWJj".into()), ..Forge::default() };
    for (name, field) in FIELDS {
        let mut fields = forge.fields();
        let twin = fields.iter().find(|(twin, _)| *twin == name).unwrap().clone();
        fields.push(twin);
        assert_eq!(document(&object(&fields)), Err(Refusal::Duplicate(field)));
        let spelled = object(&fields).replacen("TLS", "\\u0054LS", 1);
        assert_eq!(document(&spelled), Err(Refusal::Duplicate(field)));
    }
}

#[test]
fn a_field_that_is_missing_is_named() {
    for (name, field) in FIELDS {
        let mut fields = Forge::default().fields();
        fields.retain(|(kept, _)| *kept != name);
        let expected = match field {
            Field::UserBuf => continue,
            Field::Ver => Refusal::Version,
            Field::Identifier | Field::SdkAppId | Field::Time | Field::Expire | Field::Sig => {
                Refusal::Missing(field)
            }
        };
        assert_eq!(document(&object(&fields)), Err(expected));
    }
    assert_eq!(document("{}"), Err(Refusal::Version));
}

#[test]
fn another_version_is_refused_by_name() {
    for ver in ["\"1.0\"", "\"2\"", "\"2.00\"", "\"2.0 \"", "\"\""] {
        assert_eq!(with("TLS.ver", ver), Err(Refusal::Version), "{ver}");
    }
    for ver in ["2.0", "2", "null", "true"] {
        assert_eq!(with("TLS.ver", ver), Err(Refusal::Form(Field::Ver)), "{ver}");
    }
    assert!(with("TLS.ver", "\"\\u0032.0\"").is_ok());
}

#[test]
fn integers_have_one_form_only() {
    for (name, field, value) in [
        ("TLS.sdkappid", Field::SdkAppId, APP),
        ("TLS.time", Field::Time, NOW.as_secs()),
        ("TLS.expire", Field::Expire, 86_400),
    ] {
        assert!(with(name, &value.to_string()).is_ok());
        for other in [
            format!("{value}.0"),
            format!("{value}e0"),
            format!("{value}E0"),
            format!("0{value}"),
            format!("+{value}"),
            format!("\"{value}\""),
            format!("{value}.5"),
            "-0".into(),
            "00".into(),
            "-".into(),
            "null".into(),
            "true".into(),
            "{}".into(),
            "[1]".into(),
            "18446744073709551616".into(),
            "99999999999999999999".into(),
            "-9223372036854775809".into(),
        ] {
            assert_eq!(with(name, &other), Err(Refusal::Form(field)), "{name} {other}");
        }
        assert!(matches!(with(name, &format!("{value}_0")), Err(Refusal::Json { .. })));
    }
    assert_eq!(with("TLS.time", "-1"), Err(Refusal::Form(Field::Time)));
    assert_eq!(with("TLS.sdkappid", "-1"), Err(Refusal::Form(Field::SdkAppId)));
    assert_eq!(with("TLS.expire", "9223372036854775808"), Err(Refusal::Form(Field::Expire)));
    assert_eq!(with("TLS.sdkappid", "18446744073709551615").unwrap_err().code().0, 70014);
}

#[test]
fn a_signature_is_32_bytes_in_one_form() {
    let sig = Forge::default().sig();
    let quoted = |text: &str| format!("\"{text}\"");
    assert!(with("TLS.sig", &quoted(&sig)).is_ok());
    for other in [
        "",
        "AAAA",
        &sig[..43],
        &sig[..40],
        &format!("{sig}="),
        &format!("A{sig}"),
        &format!("{sig}{sig}"),
        &sig.replace('=', "_"),
        &format!("{}AAAA", &sig[..40]),
        &format!("{sig}\\n"),
    ] {
        assert_eq!(with("TLS.sig", &quoted(other)), Err(Refusal::Form(Field::Sig)), "{other}");
    }
    assert_eq!(with("TLS.sig", "1"), Err(Refusal::Form(Field::Sig)));
    assert_eq!(with("TLS.sig", &quoted(&format!("{}=", "A".repeat(43)))), Err(Refusal::Signature));
}

#[test]
fn a_userbuf_is_base64_and_signed() {
    for userbuf in ["YWJ", "YWJj\n", "YW-j", "YWI", "YWJ=", "="] {
        let ticket = Forge { userbuf: Some(userbuf.into()), ..Forge::default() }.ticket();
        assert_eq!(check(&ticket), Err(Refusal::Form(Field::UserBuf)), "{userbuf:?}");
    }
    let mut fields = Forge::default().fields();
    fields.push(("TLS.userbuf", "\"YWJj\"".into()));
    assert_eq!(document(&object(&fields)), Err(Refusal::Signature), "added after the signing");
    let mut fields = Forge { userbuf: Some("YWJj".into()), ..Forge::default() }.fields();
    fields.retain(|(name, _)| *name != "TLS.userbuf");
    assert_eq!(document(&object(&fields)), Err(Refusal::Signature), "taken away after the signing");
}

const FIELDS: [(&str, Field); 7] = [
    ("TLS.ver", Field::Ver),
    ("TLS.identifier", Field::Identifier),
    ("TLS.sdkappid", Field::SdkAppId),
    ("TLS.time", Field::Time),
    ("TLS.expire", Field::Expire),
    ("TLS.userbuf", Field::UserBuf),
    ("TLS.sig", Field::Sig),
];
