//! The policy as a text that a privacy officer can read.

use std::fmt::Write as _;

use super::{ClassRule, FieldClass, Label, Policy, Reach, RelationKind, Role};

const HEAD: &str = "\
# Who sees what, by the policy that caregraph brings along.
# Written by `caregraph schema --matrix` from src/access/default-policy.toml; compared by a test; never edited by hand.
";

/// The matrix of a policy: what each label lets through, then one line a field, one column a role.
///
/// `fields` holds `Type.field` and its class, in the order in which they are to be printed. A field of class
/// `INHERIT` is seen whenever the field that holds it is.
pub fn matrix(policy: &Policy, fields: &[(String, FieldClass)]) -> String {
    let mut text = if policy.version() == Policy::version_of(Policy::DEFAULT) {
        HEAD.to_owned()
    } else {
        format!("# Who sees what, by the policy of version {}.\n", policy.version())
    };
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    text.push_str(
        "\n# Records by label. F: shown. M: shown among the medicines alone. CF, CM: the same, once the patient consents.\n\
         # -: never. B behind any of them: breaking the glass shows it in full. A record with several labels needs all.\n\n",
    );
    line(&mut text, width, ["label", ""], |role| role.name().to_owned());
    for label in Label::ALL {
        line(&mut text, width, [label.name(), ""], |role| cell(policy, role, *label));
    }
    text.push_str("\n# Relations, any of which is needed to know that a patient exists. Y: it lets the role see them.\n\n");
    line(&mut text, width, ["relation", ""], |role| role.name().to_owned());
    for kind in RelationKind::ALL {
        line(&mut text, width, [kind.name(), ""], |role| {
            let wanted = policy.relations(role);
            if wanted.is_some_and(|wanted| !wanted.contains(kind)) { "-" } else { "Y" }.to_owned()
        });
    }
    text.push_str("\n# Fields. F: shown. C: shown once the patient consents. O: only records that name the viewer's own organisation.\n\
         # -: hidden (null, and named in extensions.access). =: as the field that holds it.\n\n");
    line(&mut text, width, ["field", "class"], |role| role.name().to_owned());
    for (name, class) in fields {
        line(&mut text, width, [name, class.name()], |role| match class {
            FieldClass::Inherit => "=".to_owned(),
            class => granted(policy.rule(role, *class)),
        });
    }
    text
}

/// One line: two words, then a cell below each role's name.
fn line(text: &mut String, width: usize, head: [&str; 2], cell: impl Fn(Role) -> String) {
    let [name, class] = head;
    let _ = write!(text, "{name:width$}  {class:18}");
    for &role in Role::ALL {
        let _ = write!(text, "  {:^w$}", cell(role), w = role.name().len());
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}

fn granted(grant: Option<ClassRule>) -> String {
    let Some(grant) = grant else { return "-".to_owned() };
    let reach = if grant.needs_consent { "C" } else { "F" };
    format!("{reach}{}", if grant.own { "O" } else { "" })
}

fn cell(policy: &Policy, role: Role, label: Label) -> String {
    let clearance = policy.clearance(role, label);
    let consent = if clearance.needs_consent { "C" } else { "" };
    let reach = match clearance.reach {
        Reach::Nothing => "-",
        Reach::Medications => "M",
        Reach::Everything => "F",
    };
    format!("{consent}{reach}{}", if clearance.break_glass { "B" } else { "" })
}
