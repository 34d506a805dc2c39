//! What the fields of a person are called by those who have them in systems of their own (see [`super::targets`]).

#[rustfmt::skip]
pub(super) const FAMILY: &[&str] = &["family", "familyname", "lastname", "last", "surname", "lname", "namelast", "nachname", "familienname", "apellido", "apellidos", "patientlastname", "name/last"];
#[rustfmt::skip]
pub(super) const GIVEN: &[&str] = &["given", "givenname", "firstname", "first", "forename", "fname", "namefirst", "vorname", "nombre", "nombres", "patientfirstname"];
#[rustfmt::skip]
pub(super) const MIDDLE: &[&str] = &["middle", "middlename", "middleinitial", "mi", "mname", "zweitername", "segundonombre"];
#[rustfmt::skip]
pub(super) const FULL: &[&str] = &["fullname", "name", "patientname", "membername", "clientname", "displayname", "name/text", "name/full", "nombrecompleto", "~*fullname"];
#[rustfmt::skip]
pub(super) const BORN: &[&str] = &["birthdate", "dob", "dateofbirth", "born", "bornon", "birthday", "birth", "geburtsdatum", "gebdatum", "fechanacimiento", "fechadenacimiento", "*birthdate", "*dob", "*dateofbirth"];
#[rustfmt::skip]
pub(super) const SEX: &[&str] = &["sex", "gender", "administrativegender", "geschlecht", "sexo", "genero", "*gender", "*sex"];
#[rustfmt::skip]
pub(super) const DEAD: &[&str] = &["deceased", "dead", "isdeceased", "dateofdeath", "deathdate", "dod", "deceaseddate", "deceaseddatetime", "deceasedboolean", "verstorben", "sterbedatum", "fallecido"];
#[rustfmt::skip]
pub(super) const LANGUAGE: &[&str] = &["language", "languages", "preferredlanguage", "primarylanguage", "sprache", "idioma"];
#[rustfmt::skip]
pub(super) const STREET: &[&str] = &["street", "streetaddress", "address1", "addressline1", "line1", "line", "street1", "strasse", "calle", "direccion", "adresse", "address/line", "~address", "~*address1"];
#[rustfmt::skip]
pub(super) const STREET_2: &[&str] = &["address2", "addressline2", "line2", "street2", "unit", "apt", "apartment"];
#[rustfmt::skip]
pub(super) const CITY: &[&str] = &["city", "town", "ort", "stadt", "wohnort", "ciudad", "municipality", "*city"];
#[rustfmt::skip]
pub(super) const STATE: &[&str] = &["state", "province", "region", "bundesland", "provincia", "*state"];
#[rustfmt::skip]
pub(super) const POST_CODE: &[&str] = &["zip", "zipcode", "postalcode", "postcode", "plz", "postleitzahl", "codigopostal", "cp", "*zip", "*postalcode"];
#[rustfmt::skip]
pub(super) const COUNTRY: &[&str] = &["country", "land", "pais", "countrycode"];
#[rustfmt::skip]
pub(super) const PHONE: &[&str] = &["phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "cellphone", "homephone", "workphone", "phonehome", "phonework", "phonemobile", "phone1", "phone2", "telefon", "telefonnummer", "handy", "telefono", "movil", "~*phone"];
#[rustfmt::skip]
pub(super) const EMAIL: &[&str] = &["email", "emailaddress", "mail", "correo", "correoelectronico", "~*email"];
#[rustfmt::skip]
pub(super) const SSN: &[&str] = &["ssn", "socialsecuritynumber", "socialsecurityno"];

/// Of others, who stand beside a patient.
#[rustfmt::skip]
pub(super) const OTHERS: [&str; 18] = ["emergency", "guardian", "kin", "contactperson", "provider", "doctor", "physician", "pcp", "insur", "payer", "employer", "pharmac", "notfall", "spouse", "caregiver", "emergencia", "mother", "parent"];
