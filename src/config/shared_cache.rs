//! The cache that all nodes share, as it is configured.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::SharedCacheConfig;
use super::check::Check;
use super::raw::{OneOrMany, RawCache};

const SCHEMES: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

impl Check<'_> {
    pub(super) fn shared_cache(&mut self, cache: &RawCache) -> Option<SharedCacheConfig> {
        let keys = cache.keys.iter().flatten().zip(1..);
        let keys = keys.filter_map(|(key, place)| self.cache_key(key, place)).collect();
        let given = match cache.redis.as_ref()? {
            OneOrMany::One(url) => std::slice::from_ref(url),
            OneOrMany::Many(urls) => urls,
        };
        if given.is_empty() {
            self.wrong("cache.redis", "names no Redis; leave it out to do without");
        }
        let urls = given.iter().filter_map(|url| self.redis(url)).flatten().collect();
        Some(SharedCacheConfig { urls, keys })
    }

    /// A URL as it is, or one or several, with commas between them, from where secrets are.
    fn redis(&mut self, given: &str) -> Option<Vec<SecretString>> {
        let is_secret = given.starts_with("env:") || given.starts_with("file:");
        let text = if is_secret { self.secret("cache.redis", given)? } else { given.into() };
        let urls = text.expose_secret().split(',').map(str::trim);
        urls.map(|url| self.redis_url(url, is_secret)).collect()
    }

    fn redis_url(&mut self, url: &str, is_secret: bool) -> Option<SecretString> {
        let parsed = Url::parse(url).ok();
        let parsed = parsed.filter(|it| SCHEMES.contains(&it.scheme()) && it.has_host());
        let Some(parsed) = parsed else {
            self.wrong(
                "cache.redis",
                "must be a URL such as redis://HOST:6379 or rediss://HOST:6379",
            );
            return None;
        };
        if parsed.password().is_some() && !is_secret {
            self.wrong(
                "cache.redis",
                "a URL with a password is a secret: give it as env:NAME or file:PATH",
            );
            return None;
        }
        Some(url.into())
    }

    fn cache_key(&mut self, reference: &str, place: usize) -> Option<SecretString> {
        let path = format!("cache.keys[{place}]");
        let key = self.secret(&path, reference)?;
        let digits = key.expose_secret().trim();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            self.wrong(path, "must hold 64 hexadecimal digits (32 bytes)");
            return None;
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::builtin;

    use super::super::load;

    const AUTH: &str = "[auth]\nissuer = \"http://127.0.0.1:9000\"\n[cache]\n";

    fn urls(cache: &str) -> Option<usize> {
        let config = load(&format!("{AUTH}{cache}"), &builtin()).unwrap();
        config.shared_cache.map(|it| it.urls.len())
    }

    fn mistake(cache: &str) -> String {
        load(&format!("{AUTH}{cache}"), &builtin()).unwrap_err().to_string()
    }

    #[test]
    fn a_redis_is_one_url_or_several_or_none() {
        assert_eq!(urls(""), None);
        assert_eq!(urls("redis = \"redis://127.0.0.1:6379\""), Some(1));
        assert_eq!(urls("redis = [\"rediss://a:6379\", \"rediss://b:6379\"]"), Some(2));
        let file = std::env::temp_dir().join(format!("caregraph-urls-{}", std::process::id()));
        std::fs::write(&file, "redis://:secret@a:6379, redis://:secret@b:6379\n").unwrap();
        assert_eq!(urls(&format!("redis = \"file:{}\"", file.display())), Some(2));
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (cache, expected) in [
            ("redis = \"http://127.0.0.1\"", "cache.redis: must be a URL such as"),
            ("redis = []", "cache.redis: names no Redis"),
            ("redis = \"redis://:hunter2@a:6379\"", "cache.redis: a URL with a password"),
            ("redis = \"file:/no/such/file\"", "cache.redis: /no/such/file cannot be read"),
            ("keys = [\"file:/dev/null\"]", "cache.keys[1]: must hold 64 hexadecimal digits"),
            ("keys = [\"abc\"]", "cache.keys[1]: secrets are given as"),
            ("redi = 1", "did you mean \"redis\"?"),
        ] {
            let said = mistake(cache);
            assert!(said.contains(expected) && !said.contains("hunter2"), "{said}");
        }
    }
}
