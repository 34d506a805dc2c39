//! What community organisations offer: the tables behind the directory.

/// A kind of help, as a service offers it.
#[derive(Clone, Copy)]
pub(super) struct Offer {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) eligibility: &'static str,
    /// Ages in years, where they matter.
    pub(super) ages: (Option<u32>, Option<u32>),
    pub(super) fees: &'static str,
    pub(super) application: &'static str,
    pub(super) wait: &'static str,
    pub(super) documents: &'static [&'static str],
    /// The code of the term in the taxonomy.
    pub(super) term: &'static str,
}

const NOBODY_REFUSED: &str = "Open to anyone who lives in River County.";

#[rustfmt::skip] // A row a few lines.
pub(super) const OFFERS: &[Offer] = &[
    offer("Food Pantry", "Groceries for a week, chosen by the household. Fresh produce when there is any.", NOBODY_REFUSED,
        ["Free", "Walk in during opening hours.", "No wait"], &["Proof of address"], "food-pantry"),
    offer("Hot Meals", "A warm meal at midday, eaten together or taken along.", "Anyone who is hungry.",
        ["Free", "Walk in.", "No wait"], &[], "meals"),
    aged(Some(60), None, offer("Home-delivered Meals", "Meals brought to people who cannot cook or shop.", "Aged 60 or over and unable to leave home without help.",
        ["Donations welcome", "Call, or have a clinician refer.", "About 2 weeks"], &["Referral form"], "food-delivery")),
    offer("Emergency Shelter", "A bed for the night, a shower and breakfast.", "Adults without a place to sleep tonight.",
        ["Free", "Call the night line after 4 pm.", "Same day when there is room"], &[], "emergency-shelter"),
    offer("Family Shelter", "Rooms for families with children until a home is found.", "Families with a child under 18.",
        ["Free", "Referral by the housing office.", "About 3 weeks"], &["Identification", "Birth certificates of children"], "temporary-shelter"),
    offer("Help with Rent", "One payment towards rent that is owed, to stop an eviction.", "Household income below 80 percent of the area median.",
        ["Free", "Apply online or by appointment.", "About 10 days"], &["Lease", "Proof of income"], "help-pay-for-housing"),
    offer("Utility Assistance", "Help with heating, electricity and water bills, and talks with suppliers before a shut-off.", "Low-income households.",
        ["Free", "Call for an appointment.", "About 1 week"], &["Latest bill", "Proof of income"], "help-pay-for-utilities"),
    offer("Rides to Care", "Rides to medical appointments, with a wheelchair lift on request.", "People who cannot drive or use the bus.",
        ["2 dollars a ride, waived on request", "Book two working days ahead.", "2 days"], &[], "transportation-for-healthcare"),
    aged(Some(18), None, offer("Counselling", "Talks with a counsellor, alone or in a group.", "Adults.",
        ["Sliding scale", "Call to be matched with a counsellor.", "About 4 weeks"], &[], "mental-health-care")),
    aged(Some(16), Some(64), offer("Job Training", "Courses in trades and office work, with help to find a job afterwards.", "Aged 16 to 64 and looking for work.",
        ["Free", "Come to an information evening.", "Courses begin each quarter"], &["Identification"], "skills-and-training")),
    offer("Legal Advice", "Advice on housing, benefits and family matters.", "Low-income residents.",
        ["Free", "Call for an appointment.", "About 2 weeks"], &["Papers about the matter"], "legal"),
    aged(None, Some(12), offer("Child Care", "Day care and care after school.", "Children up to 12 whose parents work or study.",
        ["By income", "Apply at the centre.", "Waiting list"], &["Immunization record"], "childcare")),
    offer("Clothing Closet", "Clothes and shoes for all ages, coats in winter.", NOBODY_REFUSED,
        ["Free", "Walk in.", "No wait"], &[], "clothing"),
    offer("Prescription Assistance", "Help with the cost of prescribed drugs and with applications to makers' programmes.", "People without cover for their drugs.",
        ["Free", "Bring the prescription.", "About 1 week"], &["Prescription", "Proof of income"], "prescription-assistance"),
    aged(Some(60), None, offer("Senior Companions", "Visits and telephone calls for older people who live alone.", "Aged 60 or over.",
        ["Free", "Call to be introduced.", "About 3 weeks"], &[], "support-network")),
    aged(Some(18), None, offer("Recovery Circle", "A group of people in recovery from alcohol or drugs, led by peers.", "Adults who want to stay sober.",
        ["Free", "Walk in.", "No wait"], &[], "peer-support")),
];

