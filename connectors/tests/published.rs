//! The examples that the HSDS specification publishes, served as they are, where they are at hand.

use std::io::Read as _;
use std::path::Path;

use caregraph_connectors::Problem;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};

use super::directory::{not_found, read};

fn example(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hsds");
    let packed = std::fs::read(folder.join(name)).ok()?;
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
    Some(body)
}

#[tokio::test]
async fn the_published_directory_is_read_and_found_by_words_of_its_details() {
    let (Some(list), Some(service)) =
        (example("service_list.json.gz"), example("service_full.json.gz"))
    else {
        return;
    };
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => HttpAnswer::of("application/json", list.clone()),
        "/services/ac148810-d857-441c-9679-408f346de14b" => {
            HttpAnswer::of("application/json", service.clone())
        }
        _ => not_found(),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        let catalogue = directory.catalogue();
        assert_eq!((catalogue.services().len(), catalogue.thin()), (1, 0));
        // It says that it has ten, and gives one.
        assert_eq!(directory.problem(), Some(Problem::Incomplete));
        for text in ["counsel", "Example Organization", "aged 12", "postcodes AB2", "mycity"] {
            assert_eq!(catalogue.search(text).len(), 1, "{text}");
        }
        assert!(catalogue.search("dentist").is_empty());
    })
    .await;
}
