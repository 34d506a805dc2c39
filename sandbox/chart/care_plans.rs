//! Care plans and the goals in them: each site plans for itself.

use serde_json::{Value, json};

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, problem::Problem},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{Code, SNOMED},
};

const CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category";
const ACHIEVEMENT: &str = "http://terminology.hl7.org/CodeSystem/goal-achievement";

/// What is planned for a diagnosis: who plans, the title, what the person wants to reach, what is to be done.
struct Outline {
    problem: &'static str,
    sites: &'static [Site],
    title: &'static str,
    goal: &'static str,
    activities: &'static [Code],
}

const OUTLINES: &[Outline] = &[
    Outline {
        problem: "diabetes",
        sites: &[Site::Lakeside, Site::Northgate],
        title: "Diabetes self-management plan",
        goal: "Hemoglobin A1c below 7.5 percent",
        activities: &[
            ("160670007", "Diabetic diet (finding)"),
            ("229065009", "Exercise therapy (regime/therapy)"),
        ],
    },
    Outline {
        problem: "hypertension",
        sites: &[Site::Lakeside],
        title: "Blood pressure plan",
        goal: "Blood pressure below 130 over 80",
        activities: &[
            ("226234005", "Healthy diet (finding)"),
            ("229065009", "Exercise therapy (regime/therapy)"),
        ],
    },
    Outline {
        problem: "heart-failure",
        sites: &[Site::Northgate, Site::Stmary],
        title: "Heart failure plan",
        goal: "No stay in hospital in the next three months",
        activities: &[("307818003", "Weight monitoring (regime/therapy)")],
    },
    Outline {
        problem: "depression",
        sites: &[Site::Harbor],
        title: "Treatment plan for low mood",
        goal: "PHQ-9 score below 5",
        activities: &[("228557008", "Cognitive and behavioral therapy (regime/therapy)")],
    },
    Outline {
        problem: "alcohol-dependence",
        sites: &[Site::Harbor],
        title: "Recovery plan",
        goal: "Ninety days without alcohol",
        activities: &[("228557008", "Cognitive and behavioral therapy (regime/therapy)")],
    },
    Outline {
        problem: "opioid-dependence",
        sites: &[Site::Harbor],
        title: "Recovery plan",
        goal: "In treatment without interruption",
        activities: &[("228557008", "Cognitive and behavioral therapy (regime/therapy)")],
    },
    Outline {
        problem: "food-insecurity",
        sites: &[Site::Lakeside],
        title: "Plan for food at home",
        goal: "Enough food every week",
        activities: &[("1759002", "Assessment of nutritional status (procedure)")],
    },
];

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for outline in OUTLINES.iter().filter(|outline| outline.sites.contains(&site)) {
        let Some(problem) = health.problem(outline.problem).filter(|problem| problem.active())
        else {
            continue;
        };
        let mut dice = chart.dice("plans").fork(outline.problem);
        if problem.held.has(site) && (chart.person.featured() || dice.percent(70)) {
            let goal = write_goal(chart, outline, problem, &mut dice);
            write_plan(chart, outline, problem, &goal, &mut dice);
        }
    }
}

fn write_goal(
    chart: &mut Chart<'_>,
    outline: &Outline,
    problem: &Problem,
    dice: &mut Dice,
) -> String {
    let since = day::days_after(chart.person.horizon, -dice.between(15, 300)).max(problem.onset);
    let mut body = json!({
        "lifecycleStatus": dice.pick(&["active", "active", "active", "on-hold"]),
        "description": concept::text(outline.goal),
        "subject": chart.subject(dice),
        "startDate": day::date(since),
        "target": [{ "dueDate": day::date(day::days_after(since, 180)) }],
        "expressedBy": chart.subject(dice),
    });
    if dice.percent(70) {
        let achievement = dice.pick(&["in-progress", "improving", "no-progress", "worsening"]);
        body["achievementStatus"] = concept::status(ACHIEVEMENT, achievement);
    }
    if let Some(reference) = chart.written(&problem.key()) {
        body["addresses"] = json!([reference]);
    }
    let key = format!("goal/{}/{}", outline.problem, chart.site.id());
    file(chart, ResourceType::Goal, Section::Goals, key, problem, since, body)
}

fn write_plan(
    chart: &mut Chart<'_>,
    outline: &Outline,
    problem: &Problem,
    goal: &str,
    dice: &mut Dice,
) {
    let since = day::days_after(chart.person.horizon, -dice.between(15, 300)).max(problem.onset);
    let activities: Vec<Value> = outline
        .activities
        .iter()
        .map(|code| json!({ "detail": { "code": concept::coded(SNOMED, *code), "status": "in-progress" } }))
        .collect();
    let mut body = json!({
        "status": dice.pick(&["active", "active", "active", "revoked", "draft"]),
        "intent": "plan",
        "category": [concept::coded(CATEGORY, ("assess-plan", "Assessment and Plan of Treatment"))],
        "title": outline.title,
        "subject": chart.subject(dice),
        "period": clinical::period(since, None),
        "author": chart.clinician(outline.problem),
        "goal": [{ "reference": goal }],
        "activity": activities,
    });
    if let Some(reference) = chart.written(&problem.key()) {
        body["addresses"] = json!([reference]);
    }
    if dice.percent(30) {
        let div = format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">{}: {}</div>",
            outline.title, outline.goal
        );
        body["text"] = json!({ "status": "generated", "div": div });
    }
    let key = format!("care-plan/{}/{}", outline.problem, chart.site.id());
    file(chart, ResourceType::CarePlan, Section::CarePlans, key, problem, since, body);
}

fn file(
    chart: &mut Chart<'_>,
    kind: ResourceType,
    section: Section,
    key: String,
    problem: &Problem,
    since: time::Date,
    body: Value,
) -> String {
    let sensitivity = problem.term.sensitivity.to_vec();
    chart.file(Entry { kind, section, key, at: clinical::during(since), sensitivity, body })
}