const fn offer(
    name: &'static str,
    description: &'static str,
    eligibility: &'static str,
    [fees, application, wait]: [&'static str; 3],
    documents: &'static [&'static str],
    term: &'static str,
) -> Offer {
    Offer {
        name,
        description,
        eligibility,
        ages: (None, None),
        fees,
        application,
        wait,
        documents,
        term,
    }
}

const fn aged(from: Option<u32>, to: Option<u32>, offer: Offer) -> Offer {
    Offer { ages: (from, to), ..offer }
}

/// Organisations: name, what it is, the year in which it began.
#[rustfmt::skip] // A row a line.
pub(super) const ORGANIZATIONS: [(&str, &str, u16); 15] = [
    ("River County Food Bank", "Collects and gives out food all over the county.", 1984),
    ("Open Door Riverton", "A house for people without a home.", 1991),
    ("Millbrook Community Action", "Help with money, work and housing.", 1966),
    ("Harrow Interfaith Table", "Congregations that cook together.", 2003),
    ("Valley Legal Aid", "Lawyers for people who cannot pay one.", 1978),
    ("Bright Start Children's Centers", "Day care in five towns.", 1999),
    ("Cedar Point Senior Center", "A place for older people to meet and be helped.", 1973),
    ("Wheels for Care", "Volunteers who drive.", 2011),
    ("Stepping Stones Workforce", "Training and placement.", 1995),
    ("Northgate Family Services", "Counselling and help for families.", 1982),
    ("Second Chance Closet", "Clothes given and taken.", 2007),
    ("River County Housing Partnership", "Keeps people in their homes.", 1989),
    ("Dunmore Mutual Aid", "Neighbours who help each other.", 2020),
    ("Good Neighbor Energy Fund", "Keeps the heating on.", 1985),
    ("Turning Point Recovery Network", "Peers in recovery.", 2009),
];

/// Terms of the taxonomy: code, name, code of the parent.
#[rustfmt::skip] // A row a line.
pub(super) const TERMS: [(&str, &str, Option<&str>); 24] = [
    ("food", "Food", None),
    ("food-pantry", "Food Pantry", Some("food")),
    ("meals", "Meals", Some("food")),
    ("food-delivery", "Food Delivery", Some("food")),
    ("housing", "Housing", None),
    ("emergency-shelter", "Emergency Shelter", Some("housing")),
    ("temporary-shelter", "Temporary Shelter", Some("housing")),
    ("help-pay-for-housing", "Help Pay for Housing", Some("housing")),
    ("money", "Money", None),
    ("help-pay-for-utilities", "Help Pay for Utilities", Some("money")),
    ("transit", "Transit", None),
    ("transportation-for-healthcare", "Transportation for Healthcare", Some("transit")),
    ("health", "Health", None),
    ("mental-health-care", "Mental Health Care", Some("health")),
    ("prescription-assistance", "Prescription Assistance", Some("health")),
    ("peer-support", "Peer Support", Some("health")),
    ("work", "Work", None),
    ("skills-and-training", "Skills & Training", Some("work")),
    ("legal", "Legal", None),
    ("care", "Care", None),
    ("childcare", "Childcare", Some("care")),
    ("support-network", "Support Network", Some("care")),
    ("goods", "Goods", None),
    ("clothing", "Clothing", Some("goods")),
];
