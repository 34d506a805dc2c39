//! What the fields of each kind of record are called by those who have them in systems of their own. With `~` a name is but
//! a guess; names are in English, German and Spanish, without accents and signs (see [`super::words`]).

/// One kind of record.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) section: &'static str,
    pub(super) fact: &'static str,
    /// The struct of the model.
    pub(super) of: &'static str,
    /// What lists of it are called.
    pub(super) words: &'static [&'static str],
    pub(super) targets: &'static [Target],
}

/// One field of a record.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) field: &'static str,
    pub(super) form: Form,
    pub(super) names: &'static [&'static str],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Words,
    /// A list of texts.
    Texts,
    Date,
    /// One code of a closed set.
    Code,
    /// Words and codes of these systems.
    Concept(&'static [&'static str]),
    Concepts(&'static [&'static str]),
    /// The drug of a medicine, and its form.
    Medicine,
    Amount,
    /// An amount of days.
    Days,
    Dosage,
    /// The value of an observation.
    Finding,
    /// One participant of a care team.
    Participant,
}

use Form::{
    Amount, Code, Concept, Concepts, Date, Days, Dosage, Finding, Medicine, Participant, Texts,
    Words,
};

const fn target(field: &'static str, form: Form, names: &'static [&'static str]) -> Target {
    Target { field, form, names }
}

#[rustfmt::skip]
pub(super) const DRUGS: &[&str] = &["ndc", "rxnorm", "unii"];
#[rustfmt::skip]
const PROBLEMS: &[&str] = &["icd10cm", "snomed"];
#[rustfmt::skip]
const SUBSTANCES: &[&str] = &["rxnorm", "unii", "snomed", "ndc"];
#[rustfmt::skip]
const TESTS: &[&str] = &["loinc", "snomed"];
#[rustfmt::skip]
const VACCINES: &[&str] = &["cvx", "ndc"];
#[rustfmt::skip]
const DEEDS: &[&str] = &["cpt", "hcpcs", "icd10pcs", "snomed"];
#[rustfmt::skip]
const NONE: &[&str] = &[];

/// The words for a medicine, for its form, and for the way it is taken.
#[rustfmt::skip]
pub(super) const DRUG: &[&str] = &["drug", "drugname", "drugdescription", "medication", "medicationname", "medicine", "medicinename", "drug/label", "drug/name", "drug/description", "medication/text", "medication/name", "product/name", "productname", "medikament", "arzneimittel", "medicamento", "~product", "~label", "~itemdescription", "~description", "~name", "concept/text"];
#[rustfmt::skip]
pub(super) const DOSE_FORM: &[&str] = &["drug/form", "dosageform", "doseform", "drugform", "medication/form", "darreichungsform"];

#[rustfmt::skip]
const STATUS: &[&str] = &["status", "state", "*status", "estado", "~zustand"];
#[rustfmt::skip]
const REASONS: &[&str] = &["reason", "reasons", "diagnosis", "diagnoses", "indication", "indications", "reasoncode", "~dx", "~dxcodes", "motivo", "grund"];
#[rustfmt::skip]
const SITE: &[&str] = &["facility", "facilityname", "facility/name", "location", "location/name", "site", "clinic", "department", "ort", "~place", "~room"];
#[rustfmt::skip]
const DOCTOR: &[&str] = &["provider", "providername", "provider/name", "practitioner", "practitionername", "doctor", "doctorname", "physician", "clinician", "arzt", "medico", "attending", "seenby", "with", "~staff"];
#[rustfmt::skip]
const START: &[&str] = &["start", "startdate", "starttime", "startsat", "startedat", "startedon", "begin", "begins", "from", "validfrom", "effectivedate", "beginn", "inicio", "period/start"];
#[rustfmt::skip]
const END: &[&str] = &["end", "enddate", "endtime", "endsat", "endedat", "endedon", "finish", "until", "to", "validto", "validuntil", "expires", "expireson", "termdate", "terminationdate", "ende", "fin", "period/end"];
#[rustfmt::skip]
const SIG: &[&str] = &["sig", "directions", "instructions", "dosageinstructions", "dosageinstruction", "dosage", "dosierung", "posologia", "dosageinstruction/text", "~note"];

/// Every kind, a line a field.
#[rustfmt::skip]
pub(super) const KINDS: &[Kind] = &[
    Kind { section: "MEDICATIONS", fact: "fill", of: "Fill", words: &["fill", "dispense", "dispensing", "dispensed", "pickup", "medicationdispense", "abgabe", "dispensacion"], targets: &[
        target("medication", Medicine, DRUG),
        target("status", Code, STATUS),
        target("dispensed", Date, &["filledon", "filldate", "filled", "datefilled", "dispensed", "dispensedon", "dispensedate", "datedispensed", "dispensedat", "filledat", "whenhandedover", "pickedup", "pickedupon", "solddate", "abgabedatum", "~date", "~datum", "~fecha"]),
        target("quantity", Amount, &["qty", "quantity", "quantitydispensed", "qtydispensed", "dispensedqty", "quantity/value", "menge", "cantidad", "~amount"]),
        target("daysSupply", Days, &["days", "dayssupply", "supplydays", "daysupply", "dayssupply/value"]),
        target("pharmacy", Words, &["pharmacy", "pharmacyname", "pharmacy/name", "store", "store/name", "storename", "apotheke", "farmacia", "~location", "~branch"]),
        target("dosage", Dosage, SIG),
    ] },
    Kind { section: "MEDICATIONS", fact: "order", of: "MedicationOrder", words: &["prescription", "order", "rx", "script", "medicationrequest", "verordnung", "rezept", "receta"], targets: &[
        target("medication", Medicine, DRUG),
        target("status", Code, STATUS),
        target("authored", Date, &["writtenon", "written", "datewritten", "writtendate", "prescribedon", "prescribed", "prescribeddate", "dateprescribed", "orderedon", "orderdate", "ordered", "issuedon", "authoredon", "~date", "~datum", "~fecha"]),
        target("ends", Date, &["expireson", "expires", "expirydate", "expirationdate", "expiry", "validuntil", "enddate", "end", "stopdate"]),
        target("prescriber", Words, &["prescriber", "prescribername", "prescriber/name", "prescribedby", "orderedby", "provider", "doctor", "doctorname", "physician", "requester/display", "arzt", "medico"]),
        target("dosage", Dosage, SIG),
        target("reasons", Concepts(PROBLEMS), REASONS),
    ] },
    Kind { section: "MEDICATIONS", fact: "report", of: "MedicationReport", words: &["medication", "medicationlist", "currentmedication", "homemedication", "medicationstatement", "med"], targets: &[
        target("medication", Medicine, DRUG),
        target("status", Code, STATUS),
        target("asserted", Date, &["asserted", "assertedon", "reported", "reportedon", "reporteddate", "~date"]),
        target("informant", Words, &["informant", "reportedby", "source", "saidby"]),
        target("dosage", Dosage, SIG),
        target("start", Date, START),
        target("end", Date, END),
    ] },
    Kind { section: "ALLERGIES", fact: "allergy", of: "Allergy", words: &["allergy", "allergie", "intolerance", "allergyintolerance", "alergia"], targets: &[
        target("substance", Concept(SUBSTANCES), &["substance", "allergen", "to", "agent", "allergy", "allergicto", "substance/name", "allergen/name", "alergeno", "substanz", "code/text", "~name", "~description"]),
        target("clinicalStatus", Code, &["clinicalstatus", "status", "current", "active", "isactive", "state", "estado"]),
        target("verification", Code, &["verification", "verificationstatus", "confirmed", "certainty"]),
        target("criticality", Code, &["criticality", "severe", "severity", "risk", "schweregrad", "gravedad"]),
        target("reactions", Concepts(&["snomed"]), &["reaction", "reactions", "manifestation", "manifestations", "symptoms", "reaktion", "reaktionen", "reaccion"]),
        target("onset", Date, &["onset", "onsetdate", "since", "firstseen", "started", "seit", "desde", "~date"]),
    ] },
    Kind { section: "CONDITIONS", fact: "condition", of: "Condition", words: &["condition", "problem", "diagnosis", "diagnose", "diagnoses", "diagnosen", "problemlist", "diagnostico"], targets: &[
        target("code", Concept(PROBLEMS), &["condition", "problem", "diagnosis", "diagnose", "diagnosisname", "conditionname", "problemname", "diagnosisdescription", "code/text", "code/display", "diagnostico", "~dx", "~description", "~name", "~label", "~display", "~bezeichnung"]),
        target("clinicalStatus", Code, &["clinicalstatus", "status", "state", "active", "isactive", "estado"]),
        target("verification", Code, &["verification", "verificationstatus", "certainty"]),
        target("onset", Date, &["onset", "onsetdate", "onsetdatetime", "since", "started", "startdate", "diagnosedon", "diagnosed", "dateofdiagnosis", "diagnosisdate", "beginn", "seit", "inicio", "~date", "~datum", "~fecha"]),
        target("abatement", Date, &["abatement", "abatementdate", "resolvedon", "resolved", "resolveddate", "ended", "enddate", "ende", "fin"]),
        target("severity", Concept(&["snomed"]), &["severity", "schweregrad", "gravedad"]),
    ] },
    Kind { section: "OBSERVATIONS", fact: "observation", of: "Observation", words: &["observation", "result", "labresult", "lab", "vital", "measurement", "test", "befund", "laborwert", "resultado"], targets: &[
        target("code", Concept(TESTS), &["test", "testname", "observation", "analyte", "component", "measurement", "vital", "parameter", "code/text", "code/display", "test/name", "prueba", "untersuchung", "~name", "~description", "~label", "~type", "~display"]),
        target("status", Code, STATUS),
        target("value", Finding, &["value", "result", "resultvalue", "valuequantity/value", "value/value", "reading", "wert", "valor", "words", "resulttext"]),
        target("interpretation", Concept(NONE), &["interpretation", "flag", "flags", "abnormalflag", "abnormal", "bewertung"]),
        target("range", Words, &["range", "referencerange", "refrange", "normalrange", "reference", "normal", "referenzbereich", "rango"]),
        target("taken", Date, &["taken", "takenat", "takenon", "collected", "collectedat", "collectedon", "collectiondate", "collectiontime", "drawn", "drawnat", "drawnon", "specimendate", "effective", "effectivedatetime", "observedat", "observationdate", "measuredat", "entnahme", "entnahmedatum", "~date", "~datetime", "~datum", "~fecha", "~time"]),
        target("issued", Date, &["issued", "issuedat", "reported", "reportedat", "reportedon", "resultdate", "released", "resulted", "resultedat"]),
        target("bodySite", Concept(NONE), &["bodysite", "site"]),
        target("specimen", Words, &["specimen", "specimenid", "sample", "sampleid", "probe"]),
    ] },
    Kind { section: "IMMUNIZATIONS", fact: "immunization", of: "Immunization", words: &["immunization", "immunisation", "vaccination", "vaccine", "shot", "impfung", "vacuna", "vacunacion"], targets: &[
        target("vaccine", Concept(VACCINES), &["vaccine", "vaccinename", "vaccine/name", "immunization", "vaccinecode/text", "impfstoff", "vacuna", "~name", "~description", "~product", "~display"]),
        target("status", Code, STATUS),
        target("given", Date, &["given", "givenon", "givenat", "administered", "administeredon", "administeredat", "dategiven", "administrationdate", "vaccinationdate", "occurrencedatetime", "impfdatum", "~date", "~datum", "~fecha"]),
        target("lot", Words, &["lot", "lotnumber", "lotno", "batch", "batchnumber", "charge", "lote"]),
        target("dose", Words, &["dose", "dosenumber", "doseno", "series", "dosis"]),
        target("performer", Words, &["performer", "administeredby", "givenby", "provider", "nurse"]),
        target("statusReason", Concept(NONE), &["statusreason", "refusalreason", "notgivenreason"]),
    ] },
    Kind { section: "PROCEDURES", fact: "procedure", of: "Procedure", words: &["procedure", "operation", "surgery", "eingriff", "procedimiento"], targets: &[
        target("code", Concept(DEEDS), &["procedure", "procedurename", "operation", "code/text", "eingriff", "procedimiento", "~description", "~name", "~display"]),
        target("status", Code, STATUS),
        target("start", Date, &["performed", "performedon", "performedat", "start", "startdate", "proceduredate", "dateperformed", "~date", "~datum", "~fecha"]),
        target("end", Date, END),
        target("reasons", Concepts(PROBLEMS), REASONS),
        target("performer", Words, &["performer", "performedby", "surgeon", "provider", "doctor"]),
        target("bodySite", Concept(NONE), &["bodysite", "site"]),
        target("outcome", Concept(NONE), &["outcome"]),
    ] },
    Kind { section: "ENCOUNTERS", fact: "encounter", of: "Encounter", words: &["encounter", "visit", "stay", "admission", "besuch", "visita"], targets: &[
        target("class", Words, &["class", "encounterclass", "visitclass", "patientclass"]),
        target("status", Code, STATUS),
        target("types", Concepts(DEEDS), &["type", "visittype", "encountertype", "types", "kind", "art", "tipo"]),
        target("start", Date, &["start", "startdate", "starttime", "admitted", "admittedon", "admissiondate", "admitdate", "checkin", "visitdate", "encounterdate", "arrived", "period/start", "~date", "~datum", "~fecha"]),
        target("end", Date, &["end", "enddate", "endtime", "discharged", "dischargedon", "dischargedate", "checkout", "left", "period/end"]),
        target("reasons", Concepts(PROBLEMS), REASONS),
        target("facility", Words, SITE),
        target("practitioner", Words, DOCTOR),
        target("disposition", Concept(NONE), &["disposition", "dischargedisposition"]),
    ] },
    Kind { section: "APPOINTMENTS", fact: "appointment", of: "Appointment", words: &["appointment", "booking", "termin", "termine", "cita"], targets: &[
        target("status", Code, STATUS),
        target("service", Concept(NONE), &["service", "servicename", "appointmenttype", "type", "kind"]),
        target("start", Date, &["start", "startdate", "starttime", "startsat", "begins", "beginsat", "when", "appointmentdate", "appointmenttime", "scheduledfor", "scheduledat", "beginn", "inicio", "~date", "~datetime", "~datum", "~fecha"]),
        target("end", Date, END),
        target("reasons", Concepts(PROBLEMS), REASONS),
        target("practitioner", Words, DOCTOR),
        target("location", Words, SITE),
        target("description", Words, &["description", "comment", "notes", "note", "beschreibung"]),
    ] },
    Kind { section: "DOCUMENTS", fact: "document", of: "Document", words: &["document", "note", "letter", "dokument", "documento", "report"], targets: &[
        target("kind", Concept(TESTS), &["kind", "documenttype", "doctype", "category", "~type"]),
        target("status", Code, STATUS),
        target("date", Date, &["date", "documentdate", "created", "createdat", "written", "writtenon", "signedat", "datum", "fecha"]),
        target("authors", Texts, &["author", "authors", "writtenby", "signedby", "autor", "verfasser"]),
        target("title", Words, &["title", "name", "subject", "description", "titel", "titulo"]),
        target("contentType", Words, &["contenttype", "mimetype", "mediatype"]),
        target("text", Words, &["text", "body", "content", "note", "inhalt"]),
        target("hash", Words, &["hash", "sha1", "sha256", "checksum"]),
    ] },
    Kind { section: "CARE_PLANS", fact: "carePlan", of: "CarePlan", words: &["careplan", "plan", "plans"], targets: &[
        target("title", Words, &["title", "name", "planname", "titel"]),
        target("status", Code, STATUS),
        target("intent", Code, &["intent"]),
        target("categories", Concepts(NONE), &["category", "categories", "plantype"]),
        target("description", Words, &["description", "summary", "beschreibung"]),
        target("start", Date, START),
        target("end", Date, END),
        target("author", Words, &["author", "createdby", "writtenby", "owner"]),
        target("goals", Texts, &["goals", "goal"]),
    ] },
    Kind { section: "GOALS", fact: "goal", of: "Goal", words: &["goal", "goals", "ziel", "meta"], targets: &[
        target("description", Concept(NONE), &["description", "goal", "title", "name", "text", "ziel"]),
        target("status", Code, &["status", "lifecyclestatus", "state"]),
        target("achievement", Concept(NONE), &["achievement", "achievementstatus", "progress"]),
        target("priority", Concept(NONE), &["priority"]),
        target("start", Date, START),
        target("expressedBy", Words, &["expressedby", "setby", "author"]),
    ] },
    Kind { section: "CARE_TEAM", fact: "careTeam", of: "CareTeam", words: &["careteam", "team", "teammember"], targets: &[
        target("participants", Participant, &["participant/name", "members/name", "provider", "providername", "practitioner", "~fullname", "~name"]),
        target("name", Words, &["teamname", "team"]),
        target("status", Code, STATUS),
    ] },
    Kind { section: "REFERRALS", fact: "referral", of: "Referral", words: &["referral", "servicerequest", "uberweisung", "ueberweisung", "derivacion"], targets: &[
        target("service", Concept(DEEDS), &["service", "servicename", "referralto", "specialty", "referralfor", "code/text", "~type", "~description", "~name"]),
        target("status", Code, STATUS),
        target("intent", Code, &["intent"]),
        target("priority", Code, &["priority", "urgency"]),
        target("authored", Date, &["authored", "authoredon", "referredon", "referraldate", "ordered", "orderedon", "created", "createdat", "~date", "~datum", "~fecha"]),
        target("requester", Words, &["requester", "referredby", "referringprovider", "orderedby", "from"]),
        target("performers", Texts, &["performer", "referredto", "to", "provider"]),
        target("reasons", Concepts(PROBLEMS), REASONS),
        target("occurrence", Date, &["occurrence", "scheduledfor", "appointmentdate"]),
    ] },
    Kind { section: "COVERAGE", fact: "coverage", of: "Coverage", words: &["coverage", "insurance", "eligibility", "policy", "versicherung", "seguro"], targets: &[
        target("status", Code, STATUS),
        target("kind", Concept(NONE), &["coveragetype", "kind", "type", "linefbusiness"]),
        target("payer", Words, &["payer", "payername", "insurer", "insurance", "carrier", "company", "kasse", "krankenkasse", "aseguradora"]),
        target("memberId", Words, &["policynumber", "policyno", "subscriberid", "insuranceid", "cardno", "~membernumber", "~memberid"]),
        target("plan", Words, &["plan", "planname", "productname", "tarif"]),
        target("start", Date, START),
        target("end", Date, END),
    ] },
];

/// The fields of a service, but for those of its place, a line a field.
#[rustfmt::skip]
pub(super) const SERVICE: &[Target] = &[
    target("id", Words, &["id", "siteid", "serviceid", "programid", "locationid", "agencyid", "code", "*id", "*number", "*no", "nr", "*nr", "key"]),
    target("name", Words, &["name", "sitename", "servicename", "programname", "agencyname", "title", "site", "program", "nombre", "bezeichnung", "~*name"]),
    target("alternateName", Words, &["alternatename", "alias", "aka"]),
    target("organization", Words, &["organization", "organisation", "agency", "org", "operator", "provider", "trager", "organizacion", "organization/name"]),
    target("description", Words, &["description", "notes", "note", "about", "details", "comment", "beschreibung", "hinweise", "descripcion"]),
    target("status", Code, &["status", "open", "state/status", "isopen", "active", "isactive", "estado"]),
    target("url", Words, &["url", "website", "web", "link", "homepage", "webseite"]),
    target("email", Words, &["email", "emailaddress", "mail", "correo"]),
    target("eligibility", Words, &["eligibility", "whomaycome", "eligible", "requirements", "wer", "requisitos"]),
    target("application", Words, &["application", "howtoapply", "intake", "anmeldung"]),
    target("waitTime", Words, &["waittime", "wait", "waitlist"]),
    target("cost", Words, &["cost", "fee", "fees", "price", "kosten", "costo"]),
    target("alert", Words, &["alert", "warning"]),
    target("documents", Texts, &["documents", "bring", "whattobring", "requireddocuments", "unterlagen", "documentos"]),
    target("languages", Texts, &["languages", "language", "sprachen", "idiomas"]),
    target("phones", Texts, &["phone", "phones", "telephone", "phonenumber", "tel", "telefon", "telefono", "*phone"]),
    target("schedules", Texts, &["hours", "openinghours", "schedule", "schedules", "times", "offnungszeiten", "horario"]),
    target("areas", Texts, &["area", "areas", "servicearea", "region", "counties", "county"]),
    target("categories", Texts, &["category", "categories", "kind", "type", "art", "tipo", "taxonomy"]),
    target("assured", Date, &["checked", "verified", "verifiedon", "assured", "lastverified", "lastchecked", "gepruft"]),
    target("updated", Date, &["updated", "updatedat", "lastupdated", "modified", "lastmodified", "changed"]),
];
