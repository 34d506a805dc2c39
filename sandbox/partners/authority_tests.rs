//! What is believed of a client, and for how long.

use aws_lc_rs::{rsa::KeySize, signature::RsaKeyPair};
use jsonwebtoken::{EncodingKey, Header, encode};

use super::*;

const NOW: u64 = 1_800_000_000;

fn authority() -> Authority {
    Authority::new("http://127.0.0.1:9", "/r4")
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": "http://127.0.0.1:9/oauth/token", "exp": NOW + 300, "jti": "1",
    });
    change(&mut claims);
    claims
}

fn form(key: &EncodingKey, algorithm: Algorithm, claims: &Value) -> String {
    let assertion = encode(&Header::new(algorithm), claims, key).unwrap();
    query::encode([
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", &assertion),
        ("scope", "system/*.rs"),
    ])
}

fn own_key(authority: &Authority) -> EncodingKey {
    EncodingKey::from_ec_pem(authority.pem.as_bytes()).unwrap()
}

#[test]
fn a_token_is_given_for_a_signature_once_and_holds_for_a_minute() {
    let authority = authority();
    let form = form(&own_key(&authority), Algorithm::ES384, &claims(|_| {}));
    let told = authority.token(&form, NOW).unwrap();
    let token = told["access_token"].as_str().unwrap();
    assert_eq!(told["expires_in"], 60);
    assert!(authority.holds(token, NOW) && authority.holds(token, NOW + 59));
    assert!(!authority.holds(token, NOW + 60), "it is over");
    assert!(!authority.holds("guessed", NOW));
    assert_eq!(authority.token(&form, NOW + 1), Err(Refusal::Client), "it was shown before");
}

#[test]
fn what_the_client_did_not_sign_for_this_server_and_for_now_is_refused() {
    let authority = authority();
    let key = own_key(&authority);
    for wrong in [
        claims(|it| it["iss"] = json!("another")),
        claims(|it| it["sub"] = json!("another")),
        claims(|it| it["aud"] = json!("http://127.0.0.1:9/other")),
        claims(|it| it["exp"] = json!(NOW - 10)),
        claims(|it| it["exp"] = json!(NOW + 400)),
        claims(|it| it["jti"] = json!("")),
        claims(|it| drop(it.as_object_mut().unwrap().remove("jti"))),
        claims(|it| drop(it.as_object_mut().unwrap().remove("exp"))),
    ] {
        let form = form(&key, Algorithm::ES384, &wrong);
        assert_eq!(authority.token(&form, NOW), Err(Refusal::Client), "{wrong}");
    }
    let stranger = own_key(&super::Authority::new("http://127.0.0.1:9", "/r4"));
    let strange = form(&stranger, Algorithm::ES384, &claims(|_| {}));
    assert_eq!(authority.token(&strange, NOW), Err(Refusal::Client));
    let shared = EncodingKey::from_secret(authority.pem.as_bytes());
    let shared = form(&shared, Algorithm::HS384, &claims(|_| {}));
    assert_eq!(authority.token(&shared, NOW), Err(Refusal::Client));
    let good = form(&key, Algorithm::ES384, &claims(|_| {}));
    let of_user = good.replace("system", "user");
    assert_eq!(authority.token(&of_user, NOW), Err(Refusal::Scope));
    assert_eq!(authority.token("grant_type=password", NOW), Err(Refusal::Grant));
    assert_eq!(authority.token("grant_type=client_credentials", NOW), Err(Refusal::Request));
}

#[test]
fn a_key_of_rsa_is_believed_when_the_client_has_told_it() {
    let mut authority = authority();
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair);
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(der.unwrap().as_ref())
    );
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let form = form(&key, Algorithm::RS384, &claims(|_| {}));
    assert_eq!(authority.token(&form, NOW), Err(Refusal::Client));
    let public = pair.public_key();
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "RSA",
        "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero()),
    });
    authority.keys.push(serde_json::from_value(jwk).unwrap());
    assert!(authority.token(&form, NOW).is_ok());
}
