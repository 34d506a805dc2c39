//! Manifests from descriptions in OpenAPI.

use caregraph_connectors::scaffold::{Head, from_openapi};

use super::{fixture, has_lines, open_lines};

fn drafted(text: &str) -> String {
    from_openapi(&Head::default(), text).unwrap_or_else(|refused| panic!("{refused}")).manifest
}

#[test]
fn a_description_in_yaml_whose_schemas_refer_to_each_other() {
    let draft = drafted(&fixture("openapi-cornerstone.yaml"));
    has_lines(
        &draft,
        &[
            "name = \"Cornerstone Clinic\"",
            "base_url = \"https://west.cornerstone.example/api\"",
            "auth = { type = \"bearer\", token = \"given\" }",
            "[roster]",
            "get = \"patients\"",
            "query = { page = \"{page}\", page_size = \"{limit}\" }",
            "items = \"$.data[*]\"",
            "paging = { style = \"page\", pages = \"$.total_pages\", limit = 100 }",
            "names = [{ family = \"$.last_name\", given = [\"$.first_name\"] }]",
            "birthDate = \"$.birth_date\"",
            "sex = \"$.sex\"",
            "section = \"DEMOGRAPHICS\"",
            "get = \"patients/{patient}\"",
            "section = \"IMMUNIZATIONS\"",
            "get = \"patients/{patient}/immunizations\"",
            "items = \"$[*]\"",
            "subject = \"$.patient_id\"",
            "reference = \"$.id\"",
            "updated = \"$.updated_at\"",
            "vaccine = { text = \"$.vaccine_name\", codings = [{ system = \"cvx\", code = \"$.cvx\" }] }",
            "given = \"$.given_on\"",
            "lot = \"$.lot_number\"",
            "completed = \"completed\"",
            "refused = \"?\"",
            "# not used: GET /stores/{storeId} (nobody can tell what its items are)",
        ],
    );
    let open = open_lines(&draft);
    assert_eq!(open, ["refused = \"?\""], "{draft}");
}

#[test]
fn a_description_in_json_with_a_key_and_a_cursor() {
    let draft = drafted(&fixture("openapi-northgate.json"));
    has_lines(
        &draft,
        &[
            "auth = { type = \"api-key\", key = \"given\", header = \"X-Northgate-Key\" }",
            "query = { after = \"{cursor}\", limit = \"{limit}\" }",
            "paging = { style = \"cursor\", cursor = \"$.nextCursor\", more = \"@.hasMore == true\", limit = 100 }",
            "id = \"$.clientId\"",
            "names = [\"$.fullName\"]",
            "F = \"female\"",
            "N = \"?\"",
            "get = \"problems\"",
            "query = { clientId = \"{patient}\", view = \"{?}\" }",
            "subject = \"$.clientId\"",
            "reference = \"$.problemId\"",
            "code = { text = \"$.diagnosis\", codings = [{ system = \"icd10cm\", code = \"$.icd10\" }] }",
            "clinicalStatus = \"$.status\"",
            "# not used: GET /problems/{problemId} (nobody can tell what its items are)",
        ],
    );
    let query = "query = { clientId = \"{patient}\", view = \"{?}\" }";
    assert_eq!(open_lines(&draft), [query, "N = \"?\""], "{draft}");
}

#[test]
fn what_is_no_description_is_refused_in_words() {
    let refused = |text: &str| from_openapi(&Head::default(), text).unwrap_err().0;
    let whole = fixture("openapi-cornerstone.yaml");
    for (text, part) in [
        (whole.replace("openapi: 3.1.0", "swagger: \"2.0\""), "Swagger 2.0"),
        (whole.replace("3.1.0", "4.0.0"), "another version"),
        (whole.replace("paths:", "ways:"), "no `paths`"),
        (whole.replace("  - token: []", "  - token: ["), "YAML at line"),
        ("a: &a [x]\nb: *a".to_owned(), "alias (*name) at line 2"),
        ("[".repeat(100_000), "cannot be read as YAML"),
        (format!("{{\"openapi\": {}", "[".repeat(100)), "nested more than"),
        (
            "openapi: 3.0.0\npaths: { /a: { get: { responses: {} } } }".to_owned(),
            "no GET whose JSON lists",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(part), "{said}");
    }
    // Schemas that refer to each other without end.
    let many: Vec<String> =
        (0..200).map(|it| format!("\"f{it}\": {{\"$ref\": \"#/components/schemas/A\"}}")).collect();
    let endless = format!(
        "{{\"openapi\": \"3.0.0\", \"paths\": {{\"/a\": {{\"get\": {{\"responses\": {{\"200\": {{\"content\": {{\"application/json\": {{\"schema\": {{\"$ref\": \"#/components/schemas/A\"}}}}}}}}}}}}}}}}, \"components\": {{\"schemas\": {{\"A\": {{\"properties\": {{{}}}}}}}}}}}",
        many.join(",")
    );
    assert!(refused(&endless).contains("no GET whose JSON lists"));
}
