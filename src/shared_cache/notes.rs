//! Words that nodes leave each other. What they mean is no business of this module.

use std::time::Duration;

use super::tier::Inner;

impl Inner {
    /// Notes a word; false when it stands there already, and true when nobody can tell.
    pub(super) async fn note(&self, word: &str, keep_for: Duration) -> bool {
        let mut set = redis::cmd("SET");
        set.arg(self.names.word(word)).arg(1).arg("NX").arg("PX");
        set.arg(u64::try_from(keep_for.as_millis()).unwrap_or(u64::MAX));
        self.link.ask::<Option<String>>(&set).await.is_none_or(|it| it.is_some())
    }

    /// Which of these words stand there.
    pub(super) async fn noted(&self, words: &[String]) -> Vec<bool> {
        if words.is_empty() {
            return Vec::new();
        }
        let mut get = redis::cmd("MGET");
        for word in words {
            get.arg(self.names.word(word));
        }
        let found: Option<Vec<Option<u64>>> = self.link.ask(&get).await;
        let found = found.filter(|found| found.len() == words.len());
        found.map_or(vec![false; words.len()], |it| it.iter().map(Option::is_some).collect())
    }
}
